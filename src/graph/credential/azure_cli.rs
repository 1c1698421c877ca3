//! Whoever is signed in to the Azure CLI. The CLI is run by Microsoft's crate; here its words are made
//! readable, and a CLI that waits for something is not waited for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions};

use super::refusal::NoToken;
use crate::mask::Mask;

/// The CLI takes seconds, and longer where it must refresh its own token.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct AzureCli(Arc<AzureCliCredential>);

impl AzureCli {
    pub(super) fn new(tenant_id: &str) -> azure_core::Result<Self> {
        let options =
            AzureCliCredentialOptions { tenant_id: Some(tenant_id.to_owned()), ..AzureCliCredentialOptions::default() };
        AzureCliCredential::new(Some(options)).map(Self)
    }
}

#[async_trait]
impl TokenCredential for AzureCli {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        match tokio::time::timeout(LONGEST, self.0.get_token(scopes, options)).await {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(NoToken::Final(said(&error.to_string())).into()),
            Err(_) => Err(NoToken::Final("the Azure CLI did not answer within a minute".to_owned()).into()),
        }
    }
}

/// The CLI's own words without what is put around them.
fn said(text: &str) -> String {
    let text = &*Mask::default().text(text);
    let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
    let text = text.strip_prefix("AzureCliCredential authentication failed.").unwrap_or(text).trim();
    let text = text.strip_prefix("ERROR:").unwrap_or(text).trim();
    if text.contains("not found on PATH") {
        return "the Azure CLI (`az`) is not installed or not on PATH".to_owned();
    }
    if text.contains("az login") {
        // Both ways in which the CLI says it; its own text is about one of many cases.
        return format!("the Azure CLI is not signed in to this tenant; run `az login --tenant TENANT` ({text})");
    }
    if text.is_empty() { "the Azure CLI returned no token".to_owned() } else { format!("the Azure CLI says: {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clis_words_are_made_readable() {
        let around = |text: &str| {
            said(&format!(
                "AzureCliCredential authentication failed. {text}\nTo troubleshoot, visit https://aka.ms/x#azure-cli"
            ))
        };
        assert_eq!(around("az not found on PATH"), "the Azure CLI (`az`) is not installed or not on PATH");
        assert!(around("ERROR: Please run 'az login' to setup account.").contains("az login --tenant"));
        assert_eq!(around("ERROR: It broke."), "the Azure CLI says: It broke.");
        assert_eq!(around(""), "the Azure CLI returned no token");
    }
}
