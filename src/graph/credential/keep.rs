//! Where a person's sign-in lives between two tokens: in memory, unless the caller keeps it elsewhere.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

/// Where a refresh token lives between two tokens.
pub trait Keep: fmt::Debug + Send + Sync {
    /// The one that was kept.
    fn load(&self) -> Option<SecretString>;
    /// Keeps one, in place of any earlier.
    fn save(&self, token: &SecretString);
    /// It is worthless now.
    fn forget(&self);
}

/// In memory, as long as the program runs.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Option<SecretString>>);

impl Keep for InMemory {
    fn load(&self) -> Option<SecretString> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn save(&self, token: &SecretString) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    }

    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
