//! `rewrite`: a tree with the target's ids in the place of the source's.

use std::path::PathBuf;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::flags::SelectionArgs;
use super::next_step::CommandLine;
use super::{folder, source};
use crate::catalogue::Selection;
use crate::engine;
use crate::exit::Exit;
use crate::mapping::rewrite;
use crate::ui::export_view;

const EXAMPLES: &str = "EXAMPLES:
  Apply a mapping and look at the result before it goes anywhere:
    intune-ferry rewrite trial --mapping mapping.json --out production
    git diff --no-index trial production

`plan --mapping` does the same in memory.";

/// Replace the source's ids by the target's, into another tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The tree: a folder that export or adopt wrote
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// The mapping to apply
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// The folder to write: a new or empty one, or a tree that was rewritten for the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Rewrites.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection: Selection = args.selection.resolve(&catalogue)?;
    let loaded = source::load(&args.tree, Some(&args.mapping), &catalogue)?;
    let Some(mapping) = &loaded.mapping else { return Err(CliError::usage("there is no mapping to apply")) };
    folder::check_target(&args.out)?;
    let with_dependencies = !args.selection.without_dependencies;
    let chosen = engine::select::choose(&loaded.tree.policies, &catalogue, &selection, with_dependencies);
    let policies: Vec<_> = chosen.iter().map(|chosen| chosen.policy.clone()).collect();
    let rewritten = rewrite(&loaded.source(&catalogue, &policies), Some(mapping));

    let blocked = rewritten.iter().filter(|one| one.blocked).count();
    let held = rewritten.iter().filter(|one| one.assignments_held && !one.blocked).count();
    let mut findings = loaded.tree.findings.clone();
    findings.extend(rewritten.iter().flat_map(|one| one.findings.iter().cloned()));
    let policies = rewritten.into_iter().map(|one| one.policy).collect();
    let heading = format!("Rewrote {} to {}", args.tree.display(), args.out.display());
    let writing =
        folder::Writing { out: &args.out, catalogue: &catalogue, accept_removals: false, heading: &heading, findings };
    let snapshot = folder::rewritten_snapshot(&loaded.tree, mapping, selection, policies);
    let mut answer = writing.write(&snapshot, context)?;
    if blocked + held > 0 {
        answer.exit = answer.exit.or(Exit::Blocked);
        answer.text.push_str(&export_view::held(blocked, held));
    }
    let next = CommandLine::new(context, "plan").path(&args.out).word("--to").word("TENANT");
    Ok(answer.next(next.after("see what an import of the rewritten tree would do; nothing is written")))
}
