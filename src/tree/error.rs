//! Why a tree as a whole cannot be read or written. What concerns one file is a finding.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A tree cannot be read or written at all.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Nothing is there.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The folder asked for.
        path: PathBuf,
    },
    /// It is not a folder, or a link in the place of one.
    #[error("{} is not a folder", path.display())]
    NotADirectory {
        /// What should be a folder.
        path: PathBuf,
    },
    /// The folder is not a tree.
    #[error("{p} has no ferry-tree.json, so it is not a tree; to convert another tool's folder, use `intune-ferry adopt {p} --out TREE`", p = path.display())]
    NotATree {
        /// The folder.
        path: PathBuf,
    },
    /// Written by a newer version of this program.
    #[error("{} is a tree of format {format}; this version reads format {known}; install the newer version", path.display(), known = super::manifest::FORMAT)]
    NewerFormat {
        /// The tree.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// `ferry-tree.json` is broken.
    #[error("{} line {line}, column {column}: {problem}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Line from 1; 0 where the whole file is meant.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// Policies are there already, but not from this program.
    #[error("{} contains policy files but no ferry-tree.json; name an empty folder, or one that this program wrote", path.display())]
    NotEmpty {
        /// The folder that holds them.
        path: PathBuf,
    },
    /// The tree holds another tenant's policies, or ones rewritten for another tenant.
    #[error("{} contains policies {holds}, but these are {given}; name another folder", path.display())]
    OtherTenant {
        /// The tree.
        path: PathBuf,
        /// What it holds: `of tenant …` or `rewritten for tenant …`.
        holds: String,
        /// What should be written, in the same words.
        given: String,
    },
    /// Somebody asked to stop; the next writing goes on with what is there.
    #[error("stopped while {} was written; run the command again to finish", path.display())]
    Stopped {
        /// The tree.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl TreeError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
