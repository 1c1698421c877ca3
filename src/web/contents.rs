//! What is in the folder: trees, mappings, plans and journals, by names that a page may ask for. Links are not followed,
//! and nothing outside of the folder is looked at, so a name that is not found here does not exist for any page.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use walkdir::{DirEntry, WalkDir};

use crate::cli::files::{Kind, is_object_with};
use crate::policy::TenantInfo;
use crate::tree::manifest::{FILE, Manifest};

/// How deep below the folder trees are looked for.
const DEPTH: usize = 3;
/// More entries of a folder than this are not looked at: it is not a folder of trees then.
const MOST: usize = 20_000;
/// A larger file is not opened to see what it is.
const LARGEST: u64 = 256 << 20;

/// A tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TreeHere {
    /// Its name in the folder, with `/`.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whose policies it has, or will have.
    pub(super) tenant: Option<TenantInfo>,
    /// Whether it was rewritten.
    pub(super) is_rewritten: bool,
    /// Why it cannot be read.
    pub(super) problem: Option<String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileKind {
    /// A mapping.
    Mapping,
    /// A plan.
    Plan,
    /// The record of an import.
    Journal,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileHere {
    /// Its name in the folder, with `/`.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// What it is.
    pub(super) kind: FileKind,
}

/// What is in a folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Contents {
    /// Its trees, by name.
    pub(super) trees: Vec<TreeHere>,
    /// Its files, by kind and name.
    pub(super) files: Vec<FileHere>,
    /// Whether there is more than was looked at.
    pub(super) is_cut: bool,
}

/// Looks at everything.
pub(super) fn look(folder: &Path) -> Contents {
    let mut contents = Contents::default();
    let mut seen = 0_usize;
    walk(folder, &mut |entry| {
        seen += 1;
        if entry.file_type().is_file() {
            contents.files.extend(file(folder, entry));
        } else if entry.file_type().is_dir() && is_tree(entry.path()) {
            contents.trees.push(tree(folder, entry.path()));
        }
        contents.is_cut = seen >= MOST;
        !contents.is_cut
    });
    contents.trees.sort_by(|one, other| one.name.cmp(&other.name));
    contents.files.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    contents
}

/// The trees alone: no file is opened to see what it is.
pub(super) fn trees(folder: &Path) -> Vec<TreeHere> {
    let mut trees = Vec::new();
    let mut seen = 0_usize;
    walk(folder, &mut |entry| {
        seen += 1;
        if entry.file_type().is_dir() && is_tree(entry.path()) {
            trees.push(tree(folder, entry.path()));
        }
        seen < MOST
    });
    trees.sort_by(|one, other| one.name.cmp(&other.name));
    trees
}

/// The file of this kind and name.
pub(super) fn file_named(folder: &Path, kind: FileKind, name: &str) -> Option<FileHere> {
    look(folder).files.into_iter().find(|file| file.kind == kind && file.name == name)
}

/// Everything that may be of interest, until enough is seen. What is inside of a tree is the tree's.
fn walk(folder: &Path, visit: &mut dyn FnMut(&DirEntry) -> bool) {
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    let mut entries = WalkDir::new(folder).max_depth(DEPTH).follow_links(false).into_iter();
    while let Some(entry) = entries.next() {
        // What may not be looked at is not there.
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_dir() {
            if is_hidden(&entry) {
                entries.skip_current_dir();
                continue;
            }
            if is_tree(entry.path()) {
                entries.skip_current_dir();
            }
        }
        if !visit(&entry) {
            return;
        }
    }
}

fn is_tree(path: &Path) -> bool {
    std::fs::symlink_metadata(path.join(FILE)).is_ok_and(|about| about.is_file())
}

fn tree(folder: &Path, path: &Path) -> TreeHere {
    let (manifest, problem) = match Manifest::read(path) {
        Ok(manifest) => (manifest.unwrap_or_default(), None),
        Err(error) => (Manifest::default(), Some(error.to_string())),
    };
    TreeHere {
        name: name(folder, path),
        path: path.to_owned(),
        is_rewritten: manifest.rewritten_for.is_some(),
        tenant: manifest.rewritten_for.or(manifest.tenant),
        problem,
    }
}

/// What a path is called in the folder; the folder itself by its own name.
fn name(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let steps: Vec<String> = below.iter().map(|step| step.to_string_lossy().into_owned()).collect();
    if steps.is_empty() { called(folder) } else { steps.join("/") }
}

/// The folder's own name.
pub(super) fn called(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map_or_else(|| whole.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// What only a mapping has.
#[derive(Deserialize)]
struct AnyMapping {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "entries")]
    _entries: IgnoredAny,
}

fn file(folder: &Path, entry: &DirEntry) -> Option<FileHere> {
    let path = entry.path();
    let about = entry.metadata().ok().filter(|about| about.len() > 0 && about.len() <= LARGEST)?;
    let kind = match path.extension()?.to_str()? {
        "ndjson" => FileKind::Journal,
        "json" if about.is_file() && Kind::Plan.is_kind_of(path) => FileKind::Plan,
        "json" if is_object_with::<AnyMapping>(path) => FileKind::Mapping,
        _ => return None,
    };
    Some(FileHere { name: name(folder, path), path: path.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn trees_and_files_are_found_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), text).unwrap();
        };
        write("trial/ferry-tree.json", r#"{"format": 1, "catalogueVersion": 1, "selection": [], "types": {}}"#);
        write("trial/apps/mapping.json", r#"{"format": 1, "entries": []}"#);
        write("old/2025/ferry-tree.json", "{");
        write(".git/x/ferry-tree.json", "{}");
        write("mapping.json", r#"{"format": 1, "entries": []}"#);
        write("plan.json", r#"{"format": 1, "treeFingerprint": "x", "steps": []}"#);
        write("ferry-runs/a.ndjson", "{}");
        write("notes.json", "[1, 2, 3, 4]");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("trial"), root.join("linked")).unwrap();
        let contents = look(root);
        let trees: Vec<_> = contents.trees.iter().map(|tree| (tree.name.as_str(), tree.problem.is_some())).collect();
        assert_eq!(trees, [("old/2025", true), ("trial", false)]);
        assert_eq!(super::trees(root), contents.trees);
        let files: Vec<_> = contents.files.iter().map(|file| (file.kind, file.name.as_str())).collect();
        let wanted = [
            (FileKind::Mapping, "mapping.json"),
            (FileKind::Plan, "plan.json"),
            (FileKind::Journal, "ferry-runs/a.ndjson"),
        ];
        assert_eq!(files, wanted);
        assert_eq!(file_named(root, FileKind::Plan, "../plan.json"), None);
        assert_eq!(look(&root.join("trial")).trees[0].name, "trial");
    }
}
