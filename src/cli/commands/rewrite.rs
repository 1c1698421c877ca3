//! `rewrite`: a tree with the target's ids in the place of the source's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::catalogue::{Selection, references};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::{RemovalsArg, SelectionArgs};
use crate::cli::next_step::CommandLine;
use crate::cli::{folder, source};
use crate::engine;
use crate::exit::Exit;
use crate::finding::Finding;
use crate::mapping::{Rewriting, Rewritten, block_dependents};
use crate::parallel;
use crate::policy::Kept;
use crate::ui::export_view;

const EXAMPLES: &str = "EXAMPLES:
  Apply a mapping and review the result before importing it:
    intune-ferry rewrite trial --mapping mapping.json --out rewritten
    git diff --no-index trial rewritten

`plan --mapping` does the same in memory.";

/// Write a new tree with the target's IDs instead of the source's
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Tree: a folder written by export or adopt
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// Mapping to apply
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Folder to write: new, empty, or a tree rewritten for the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
    /// Whether removals are accepted.
    #[command(flatten)]
    pub removals: RemovalsArg,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Rewrites: first a look at which policies there are, then one policy after the other, so that no more than some
/// are held.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection: Selection = args.selection.resolve(&catalogue)?;
    let loaded = source::load_heads(&args.tree, &args.mapping, &catalogue)?;
    let Some(mapping) = &loaded.mapping else { return Err(CliError::usage("there is no mapping to apply")) };
    folder::check_target(&args.out)?;
    let loader = folder::loader(&args.tree, &catalogue);
    let heads = &loaded.tree.policies;
    let refers = |index: usize| {
        let whole = loader.load(&heads[index]);
        whole.map(|(policy, _)| references(&policy, &catalogue)).unwrap_or_default()
    };
    let with_dependencies = !args.selection.without_dependencies;
    let chosen = engine::plan::selection::choose_by(heads, &catalogue, &selection, with_dependencies, &refers);
    let heads: Vec<Kept> = chosen.iter().map(|chosen| chosen.policy.clone()).collect();
    let source = loaded.source(&catalogue, &heads);
    let rewriting = Rewriting::new(&source, Some(mapping));

    // Names can change, and files are named after them.
    let named = parallel::map(&heads, |head| rewriting.one(head.open()).policy.keep());
    let snapshot = folder::rewritten_snapshot(&loaded.tree, mapping, selection, named);
    let done: Mutex<BTreeMap<usize, Outcome>> = Mutex::default();
    let whole = |index: usize| {
        // Stopped, the writing ends before it takes this for an answer.
        let head = heads.get(index).filter(|_| !context.stop.is_cancelled())?;
        let (rewritten, odd) = match loader.load(head) {
            Ok((policy, odd)) => (Some(rewriting.one(policy)), odd),
            Err(finding) => (None, vec![*finding]),
        };
        // What is blocked takes others with it: for that it is enough to know which policy this was.
        let mut policy = None;
        let rest = rewritten.map(|one| {
            one.with(|whole| {
                policy = Some(whole);
                head.clone()
            })
        });
        held(&done).insert(index, (odd, rest));
        policy
    };
    let (mut blocked, mut assignments_held) = (0, 0);
    let learnt = || {
        let done = std::mem::take(&mut *held(&done)).into_values();
        let (odd, rewritten): (Vec<_>, Vec<_>) = done.unzip();
        let mut rewritten: Vec<Rewritten> = rewritten.into_iter().flatten().collect();
        block_dependents(&mut rewritten);
        blocked = rewritten.iter().filter(|one| one.blocked).count();
        assignments_held = rewritten.iter().filter(|one| one.assignments_held && !one.blocked).count();
        odd.into_iter()
            .flatten()
            .chain(rewritten.into_iter().flat_map(|one| one.findings.into_iter().chain(one.in_force)))
            .collect()
    };
    let heading = format!("Rewrote {} to {}", args.tree.display(), args.out.display());
    let findings = loaded.tree.findings.clone();
    let writing = folder::Writing {
        out: &args.out,
        catalogue: &catalogue,
        consent: args.removals.consent(),
        heading: &heading,
        findings,
    };
    let mut answer = writing.write_each(&snapshot, context, &whole, learnt)?;
    if blocked + assignments_held > 0 {
        answer.exit = answer.exit.or(Exit::Blocked);
        answer.text.push_str(&export_view::held(blocked, assignments_held));
    }
    let next = CommandLine::new(context, "plan").path(&args.out).word("--to").word("TENANT");
    Ok(answer.next(next.after("see what an import of the rewritten tree would do; nothing is written")))
}

/// The result for a policy: what is odd in its file, and the rewriting of one that can be used.
type Outcome = (Vec<Finding>, Option<Rewritten>);

/// What several threads fill; one that broke off leaves what it had.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
