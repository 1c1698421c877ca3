//! The application that a person signs in to, and how it asks for tokens.

use std::sync::Arc;

use serde_json::Value;

use super::refusal::NoToken;
use super::transport::TokenTransport;

/// The application.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    pub(super) transport: Arc<TokenTransport>,
}

impl Application {
    /// A path of the sign-in service, for this tenant.
    pub(super) fn path(&self, end: &str) -> String {
        format!("/{}/oauth2/v2.0/{end}", self.tenant_id)
    }

    /// Asks for a token by this form.
    pub(super) async fn token(&self, form: &[(&str, &str)]) -> Result<Value, NoToken> {
        self.transport.post(&self.path("token"), form).await
    }
}
