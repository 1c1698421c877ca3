//! Carries out what `import` prepared, whether the run begins or is gone on with; shows the result, and
//! what to do next.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::answer::Answer;
use super::connect::Connected;
use super::context::Context;
use super::error::{CliError, file_error};
use super::flags::{PageArgs, SelectionArgs};
use super::lock::Lock;
use super::next_step::CommandLine;
use super::secrets::Given;
use super::source::Loaded;
use crate::catalogue::Catalogue;
use crate::cli::asked_permissions;
use crate::engine::import::approvals::Approvals;
use crate::engine::import::run;
use crate::engine::import::run::Imported;
use crate::engine::journal::{Journal, Origin};
use crate::engine::plan::plan_file::{Plan, is_default};
use crate::engine::plan::prepared::Prepared;
use crate::engine::{Action, ObjectOutcome, Outcome};
use crate::exit::Exit;
use crate::finding::{Code, codes};
use crate::mapping::{IMPORTED, Named};
use crate::policy::Kept;
use crate::tree;
use crate::ui::report::Report;
use crate::ui::{Next, Progress, clean, outcomes, plan_view};

/// A run that is about to write.
pub struct Run<'a> {
    /// What every command gets.
    pub context: &'a Context,
    /// Where a report is wanted.
    pub pages: &'a PageArgs,
    /// What the types are.
    pub catalogue: &'a Catalogue,
    /// Where its inputs are.
    pub origin: &'a Origin,
    /// The target.
    pub connected: Connected,
    /// The record of the run.
    pub journal: Journal,
    /// What is said about approval.
    pub approvals: Approvals,
    /// Where secrets come from.
    pub secrets: Given,
    /// What keeps others out of the target.
    pub lock: Lock,
}

/// Carries it out.
pub async fn run(run: Run<'_>, loaded: Loaded, prepared: Prepared) -> Result<Answer, CliError> {
    let Run { context, pages, catalogue, origin, connected, journal, approvals, secrets, lock } = run;
    let plan = prepared.plan.clone();
    let written = plan.steps.iter().filter(|step| step.writes()).map(|step| step.type_name.as_str());
    asked_permissions::will_write(&connected, catalogue, &written.collect()).await;
    let path = journal.path().to_owned();
    let resume = CommandLine::new(context, "import").file("--resume", Some(&path));
    let again = resume.clone();
    let imported = {
        let progress = Progress::new(&context.printer);
        let run = run::Run {
            tenant: connected.tenant(catalogue, &progress),
            secrets: &secrets,
            journal: &journal,
            approvals: &approvals,
            stop: &context.stop,
        };
        run::import(prepared, run).await.map_err(|error| cut_short(connected.failed(error), &resume))?
    };
    let unrecorded = record(loaded, catalogue, &imported).err();
    let heading = format!("Imported {} into {}", from_here(&origin.tree).display(), plan_view::tenant(&plan.target));
    let mut text = outcomes::outcomes(&heading, &imported.objects, context.look());
    let _ =
        writeln!(text, "\nThe journal of this import, to resume or undo it:\n  {}", clean(&path.display().to_string()));
    let exit = exit_of(&imported.objects, &plan, imported.interrupted);
    let waits = imported.objects.iter().any(|object| object.findings.iter().any(|it| it.is(&codes::APPROVAL_PENDING)));
    let next = next(exit, waits, resume, |command| route(command, context, origin, &plan));
    let report = || {
        let report = Report::of_outcomes(heading, &imported.objects, &plan.findings).waiting_as(&plan);
        report.fact("Journal", path.display().to_string())
    };
    let findings = plan.findings.iter().cloned().chain(lock.finding()).collect();
    let mut answer = Answer::new(exit, text).report(pages, report).objects(imported.objects).findings(findings);
    let journal_error = imported.unrecorded.map(|error| (path.clone(), CliError::from(error)));
    for (file, error) in journal_error.into_iter().chain(unrecorded) {
        let fix = format!(
            "Fix what prevents the file from being written, then record what the import created: {}",
            again.text()
        );
        answer = answer.not_recorded(&file, &error, Some(fix), context.look());
    }
    Ok(answer.requests(connected.client.figures()).details(json!({"journal": path, "target": plan.target})).next(next))
}

