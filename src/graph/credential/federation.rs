//! Workload identity federation: a token from outside Entra (a file, GitHub Actions, Azure DevOps) is the
//! assertion. It is fetched each time, because such tokens live for minutes and files rotate.

use std::path::PathBuf;

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::super::error::GraphError;
use super::super::host;
use super::super::http::http_client;
use super::refusal::NoToken;
use super::transport::exchange;

/// The version of Azure DevOps' interface for tokens.
const AZURE_DEVOPS_VERSION: &str = "7.1";
const LARGEST_FILE: u64 = 64 * 1024;

/// Where the outside token comes from.
#[derive(Debug, Clone)]
pub enum Federation {
    /// A file that something else keeps fresh, as in Kubernetes.
    File(PathBuf),
    /// The job of a GitHub Actions workflow with `id-token: write`.
    GitHub {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: Url,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: SecretString,
        /// What the token is for, by cloud.
        audience: String,
    },
    /// A job of Azure DevOps with a service connection.
    AzureDevOps {
        /// `SYSTEM_OIDCREQUESTURI`.
        url: Url,
        /// `SYSTEM_ACCESSTOKEN`.
        token: SecretString,
        /// The service connection's id.
        service_connection: String,
    },
}

impl Federation {
    /// Refuses an address that the pipeline's own secret must not be sent to.
    pub(super) fn check(&self) -> Result<(), GraphError> {
        let (Self::GitHub { url, .. } | Self::AzureDevOps { url, .. }) = self else { return Ok(()) };
        if url.scheme() == "https" || host::is_loopback(url) {
            return Ok(());
        }
        let message = format!(
            "the address of the pipeline's token service `{}` must use https",
            url.origin().ascii_serialization()
        );
        Err(GraphError::Setup { message })
    }

    async fn token(&self) -> Result<String, NoToken> {
        match self {
            Self::File(path) => read(path).await,
            Self::GitHub { url, token, audience } => {
                let mut url = url.clone();
                url.query_pairs_mut().append_pair("audience", audience);
                let hint = "check that the job has `permissions: id-token: write`";
                fetch(Method::GET, url, token, "value", "GitHub", hint).await
            }
            Self::AzureDevOps { url, token, service_connection } => {
                let mut url = url.clone();
                url.query_pairs_mut()
                    .append_pair("api-version", AZURE_DEVOPS_VERSION)
                    .append_pair("serviceConnectionId", service_connection);
                let hint = "check the service connection's ID, and that this pipeline is allowed to use it";
                fetch(Method::POST, url, token, "oidcToken", "Azure DevOps", hint).await
            }
        }
    }
}

async fn read(path: &PathBuf) -> Result<String, NoToken> {
    let wrong = |why: String| NoToken::Final(format!("the token file {} {why}", path.display()));
    let size = tokio::fs::metadata(path).await.map_err(|error| wrong(format!("cannot be read: {error}")))?.len();
    if size > LARGEST_FILE {
        return Err(wrong("is too large for a token".to_owned()));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let token = text.trim();
    if token.is_empty() { Err(wrong("is empty".to_owned())) } else { Ok(token.to_owned()) }
}

async fn fetch(
    method: Method,
    url: Url,
    bearer: &SecretString,
    field: &str,
    service: &str,
    hint: &str,
) -> Result<String, NoToken> {
    let http = http_client(&url).map_err(|error| NoToken::Final(error.to_string()))?;
    let request = http
        .request(method, url)
        .bearer_auth(bearer.expose_secret())
        .header("accept", "application/json")
        .header("content-length", "0")
        // Azure DevOps answers with a sign-in page otherwise.
        .header("x-tfs-fedauthredirect", "Suppress");
    let answer = exchange(request, b"").await.map_err(|reason| match reason {
        NoToken::Refused(refusal) if matches!(refusal.status, 408 | 429 | 500..) => {
            NoToken::NotReached(format!("{service} returned no token for the job: it answered {}", refusal.status))
        }
        NoToken::Refused(refusal) => {
            NoToken::Final(format!("{service} returned no token for the job: it answered {}; {hint}", refusal.status))
        }
        other => other,
    })?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let token = answer[field].as_str().filter(|token| !token.is_empty());
    token.map(ToOwned::to_owned).ok_or_else(|| NoToken::Final(format!("{service}'s answer contains no token; {hint}")))
}

#[async_trait]
impl ClientAssertion for Federation {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.token().await?)
    }
}
