//! Credentials: each way of signing in as one `TokenCredential`. Microsoft's own crate does the client secret,
//! the assertions' exchange, managed identities and the Azure CLI; the assertions themselves and a person's ways are
//! ours. Not for when a token is asked for, or how often: that is `sign_in.rs`.

mod application;
mod auth;
mod azure_cli;
mod bounds;
mod browser;
mod certificate;
mod device_code;
mod federation;
mod keep;
mod person;
mod refusal;
mod stored_certificate;
mod transport;

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use secrecy::ExposeSecret;

pub use auth::Auth;
pub(super) use bounds::LONGEST_LIFE;
pub use browser::{Browser, BrowserPrompt};
pub use certificate::{Certificate, Signature};
pub use device_code::{DeviceCode, DevicePrompt};
pub use federation::Federation;
pub use keep::{InMemory, Keep};
pub(super) use refusal::NoToken;
pub use stored_certificate::StorePlace;

use super::error::GraphError;
use super::settings::Settings;
use application::Application;
use azure_cli::AzureCli;
use certificate::Signer;
use person::{PersonCredential, Way};
use transport::TokenTransport;

/// Makes credentials of one kind. A credential keeps its token for itself, so that only a new one asks again.
#[derive(Debug)]
pub(super) struct Maker {
    auth: Auth,
    tenant_id: String,
    client_id: String,
    transport: Arc<TokenTransport>,
}

impl Maker {
    pub(super) fn new(settings: &Settings) -> Result<Self, GraphError> {
        let transport = match &settings.auth {
            Auth::ManagedIdentity => TokenTransport::identity(&settings.login_url)?,
            Auth::Federation(outside) => {
                outside.check()?;
                TokenTransport::sign_in(&settings.login_url)?
            }
            _ => TokenTransport::sign_in(&settings.login_url)?,
        };
        Ok(Self {
            auth: settings.auth.clone(),
            tenant_id: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
            transport: Arc::new(transport),
        })
    }

    /// Whether 404 and 410 pass by themselves: Azure's metadata service answers so while it starts.
    pub(super) fn waits_for_metadata(&self) -> bool {
        matches!(self.auth, Auth::ManagedIdentity)
    }

    /// A credential that has no token yet.
    pub(super) fn make(&self) -> Result<Arc<dyn TokenCredential>, GraphError> {
        let client_options = self.client_options();
        let made: azure_core::Result<Arc<dyn TokenCredential>> = match &self.auth {
            Auth::ClientSecret(secret) => {
                let secret = Secret::new(secret.expose_secret().to_owned());
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&self.tenant_id, self.client_id.clone(), secret, Some(options))
                    .map(|made| made as _)
            }
            Auth::ClientCertificate(certificate) => self.by_assertion(Signer {
                certificate: certificate.clone(),
                client_id: self.client_id.clone(),
                audience: format!("{}/{}/oauth2/v2.0/token", self.transport.authority(), self.tenant_id),
            }),
            Auth::Federation(outside) => self.by_assertion(outside.clone()),
            Auth::ManagedIdentity => {
                let assigned = (!self.client_id.is_empty()).then(|| UserAssignedId::ClientId(self.client_id.clone()));
                let options = ManagedIdentityCredentialOptions { user_assigned_id: assigned, client_options };
                ManagedIdentityCredential::new(Some(options)).map(|made| made as _)
            }
            Auth::AzureCli => AzureCli::new(&self.tenant_id).map(|made| Arc::new(made) as _),
            Auth::DeviceCode(way) => Ok(self.by_person(Way::DeviceCode(way.clone()))),
            Auth::Browser(way) => Ok(self.by_person(Way::Browser(way.clone()))),
        };
        made.map_err(|error| GraphError::Setup {
            message: match &self.auth {
                // Azure's kinds of machine that the crate does not know, by their names.
                Auth::ManagedIdentity | Auth::AzureCli => error.to_string(),
                _ => "the tenant ID, the client ID or the client secret is empty or malformed".to_owned(),
            },
        })
    }

    fn by_person(&self, way: Way) -> Arc<dyn TokenCredential> {
        let application = Application {
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            transport: Arc::clone(&self.transport),
        };
        Arc::new(PersonCredential::new(application, way))
    }

    fn by_assertion(&self, assertion: impl ClientAssertion + 'static) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ClientAssertionCredentialOptions { client_options: self.client_options() };
        let (tenant_id, client_id) = (self.tenant_id.clone(), self.client_id.clone());
        Ok(ClientAssertionCredential::new(tenant_id, client_id, assertion, Some(options))?)
    }

    fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        self.transport.authority().clone_into(&mut cloud.authority_host);
        ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            transport: Some(Transport::new(self.transport.clone())),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        }
    }
}
