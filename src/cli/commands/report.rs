//! `report`: a tree, or a run that was, written down for people.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::catalogue::misfits;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::{files, source};
use crate::engine::ObjectOutcome;
use crate::engine::describe::tree_summary::inside;
use crate::engine::journal::line::Ending;
use crate::engine::journal::record::{Goal, Stretch};
use crate::engine::journal::{Record, outcomes};
use crate::exit::Exit;
use crate::finding::{Finding, Severity, count};
use crate::policy::TenantInfo;
use crate::ui::report::{self, Report};
use crate::ui::{clean, documentation, findings, plan_view};

const EXAMPLES: &str = "EXAMPLES:
  Document what a tenant has, and which group gets what:
    intune-ferry report backup --html tenant.html
    intune-ferry report backup --markdown tenant.md

  Report what an import did, from its journal:
    intune-ferry report ferry-runs/move.ndjson --html run.html

The command works offline.";

/// Write a report about a tree or an import
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("form").args(["html", "markdown"]).required(true).multiple(true))]
pub struct Args {
    /// A tree, or the journal of an import
    #[arg(value_name = "TREE|JOURNAL")]
    pub what: PathBuf,
    /// Write one self-contained HTML file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

/// Writes the report.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    if args.what.is_file() { of_run(args) } else { of_tree(args, context) }
}

fn of_tree(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let tree = source::load_for_people(&args.what, &catalogue)?;
    let title = title(tree.manifest.rewritten_for.as_ref().or(tree.manifest.tenant.as_ref()), &args.what);
    let inside = inside(&tree, &catalogue);
    let mut written = Vec::new();
    if let Some(file) = &args.html {
        files::write_file(file, documentation::html(&title, &inside, &now()).as_bytes())?;
        written.push(file);
    }
    if let Some(file) = &args.markdown {
        files::write_file(file, documentation::markdown(&title, &inside).as_bytes())?;
        written.push(file);
    }
    let odd = tree.policies.iter().flat_map(|policy| misfits(&policy.open(), &catalogue));
    let problems: Vec<Finding> =
        tree.findings.into_iter().chain(odd).filter(|finding| finding.severity > Severity::Info).collect();
    let mut text = said(&written);
    let beside = findings::findings(&problems, context.look());
    if !beside.is_empty() {
        text.push('\n');
        text.push_str(&beside);
    }
    let mut answer = Answer::new(Exit::Done, text).findings(problems);
    answer.counts = [(String::from("policies"), tree.policies.len())].into();
    Ok(answer.details(json!({"files": written})))
}

fn of_run(args: &Args) -> Result<Answer, CliError> {
    let record = Record::read(&args.what)?;
    let objects = outcomes(&record);
    let report = run_report(&record, &objects);
    let mut written = Vec::new();
    if let Some(file) = &args.html {
        files::write_file(file, report::html(&report, &now()).as_bytes())?;
        written.push(file);
    }
    if let Some(file) = &args.markdown {
        files::write_file(file, report::markdown(&report, &now()).as_bytes())?;
        written.push(file);
    }
    let answer = Answer::new(Exit::Done, said(&written)).objects(objects).findings(record.header.plan.findings.clone());
    Ok(answer.details(json!({"files": written})))
}

/// What an import did, from its record.
pub fn run_report(record: &Record, objects: &[ObjectOutcome]) -> Report {
    let plan = &record.header.plan;
    let undone = match record.stretches.last() {
        Some(last)
            if last.goal == Goal::Undo && last.end.as_ref().is_some_and(|end| end.outcome == Ending::Finished) =>
        {
            ", undone"
        }
        _ if record.undone => ", undone in part",
        _ => "",
    };
    let title = format!("Import into {}{undone}", plan_view::tenant(&plan.target));
    let mut report = Report::of_outcomes(title, objects, &plan.findings).waiting_as(plan);
    for stretch in &record.stretches {
        let (name, words) = stretch_in_words(stretch);
        report = report.fact(name, words);
    }
    report.fact("Write requests", record.writes.len().to_string())
}

/// What was done in one go, and when.
fn stretch_in_words(stretch: &Stretch) -> (&'static str, String) {
    let name = match stretch.goal {
        Goal::Import => "Imported",
        Goal::Resume => "Resumed",
        Goal::Wave => "Assigned beyond the pilot",
        Goal::Undo => "Undone",
    };
    let ended = match &stretch.end {
        None => String::from("was cut off"),
        Some(end) if end.outcome == Ending::Interrupted => format!("was stopped {}", readable(&end.ended)),
        Some(end) => format!("to {}", readable(&end.ended)),
    };
    let requests = count(stretch.writes.len(), "write request", "write requests");
    (name, format!("{} {ended}, {requests}", readable(&stretch.started)))
}

fn title(tenant: Option<&TenantInfo>, tree: &Path) -> String {
    tenant.map_or_else(|| tree.display().to_string(), |tenant| format!("What {} has", plan_view::tenant(tenant)))
}

/// Which files were written.
pub(super) fn said(written: &[&PathBuf]) -> String {
    let line = |file: &&PathBuf| format!("Wrote {}.\n", clean(&file.display().to_string()));
    written.iter().map(line).collect()
}

/// When a report is made.
pub fn now() -> String {
    moment(jiff::Timestamp::now())
}

/// A time as the record of a run has it, for people; as it is where it is none.
fn readable(time: &str) -> String {
    time.parse().map_or_else(|_| time.to_owned(), moment)
}

fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
