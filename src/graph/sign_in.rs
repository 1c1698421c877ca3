//! Tokens for Graph: when one is asked for, for what scope, and what a refusal means. The ways to get one are
//! in `credential`.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::time::OffsetDateTime;
use reqwest::header::HeaderValue;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use super::aadsts;
use super::claims::Claims;
use super::consent::admin_consent;
use super::credential::{LONGEST_LIFE, Maker, NoToken};
use super::error::GraphError;
use super::host;
use super::retry::{self, Kind, Next, Outcome};
use super::settings::{Scopes, Settings};
use crate::mask::Mask;

const GLOBAL_GRAPH: &str = "https://graph.microsoft.com";
/// A token is renewed this long before it ends: a request under way must not outlive it.
const MARGIN: Duration = Duration::from_mins(5);

/// A token as a header, and which sign-in it came from.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) bearer: HeaderValue,
    /// Hides the token in what a service answers.
    pub(super) mask: Arc<Mask>,
    pub(super) generation: u64,
}

/// Gives tokens; one sign-in at a time.
#[derive(Debug)]
pub(super) struct SignIn {
    maker: Maker,
    tenant_id: String,
    client_id: String,
    login_url: Url,
    /// What permissions are of.
    resource: String,
    backoff: Duration,
    state: Mutex<SignInState>,
}

#[derive(Debug)]
struct SignInState {
    generation: u64,
    credential: Arc<dyn TokenCredential>,
    held: Option<Held>,
    /// A refusal is final: asking again with the same secret locks accounts.
    refused: Option<GraphError>,
    scopes: Scopes,
    /// Whether somebody said which permissions are needed.
    is_asked_for: bool,
}

/// The token that is used until it ends.
#[derive(Debug)]
struct Held {
    bearer: HeaderValue,
    mask: Arc<Mask>,
    claims: Option<Claims>,
    good_until: OffsetDateTime,
}

impl SignIn {
    pub(super) fn new(settings: Settings) -> Result<Self, GraphError> {
        let maker = Maker::new(&settings)?;
        let credential = maker.make()?;
        let resource = if host::is_loopback(&settings.graph_url) {
            GLOBAL_GRAPH.to_owned()
        } else {
            settings.graph_url.as_str().trim_end_matches('/').to_owned()
        };
        let Settings { tenant_id, client_id, login_url, scopes, backoff, .. } = settings;
        let state = SignInState { generation: 0, credential, held: None, refused: None, scopes, is_asked_for: false };
        Ok(Self { maker, tenant_id, client_id, login_url, resource, backoff, state: Mutex::new(state) })
    }

