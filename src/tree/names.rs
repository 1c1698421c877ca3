//! Names of a tree's own files.

/// Referenced objects that are not in the tree.
pub(super) const DIRECTORY: &str = "directory.json";
/// The mapping that was applied, in a rewritten tree.
pub const MAPPING: &str = "mapping.json";
/// Keeps git from changing line endings.
pub(super) const ATTRIBUTES: &str = ".gitattributes";
