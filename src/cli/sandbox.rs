//! `sandbox`: emulated tenants over HTTP.

use std::net::SocketAddr;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;

const EXAMPLES: &str = "EXAMPLES:
  Two small tenants, to rehearse with:
    intune-ferry sandbox

  Tenants and faults of your own, on another port:
    intune-ferry sandbox --config sandbox.toml --listen 127.0.0.1:9000

--config names the sandbox's own file here. The tables for ferry.toml are shown at the start. Ctrl-C ends it, and everything in it is gone.";

/// Serve emulated tenants on this machine, for rehearsal and tests
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// Serves until it is stopped.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let _ = (args, context);
    Err(CliError::usage("the sandbox is not part of this build"))
}
