//! Tokens for Graph: who asks, for what scope, and what a refusal means. The credential itself is
//! `azure_identity`'s; how its requests travel is `token_transport.rs`.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::aadsts;
use super::answer::{at_host, deepest};
use super::envelope::readable;
use super::error::{Facts, GraphError};
use super::host;
use super::retry::{self, Kind, Next, Outcome};
use super::settings::{Auth, Settings};
use super::token_transport::{TokenRefused, TokenTransport};

const GLOBAL_SCOPE: &str = "https://graph.microsoft.com/.default";

/// A token as a header, and which sign-in it came from.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) bearer: HeaderValue,
    generation: u64,
}

/// Gives tokens; one sign-in at a time.
#[derive(Debug)]
pub(super) struct SignIn {
    tenant_id: String,
    client_id: String,
    secret: SecretString,
    authority: String,
    scope: String,
    transport: Arc<TokenTransport>,
    backoff: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    generation: u64,
    credential: Arc<dyn TokenCredential>,
    /// A refusal is final: asking again with the same secret locks accounts.
    refused: Option<GraphError>,
}

impl SignIn {
    pub(super) fn new(settings: Settings) -> Result<Self, GraphError> {
        let Auth::ClientSecret(secret) = settings.auth else {
            return Err(GraphError::Setup {
                message: "this kind of sign-in is not supported by this version".to_owned(),
            });
        };
        let transport = Arc::new(TokenTransport::new(&settings.login_url)?);
        let authority = transport.authority().to_owned();
        let scope = if host::is_loopback(&settings.graph_url) {
            GLOBAL_SCOPE.to_owned()
        } else {
            format!("{}/.default", settings.graph_url.as_str().trim_end_matches('/'))
        };
        let credential = credential(&settings.tenant_id, &settings.client_id, &secret, &authority, &transport)?;
        Ok(Self {
            tenant_id: settings.tenant_id,
            client_id: settings.client_id,
            secret,
            authority,
            scope,
            transport,
            backoff: settings.backoff,
            state: Mutex::new(State { generation: 0, credential, refused: None }),
        })
    }

    /// A token that is valid for some minutes; asked for only when there is none.
    pub(super) async fn token(&self) -> Result<Token, GraphError> {
        let mut state = self.state.lock().await;
        if let Some(error) = &state.refused {
            return Err(error.clone());
        }
        let mut tries = 0;
        loop {
            let error = match state.credential.get_token(&[&self.scope], None).await {
                Ok(token) => return header(token.token.secret(), state.generation),
                Err(error) => error,
            };
            tries += 1;
            let problem = Problem::of(&error);
            if tries < retry::MAX_TRIES
                && retry::classify(Kind::Read, problem.outcome) == Next::Retry
                && let Some(wait) = retry::wait(tries, problem.retry_after, self.backoff, fastrand::f64())
            {
                tokio::time::sleep(wait).await;
                continue;
            }
            let error = problem.into_error(&self.secret);
            if error.is_sign_in() {
                state.refused = Some(error.clone());
            }
            return Err(error);
        }
    }

    /// Forgets the token that Graph did not accept, unless someone else was quicker.
    pub(super) async fn renew(&self, refused: &Token) {
        let mut state = self.state.lock().await;
        if state.generation != refused.generation {
            return;
        }
        // The credential keeps its token for itself; only a new credential asks anew.
        if let Ok(fresh) = credential(&self.tenant_id, &self.client_id, &self.secret, &self.authority, &self.transport)
        {
            state.credential = fresh;
            state.generation += 1;
        }
    }
}

fn credential(
    tenant_id: &str,
    client_id: &str,
    secret: &SecretString,
    authority: &str,
    transport: &Arc<TokenTransport>,
) -> Result<Arc<dyn TokenCredential>, GraphError> {
    let mut cloud = CustomConfiguration::default();
    authority.clone_into(&mut cloud.authority_host);
    let client_options = ClientOptions {
        cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
        transport: Some(Transport::new(transport.clone())),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    };
    let secret = Secret::new(secret.expose_secret().to_owned());
    let options = ClientSecretCredentialOptions { client_options };
    let credential = ClientSecretCredential::new(tenant_id, client_id.to_owned(), secret, Some(options));
    let credential: Arc<dyn TokenCredential> = credential.map_err(|_| GraphError::Setup {
        message: "the tenant id, the client id or the client secret is empty or malformed".to_owned(),
    })?;
    Ok(credential)
}

fn header(token: &str, generation: u64) -> Result<Token, GraphError> {
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| !token.is_empty());
    let mut bearer = bearer.ok_or_else(|| GraphError::SignIn {
        code: None,
        message: "the sign-in service gave an empty or malformed token".to_owned(),
        request_id: None,
    })?;
    bearer.set_sensitive(true);
    Ok(Token { bearer, generation })
}

/// Why there is no token.
struct Problem<'a> {
    outcome: Outcome,
    retry_after: Option<Duration>,
    refused: Option<&'a TokenRefused>,
    reason: String,
}

impl<'a> Problem<'a> {
    /// The credential wraps what happened in several layers; the transport's own words are the innermost.
    fn of(error: &'a azure_core::Error) -> Self {
        let mut layer: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(reason) = layer {
            if let Some(refused) = reason.downcast_ref::<TokenRefused>() {
                let outcome = Outcome::Status { status: refused.status, retry_after: refused.retry_after.is_some() };
                return Self {
                    outcome,
                    retry_after: refused.retry_after,
                    refused: Some(refused),
                    reason: String::new(),
                };
            }
            if let Some(broken) = reason.downcast_ref::<reqwest::Error>() {
                let outcome = if broken.is_connect() { Outcome::NotConnected } else { Outcome::Broken };
                return Self { outcome, retry_after: None, refused: None, reason: at_host(broken, &deepest(broken)) };
            }
            layer = reason.source();
        }
        Self { outcome: Outcome::TooLarge, retry_after: None, refused: None, reason: String::new() }
    }

    fn into_error(self, secret: &SecretString) -> GraphError {
        // A service that repeats what it was sent must not get the secret into a log.
        let clean = |text: &str| readable(&text.replace(secret.expose_secret(), "***"));
        let unreachable = |status, message| {
            let (method, path) = ("POST".to_owned(), "sign-in".to_owned());
            GraphError::Unreachable(Box::new(Facts { method, path, status, message, ..Facts::default() }))
        };
        match (self.refused, self.outcome) {
            (Some(refused), _) if matches!(refused.status, 408 | 429 | 500..) => {
                unreachable(Some(refused.status), "the sign-in service is not available".to_owned())
            }
            (Some(refused), _) => {
                let known = refused.code.and_then(aadsts::sentence).map(ToOwned::to_owned);
                let message = known.unwrap_or_else(|| match clean(refused.summary()) {
                    text if text.is_empty() => format!("the sign-in service answered {}", refused.status),
                    text => text,
                });
                GraphError::SignIn { code: refused.code, message, request_id: refused.trace_id.clone() }
            }
            (None, Outcome::NotConnected | Outcome::Broken) => unreachable(None, self.reason),
            (None, _) => GraphError::SignIn {
                code: None,
                message: "the answer of the sign-in service cannot be read".to_owned(),
                request_id: None,
            },
        }
    }
}
