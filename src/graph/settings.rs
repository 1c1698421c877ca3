//! What a client is made from. Not for reading `ferry.toml`: that is `config`, and the command line
//! joins the two.

use std::time::Duration;

use url::Url;

use super::credential::Auth;
use super::{GraphError, host};

/// A version of the Graph API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// `beta`, where most of Intune lives.
    Beta,
    /// `v1.0`.
    V1,
}

impl Api {
    /// Its segment in a URL.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::V1 => "v1.0",
        }
    }
}

/// Whether a write may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteKind {
    /// Sent twice, it makes two objects: POST to a collection, `createInstance`, and the like.
    Create,
    /// Sent twice, it has the effect of one: PATCH, PUT, DELETE, `assign`.
    Idempotent,
}

/// Which permissions a token is asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// All that was granted to the application before (`.default`).
    Granted,
    /// These, by name: a user is asked to consent to those that were never consented to.
    Named(Vec<String>),
}

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Graph answers: a bare host; plain http for loopback only.
    pub graph_url: Url,
    /// Where tokens are asked for: a bare host; plain http for loopback only.
    pub login_url: Url,
    /// The tenant: a GUID or a verified domain.
    pub tenant_id: String,
    /// The app registration; empty where the kind of sign-in needs none.
    pub client_id: String,
    /// How to prove who is asking.
    pub auth: Auth,
    /// Which permissions are asked for.
    pub scopes: Scopes,
    /// How many requests may be under way at once, and how many batches beside them.
    pub concurrency: usize,
    /// The first wait where the service names none; it doubles from try to try.
    pub backoff: Duration,
    /// Whether requests wait so as to stay within Graph's documented limits.
    pub paced: bool,
    /// Which collection, below the version root, counts against which of Graph's limits.
    pub buckets: Vec<(String, String)>,
}

impl Settings {
    /// Settings with the usual concurrency and back-off. Requests to this machine are not paced: an
    /// emulator has no published limits.
    pub fn new(graph_url: Url, login_url: Url, tenant_id: String, client_id: String, auth: Auth) -> Self {
        let paced = !host::is_loopback(&graph_url);
        Self {
            graph_url,
            login_url,
            tenant_id,
            client_id,
            auth,
            scopes: Scopes::Granted,
            concurrency: 12,
            // No one else waits for an emulator.
            backoff: if paced { Duration::from_secs(1) } else { Duration::from_millis(200) },
            paced,
            buckets: Vec::new(),
        }
    }

    /// Says what cannot work before anything is sent.
    pub(super) fn check(&self) -> Result<(), GraphError> {
        host::check(&self.graph_url, "Graph URL")?;
        host::check(&self.login_url, "sign-in URL")?;
        let setup = |message: String| Err(GraphError::Setup { message });
        let tenant_like = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if self.tenant_id.is_empty() || !self.tenant_id.chars().all(tenant_like) {
            return setup("the tenant ID must be a GUID or a verified domain".to_owned());
        }
        if self.auth.needs_client_id() && self.client_id.trim().is_empty() {
            return setup("the client ID is empty; it is the application ID of the app registration".to_owned());
        }
        if self.concurrency == 0 {
            return setup("the number of parallel requests must be at least 1".to_owned());
        }
        Ok(())
    }
}