    /// A token that is valid for some minutes; asked for only when there is none.
    pub(super) async fn token(&self) -> Result<Token, GraphError> {
        let mut state = self.state.lock().await;
        let generation = state.generation;
        if let Some(held) = state.held.as_ref().filter(|held| OffsetDateTime::now_utc() < held.good_until) {
            return Ok(Token { bearer: held.bearer.clone(), mask: Arc::clone(&held.mask), generation });
        }
        if let Some(error) = &state.refused {
            return Err(error.clone());
        }
        match self.ask(&state.credential, &state.scopes).await {
            Ok(held) => {
                let (bearer, mask) = (held.bearer.clone(), Arc::clone(&held.mask));
                state.held = Some(held);
                Ok(Token { bearer, mask, generation })
            }
            Err(error) => {
                if error.is_sign_in() {
                    state.refused = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    /// What the token says of itself, where it can be read.
    pub(super) async fn claims(&self) -> Result<Option<Claims>, GraphError> {
        self.token().await?;
        Ok(self.state.lock().await.held.as_ref().and_then(|held| held.claims.clone()))
    }

    /// Asks for these permissions as well, with the next token; before the first one, for these and no others.
    pub(super) async fn ask_for(&self, permissions: &[String]) {
        let mut state = self.state.lock().await;
        let first = !std::mem::replace(&mut state.is_asked_for, true) && state.held.is_none();
        let held = state.held.as_ref().and_then(|held| held.claims.as_ref()).map(|claims| claims.permissions.clone());
        let holds = |name: &String| {
            let held = held.as_ref();
            held.is_some_and(|held| held.contains(name) || held.contains(&name.replace(".Read.", ".ReadWrite.")))
        };
        let Scopes::Named(own) = &mut state.scopes else { return };
        if first {
            own.clear();
        }
        let more: Vec<String> =
            permissions.iter().filter(|name| !own.contains(name) && !holds(name)).cloned().collect();
        if more.is_empty() {
            return;
        }
        own.extend(more);
        if state.held.is_some()
            && let Ok(fresh) = self.maker.make()
        {
            state.credential = fresh;
            state.held = None;
            state.generation += 1;
        }
    }

    /// Forgets the token that Graph did not accept, unless someone else was quicker: when a token ends under
    /// many requests, one of them signs in, and the others wait for its token.
    pub(super) async fn renew(&self, refused: &Token) {
        let mut state = self.state.lock().await;
        if state.generation != refused.generation {
            return;
        }
        // The credential keeps its token for itself; only a new credential asks again.
        if let Ok(fresh) = self.maker.make() {
            state.credential = fresh;
            state.held = None;
            state.generation += 1;
        }
    }

    async fn ask(&self, credential: &Arc<dyn TokenCredential>, scopes: &Scopes) -> Result<Held, GraphError> {
        let asked: Vec<String> = match scopes {
            Scopes::Granted => vec![format!("{}/.default", self.resource)],
            Scopes::Named(names) => names.iter().map(|name| format!("{}/{name}", self.resource)).collect(),
        };
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let mut tries = 0;
        loop {
            let error = match credential.get_token(&asked, None).await {
                Ok(token) => return self.held(&token),
                Err(error) => NoToken::of(&error),
            };
            tries += 1;
            if tries < retry::MAX_TRIES
                && self.passes(&error)
                && let Some(wait) = retry::wait(tries, error.retry_after(), self.backoff, fastrand::f64())
            {
                tokio::time::sleep(wait).await;
                continue;
            }
            return Err(self.with_consent(error.into_error(), scopes));
        }
    }

    /// Where a consent is missing, an administrator can give it without the program.
    fn with_consent(&self, error: GraphError, scopes: &Scopes) -> GraphError {
        let Scopes::Named(names) = scopes else { return error };
        match error {
            GraphError::SignIn { code: Some(code), message, request_id } if aadsts::is_about_consent(code) => {
                let page = admin_consent(&self.login_url, &self.tenant_id, &self.client_id, names);
                let message = format!("{message}; an administrator can consent for all users at {page}");
                GraphError::SignIn { code: Some(code), message, request_id }
            }
            other => other,
        }
    }

    fn passes(&self, error: &NoToken) -> bool {
        let starting =
            self.maker.waits_for_metadata() && matches!(error.outcome(), Outcome::Status { status: 404 | 410, .. });
        starting || retry::classify(Kind::Read, error.outcome()) == Next::Retry
    }

    fn held(&self, token: &AccessToken) -> Result<Held, GraphError> {
        let refuse = |message: String| GraphError::SignIn { code: None, message, request_id: None };
        let text = token.token.secret();
        let bearer = HeaderValue::try_from(format!("Bearer {text}")).ok().filter(|_| !text.is_empty());
        let mut bearer =
            bearer.ok_or_else(|| refuse("the sign-in service returned an empty or malformed token".to_owned()))?;
        bearer.set_sensitive(true);
        let claims = Claims::of(text);
        // A machine's identity and the Azure CLI may be at home in another tenant than the one that is meant.
        let given_by = claims.as_ref().and_then(|claims| claims.tenant_id.as_deref());
        if let (Ok(meant), Some(Ok(given))) = (Uuid::try_parse(&self.tenant_id), given_by.map(Uuid::try_parse))
            && meant != given
        {
            return Err(refuse(format!(
                "the token is for the tenant {given}, not for {meant}; sign in to the right one, or correct tenant_id"
            )));
        }
        // Sometimes a token lives for a minute only; it is used for the rest of its life all the same.
        let now = OffsetDateTime::now_utc();
        let ends = token.expires_on.clamp(now, now + LONGEST_LIFE);
        let margin = MARGIN.min(Duration::try_from(ends - now).unwrap_or_default() / 2);
        let mask = Arc::new(Mask::default().token(text));
        Ok(Held { bearer, mask, claims, good_until: ends - margin })
    }
}
