//! `import --resume JOURNAL --wave`: the pilot's assignments become the tree's.

use std::path::Path;

use super::import_args::Args;
use super::nothing_to_do::nothing_to_do;
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::carry_out;
use crate::cli::confirm::{self, Consent, Deed};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::SelectionArgs;
use crate::cli::interrupt::unless_stopped;
use crate::cli::reopen::Reopened;
use crate::cli::secrets::Given;
use crate::engine::import::wave;
use crate::engine::journal::Journal;
use crate::engine::plan::PlanInputs;
use crate::ui::{Progress, plan_view};

/// Goes on from the pilot.
pub async fn run(journal: &Path, args: &Args, context: &Context) -> Result<Answer, CliError> {
    let secrets = Given::new(&args.crossing.secrets, context)?;
    let reopened = Reopened::open(journal, context)?;
    let loaded = reopened.load()?;
    let approvals = reopened.approvals(args.justification.as_deref());
    let Reopened { lock, record, catalogue, connected } = reopened;
    let options = wave::options(&record, args.crossing.options.allow_broad);
    let selection = SelectionArgs::parse(&options.selection, options.without_dependencies)
        .ok_or_else(|| CliError::usage("the journal's selection cannot be read").hint("Start a new import."))?
        .resolve(&catalogue)?;
    let mapping = wave::mapping(&record, loaded.mapping.as_ref());
    let types = loaded.type_names(&selection, &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let prepared = {
        let progress = Progress::new(&context.printer);
        let inputs = PlanInputs {
            tenant: connected.tenant(&catalogue, &progress),
            tree: &loaded.tree,
            mapping: Some(&mapping),
            options: &options,
            selection: &selection,
            secrets: &secrets,
            content: None,
        };
        let work = async { wave::prepare(&record, inputs).await.map_err(|error| connected.failed(error)) };
        unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?
    };
    if !prepared.plan.has_changes() {
        return Ok(nothing_to_do(&prepared.plan, &args.crossing.pages, context).requests(connected.client.figures()));
    }
    context.printer.note(&plan_view::plan(&prepared.plan, context.look()));
    let consent = Consent {
        target: &prepared.plan.target,
        yes: args.yes.as_deref(),
        reviewed: false,
        interactive: confirm::is_interactive(),
        deed: Deed::Wave,
    };
    confirm::confirm(context, consent, &plan_view::summary(&prepared.plan))?;
    let journal = Journal::wave(&record)?;
    let origin = &record.header.origin;
    let (pages, catalogue) = (&args.crossing.pages, &catalogue);
    let run = carry_out::Run { context, pages, catalogue, origin, connected, journal, approvals, secrets, lock };
    Box::pin(carry_out::run(run, loaded, prepared)).await
}
