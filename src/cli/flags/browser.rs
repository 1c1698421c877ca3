//! How a person signs in with a browser. The same flags for every command.

use std::time::Duration;

/// How long a person has for the sign-in: enough for a second factor that has to be found first.
const USUAL: u64 = 300;

/// Flags for the sign-in with a browser.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Signing in with a browser")]
pub struct BrowserArgs {
    /// Show the address to open instead of opening a browser
    #[arg(long, global = true)]
    pub no_browser: bool,
    /// Local port for the answer, for example one that SSH forwards [default: a free one]
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
    pub sign_in_port: Option<u16>,
    /// How long to wait for the browser
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = USUAL,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub sign_in_timeout: u64,
}

impl Default for BrowserArgs {
    fn default() -> Self {
        Self { no_browser: false, sign_in_port: None, sign_in_timeout: USUAL }
    }
}

impl BrowserArgs {
    /// How long a person has.
    pub fn within(&self) -> Duration {
        Duration::from_secs(self.sign_in_timeout)
    }
}
