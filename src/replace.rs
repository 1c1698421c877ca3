//! How a file is replaced, renamed and removed, everywhere. Windows refuses that while another program has the file open,
//! which a virus scanner, an indexer or a backup does for a moment after every change: the same is then tried again, for
//! about a second. Not for what is written: the caller has it ready in a temporary file.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

/// The waits between tries. A refusal that lasts longer is not one of the moment.
const WAITS: [u64; 8] = [5, 10, 20, 40, 80, 160, 320, 640];

/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION`.
/// (learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-, read 2026-11-30)
const HELD_OPEN: [i32; 3] = [5, 32, 33];

/// Puts a finished file in the place of the one of this name, if there is one.
pub fn persist(file: NamedTempFile, path: &Path) -> io::Result<File> {
    keep(file, |file| file.persist(path))
}

/// Puts a finished file in a place that must be free.
pub fn persist_new(file: NamedTempFile, path: &Path) -> io::Result<File> {
    keep(file, |file| file.persist_noclobber(path))
}

/// Gives a file another name.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(is_held_open, || fs::rename(from, to))
}

/// Removes a file; one that is gone already is an error.
pub fn remove(path: &Path) -> io::Result<()> {
    patiently(is_held_open, || fs::remove_file(path))
}

fn keep(
    file: NamedTempFile,
    place: impl Fn(NamedTempFile) -> Result<File, tempfile::PersistError>,
) -> io::Result<File> {
    let mut left = Some(file);
    patiently(is_held_open, || {
        let file = left.take().ok_or_else(|| io::Error::other("the temporary file is gone"))?;
        place(file).map_err(|failed| {
            left = Some(failed.file);
            failed.error
        })
    })
}

/// Whether another program has the file open, so that waiting may help.
fn is_held_open(error: &io::Error) -> bool {
    cfg!(windows) && is_of_windows(error)
}

fn is_of_windows(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| HELD_OPEN.contains(&code))
}

/// Tries until it succeeds, fails for another reason, or has failed too often.
fn patiently<T>(passes: impl Fn(&io::Error) -> bool, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for wait in WAITS {
        match attempt() {
            Err(error) if passes(&error) => std::thread::sleep(Duration::from_millis(wait)),
            other => return other,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::io::Write as _;

    use super::*;

    /// What Windows answers, as often as is said, and how often it was tried.
    fn refused(code: i32, times: usize) -> (io::Result<()>, usize) {
        let mut tries = 0;
        let done = patiently(is_of_windows, || {
            tries += 1;
            if tries <= times { Err(io::Error::from_raw_os_error(code)) } else { Ok(()) }
        });
        (done, tries)
    }

    #[test]
    fn a_file_that_is_held_open_for_a_moment_is_waited_for_and_no_other() {
        for code in HELD_OPEN {
            let (done, tries) = refused(code, 3);
            assert!(done.is_ok() && tries == 4, "{code}: {done:?} after {tries}");
        }
        // The path was not found: trying again would not help.
        let (done, tries) = refused(3, 3);
        assert_eq!((done.unwrap_err().raw_os_error(), tries), (Some(3), 1));
        // It lasts: the error is the system's own.
        let (done, tries) = refused(32, usize::MAX);
        assert_eq!((done.unwrap_err().raw_os_error(), tries), (Some(32), WAITS.len() + 1));
    }

    #[test]
    fn a_file_is_replaced_put_in_a_free_place_only_renamed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let new = |text: &str| {
            let mut file = NamedTempFile::new_in(folder.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        persist_new(new("one"), &at("a")).unwrap();
        assert_eq!(persist_new(new("two"), &at("a")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(at("a")).unwrap(), "one");
        persist(new("three"), &at("a")).unwrap();
        rename(&at("a"), &at("b")).unwrap();
        assert_eq!(fs::read_to_string(at("b")).unwrap(), "three");
        remove(&at("b")).unwrap();
        assert_eq!(remove(&at("b")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no temporary file is left");
    }
}
