//! One import, or undo, at a time into one tenant from one machine: two would each plan without what the
//! other makes, and both make it. The lock is the system's own and ends with the program, however that ends.
//! It depends on nothing that one user has: who runs the import, from which home and with which variables does
//! not matter. Where nothing can be locked, the import says so and goes on.
//! Not for imports from several machines: only the people who start them can know of those. How one file is
//! locked is `place`'s.

mod place;

use std::path::PathBuf;

use super::connect::Connected;
use super::context::Context;
use super::error::CliError;
use crate::finding::{Finding, codes};
use crate::policy::TenantInfo;
use crate::ui::plan_view;
use place::{Held, Refused};

/// Keeps others out as long as it lives.
#[derive(Debug)]
pub struct Lock {
    held: Vec<Held>,
    /// The tenant, for people.
    tenant: String,
}

impl Lock {
    /// The note that no one is kept out, if that is so.
    pub fn finding(&self) -> Option<Finding> {
        let message = || {
            format!(
                "no folder shared by all users can be used, so other imports into {} are not locked out",
                self.tenant
            )
        };
        self.held.is_empty().then(|| Finding::new(&codes::NOT_LOCKED, "lock", message()))
    }
}

/// Takes the lock of a tenant, or says who has it. Where there is nothing to lock with, that is said.
pub fn take(tenant: &TenantInfo, connected: &Connected, context: &Context) -> Result<Lock, CliError> {
    // Every emulator has tenants of its own, whatever their ids are.
    let emulator = connected.is_loopback().then(|| connected.client.graph_url().authority().to_owned());
    let lock = take_in(place::shared(), tenant, emulator.as_deref())?;
    if let Some(finding) = lock.finding() {
        context.printer.note(&format!("{}. {}", finding.message, finding.fix));
    }
    Ok(lock)
}

/// Locks in every folder there is: two users need not see the same ones, as where a service has a /tmp of its own.
fn take_in(folders: Vec<PathBuf>, tenant: &TenantInfo, emulator: Option<&str>) -> Result<Lock, CliError> {
    let mut lock = Lock { held: Vec::new(), tenant: plan_view::tenant(tenant) };
    let Some(id) = tenant.id.as_deref() else { return Ok(lock) };
    let name = name(id, emulator);
    for folder in folders {
        match place::lock(&folder, &name) {
            Ok(held) => lock.held.push(held),
            Err(Refused::Unusable) => {}
            Err(Refused::Taken(holder)) => {
                let who = holder.map(|holder| format!(" (process {holder})")).unwrap_or_default();
                let message = format!("another import into {} is running on this computer{who}", lock.tenant);
                return Err(
                    CliError::usage(message).hint("Wait until the other import has ended, then run the command again.")
                );
            }
        }
    }
    Ok(lock)
}

fn name(id: &str, emulator: Option<&str>) -> String {
    let safe = |text: &str| -> String {
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
    };
    let at = emulator.map(|emulator| format!("-{}", safe(emulator))).unwrap_or_default();
    format!("intune-ferry-{}{at}.lock", safe(id))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn tenant(id: &str) -> TenantInfo {
        TenantInfo { id: Some(id.to_owned()), ..TenantInfo::default() }
    }

    #[test]
    fn a_tenant_is_locked_once_and_free_again_afterwards() {
        let id = format!("test-{}", uuid::Uuid::new_v4());
        let take = |id: &str, emulator| take_in(place::shared(), &tenant(id), emulator);
        let first = take(&id, None).unwrap();
        assert_eq!(first.finding(), None);
        let error = take(&id.to_uppercase(), None).unwrap_err();
        assert!(error.message.contains(&format!("process {}", std::process::id())), "{error}");
        for (id, emulator) in [(format!("{id}-other"), None), (id.clone(), Some("127.0.0.1:8787"))] {
            assert_eq!(take(&id, emulator).unwrap().finding(), None);
        }
        drop(first);
        take(&id, None).unwrap();
    }

    #[test]
    fn whoever_sees_one_folder_of_another_s_is_kept_out() {
        let [one, two, three] = [0; 3].map(|_| tempfile::tempdir().unwrap());
        let take = |folders: [&tempfile::TempDir; 2]| {
            take_in(folders.map(|folder| folder.path().to_owned()).to_vec(), &tenant("t"), None)
        };
        let first = take([&one, &two]).unwrap();
        assert!(take([&three, &two]).is_err());
        assert!(three.path().read_dir().unwrap().next().is_none(), "what was locked is let go again");
        drop(first);
        take([&three, &two]).unwrap();
    }

    #[test]
    fn nothing_to_lock_with_is_said() {
        let nowhere = take_in(Vec::new(), &tenant("t"), None).unwrap();
        assert!(nowhere.finding().is_some_and(|finding| finding.is(&codes::NOT_LOCKED)));
        let nobody = take_in(place::shared(), &TenantInfo::default(), None).unwrap();
        assert!(nobody.finding().is_some());
    }
}
