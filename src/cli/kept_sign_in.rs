//! Where a person's sign-in is kept between two commands: in the system's keyring, so that a move of ten commands asks
//! once. Windows: Credential Manager. macOS: the keychain. Linux: the kernel's keyring of the user, which needs no
//! program and no session bus, and is empty after a restart. Tokens are never written to files.
//!
//! Where there is no keyring, or `keep_sign_in = false`, a sign-in lasts as long as the program.

use std::sync::{Arc, Once};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::context::Context;
use crate::config::Profile;
use crate::graph::{InMemory, Keep};
use crate::ui::Printer;

const SERVICE: &str = "intune-ferry";
/// Windows takes 2,560 bytes in an entry, and refresh tokens can be longer.
const LONGEST_PIECE: usize = 2_400;
/// No refresh token has more pieces.
const MOST_PIECES: usize = 16;
const MORE: char = '+';
const LAST: char = '.';

/// Where the refresh token of this tenant and application lives.
pub fn keep(profile: &Profile, client_id: &str, context: &Context, login_url: &Url) -> Arc<dyn Keep> {
    if !profile.proof.keep_sign_in {
        return Arc::new(InMemory::default());
    }
    let host = login_url.authority();
    let name = format!("{host}/{}/{client_id}", profile.tenant_id).to_lowercase();
    Arc::new(Keyring { name, printer: context.printer.clone(), said: Once::new(), memory: InMemory::default() })
}

/// Entries of the system's keyring. Where they cannot be used, that is said once.
#[derive(Debug)]
struct Keyring {
    name: String,
    printer: Printer,
    said: Once,
    memory: InMemory,
}

impl Keyring {
    fn entry(&self, store: &Arc<CredentialStore>, piece: usize) -> keyring_core::Result<Entry> {
        let name = if piece == 0 { self.name.clone() } else { format!("{}#{piece}", self.name) };
        Entry::new_in_store(store, SERVICE, &name)
    }

    fn read(&self) -> keyring_core::Result<Option<String>> {
        let (store, mut pieces) = (store()?, Vec::new());
        for piece in 0..MOST_PIECES {
            match self.entry(&store, piece)?.get_secret() {
                Ok(bytes) => pieces.push(String::from_utf8(bytes).unwrap_or_default()),
                Err(Error::NoEntry) => break,
                Err(error) => return Err(error),
            }
            if !pieces.last().is_some_and(|piece| piece.starts_with(MORE)) {
                break;
            }
        }
        Ok(joined(&pieces))
    }

    /// The first piece last: a token that was written halfway is not one.
    fn write(&self, token: &str) -> keyring_core::Result<()> {
        let store = store()?;
        for (piece, text) in split(token).into_iter().enumerate().rev() {
            self.entry(&store, piece)?.set_secret(text.as_bytes())?;
        }
        Ok(())
    }

    fn remove(&self) -> keyring_core::Result<()> {
        let store = store()?;
        for piece in 0..MOST_PIECES {
            match self.entry(&store, piece)?.delete_credential() {
                Ok(()) => {}
                Err(Error::NoEntry) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn unless_said<T: Default>(&self, asked: keyring_core::Result<T>) -> T {
        asked.unwrap_or_else(|error| {
            self.said.call_once(|| {
                let why = crate::ui::clean(&error.to_string()).into_owned();
                self.printer.note(&format!(
                    "The system's keyring cannot be used, so every command asks for a new sign-in: {why}"
                ));
            });
            T::default()
        })
    }
}

impl Keep for Keyring {
    fn load(&self) -> Option<SecretString> {
        self.memory.load().or_else(|| self.unless_said(self.read()).map(SecretString::from))
    }

    fn save(&self, token: &SecretString) {
        self.memory.save(token);
        self.unless_said(self.write(token.expose_secret()));
    }

    fn forget(&self) {
        self.memory.forget();
        self.unless_said(self.remove());
    }
}

#[cfg(windows)]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// A process without a session keyring (no PAM: containers, cron) gets one with the first entry that is made, and only an
/// entry that is made after that finds in it what earlier processes kept for the user. So the first one is made here and
/// not used: nothing is stored by making it.
#[cfg(target_os = "linux")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = linux_keyutils_keyring_store::Store::new()?;
    Entry::new_in_store(&store, SERVICE, "session")?;
    Ok(store)
}

#[cfg(not(any(windows, target_os = "macos", target_os = "linux")))]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NotSupportedByStore("this system has no keyring that the program knows".to_owned()))
}

/// A token in pieces, each of which says whether another one follows.
fn split(token: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = token;
    loop {
        let at = rest.floor_char_boundary(LONGEST_PIECE.min(rest.len()));
        let (piece, after) = rest.split_at(at);
        pieces.push(format!("{}{piece}", if after.is_empty() { LAST } else { MORE }));
        if after.is_empty() {
            return pieces;
        }
        rest = after;
    }
}

/// The token; none where a piece is missing.
fn joined(pieces: &[String]) -> Option<String> {
    let (last, before) = pieces.split_last()?;
    let mut token = String::new();
    for piece in before {
        token.push_str(piece.strip_prefix(MORE)?);
    }
    token.push_str(last.strip_prefix(LAST)?);
    Some(token).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_of_any_length_comes_back_and_half_of_it_does_not(token in "[a-zA-Z0-9._äß-]{1,9000}") {
            let pieces = split(&token);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= LONGEST_PIECE + 1) && pieces.len() <= MOST_PIECES);
            prop_assert_eq!(joined(&pieces), Some(token));
            prop_assert_eq!(joined(&pieces[..pieces.len() - 1]), None);
            prop_assert_eq!(joined(&[]), None);
        }
    }
}
