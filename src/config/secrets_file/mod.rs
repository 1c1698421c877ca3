//! The file that keeps secrets apart from a tree: JSON inside, encrypted with age. [`keys`] reads who may open
//! it and what opens it, [`file`] writes and reads the file itself. Not for the keys that sign in.

mod error;
mod file;
mod keys;

pub use error::SecretsFileError;
pub use file::{check_target, load, save};
pub use keys::Recipients;

/// Secrets by their names (`FERRY_…`).
pub type Secrets = std::collections::BTreeMap<String, secrecy::SecretString>;
