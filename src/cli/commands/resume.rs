//! `import --resume`: goes on with a run from its journal, which holds all that is needed.

use std::path::Path;

use super::import_args::Args;
use crate::catalogue::Selection;
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::carry_out;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::interrupt::unless_stopped;
use crate::cli::reopen::Reopened;
use crate::cli::secrets::Given;
use crate::engine::content::Folder;
use crate::engine::import::resume;
use crate::engine::import::resume::ResumeInputs;
use crate::engine::journal::Journal;
use crate::ui::{Progress, plan_view};

/// Goes on.
pub async fn run(journal: &Path, args: &Args, context: &Context) -> Result<Answer, CliError> {
    let secrets = Given::new(&args.crossing.secrets, context)?;
    let given = args.crossing.content.open()?;
    let reopened = Reopened::open(journal, context)?;
    let loaded = reopened.load()?;
    let approvals = reopened.approvals(args.justification.as_deref());
    let Reopened { lock, record, catalogue, connected } = reopened;
    // What of the run's own folder is still wanted, and gone, is reported where it is needed.
    let own = || record.header.origin.app_content.as_deref().and_then(|folder| Folder::open(folder).ok());
    let content = given.or_else(own);
    let types = loaded.type_names(&Selection::default(), &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let prepared = {
        let progress = Progress::new(&context.printer);
        let inputs = ResumeInputs {
            tenant: connected.tenant(&catalogue, &progress),
            tree: &loaded.tree,
            record: &record,
            secrets: &secrets,
            content: content.as_ref(),
        };
        let work = async { resume::prepare(inputs).await.map_err(|error| connected.failed(error)) };
        unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?
    };
    context.printer.note(&plan_view::line(&prepared.plan, context.look()));
    let journal = Journal::resume(&record)?;
    let origin = &record.header.origin;
    let (pages, catalogue) = (&args.crossing.pages, &catalogue);
    let run = carry_out::Run { context, pages, catalogue, origin, connected, journal, approvals, secrets, lock };
    Box::pin(carry_out::run(run, loaded, prepared)).await
}
