//! The folder with the files that policies lack (`--app-content DIR`), and which of its files a policy wants. The
//! name comes from a tree, which is not trusted: it is looked for among the files that are there, and never made part
//! of a path. Links are not followed.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::policy::file_name::{fold, safe_name};

/// A folder for each app, and perhaps one for each maker of apps.
const DEEPEST: usize = 3;
/// Far more files than anyone has apps.
const MOST: usize = 20_000;
/// No system has longer names.
const LONGEST_NAME: usize = 255;

/// The files of a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    files: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    path: PathBuf,
    name: String,
    /// The name of the folder that it is in; empty for the folder itself.
    folder: String,
    is_link: bool,
}

/// What was found for a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This file.
    File(PathBuf),
    /// None of that name.
    Nothing,
    /// Something that cannot be taken: why, and what to do.
    Unusable(String, String),
}

impl Folder {
    /// Lists the folder once. Says why it cannot be read.
    pub fn open(root: &Path) -> Result<Self, String> {
        if !root.is_dir() {
            return Err(format!("{} is not a folder", root.display()));
        }
        let mut files = Vec::new();
        for entry in WalkDir::new(root).min_depth(1).max_depth(DEEPEST).follow_links(false).sort_by_file_name() {
            let entry = entry.map_err(|error| format!("{} cannot be read: {error}", root.display()))?;
            if entry.file_type().is_dir() {
                continue;
            }
            if files.len() == MOST {
                return Err(format!("{} contains more than {MOST} files", root.display()));
            }
            let folder = entry.path().parent().filter(|_| entry.depth() > 1).and_then(Path::file_name);
            files.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                folder: folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
                is_link: !entry.file_type().is_file(),
                path: entry.into_path(),
            });
        }
        Ok(Self { root: root.to_owned(), files })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How people know a file of the folder.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The file of this name for the policy of that name: in a folder that is called as the policy is, or the only
    /// one of its name anywhere. In its own folder it may have another name, where it is the only one of its kind.
    pub fn find(&self, wanted: &str, policy: &str) -> Found {
        if let Some(why) = no_file_name(wanted) {
            let fix = "Correct the file name in the policy's JSON to the name in the folder.";
            return Found::Unusable(format!("the policy names the file \"{wanted}\", which {why}"), fix.to_owned());
        }
        let own = |entry: &&Entry| is_alike(&entry.folder, policy) || is_alike(&entry.folder, &safe_name(policy));
        let in_own: Vec<&Entry> = self.files.iter().filter(own).collect();
        let named = |entry: &&&Entry| is_alike(&entry.name, wanted);
        let kind = |entry: &&&Entry| extension(&entry.name).is_some_and(|own| Some(own) == extension(wanted));
        let exact: Vec<&Entry> = in_own.iter().filter(named).copied().collect();
        let same_kind: Vec<&Entry> = in_own.iter().filter(kind).copied().collect();
        let anywhere: Vec<&Entry> = self.files.iter().filter(|entry| named(&entry)).collect();
        let candidates = [exact, same_kind, anywhere].into_iter().find(|list| !list.is_empty()).unwrap_or_default();
        match candidates.as_slice() {
            [] => Found::Nothing,
            [only] if only.is_link => {
                let shown = self.shown(&only.path);
                Found::Unusable(format!("{shown} is a symbolic link"), "Put the file itself in the folder.".to_owned())
            }
            [only] => Found::File(only.path.clone()),
            several => {
                let shown: Vec<String> = several.iter().map(|entry| self.shown(&entry.path)).collect();
                let message = format!("{} files match: {}", shown.len(), shown.join(", "));
                Found::Unusable(message, format!("Put the right file into a subfolder named \"{policy}\"."))
            }
        }
    }
}

/// Whether two names are one on a system that does not tell upper from lower case.
fn is_alike(left: &str, right: &str) -> bool {
    !left.is_empty() && fold(left) == fold(right)
}

fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

/// Why a text is not a plain file name.
pub(crate) fn no_file_name(name: &str) -> Option<&'static str> {
    if name.chars().any(|c| matches!(c, '/' | '\\' | ':') || c.is_control()) {
        return Some("is not a plain file name");
    }
    if name.trim_matches(['.', ' ']).is_empty() {
        return Some("is not a file name");
    }
    (name.len() > LONGEST_NAME).then_some("is too long for a file name")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn folder(files: &[&str]) -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        (dir, folder)
    }

    fn shown(folder: &Folder, wanted: &str, policy: &str) -> String {
        match folder.find(wanted, policy) {
            Found::File(path) => folder.shown(&path),
            Found::Nothing => "nothing".to_owned(),
            Found::Unusable(why, _) => why,
        }
    }

    #[test]
    fn a_file_is_found_by_its_name_wherever_it_lies() {
        let (_dir, folder) = folder(&["a.msi", "sub/B.APK", "x/y/c.pkg"]);
        assert_eq!(shown(&folder, "A.msi", "A"), "a.msi");
        assert_eq!(shown(&folder, "b.apk", "B"), "sub/B.APK");
        assert_eq!(shown(&folder, "c.pkg", "C"), "x/y/c.pkg");
        assert_eq!(shown(&folder, "d.pkg", "D"), "nothing");
    }

    #[test]
    fn of_several_the_one_in_the_policys_own_folder_is_meant() {
        let (_dir, folder) = folder(&["one/p.intunewin", "Two b/p.intunewin", "Three/other.intunewin"]);
        assert!(shown(&folder, "p.intunewin", "Elsewhere").starts_with("2 files match"));
        assert_eq!(shown(&folder, "p.intunewin", "ONE"), "one/p.intunewin");
        assert_eq!(shown(&folder, "p.intunewin", "Three"), "Three/other.intunewin");
        assert!(shown(&folder, "p.msi", "Three").starts_with("nothing"));
    }

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secret.msi"), "x").unwrap();
        let inner = dir.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let folder = Folder::open(&inner).unwrap();
        let outside = dir.path().join("secret.msi").display().to_string();
        for name in ["../secret.msi", "..\\secret.msi", outside.as_str(), "c:secret.msi", "..", ".", "", "a\0b"] {
            assert!(matches!(folder.find(name, "x"), Found::Unusable(..)), "{name}");
        }
        assert_eq!(folder.find("secret.msi", ".."), Found::Nothing);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("a.msi"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path().join("a.msi"), dir.path().join("a.msi")).unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("sub")).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert!(shown(&folder, "a.msi", "A").ends_with("is a symbolic link"));
    }
}
