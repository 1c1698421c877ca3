//! Where a person's sign-in is kept between two runs: nowhere, or, where `keep_sign_in` says so, in the system's
//! keyring. The keyring comes with the cargo feature `keyring`; tokens are never written to plain files.

use std::sync::Arc;

use url::Url;

use super::context::Context;
use super::error::CliError;
use crate::config::Profile;
use crate::graph::{InMemory, Keep};

/// Where the refresh token of this tenant's device code lives.
pub fn keep(profile: &Profile, context: &Context, login_url: &Url) -> Result<Arc<dyn Keep>, CliError> {
    if !profile.proof.keep_sign_in {
        return Ok(Arc::new(InMemory::default()));
    }
    keyring(profile, context, login_url)
}

#[cfg(not(feature = "keyring"))]
fn keyring(profile: &Profile, _: &Context, _: &Url) -> Result<Arc<dyn Keep>, CliError> {
    let message = format!("tenant `{}`: this program was built without the system's keyring", profile.name);
    Err(CliError::usage(message).hint("Remove keep_sign_in, or build with `cargo install --features keyring`."))
}

#[cfg(feature = "keyring")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn keyring(profile: &Profile, context: &Context, login_url: &Url) -> Result<Arc<dyn Keep>, CliError> {
    let client = profile.client_id.as_deref().unwrap_or_default();
    let host = login_url.host_str().unwrap_or_default();
    let name = format!("{host}/{}/{client}", profile.tenant_id);
    Ok(Arc::new(system::Keyring::new(name, context.printer.clone())))
}

#[cfg(feature = "keyring")]
mod system {
    use std::sync::Once;

    use keyring::{Entry, Error};
    use secrecy::{ExposeSecret, SecretString};

    use crate::graph::Keep;
    use crate::ui::Printer;

    const SERVICE: &str = "intune-ferry";

    /// One entry of the system's keyring. Where there is none, the sign-in lasts as long as the program, and
    /// that is said once.
    #[derive(Debug)]
    pub(super) struct Keyring {
        name: String,
        printer: Printer,
        told: Once,
    }

    impl Keyring {
        pub(super) fn new(name: String, printer: Printer) -> Self {
            Self { name, printer, told: Once::new() }
        }

        /// On a thread of its own: the Linux keyring is asked over D-Bus, with a runtime of its own.
        fn ask<T: Send>(&self, ask: impl FnOnce(Entry) -> keyring::Result<T> + Send) -> Option<T> {
            let asked =
                std::thread::scope(|scope| scope.spawn(|| Entry::new(SERVICE, &self.name).and_then(ask)).join());
            match asked {
                Ok(Ok(value)) => Some(value),
                Ok(Err(Error::NoEntry)) => None,
                Ok(Err(error)) => self.tell(&error.to_string()),
                Err(_) => self.tell("the keyring did not answer"),
            }
        }

        fn tell<T>(&self, why: &str) -> Option<T> {
            self.told.call_once(|| {
                let why = crate::ui::clean(why).into_owned();
                self.printer.note(&format!("the system's keyring cannot be used, so the sign-in is not stored: {why}"));
            });
            None
        }
    }

    impl Keep for Keyring {
        fn load(&self) -> Option<SecretString> {
            self.ask(|entry| entry.get_password()).map(SecretString::from)
        }

        fn save(&self, token: &SecretString) {
            self.ask(|entry| entry.set_password(token.expose_secret()));
        }

        fn forget(&self) {
            self.ask(|entry| entry.delete_credential());
        }
    }
}
