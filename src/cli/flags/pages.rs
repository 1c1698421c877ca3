//! `--html` and `--markdown`: the report beside the result.

use std::path::{Path, PathBuf};

/// The report in addition to the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct PageArgs {
    /// Also write the result as an HTML report: one self-contained file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also write the result as Markdown, for a pull request or a wiki
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

impl PageArgs {
    /// The files that are wanted.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.html, &self.markdown].into_iter().flatten().map(PathBuf::as_path)
    }
}
