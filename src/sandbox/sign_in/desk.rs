//! What a tenant's sign-in is set up with, and what sign-ins leave behind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// The ways to sign in to a tenant beside its client secret; none by itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInSeed {
    /// Certificates registered with the application, as PEM; in a file, paths of PEM files.
    pub certificates: Vec<String>,
    /// Whether the application allows public client flows, as a device code needs.
    pub public_client: bool,
    /// Which tokens from outside are trusted.
    pub federated: Vec<FederatedSeed>,
    /// The client id of a managed identity of this tenant.
    pub managed_identity: Option<String>,
}

/// A federated credential of the application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedSeed {
    /// Who gives the token.
    pub issuer: String,
    /// The subject of the token.
    pub subject: String,
    /// To be exchanged where.
    #[serde(default = "exchange")]
    pub audience: String,
}

pub(super) fn exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// What sign-ins leave behind.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// What pipelines and platforms show to get a token.
    pub secret: String,
    /// Tenant by refresh token.
    pub refresh: BTreeMap<String, String>,
    pub(super) outside: BTreeMap<String, Outside>,
    pub(super) devices: Vec<Device>,
}

/// A token that was given out.
#[derive(Debug)]
pub(crate) struct Outside {
    pub issuer: String,
    pub subject: String,
    pub audience: String,
    pub until: i64,
}

/// A code that was given out.
#[derive(Debug)]
pub(crate) struct Device {
    pub tenant: String,
    pub secret_code: String,
    pub user_code: String,
    pub interval: Duration,
    pub until: Instant,
    pub asked: Instant,
    pub may_refresh: bool,
    /// What the person decided.
    pub accepted: Option<bool>,
}
