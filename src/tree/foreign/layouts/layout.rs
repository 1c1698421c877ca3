//! Which program a folder is written for.

use std::path::Path;

use super::writing::{LaidOut, Writing};
use super::{admin_center, intunemanagement};
use crate::catalogue::Catalogue;
use crate::tree::{Snapshot, TreeError};

/// A program that imports folders of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Intune's admin center: settings catalog policies, one file each.
    AdminCenter,
    /// IntuneManagement: a folder per type, with its migration table.
    IntuneManagement,
}

/// Writes a snapshot for another program, into a new or empty folder.
pub fn write(out: &Path, layout: Program, snapshot: &Snapshot, catalogue: &Catalogue) -> Result<LaidOut, TreeError> {
    let mut writing = Writing::new(out, snapshot, catalogue);
    match layout {
        Program::AdminCenter => admin_center::write(&mut writing)?,
        Program::IntuneManagement => intunemanagement::write(&mut writing)?,
    }
    Ok(writing.done())
}
