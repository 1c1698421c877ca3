//! `import --resume`: goes on with a run from its journal, which holds all that is needed.

use std::path::Path;

use super::answer::Answer;
use super::carry_out;
use super::connect::connect_by;
use super::context::Context;
use super::error::CliError;
use super::flags::SecretsArgs;
use super::interrupt::unless_stopped;
use super::secrets::Given;
use super::{lock, source};
use crate::engine::approvals::Approvals;
use crate::engine::journal::{Journal, Record};
use crate::engine::resume::{self, Inputs};
use crate::ui::{Progress, plan_view};

/// Goes on.
pub async fn run(
    journal: &Path,
    justification: Option<&str>,
    secrets: &SecretsArgs,
    context: &Context,
) -> Result<Answer, CliError> {
    let secrets = Given::new(secrets, context)?;
    let first = Record::read(journal)?;
    // Read once more under the lock: whoever had it may have gone on with this very run.
    let _lock = lock::take(&first.header.plan.target)?;
    let record = Record::read(journal)?;
    let origin = &record.header.origin;
    let catalogue = context.catalogue()?;
    let loaded = source::load(&origin.tree, origin.mapping.as_deref(), &catalogue)?;
    let connected = connect_by(context, context.config.as_deref().or(origin.config.as_deref()), &origin.tenant)?;
    let prepared = {
        let progress = Progress::new(&context.printer);
        let inputs = Inputs {
            client: &connected.client,
            catalogue: &catalogue,
            tree: &loaded.tree,
            record: &record,
            reporter: &progress,
        };
        let work = async { resume::prepare(inputs).await.map_err(|error| connected.failed(error)) };
        unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?
    };
    context.printer.note(&plan_view::line(&prepared.plan, context.look()));
    let approvals = Approvals::new(justification.or(record.header.justification.as_deref()), Some(&record));
    let journal = Journal::resume(&record)?;
    let run = carry_out::Run { context, catalogue: &catalogue, origin, connected, journal, approvals, secrets };
    carry_out::run(run, loaded, prepared).await
}
