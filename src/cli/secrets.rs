//! Secrets for what is written: from the environment variables that the tree's markers name, and from the file of
//! `--secrets`. Not for signing in; keeping secrets of an export is `keep_secrets`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

use super::context::Context;
use super::error::CliError;
use super::flags::SecretsArgs;
use crate::catalogue::secret_rule::is_mask;
use crate::config::secrets_file::{self, Secrets};
use crate::engine::shape::secrets::SecretSource;
use crate::finding::count;

/// What every such variable begins with; nothing else of the environment is ever sent.
const PREFIX: &str = "FERRY_";

/// How many names a message lists.
const SHOWN: usize = 10;

/// The secrets that a person gave.
#[derive(Default)]
pub struct Given {
    file: Secrets,
    /// What was asked for and is there: none of it may be seen anywhere.
    out: Mutex<BTreeMap<String, SecretString>>,
}

impl Given {
    /// Opens the file, where one is named. Called before anything is asked of a tenant.
    pub fn new(args: &SecretsArgs, context: &Context) -> Result<Self, CliError> {
        let (Some(file), Some(identity)) = (&args.secrets, &args.identity) else { return Ok(Self::default()) };
        if others_may_read(identity) {
            let name = identity.display();
            context
                .printer
                .note(&format!("Other users of this computer can read {name}. Protect it: chmod 600 {name}"));
        }
        let secrets = secrets_file::load(file, identity)?;
        refuse_masks(file, &secrets)?;
        Ok(Self { file: secrets, out: Mutex::default() })
    }
}

impl SecretSource for Given {
    fn secret(&self, key: &str) -> Option<SecretString> {
        if !key.starts_with(PREFIX) {
            return None;
        }
        let variable = std::env::var(key).ok().filter(|value| !value.is_empty()).map(SecretString::from);
        let secret = variable.or_else(|| self.file.get(key).cloned())?;
        self.out.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), secret.clone());
        Some(secret)
    }

    fn given(&self) -> Vec<(String, SecretString)> {
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.iter().map(|(key, secret)| (key.clone(), secret.clone())).collect()
    }
}

/// Refuses what stands in a secret's place: a row of stars, or a template's own words.
fn refuse_masks(file: &Path, secrets: &Secrets) -> Result<(), CliError> {
    let is_none = |secret: &SecretString| secret.expose_secret().trim().is_empty() || is_mask(secret.expose_secret());
    let masked: Vec<&str> = secrets.iter().filter(|(_, secret)| is_none(secret)).map(|(key, _)| key.as_str()).collect();
    if masked.is_empty() {
        return Ok(());
    }
    let values = count(masked.len(), "value is not a secret", "values are not secrets");
    let few = masked.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = masked.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("{}: {values} but masks, placeholders, or empty: {few}{more}", file.display());
    Err(CliError::usage(message).hint("Enter the secret itself, or remove the lines of secrets that you do not have."))
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_cannot_ask_for_other_variables() {
        // PATH is set wherever tests run, and no secret of a policy.
        assert!(std::env::var("PATH").is_ok());
        let given = Given { file: [("PATH".to_owned(), "x".into())].into(), out: Mutex::default() };
        assert!(given.secret("PATH").is_none());
        assert!(given.secret("FERRY_NOT_SET_ANYWHERE_0000").is_none());
        assert!(given.given().is_empty());
    }

    #[test]
    fn what_was_given_is_known() {
        let given = Given {
            file: [("FERRY_A", "a"), ("FERRY_B", "b")].map(|(k, v)| (k.to_owned(), v.into())).into(),
            out: Mutex::default(),
        };
        assert!(given.secret("FERRY_A").is_some_and(|secret| secret.expose_secret() == "a"));
        assert_eq!(given.given().len(), 1);
    }
}
