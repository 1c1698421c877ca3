//! What all requests of one client share, and one request with its retries: the loop that follows the table in
//! `retry.rs`.

use std::time::Instant;

use reqwest::{Client, Method};
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use super::answer::{self, Failure};
use super::buckets::Buckets;
use super::budget::Budget;
use super::call::Call;
use super::ended::ended;
use super::envelope::readable;
use super::error::GraphError;
use super::figures::{Counters, count};
use super::host;
use super::http::http_client;
use super::plain_forms::PlainForms;
use super::retry::{self, Kind, Next, Outcome};
use super::settings::{Api, Settings};
use super::sign_in::SignIn;
use super::standing::{self, Standing, Unaccepted, not_for_this_sign_in};

/// How many blocks are under way at once, whatever is uploaded: each is in memory as long as it is.
const BLOCKS_AT_ONCE: usize = 4;

/// What all requests of one client share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) graph_url: Url,
    pub(super) counters: Counters,
    pub(super) budget: Budget,
    pub(super) sign_in: SignIn,
    pub(super) backoff: std::time::Duration,
    pub(super) paced: bool,
    /// How many blocks of uploads may be in memory.
    pub(super) blocks: Semaphore,
    /// What has to be asked for more plainly.
    pub(super) plain_forms: PlainForms,
    /// How Graph takes the tokens.
    pub(super) standing: Standing,
    pub(super) http: Client,
    /// For single requests, and for batches: the next page of a list, from which more batches come, does not wait
    /// behind the batches of the page before.
    permits: [Semaphore; 2],
}

impl Core {
    pub(super) fn new(settings: Settings) -> Result<Self, GraphError> {
        settings.check()?;
        Ok(Self {
            graph_url: settings.graph_url.clone(),
            counters: Counters::default(),
            budget: Budget::new(Buckets::new(settings.buckets.clone()), settings.paced),
            backoff: settings.backoff,
            paced: settings.paced,
            blocks: Semaphore::new(BLOCKS_AT_ONCE),
            plain_forms: PlainForms::default(),
            standing: Standing::default(),
            http: http_client(&settings.graph_url)?,
            permits: [(); 2].map(|()| Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS))),
            sign_in: SignIn::new(settings)?,
        })
    }

    /// Makes a relative path absolute, and refuses one that would leave the version's root.
    pub(super) fn url(&self, api: Api, path: &str) -> Result<Url, GraphError> {
        let root = format!("/{}/", api.segment());
        let text = format!("{}{root}{}", self.graph_url.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
        let url = Url::parse(&text).ok().filter(|url| {
            host::same_origin(&self.graph_url, url) && url.path().starts_with(&root) && url.fragment().is_none()
        });
        url.ok_or_else(|| GraphError::Setup { message: format!("`{}` is not a Graph path", readable(path)) })
    }

    /// Sends until it is done, certain to fail, or uncertain.
    pub(super) async fn run(&self, call: &Call<'_>) -> Result<Option<Value>, GraphError> {
        let mut tries = 0;
        let mut renewed = false;
        let mut may_be_done = false;
        let write = call.kind != Kind::Read;
        let permits = &self.permits[usize::from(call.paths.len() > 1)];
        loop {
            let token = self.sign_in.token().await?;
            let pass = self.budget.admit(&call.paths, write).await;
            let sent = Instant::now();
            let result = {
                let Ok(_permit) = permits.acquire().await else {
                    return Err(GraphError::Setup { message: "the client is closed".to_owned() });
                };
                count(&self.counters.sent, 1);
                answer::attempt(&self.http, call, &token, &self.counters).await
            };
            drop(pass);
            tries += 1;
            let failure = match result {
                Ok(body) => {
                    // A batch is answered whatever becomes of its parts.
                    if call.paths.len() == 1 {
                        self.standing.taken(&token, (call.method == Method::GET).then_some(&call.url));
                    }
                    return Ok(body);
                }
                Err(failure) => *failure,
            };
            match failure.outcome {
                // Refused before anything was done, so even a create may be sent again. Once: a token that is
                // refused right after the sign-in has not expired, and the next one would fare no better.
                Outcome::Status { status: 401, .. } => {
                    match standing::unaccepted(self, &call.url, &token, sent, renewed).await {
                        Unaccepted::Renew => {
                            renewed = true;
                            self.sign_in.renew(&token).await;
                            count(&self.counters.retried, 1);
                            continue;
                        }
                        Unaccepted::Resource => return Err(not_for_this_sign_in(failure.facts)),
                        Unaccepted::SignIn => return Err(give_up(failure)),
                    }
                }
                Outcome::Status { status: 404 | 410, .. } if call.method == Method::DELETE && may_be_done => {
                    return Ok(None);
                }
                // Nothing but an approval helps.
                Outcome::Status { .. } if failure.facts.needs_approval() => return Err(give_up(failure)),
                Outcome::Status { status: 429, .. } => count(&self.counters.throttled, 1),
                _ => {}
            }
            match retry::classify(call.kind, failure.outcome) {
                Next::Retry if tries < retry::most_tries(failure.outcome) => {
                    let Some(wait) = retry::wait(tries, failure.retry_after, self.backoff, fastrand::f64()) else {
                        return Err(give_up(too_long(failure)));
                    };
                    may_be_done |= retry::may_have_happened(failure.outcome);
                    if matches!(failure.outcome, Outcome::Status { status: 429, .. }) {
                        for path in &call.paths {
                            self.budget.throttled(path, write, wait);
                        }
                    }
                    count(&self.counters.retried, 1);
                    tokio::time::sleep(wait).await;
                }
                Next::LookFirst => return Err(GraphError::Uncertain(Box::new(failure.facts))),
                Next::Retry | Next::Fail => return Err(give_up(failure)),
            }
        }
    }

    /// How long the next round of a batch waits.
    pub(super) fn wait(&self, tries: u32, asked: Option<std::time::Duration>) -> Option<std::time::Duration> {
        retry::wait(tries, asked, self.backoff, fastrand::f64())
    }
}

/// The service asks for a longer wait than anyone would sit through.
fn too_long(mut failure: Failure) -> Failure {
    let seconds = failure.retry_after.unwrap_or_default().as_secs();
    failure.facts.message = format!("{}; the service asks to retry after {seconds} s", failure.facts.message);
    failure
}

/// The error for the last failure of a request that did not happen or may be repeated.
fn give_up(failure: Failure) -> GraphError {
    ended(failure.outcome, failure.facts)
}
