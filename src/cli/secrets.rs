//! Secrets for an import, from the environment variables that the tree's markers name. Not for signing in.

use secrecy::SecretString;

use crate::engine::body::SecretSource;

/// What every such variable begins with; nothing else of the environment is ever sent.
const PREFIX: &str = "FERRY_";

/// The environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl SecretSource for Environment {
    fn secret(&self, key: &str) -> Option<SecretString> {
        if !key.starts_with(PREFIX) {
            return None;
        }
        std::env::var(key).ok().filter(|value| !value.is_empty()).map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_cannot_ask_for_other_variables() {
        // PATH is set wherever tests run, and no secret of a policy.
        assert!(std::env::var("PATH").is_ok());
        assert!(Environment.secret("PATH").is_none());
        assert!(Environment.secret("FERRY_NOT_SET_ANYWHERE_0000").is_none());
    }
}
