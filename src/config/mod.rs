//! `ferry.toml`, the environment, and where secrets come from.
//!
//! A tenant is a [`Profile`], [`find`] finds it by its name. Not for talking to anyone: the command line
//! joins a profile with the hosts of its cloud and makes a Graph client of it.

mod cache;
mod error;
mod file;
mod locate;
mod profile;
mod proof;
pub mod secrets_file;
mod surroundings;
mod template;
mod variables;

pub use cache::cache_folder;
pub use error::ConfigError;
pub use locate::{find, names, text};
pub use profile::{AuthKind, Cloud, Profile, check_tenant_id};
pub use proof::{
    CertificateFile, CertificateSignature, OutsideToken, Proof, StoredCertificate, certificate, outside_token,
};
pub use template::{HEAD, NewTenant, usual_name};
