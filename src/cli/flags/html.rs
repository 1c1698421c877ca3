//! `--html`: the report beside the result.

use std::path::PathBuf;

/// The report in addition to the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct HtmlArg {
    /// Also write the result as an HTML report: one self-contained file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}
