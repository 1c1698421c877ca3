//! Single files on disk: reading regular files only, writing atomically. Not for what is in them.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use thiserror::Error;

/// No file of a tree is larger.
pub(super) const LIMIT: u64 = 64 * 1024 * 1024;

/// How the name of a file begins and ends that is still being written.
const UNFINISHED: (&str, &str) = (".ferry-", ".tmp");

/// Why a file of a tree cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum FileProblem {
    #[error("does not exist")]
    Missing,
    #[error("is a symbolic link; only regular files are read")]
    Link,
    #[error("is not a regular file")]
    NotAFile,
    #[error("is larger than 64 MiB")]
    TooLarge,
    #[error("cannot be read: {0}")]
    Unreadable(io::ErrorKind),
}

/// The bytes of a regular file that is not a link.
pub(super) fn read_regular(path: &Path) -> Result<Vec<u8>, FileProblem> {
    let problem = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FileProblem::Missing,
        kind => FileProblem::Unreadable(kind),
    };
    let metadata = fs::symlink_metadata(path).map_err(problem)?;
    if metadata.file_type().is_symlink() {
        return Err(FileProblem::Link);
    }
    if !metadata.is_file() {
        return Err(FileProblem::NotAFile);
    }
    if metadata.len() > LIMIT {
        return Err(FileProblem::TooLarge);
    }
    fs::read(path).map_err(problem)
}

/// Whether a path is a folder itself and not a link to one.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Whether the file holds exactly these bytes.
pub(super) fn holds(path: &Path, bytes: &[u8]) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes.len() as u64)
        && read_regular(path).is_ok_and(|found| found == bytes)
}

/// Writes a file so that a reader sees the old one or the new one, never half of it. A file that
/// already holds the bytes is not touched. Says whether it wrote.
pub(super) fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if holds(path, bytes) {
        return Ok(false);
    }
    replace(path, bytes)?;
    Ok(true)
}

/// The same, whatever is there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    // Hidden, so that one left behind by a kill is never read.
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.flush()?;
    crate::replace::persist(file, path).map(drop)
}

/// Writes a file where there is none, in as few calls as that takes: there is no old one that a reader could miss. What
/// a kill leaves half written is a damaged file, until the next writing. Says whether the place was free.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = match fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        opened => opened?,
    };
    file.write_all(bytes).inspect_err(|_| drop(crate::replace::remove(path))).map(|()| true)
}

/// Removes what a kill left unfinished in a folder.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(UNFINISHED.0)
            && name.ends_with(UNFINISHED.1)
            && entry.file_type().is_ok_and(|t| t.is_file())
        {
            let _ = crate::replace::remove(&entry.path());
        }
    }
}

/// Removes a file; one that is gone already is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match crate::replace::remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_equal_file_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert!(write_atomic(&path, b"one").unwrap());
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        std::thread::sleep(Duration::from_millis(20));
        assert!(!write_atomic(&path, b"one").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert!(write_atomic(&path, b"two").unwrap());
        assert_eq!(read_regular(&path), Ok(b"two".to_vec()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_a_free_place_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!((create(&path, b"one").unwrap(), create(&path, b"two").unwrap()), (true, false));
        assert_eq!(read_regular(&path), Ok(b"one".to_vec()));
        assert!(create(&folder.path().join("none/a.json"), b"").is_err());
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_regular(&folder.path().join("none")), Err(FileProblem::Missing));
        assert_eq!(read_regular(folder.path()), Err(FileProblem::NotAFile));
        let large = folder.path().join("large");
        fs::File::create(&large).unwrap().set_len(LIMIT + 1).unwrap();
        assert_eq!(read_regular(&large), Err(FileProblem::TooLarge));
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&large, &link).unwrap();
            assert_eq!(read_regular(&link), Err(FileProblem::Link));
        }
    }
}
