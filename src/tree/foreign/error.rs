//! Why a folder cannot be adopted at all. Not for what single files lack: those are findings.

use std::path::PathBuf;

use thiserror::Error;

use crate::catalogue::CatalogueError;

/// A folder cannot be adopted at all.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// There is no such folder.
    #[error("{} is not a folder or a ZIP file", path.display())]
    NotAFolder {
        /// What was given.
        path: PathBuf,
    },
    /// The ZIP file cannot be unpacked safely.
    #[error("{} cannot be used, and nothing was written: {problem}", path.display())]
    Archive {
        /// What was given.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// It needs no adopting.
    #[error("{} is already a tree", path.display())]
    AlreadyATree {
        /// What was given.
        path: PathBuf,
    },
    /// The rules of conversion are broken.
    #[error("the rules of conversion cannot be read: {problem}")]
    Rules {
        /// What is wrong.
        problem: String,
    },
    /// The program's own data is broken.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}
