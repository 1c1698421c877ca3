//! How every single file that a command makes is written: whole or not at all. Whether it may be written over
//! what is there is [`super::check()`]'s to say, before anything is done.

use std::io::Write as _;
use std::path::Path;

use crate::cli::error::{CliError, file_error};
use crate::replace;

/// Whether there is a folder for a file that will be written, before anything is done that it records.
pub fn check_place(path: &Path) -> Result<&Path, CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(CliError::usage(format!("cannot write {}: there is no folder {}", path.display(), folder.display()))
        .hint("Make the folder, or name another file."))
}

/// Writes a file, so that one of that name is either the old one or the whole new one. A link stays a link.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |error: &std::io::Error| file_error("write", path, error);
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = check_place(&target)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    replace::persist(file, &target).map(drop).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_file(&link, b"new").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    }
}
