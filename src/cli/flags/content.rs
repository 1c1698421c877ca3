//! `--app-content`: files that become the content of apps.

use std::path::{Path, PathBuf};

use super::super::error::CliError;
use crate::engine::content::Folder;

/// Where the app contents are, which Graph does not return.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct ContentArg {
    /// Folder with the files of line-of-business and Win32 apps (.intunewin, .msi, .apk, .ipa, .pkg, .dmg, .msix …):
    /// creates the apps and uploads the files. A file matches by the app's file name, or by a folder named after the
    /// app
    #[arg(long, value_name = "DIR")]
    pub app_content: Option<PathBuf>,
}

impl ContentArg {
    /// The folder, listed.
    pub fn open(&self) -> Result<Option<Folder>, CliError> {
        self.app_content.as_deref().map(open).transpose()
    }
}

/// Lists a folder.
pub fn open(folder: &Path) -> Result<Folder, CliError> {
    Folder::open(folder).map_err(|why| CliError::usage(why).hint("Name the folder with the apps' files."))
}
