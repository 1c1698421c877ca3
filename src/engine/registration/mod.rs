//! Registering an application for the program in a tenant, and removing it again: the application with exactly the
//! permissions of a selection, what it signs in with, its service principal, and what this one is granted.
//!
//! [`look`] says what there is and what is to be done; [`carry_out`] does that, and nothing else. Both can be repeated:
//! what is done already is found and not done twice. An application is known as the program's own by its tag, and no
//! other is ever changed or removed. Not for policies: nothing here knows them.
//!
//! Sources, read 2026-11-30: learn.microsoft.com/graph/api/application-post-applications, .../application-update,
//! .../application-delete, .../application-post-federatedidentitycredentials,
//! .../serviceprincipal-post-serviceprincipals, .../serviceprincipal-post-approleassignments.

mod carry_out;
mod look;

use serde_json::Value;

pub use carry_out::{RegisteredApplication, carry_out, remove};
pub use look::{look, own};

/// What marks an application as registered by the program.
const TAG: &str = "RegisteredByIntuneFerry";

/// What an application signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppCredential {
    /// A certificate.
    Certificate {
        /// Its public part.
        der: Vec<u8>,
        /// What it is called in the list of the application's certificates: the same name, the same certificate.
        label: String,
    },
    /// A token from outside that it trusts.
    Federated {
        /// Who gives the token.
        issuer: String,
        /// For what it is given.
        subject: String,
        /// For which audience.
        audience: String,
    },
}

/// An application that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedApplication {
    /// Its display name.
    pub name: String,
    /// Application permissions of Microsoft Graph, by name.
    pub permissions: Vec<String>,
    /// What it signs in with.
    pub credential: AppCredential,
    /// Whether the permissions are granted as well.
    pub grants: bool,
}

/// An application that there is.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownApplication {
    /// The id of the object.
    pub object_id: String,
    /// The client id.
    pub app_id: String,
    /// Its display name.
    pub name: String,
    /// Whether the program registered it.
    pub is_own: bool,
    required: Value,
    keys: Vec<Value>,
}

/// A permission with the id that Microsoft Graph has for it in this tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRole {
    /// Its name.
    pub name: String,
    id: String,
}

/// What there is, and what is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationPlan {
    /// The application, where it is registered already.
    pub application: Option<KnownApplication>,
    /// What it is made with, or what changes of it; nothing where there is nothing to change.
    body: Option<Value>,
    /// Whether its certificate or federated credential is added.
    pub adds_credential: bool,
    /// Its service principal, where there is one.
    principal: Option<String>,
    federated: Option<Value>,
    /// What is granted in addition.
    pub to_grant: Vec<AppRole>,
    /// What is granted, and no longer wanted; with the ids of the grants.
    pub to_revoke: Vec<AppRole>,
    /// What is granted already.
    pub granted: Vec<String>,
    /// Permissions that applications cannot have in this tenant's cloud.
    pub unavailable: Vec<String>,
    /// Microsoft Graph's own service principal.
    graph: String,
}

impl RegistrationPlan {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.application.is_some()
            && self.principal.is_some()
            && self.body.is_none()
            && self.federated.is_none()
            && self.to_grant.is_empty()
            && self.to_revoke.is_empty()
    }
}
