//! One import, or undo, at a time into one tenant from one machine: two would each plan without what the
//! other makes, and both make it. The lock is the system's own and ends with the program, however that ends.
//! Not for imports from several machines: only the people who start them can know of those.

use std::env;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;

use super::error::CliError;
use crate::policy::TenantInfo;
use crate::ui::plan_view;

/// Keeps others out as long as it lives.
#[derive(Debug)]
pub struct Lock(Option<File>);

impl Lock {
    /// Whether others are really kept out; not where the system has no place for locks.
    pub fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

/// Takes the lock of a tenant, or says who has it.
pub fn take(tenant: &TenantInfo) -> Result<Lock, CliError> {
    let Some(id) = tenant.id.as_deref() else { return Ok(Lock(None)) };
    // Where nothing can be written, there is nothing to lock with; that alone stops nobody.
    let Some(mut file) = open(id) else { return Ok(Lock(None)) };
    match file.try_lock() {
        Ok(()) => {
            // For whoever finds it locked; without it, the message is only less exact.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            Ok(Lock(Some(file)))
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
            let holder: u32 = holder.trim().parse().unwrap_or_default();
            let who = if holder == 0 { String::new() } else { format!(" (process {holder})") };
            let message =
                format!("another import into {} is under way on this machine{who}", plan_view::tenant(tenant));
            Err(CliError::usage(message).hint("Wait until it has ended, then run the command again."))
        }
        Err(TryLockError::Error(_)) => Ok(Lock(None)),
    }
}

fn open(id: &str) -> Option<File> {
    let folder = folder();
    std::fs::create_dir_all(&folder).ok()?;
    let safe: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let path = folder.join(format!("{}.lock", safe.to_lowercase()));
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).ok()
}

/// Where programs of this user keep what they know of their runs.
fn folder() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else {
        set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local").join("state")))
    };
    state.unwrap_or_else(env::temp_dir).join("intune-ferry").join("locks")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_tenant_is_locked_once_and_free_again_afterwards() {
        let tenant = |id: &str| TenantInfo { id: Some(id.to_owned()), ..TenantInfo::default() };
        let id = format!("test-{}", uuid::Uuid::new_v4());
        let first = take(&tenant(&id)).unwrap();
        assert!(first.is_held());
        let error = take(&tenant(&id.to_uppercase())).unwrap_err();
        assert!(error.message.contains(&format!("process {}", std::process::id())), "{error}");
        take(&tenant(&format!("{id}-other"))).unwrap();
        drop(first);
        take(&tenant(&id)).unwrap();
        for name in [id.clone(), format!("{id}-other")] {
            std::fs::remove_file(folder().join(format!("{name}.lock"))).unwrap();
        }
    }
}
