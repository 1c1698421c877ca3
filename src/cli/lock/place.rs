//! One lock file in one folder that all users of the machine share. Whoever finds a file of that name there opens
//! it and locks it, whose ever it is. Anyone may put something of that name there, so nothing is followed, cut
//! off or written that is not a plain file with one name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::replace;

/// A lock that is held.
#[derive(Debug)]
pub struct Held {
    /// Closing it ends the lock.
    file: File,
    path: PathBuf,
}

/// Why there is no lock.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another program has it: this one, where it says so.
    Taken(Option<u32>),
    /// Nothing can be locked there.
    Unusable,
}

/// How often a file that changes under our hands is looked at.
const LOOKS: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(10);

/// The folders that all users share, as far as this machine has them: those where anyone may put a file and no one
/// may take away another's. Never by a variable, which each user may have set otherwise.
#[cfg(unix)]
pub fn shared() -> Vec<PathBuf> {
    // Linux has the first three, macOS the last two. A service may have a /tmp of its own (systemd's PrivateTmp),
    // but not a /dev/shm.
    let known = ["/run/lock", "/dev/shm", "/tmp", "/Users/Shared"].map(PathBuf::from);
    known.into_iter().filter(|folder| is_shared(folder)).collect()
}

#[cfg(unix)]
fn is_shared(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const STICKY_AND_OPEN: u32 = 0o1003;
    let mode = fs::metadata(folder).ok().filter(fs::Metadata::is_dir).map(|folder| folder.permissions().mode());
    mode.is_some_and(|mode| mode & STICKY_AND_OPEN == STICKY_AND_OPEN)
}

/// The folder that all users share: in ProgramData, where any user may make a file and read another's.
#[cfg(not(unix))]
pub fn shared() -> Vec<PathBuf> {
    let data = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
    let folder = Path::new(&data).join("intune-ferry").join("locks");
    if fs::create_dir_all(&folder).is_ok() { vec![folder] } else { Vec::new() }
}

/// Takes the lock of this name in a folder.
pub fn lock(folder: &Path, name: &str) -> Result<Held, Refused> {
    let path = folder.join(name);
    for _ in 0..LOOKS {
        let attempt = match open(&path) {
            Ok(file) => take(file, &path),
            Err(error) if error.kind() == ErrorKind::NotFound => make(folder, &path),
            Err(_) => return Err(Refused::Unusable),
        };
        if let Some(outcome) = attempt {
            return outcome;
        }
        std::thread::sleep(BETWEEN);
    }
    Err(Refused::Unusable)
}

/// What is there, without making anything: Linux refuses to "create" another user's file in such a folder.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    follow_nothing(options.read(true).write(true));
    match options.open(path) {
        // To lock it, reading is enough.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => options.write(false).open(path),
        other => other,
    }
}

#[cfg(unix)]
fn follow_nothing(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    // A pipe would keep whoever opens it waiting.
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
}

#[cfg(windows)]
fn follow_nothing(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
}

/// Locks a file that was there; nothing where it no longer exists.
fn take(file: File, path: &Path) -> Option<Result<Held, Refused>> {
    if !file.metadata().is_ok_and(|file| file.is_file()) {
        return Some(Err(Refused::Unusable));
    }
    match file.try_lock() {
        // Whoever had it took the file away with the lock.
        Ok(()) if !is_at(&file, path) => None,
        Ok(()) => {
            // Where it is another user's and not to be written, the message is only less exact.
            let _ = file.set_len(0).and_then(|()| sign(&file));
            Some(Ok(Held { file, path: path.to_owned() }))
        }
        Err(TryLockError::WouldBlock) => Some(Err(Refused::Taken(holder(file)))),
        Err(TryLockError::Error(_)) => Some(Err(Refused::Unusable)),
    }
}

/// Makes the file, locked before anyone sees it; nothing where another was quicker.
fn make(folder: &Path, path: &Path) -> Option<Result<Held, Refused>> {
    let made = || -> io::Result<tempfile::NamedTempFile> {
        let new = tempfile::Builder::new().prefix(".intune-ferry-").tempfile_in(folder)?;
        open_to_all(new.as_file())?;
        new.as_file().try_lock()?;
        sign(new.as_file())?;
        Ok(new)
    };
    let Ok(new) = made() else { return Some(Err(Refused::Unusable)) };
    match replace::persist_new(new, path) {
        Ok(file) => Some(Ok(Held { file, path: path.to_owned() })),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => None,
        Err(_) => Some(Err(Refused::Unusable)),
    }
}

/// Whatever the user's umask says; all that is ever in it is a number.
#[cfg(unix)]
fn open_to_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn open_to_all(_: &File) -> io::Result<()> {
    Ok(())
}

fn sign(mut file: &File) -> io::Result<()> {
    write!(file, "{}", std::process::id())
}

fn holder(mut file: File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    (&mut file).take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Whether the file is the one of this name, and has no other.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(own), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    (own.dev(), own.ino()) == (there.dev(), there.ino()) && own.nlink() == 1
}

/// No one takes such a file away here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

impl Drop for Held {
    fn drop(&mut self) {
        if cfg!(unix) && is_at(&self.file, &self.path) {
            // Before the lock ends, so that no one has it by then. Another user's file stays.
            let _ = replace::remove(&self.path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn only_a_folder_that_is_open_to_all_is_shared() {
        let folder = folder();
        for (mode, shared) in [(0o1777, true), (0o777, false), (0o755, false), (0o1755, false)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_shared(folder.path()), shared, "{mode:o}");
        }
        assert!(!is_shared(&folder.path().join("missing")));
    }

    #[test]
    fn a_file_that_a_killed_program_left_is_locked_and_signed_anew() {
        let folder = folder();
        fs::write(folder.path().join("a"), "4294967295 and more").unwrap();
        let held = lock(folder.path(), "a").unwrap();
        assert_eq!(lock(folder.path(), "a").unwrap_err(), Refused::Taken(Some(std::process::id())));
        drop(held);
        assert!(folder.path().read_dir().unwrap().next().is_none());
    }

    #[test]
    fn a_new_file_is_open_to_all_and_locked_at_once() {
        let folder = folder();
        let _held = lock(folder.path(), "a").unwrap();
        let mode = fs::metadata(folder.path().join("a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o666);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn what_somebody_put_there_is_neither_followed_nor_written() {
        let folder = folder();
        let victim = folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink(&victim, at("symlink")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        fs::hard_link(&victim, at("hard-link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(fifo.success());
        for name in ["symlink", "dangling", "hard-link", "folder", "pipe"] {
            assert_eq!(lock(folder.path(), name).unwrap_err(), Refused::Unusable, "{name}");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert!(!at("nowhere").exists());
    }

    /// Many take it and let it go: at no moment do two have it.
    #[test]
    fn two_never_have_it() {
        let folder = folder();
        let inside = std::sync::atomic::AtomicUsize::new(0);
        let had = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(held) = lock(folder.path(), "a") {
                            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            had.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                            std::thread::yield_now();
                            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                            drop(held);
                        }
                    }
                });
            }
        });
        assert!(had.into_inner() > 0);
    }
}
