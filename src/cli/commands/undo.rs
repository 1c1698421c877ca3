//! `undo`: takes back what one import did.

use std::path::PathBuf;

use serde_json::json;

use super::import_args::reason;
use crate::catalogue::Catalogue;
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::confirm::{self, Consent, Deed};
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::flags::{PageArgs, SecretsArgs};
use crate::cli::interrupt::unless_stopped;
use crate::cli::next_step::CommandLine;
use crate::cli::reopen::Reopened;
use crate::cli::secrets::Given;
use crate::cli::source;
use crate::engine::journal::{Header, Journal};
use crate::engine::undo::{self, Undo, Undoing, What};
use crate::engine::{ObjectOutcome, Outcome};
use crate::exit::Exit;
use crate::mapping::{IMPORTED, Mapping};
use crate::tree;
use crate::ui::report::Report;
use crate::ui::{Next, Progress, outcomes, plan_view};

const EXAMPLES: &str = "EXAMPLES:
  Review what will be undone, without writing anything:
    intune-ferry undo ferry-runs/move.ndjson --dry-run

  Undo it: review it, then confirm by typing the tenant's name:
    intune-ferry undo ferry-runs/move.ndjson

  In a pipeline:
    intune-ferry undo ferry-runs/move.ndjson --yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049

  Restore secrets as well, from an export of the tenant before the import:
    intune-ferry undo ferry-runs/move.ndjson --secrets production.age --identity key.txt

Created objects are removed and changed objects are restored, in reverse order. Objects that someone changed since, \
groups that now have members, and objects that others use are kept and listed, with exit code 4. If an undo is \
interrupted, run it again. For details, see docs/importing.md.";

/// Undo what an import did, according to its journal
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Journal of the import, which the import named when it ended
    #[arg(value_name = "JOURNAL")]
    pub journal: PathBuf,
    /// Show what would be undone, and write nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Confirm without a terminal: the tenant's ID
    #[arg(long, value_name = "TENANT-ID")]
    pub yes: Option<String>,
    /// Justification for the second administrator who approves the changes, if the tenant requires one (Multi Admin
    /// Approval)
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub justification: Option<String>,
    /// Also remove or restore objects that were changed since, that others use, and groups that have members
    #[arg(long)]
    pub force: bool,
    /// The report in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// Secrets that objects had before the import; journals do not contain them.
    #[command(flatten)]
    pub secrets: SecretsArgs,
}

/// Undoes.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let secrets = Given::new(&args.secrets, context)?;
    let reopened = Reopened::open(&args.journal, context)?;
    let Reopened { record, catalogue, connected, lock } = &reopened;
    let progress = Progress::new(&context.printer);
    let undo = Undo { tenant: connected.tenant(catalogue, &progress), record, secrets: &secrets, force: args.force };
    let looking = async {
        undo.hold_against_tenant().await?;
        undo::judge(undo).await
    };
    let judged = unless_stopped(&context.stop, looking).await.ok_or_else(CliError::interrupted)?;
    let undoings = judged.map_err(|error| connected.failed(error))?;

    let target = &record.header.plan.target;
    let heading = format!("Undo of {} in {}", args.journal.display(), plan_view::tenant(target));
    let planned: Vec<ObjectOutcome> = undoings.iter().map(planned).collect();
    let (removed, restored) = (count(&planned, Outcome::Remove), count(&planned, Outcome::Restore));
    if args.dry_run {
        let heading = format!("{heading}: nothing is written");
        let text = listed(&heading, &planned, context);
        let exit = exit_of(&planned, false).or(if removed + restored > 0 { Exit::Differences } else { Exit::Done });
        let answer = Answer::new(exit, text).objects(planned).requests(connected.client.figures());
        let answer = answer.details(json!({"journal": args.journal, "target": target}));
        let carry_out = CommandLine::new(context, "undo").path(&args.journal);
        let carry_out = if args.force { carry_out.word("--force") } else { carry_out };
        let next = (removed + restored > 0).then(|| carry_out.after("undo what is listed above"));
        return Ok(next.into_iter().fold(answer, Answer::next));
    }
    if removed + restored == 0 {
        let text = listed(&heading, &planned, context);
        let unrecorded = forget(&record.header, &undoings, &planned, catalogue).err();
        let report = || Report::of_outcomes(&heading, &planned, &[]);
        let answer = Answer::new(exit_of(&planned, false), text).report(&args.pages, report).objects(planned);
        return Ok(with_mapping(answer, unrecorded, &args, context).requests(connected.client.figures()));
    }
    context.printer.note(&outcomes::outcomes(&heading, &planned, context.look()));
    let consent = Consent {
        target,
        yes: args.yes.as_deref(),
        reviewed: false,
        interactive: confirm::is_interactive(),
        deed: Deed::Undo,
    };
    confirm::confirm(context, consent, &format!("{removed} to remove, {restored} to restore"))?;

    let written = undoings.iter().map(|undoing| undoing.kind.as_str()).collect();
    asked_permissions::will_write(connected, catalogue, &written).await;
    let journal = Journal::undo(record)?;
    let approvals = reopened.approvals(args.justification.as_deref());
    let undone = undo::carry_out(undo, undoings.clone(), &journal, &approvals, &context.stop).await;
    let undone = undone.map_err(|error| connected.failed(error))?;
    let unrecorded = forget(&record.header, &undoings, &undone.objects, catalogue).err();
    let heading = format!("Undid {} in {}", args.journal.display(), plan_view::tenant(target));
    let exit = exit_of(&undone.objects, undone.interrupted);
    let text = outcomes::outcomes(&heading, &undone.objects, context.look());
    let report = || Report::of_outcomes(&heading, &undone.objects, &[]);
    let answer = Answer::new(exit, text)
        .report(&args.pages, report)
        .objects(undone.objects)
        .findings(lock.finding().into_iter().collect());
    let answer = answer.requests(connected.client.figures());
    let answer = answer.details(json!({"journal": args.journal, "target": target}));
    let answer = with_mapping(answer, unrecorded, &args, context);
    Ok(next(exit, &args, context).into_iter().fold(answer, Answer::next))
}

