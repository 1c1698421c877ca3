//! What a tenant's sign-in is set up with, and what sign-ins leave behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// The ways to sign in to a tenant other than its client secret; none unless the seed names some.
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
    /// The refresh tokens that were given out.
    pub refresh: BTreeMap<String, Kept>,
    /// What was consented to, by tenant and application.
    pub(super) consents: BTreeMap<(String, String), BTreeSet<String>>,
    /// The sign-ins with a browser that were begun.
    pub(super) begun: Vec<Begun>,
    pub(super) codes: Vec<Code>,
    pub(super) outside: BTreeMap<String, Outside>,
    pub(super) devices: Vec<Device>,
}

impl Desk {
    /// No one used any of the kept sign-ins for too long.
    pub(crate) fn expire(&mut self) {
        for kept in self.refresh.values_mut() {
            kept.expired = true;
        }
    }
}

/// Who gets a token: an application, or a person who uses it.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub tenant: String,
    pub client: String,
    pub user: Option<String>,
}

/// A refresh token that was given out.
#[derive(Debug)]
pub(crate) struct Kept {
    pub grant: Grant,
    /// No one used it for too long.
    pub expired: bool,
}

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Permissions by name; none where it asks for what was granted before (`.default`).
    pub named: Option<BTreeSet<String>>,
    pub may_refresh: bool,
}

/// What a person can be asked for beside permissions.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

impl Wanted {
    /// Reads a list of scopes.
    pub(super) fn of(scopes: &str) -> Self {
        let all: Vec<&str> = scopes.split_whitespace().collect();
        let name = |scope: &&str| scope.rsplit('/').next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = all.iter().filter(|scope| !OPENID.contains(scope)).map(name).collect();
        Self {
            may_refresh: all.contains(&"offline_access"),
            named: (!names.contains(".default") && !names.is_empty()).then_some(names),
        }
    }
}

/// A sign-in with a browser that was begun.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub id: String,
    pub tenant: String,
    pub client: String,
    pub redirect: String,
    pub by_form: bool,
    pub state: String,
    pub nonce: String,
    pub challenge: String,
    pub wanted: Wanted,
    pub user: String,
}

/// An authorization code that was given out.
#[derive(Debug)]
pub(crate) struct Code {
    pub text: String,
    pub begun: Begun,
    pub until: Instant,
    pub used: bool,
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
    pub wanted: Wanted,
    /// What the person decided.
    pub accepted: Option<bool>,
}
