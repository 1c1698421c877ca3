//! `sandbox`: emulated tenants over HTTP.

use std::net::SocketAddr;

use include_dir::{Dir, include_dir};

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::exit::Exit;
use crate::sandbox::{Config, ConfigFile, Sandbox, TenantSeed};
use crate::ui::sandbox_view::{self, Profile};

const EXAMPLES: &str = "EXAMPLES:
  Start two small tenants for a rehearsal:
    intune-ferry sandbox

  Use your own tenants and faults, on another port:
    intune-ferry sandbox --config sandbox.toml --listen 127.0.0.1:9000

Here, --config names the sandbox's own file. The sandbox prints the tables for ferry.toml when it starts. Ctrl-C stops it and discards all data.";

/// Run emulated tenants on this computer, for rehearsal and tests
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Address to listen on; port 0 picks any free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// The sample tenants, which are served where no file is named.
static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples");

/// Serves until it is stopped.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let mut config = match &context.config {
        Some(file) => ConfigFile::read(file)?,
        None => samples()?,
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    let tenants = config.tenants.clone();
    let running = Sandbox::start(config).await?;
    context.printer.say(&sandbox_view::started(&running.url, &profiles(&tenants)));
    context.stop.cancelled().await;
    running.stop().await;
    Ok(Answer::new(Exit::Done, String::new()))
}

fn profiles(tenants: &[TenantSeed]) -> Vec<Profile> {
    let profile = |tenant: &TenantSeed| Profile {
        name: tenant.display_name.clone(),
        tenant_id: tenant.tenant_id.clone(),
        client_id: tenant.client_id.clone(),
        client_secret: tenant.client_secret.clone(),
    };
    tenants.iter().map(profile).collect()
}

fn samples() -> Result<Config, CliError> {
    let folder = tempfile::tempdir().map_err(|error| file_error("create", &std::env::temp_dir(), &error))?;
    SAMPLES.extract(folder.path()).map_err(|error| file_error("write", folder.path(), &error))?;
    Ok(ConfigFile::read(&folder.path().join("sandbox.toml"))?)
}
