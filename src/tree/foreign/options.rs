//! What a person asks for when a folder is adopted.

use std::path::Path;

/// What else is read, and what becomes of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The folder of administrative templates.
    pub admx: Option<&'a Path>,
    /// Whether registry items of group policy become scripts.
    pub registry_items_as_scripts: bool,
}
