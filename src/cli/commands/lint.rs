//! `lint`: what can be said of a tree without any tenant.

use std::path::PathBuf;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::{PageArgs, SelectionArgs};
use crate::cli::folder;
use crate::cli::next_step::CommandLine;
use crate::engine::lint::Linted;
use crate::engine::{self, ObjectOutcome};
use crate::exit::Exit;
use crate::finding::{Finding, Severity};
use crate::ui::lint_view::{self, Looked};
use crate::ui::report::Report;

const EXAMPLES: &str = "EXAMPLES:
  Show what the policies in a tree need to move, and problems with its files:
    intune-ferry lint trial

  In a pipeline:
    intune-ferry lint trial --format json";

/// Check a tree offline: damaged files, broken references, what each policy needs to move
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Tree: a folder written by export, adopt or rewrite
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// The report in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Lints.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let tree = folder::read(&args.tree, &catalogue)?;
    let with_dependencies = !args.selection.without_dependencies;
    let chosen = engine::plan::selection::choose(&tree.policies, &catalogue, &selection, with_dependencies);
    let references: Vec<String> = chosen.iter().map(|chosen| chosen.policy.reference()).collect();
    let mut linted = engine::lint::lint(&tree, &catalogue);
    linted.retain(|one| references.contains(&one.policy.reference()));

    let looked: Vec<Looked> = linted
        .iter()
        .map(|one| Looked { type_name: one.policy.type_name.clone(), name: one.policy.name(), outcome: one.outcome() })
        .collect();
    let all: Vec<Finding> = tree.findings.iter().chain(linted.iter().flat_map(|one| &one.findings)).cloned().collect();
    let exit = exit_of(&all);
    let text = lint_view::lint(&looked, &all, context.look());
    let objects = objects(linted);
    let heading = heading(&args.tree.display().to_string());
    let report = || Report::of_outcomes(heading, &objects, &tree.findings);
    let answer = Answer::new(exit, text).report(&args.pages, report).objects(objects).findings(tree.findings);
    if tree.manifest.rewritten_for.is_some() {
        return Ok(answer);
    }
    let next = CommandLine::new(context, "map").path(&args.tree).word("--to").word("TENANT");
    let next = next.word("--out").word("mapping.json").selection(&args.selection);
    Ok(answer.next(next.after("match the groups, users and apps that the policies refer to with those in the target")))
}

/// What a report of a lint is called.
pub fn heading(tree: &str) -> String {
    format!("What the policies in {tree} need")
}

/// What was found, policy by policy.
pub fn objects(linted: Vec<Linted<'_>>) -> Vec<ObjectOutcome> {
    let object = |one: Linted<'_>| ObjectOutcome {
        type_name: one.policy.type_name.clone(),
        id: one.policy.key(),
        name: one.policy.name(),
        action: one.outcome(),
        target_id: None,
        differences: Vec::new(),
        audience: Vec::new(),
        findings: one.findings,
    };
    linted.into_iter().map(object).collect()
}

/// What is only worth a look does not fail a pipeline.
fn exit_of(findings: &[Finding]) -> Exit {
    if findings.iter().any(|finding| finding.severity == Severity::Error) { Exit::Blocked } else { Exit::Done }
}
