//! `adopt`: another tool's export into a tree.

use std::path::PathBuf;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::folder;

const EXAMPLES: &str = "EXAMPLES:
  A folder that another tool exported:
    intune-ferry adopt ~/intune-backup --out trial

  Then look at what its policies need:
    intune-ferry lint trial";

/// Read another tool's export into a tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder that another tool exported
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// The folder to write: a new or empty one, or a tree of the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
}

/// Adopts.
pub fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    folder::adopt(&args.dir, &args.out, context)
}
