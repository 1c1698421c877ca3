//! What stops a long operation as a whole. What concerns one object is a finding instead.

use std::path::PathBuf;

use thiserror::Error;

use crate::catalogue::CatalogueError;
use crate::graph::GraphError;
use crate::tree::TreeError;

/// An operation cannot go on.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Graph or sign-in.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The tree on disk.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The facts built into the program.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The journal cannot be written, so nothing may be.
    #[error("cannot write the journal {path}: {source}")]
    Journal {
        /// The journal's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The operation would break a promise, and says which.
    #[error("{message}")]
    Refused {
        /// What is refused and why.
        message: String,
        /// What to do instead.
        fix: String,
    },
}

/// Whether the error is of the tenant or the way to it rather than of one object: whatever comes next
/// would only meet it again.
pub fn ends_run(error: &GraphError) -> bool {
    error.is_sign_in() || error.is_unreachable() || error.is_throttled()
}
