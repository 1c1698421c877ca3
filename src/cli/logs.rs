//! Where log lines go: to stderr by `-vv`, and each request to Graph to the file of `--log-file`.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::error::{CliError, file_error};
use crate::graph::log::TARGET;
use crate::ui::Verbosity;

/// Starts logging.
pub fn start(verbosity: Verbosity, file: Option<&Path>) -> Result<(), CliError> {
    let usual = match verbosity {
        // The TLS library reports a certificate that it does not trust; so does the command, with what to do.
        Verbosity::Quiet | Verbosity::Normal => "error,rustls_platform_verifier=off".to_owned(),
        Verbosity::Verbose => "error,rustls_platform_verifier=off,intune_ferry=warn".to_owned(),
        Verbosity::Debug => format!("warn,intune_ferry=debug,{TARGET}=debug"),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let screen = tracing_subscriber::fmt::layer()
        .with_writer(anstream::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_filter(filter);
    let requests = match file {
        None => None,
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.map_err(|error| file_error("write", path, &error))?;
            let lines = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_target(false)
                .with_level(false)
                .with_current_span(false)
                .with_span_list(false)
                .with_writer(Mutex::new(file))
                .with_filter(Targets::new().with_target(TARGET, tracing::Level::DEBUG));
            Some(lines)
        }
    };
    // A second subscriber, as in tests, is refused; the first one stays.
    let _ = tracing_subscriber::registry().with(screen).with(requests).try_init();
    Ok(())
}
