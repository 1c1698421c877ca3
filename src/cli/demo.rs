//! `demo`: the whole way from one tenant to another, on emulated tenants.

use std::path::PathBuf;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;

const EXAMPLES: &str = "EXAMPLES:
  Export, map, plan, import and verify between two emulated tenants:
    intune-ferry demo

  Keep the files, to look at them afterwards:
    intune-ferry demo --dir rehearsal";

/// Go the whole way once on two emulated tenants; needs no account and no network
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Keep the tree, the mapping, the plan and the journal in this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Goes.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let _ = (args, context);
    Err(CliError::usage("the demo is not part of this build"))
}