/// A run that could not come to its end can be gone on with, once what stopped it is solved.
fn cut_short(mut error: CliError, resume: &CommandLine) -> CliError {
    let go_on = format!("Then continue with: {}", resume.text());
    error.hint = Some(error.hint.map_or_else(|| go_on.clone(), |hint| format!("{hint} {go_on}")));
    error
}

/// A path as a person in this folder would write it.
fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path)
}

/// A command for the same tree, tenant, mapping and policies.
fn route(command: &str, context: &Context, origin: &Origin, plan: &Plan) -> CommandLine {
    let line = CommandLine::new(context, command).path(from_here(&origin.tree)).word("--to").word(&origin.tenant);
    let line = line.file("--mapping", origin.mapping.as_deref().map(from_here));
    match SelectionArgs::parse(&plan.options.selection, plan.options.without_dependencies) {
        Some(selection) => line.selection(&selection),
        None => line,
    }
}

fn next(exit: Exit, waits: bool, resume: CommandLine, route: impl Fn(&str) -> CommandLine) -> Next {
    match exit {
        _ if waits => resume.after("after a second administrator has approved the requests, continue the import"),
        Exit::SomeFailed | Exit::Blocked => route("plan").after(
            "fix the problems listed above, then plan and import again with the same options; finished work is found and \
             not repeated",
        ),
        Exit::Interrupted => resume.after("continue the import"),
        _ => route("verify").after("compare the tenant with the tree, now or later"),
    }
}

/// Writes what was created into the mapping that was given, or that the rewritten tree holds, so that a later
/// run finds it again.
fn record(loaded: Loaded, catalogue: &Catalogue, imported: &Imported) -> Result<(), (PathBuf, CliError)> {
    let Some(mut mapping) = loaded.mapping.filter(|_| !imported.created.is_empty()) else { return Ok(()) };
    // The tree calls it so; what is created may have got another name on the way.
    let own = |policy: &Kept| {
        let name = catalogue.get(&policy.type_name).map(|of| of.name_of(policy));
        Some(((policy.type_name.clone(), policy.key()), name?))
    };
    let names: BTreeMap<(String, String), String> = loaded.tree.policies.iter().filter_map(own).collect();
    for (kind, source, name, target) in &imported.created {
        let own = names.get(&(kind.clone(), source.clone())).unwrap_or(name);
        mapping.record(kind, Named::new(source, Some(own)), Named::new(target, Some(name)), IMPORTED);
    }
    match loaded.mapping_file {
        Some(file) => mapping.save(&file).map_err(|error| (file.clone(), file_error("write", &file, &error))),
        None => tree::record_mapping(&loaded.tree.root, &mapping.to_text())
            .map_err(|error| (loaded.tree.root.join(tree::MAPPING), error.into())),
    }
}

/// The first that applies wins.
pub fn exit_of(objects: &[ObjectOutcome], plan: &Plan, interrupted: bool) -> Exit {
    // What these say of an object that is there is of its assignments, or of what was read back.
    const FAILED: [&Code; 8] = [
        &codes::AMBIGUOUS_MATCH,
        &codes::NOT_READY,
        &codes::READ_FAILED,
        &codes::SOURCE_ID_LEFT,
        &codes::STALE_STEP,
        &codes::STOPPED,
        &codes::VERIFY_DIFFERS,
        &codes::WRITE_FAILED,
    ];
    const WAITING: [&Code; 2] = [&codes::APPROVAL_PENDING, &codes::APPROVAL_NEEDED];
    let mut exit = if interrupted { Exit::Interrupted } else { Exit::Done };
    for object in objects {
        let has = |codes: &[&Code]| object.findings.iter().any(|finding| codes.iter().any(|code| finding.is(code)));
        let stale = has(&[&codes::STALE_STEP]);
        exit = exit.or(match (object.action, object.action.exit()) {
            (Outcome::Blocked, _) if stale => Exit::SomeFailed,
            (_, exit @ (Exit::SomeFailed | Exit::Blocked)) => exit,
            (Outcome::ExistsDiffers, exit) if !is_default(&object.findings) => exit,
            _ if has(&WAITING) => Exit::Blocked,
            _ if has(&FAILED) => Exit::SomeFailed,
            _ if has(&[&codes::CREATE_ONLY_DIFFERS]) => Exit::Differences,
            _ => Exit::Done,
        });
    }
    let held = plan.steps.iter().any(|step| step.is_held() && step.action != Action::Blocked);
    if held { exit.or(Exit::Blocked) } else { exit }
}