/// The objects of an undo.
fn listed(heading: &str, objects: &[ObjectOutcome], context: &Context) -> String {
    if objects.is_empty() {
        return format!("{heading}\n\n  {NOTHING_WRITTEN}\n");
    }
    outcomes::outcomes(heading, objects, context.look())
}

const NOTHING_WRITTEN: &str = "the import wrote nothing, so there is nothing to undo";

/// What would come of it.
fn planned(undoing: &Undoing) -> ObjectOutcome {
    let action = match undoing.what {
        What::Remove(_) => Outcome::Remove,
        What::PutBack(_) => Outcome::Restore,
        What::Nothing => Outcome::Gone,
        What::Stays => Outcome::Stays,
    };
    undo::carry_out::outcome(undoing, action, Vec::new())
}

fn count(objects: &[ObjectOutcome], action: Outcome) -> usize {
    objects.iter().filter(|object| object.action == action).count()
}

fn exit_of(objects: &[ObjectOutcome], interrupted: bool) -> Exit {
    let begin = if interrupted { Exit::Interrupted } else { Exit::Done };
    objects.iter().fold(begin, |exit, object| exit.or(object.action.exit()))
}

fn next(exit: Exit, args: &Args, context: &Context) -> Option<Next> {
    let again = CommandLine::new(context, "undo").path(&args.journal);
    match exit {
        Exit::Interrupted => Some(again.after("continue the undo; finished work is found and not repeated")),
        Exit::SomeFailed => Some(again.after("fix the problems listed above and undo again")),
        Exit::Blocked => {
            Some(again.word("--force").after("review the objects that were kept; to remove or restore all of them"))
        }
        _ => None,
    }
}

/// What was undone counts, also where the mapping could not be corrected.
fn with_mapping(answer: Answer, unrecorded: Option<(PathBuf, CliError)>, args: &Args, context: &Context) -> Answer {
    let Some((file, error)) = unrecorded else { return answer };
    let again = CommandLine::new(context, "undo").path(&args.journal).text();
    let fix = format!("Fix what prevents the file from being written, then run this again to correct it: {again}");
    answer.not_recorded(&file, &error, Some(fix), context.look())
}

/// Takes what is gone out of the mapping that the import recorded it in, where the mapping still says so; what
/// stood there before comes back.
fn forget(
    header: &Header,
    undoings: &[Undoing],
    objects: &[ObjectOutcome],
    catalogue: &Catalogue,
) -> Result<(), (PathBuf, CliError)> {
    let gone: Vec<&Undoing> = undoings
        .iter()
        .zip(objects)
        .filter(|(_, object)| matches!(object.action, Outcome::Removed | Outcome::Gone))
        .map(|(undoing, _)| undoing)
        .collect();
    // The tree may be gone by now; then there is nothing to tidy.
    let origin = &header.origin;
    let Ok(loaded) = source::load(&origin.tree, origin.mapping.as_deref(), catalogue) else { return Ok(()) };
    let Some(mut mapping) = loaded.mapping else { return Ok(()) };
    if !forgotten(&mut mapping, &gone, header.mapping.as_ref()) {
        return Ok(());
    }
    match loaded.mapping_file {
        Some(file) => mapping.save(&file).map_err(|error| (file.clone(), file_error("write", &file, &error))),
        None => tree::record_mapping(&loaded.tree.root, &mapping.to_text())
            .map_err(|error| (loaded.tree.root.join(tree::MAPPING), error.into())),
    }
}

/// Whether anything had to be taken out.
fn forgotten(mapping: &mut Mapping, gone: &[&Undoing], before: Option<&Mapping>) -> bool {
    let count = mapping.entries.len();
    let mut back = Vec::new();
    mapping.entries.retain(|entry| {
        let recorded = entry.how.as_deref() == Some(IMPORTED)
            && gone.iter().any(|undoing| {
                let same = |id: &str| undoing.target_id.as_deref().is_some_and(|gone| gone.eq_ignore_ascii_case(id));
                entry.is_for(&undoing.kind, &undoing.key) && entry.target_id().is_some_and(same)
            });
        if recorded {
            let old = before.into_iter().flat_map(|before| &before.entries);
            back.extend(old.filter(|old| old.is_for(&entry.kind, entry.source_id())).cloned());
        }
        !recorded
    });
    let changed = mapping.entries.len() < count;
    mapping.entries.extend(back);
    mapping.sort();
    changed
}
