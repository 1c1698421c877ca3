//! What all pages work on: the folder, what is known of policy types, and the trees that were read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{self, FileHere, FileKind, TreeHere};
use super::door::Door;
use super::shelf::{Shelf, Shelved};
use crate::catalogue::Catalogue;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::next_step::CommandLine;

/// What all pages work on.
#[derive(Debug)]
pub(super) struct Site {
    /// The folder.
    pub(super) folder: PathBuf,
    /// What it is called.
    pub(super) name: String,
    /// The policy types.
    pub(super) catalogue: Catalogue,
    /// What every command gets.
    pub(super) context: Context,
    /// Who may come in.
    pub(super) door: Door,
    shelf: Shelf,
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The status of the answer.
    pub(super) status: u16,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) fix: Option<String>,
}

impl Trouble {
    /// The folder has no such thing.
    pub(super) fn missing(what: &str) -> Self {
        let fix = "It may have been moved or removed. Go back to the folder's page.".to_owned();
        Self { status: 404, message: format!("there is no such {what} in this folder"), fix: Some(fix) }
    }
}

impl From<CliError> for Trouble {
    fn from(error: CliError) -> Self {
        Self { status: 422, message: error.message, fix: error.hint }
    }
}

impl Site {
    /// For a folder.
    pub(super) fn new(folder: &Path, context: &Context, door: Door) -> Result<Self, CliError> {
        Ok(Self {
            folder: folder.to_owned(),
            name: contents::called(folder),
            catalogue: context.catalogue()?,
            context: context.clone(),
            door,
            shelf: Shelf::default(),
        })
    }

    /// The trees in the folder.
    pub(super) fn trees(&self) -> Vec<TreeHere> {
        contents::trees(&self.folder)
    }

    /// The file of this kind and name.
    pub(super) fn file_named(&self, kind: FileKind, name: &str) -> Result<FileHere, Trouble> {
        contents::file_named(&self.folder, kind, name).ok_or_else(|| Trouble::missing("file"))
    }

    /// The tree of this name.
    pub(super) fn tree_named(&self, name: &str) -> Result<TreeHere, Trouble> {
        self.trees().into_iter().find(|tree| tree.name == name).ok_or_else(|| Trouble::missing("tree"))
    }

    /// The tree of this name, with all that is in it.
    pub(super) fn shelved(&self, name: &str) -> Result<Arc<Shelved>, Trouble> {
        let here = self.tree_named(name)?;
        Ok(self.shelf.tree(&here.path, &self.catalogue)?)
    }

    /// Reads the first tree before anybody asks for it.
    pub(super) fn warm_up(&self) {
        if let Some(first) = contents::trees(&self.folder).first() {
            // What is wrong with it is said to whoever opens it.
            let _ = self.shelf.tree(&first.path, &self.catalogue);
        }
    }

    /// A command, to be run in the folder.
    pub(super) fn command(&self, name: &str) -> CommandLine {
        CommandLine::new(&self.context, name)
    }
}
