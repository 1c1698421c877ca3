//! The arguments of `import` and its help. Not for carrying it out: that is [`super::import`]'s, and that of the runs
//! that are gone on with.

use std::path::PathBuf;

use crate::cli::flags::Crossing;
use crate::graph::approval::LONGEST;

const EXAMPLES: &str = "EXAMPLES:
  Review the plan, then confirm by typing the tenant's name:
    intune-ferry import trial --to production --mapping mapping.json

  In a pipeline, import exactly what was reviewed:
    intune-ferry import trial --to production --mapping mapping.json --plan plan.json

  In a pipeline, without a reviewed plan, a tree that `rewrite` wrote:
    intune-ferry import rewritten --to env --yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049

  Include the secrets that an export kept (docs/secrets.md):
    intune-ferry import rewritten --to production --secrets trial.age --identity key.txt

  In phases: assign to a pilot group first, then to the groups in the tree:
    intune-ferry import trial --to production --mapping mapping.json --assignments pilot=Pilots
    intune-ferry import --resume ferry-runs/move.ndjson --wave

  Upload app files, which Graph does not return (docs/apps.md):
    intune-ferry import trial --to production --mapping mapping.json --app-content packages

  Continue an import that was interrupted or is waiting for an approval:
    intune-ferry import --resume ferry-runs/move.ndjson

Existing policies that differ are changed only with --on-conflict update. Repeating an import creates no duplicates.";

const USAGE: &str = "intune-ferry import [OPTIONS] --to <TENANT> <TREE>
       intune-ferry import --resume <JOURNAL> [--wave [--allow-broad] [--yes <TENANT-ID>]] [--secrets <FILE> --identity <KEYFILE>]";

/// What a journal holds already.
const ALL_OTHERS: [&str; 6] = ["tree", "tenant", "mapping", "plan", "journal", "SelectionArgs"];

/// Import a tree into a tenant: plan, confirm, write, read back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// Tree: a folder written by export, adopt or rewrite
    #[arg(value_name = "TREE", required_unless_present = "resume")]
    pub tree: Option<PathBuf>,
    /// Target tenant: a table of ferry.toml, a tenant's ID or domain, or `env` for the AZURE_* variables
    #[arg(long = "to", value_name = "TENANT", required_unless_present = "resume")]
    pub tenant: Option<String>,
    /// Mapping from source IDs to target IDs; the import adds the objects it creates
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Import exactly what this reviewed plan contains, with the plan's options
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Confirm without a terminal: the target's tenant ID
    #[arg(long, value_name = "TENANT-ID")]
    pub yes: Option<String>,
    /// Journal file to write instead of ferry-runs/<time>-<target>.ndjson
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Continue the import of this journal, which was interrupted or is waiting for an approval. The journal contains
    /// all options
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ALL_OTHERS)]
    pub resume: Option<PathBuf>,
    /// With --resume: finish a pilot. Replaces the pilot group with the assignments in the tree
    #[arg(long)]
    pub wave: bool,
    /// Justification for the second administrator who approves the changes, if the tenant requires one
    /// (Multi Admin Approval)
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub justification: Option<String>,
    /// What an import does.
    #[command(flatten)]
    pub crossing: Crossing,
}

/// A reason that the service takes.
pub fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(String::from("the justification is empty")),
        long if long.chars().count() > LONGEST => Err(format!("the justification is longer than {LONGEST} characters")),
        reason => Ok(reason.to_owned()),
    }
}
