//! Names of a tree's own files.

/// The files that a tree has beside the folders of its types.
pub const OWN: [&str; 6] = [super::manifest::FILE, DIRECTORY, MAPPING, ADOPTED, super::checksums::FILE, ATTRIBUTES];
/// Referenced objects that are not in the tree.
pub(super) const DIRECTORY: &str = "directory.json";
/// The mapping that was applied, in a rewritten tree.
pub const MAPPING: &str = "mapping.json";
/// Where the policies come from, in a tree that was made of policies of another kind.
pub(super) const ADOPTED: &str = "adopted.json";
/// Keeps git from changing line endings.
pub(super) const ATTRIBUTES: &str = ".gitattributes";
/// Who the policies of a type are for, in words, in the type's folder.
pub(super) const OVERVIEW: &str = "assignments.txt";

/// The overview of a type's folder, by its path in the tree.
pub fn overview_of(type_name: &str) -> String {
    format!("{type_name}/{OVERVIEW}")
}

/// Whether the path in the tree is such an overview: it repeats what the policies say, and nothing reads it.
pub fn is_overview(path: &str) -> bool {
    path.split_once('/').is_some_and(|(_, name)| name == OVERVIEW)
}
