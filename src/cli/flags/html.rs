//! `--html`: the report beside the result.

use std::path::PathBuf;

/// The report beside the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct HtmlArg {
    /// Write the result as a report for a browser too: one file, readable without any network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}
