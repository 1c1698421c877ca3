//! What every command gets: the printer, where the configuration is, and the sign to stop.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::error::CliError;
use super::flags::BrowserArgs;
use crate::catalogue::Catalogue;
use crate::ui::{Look, Printer};

/// What the program is called on the command line.
pub const NAME: &str = "intune-ferry";

/// What every command gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where text goes.
    pub printer: Printer,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// How a person signs in.
    pub browser: BrowserArgs,
    /// Set by Ctrl-C.
    pub stop: CancellationToken,
    /// Describes all commands and their flags.
    pub command_line: fn() -> clap::Command,
}

impl Context {
    /// The policy types.
    #[expect(clippy::unused_self, reason = "commands ask the context for all that they need")]
    pub fn catalogue(&self) -> Result<Catalogue, CliError> {
        Ok(Catalogue::built_in()?)
    }

    /// How views should look.
    pub fn look(&self) -> Look {
        self.printer.look()
    }
}
