//! The ways to prove who is asking, with what each needs.

use secrecy::SecretString;

use super::browser::Browser;
use super::certificate::Certificate;
use super::device_code::DeviceCode;
use super::federation::Federation;

/// How to prove who is asking.
#[derive(Debug, Clone)]
pub enum Auth {
    /// An app registration's client secret.
    ClientSecret(SecretString),
    /// An app registration's certificate.
    ClientCertificate(Certificate),
    /// A token from outside Entra that the app registration trusts.
    Federation(Federation),
    /// The identity of the machine in Azure; with a client id, one that was assigned by a user.
    ManagedIdentity,
    /// Whoever is signed in to the Azure CLI.
    AzureCli,
    /// A person enters a code in a browser.
    DeviceCode(DeviceCode),
    /// A person signs in with the browser of this computer.
    Browser(Browser),
}

impl Auth {
    /// Whether it works without an app registration's id.
    pub(in crate::graph) fn needs_client_id(&self) -> bool {
        !matches!(self, Self::ManagedIdentity | Self::AzureCli)
    }
}
