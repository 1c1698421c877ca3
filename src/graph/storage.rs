//! Uploads to the storage address that Graph gives for a file: another service, which gets no token. Whoever has
//! the address may write there, so it is a secret: no error, log or `Debug` holds more of it than its host.
//!
//! Not for what is uploaded, nor for asking Graph for the address: that is the engine's.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::SemaphorePermit;
use url::Url;

use super::client::Client;
use super::core::Core;
use super::ended::ended;
use super::envelope::readable;
use super::error::{Facts, GraphError};
use super::figures::count;
use super::host;
use super::http::{header, http_client_within, read_body, unsent};
use super::log;
use super::retry::{self, Kind, Next, Outcome};

/// A block may take long over a slow line; the answer comes when it has arrived.
const BLOCK_TIMEOUT: Duration = Duration::from_mins(10);
/// What storage says of an error is short.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Where a file is uploaded to, with the signature that allows it.
#[derive(Clone)]
pub struct StorageAddress(Url);

impl fmt::Debug for StorageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageAddress({})", self.0.host_str().unwrap_or_default())
    }
}

/// The storage, as one client reaches it.
pub struct Storage<'a> {
    core: &'a Core,
    http: reqwest::Client,
}

impl fmt::Debug for Storage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").finish_non_exhaustive()
    }
}

impl<'a> Storage<'a> {
    /// The storage behind this tenant's Graph. Plain http only where Graph itself is on this machine.
    pub fn of(client: &'a Client) -> Result<Self, GraphError> {
        let core = client.core();
        Ok(Self { core, http: http_client_within(host::is_loopback(&core.graph_url), BLOCK_TIMEOUT)? })
    }

    /// Takes an address that Graph gave: https, or http on this machine where Graph is there too.
    pub fn address(&self, given: &str) -> Result<StorageAddress, GraphError> {
        let here = host::is_loopback(&self.core.graph_url);
        let good = |url: &Url| {
            let plain = url.scheme() == "http" && here && host::is_loopback(url);
            (url.scheme() == "https" || plain) && url.username().is_empty() && url.password().is_none()
        };
        let message = || "Graph returned a storage address that cannot be used: it must begin with https://".to_owned();
        let url = Url::parse(given).ok().filter(|url| good(url) && url.host().is_some());
        url.map(StorageAddress).ok_or_else(|| GraphError::Setup { message: message() })
    }

    /// Leave to have one more block in memory.
    pub async fn room(&self) -> Result<SemaphorePermit<'_>, GraphError> {
        let closed = |_| GraphError::Setup { message: "the client is closed".to_owned() };
        self.core.blocks.acquire().await.map_err(closed)
    }

    /// Uploads one block; sent twice, it is there once. An address that is good no longer is
    /// [`GraphError::Forbidden`].
    pub async fn put_block(&self, address: &StorageAddress, id: &str, block: &[u8]) -> Result<(), GraphError> {
        let query = format!("comp=block&blockid={}", escaped(id));
        self.put(address, "block", &query, "application/octet-stream", block).await
    }

    /// Makes the file of the blocks, in this order.
    pub async fn put_list(&self, address: &StorageAddress, ids: &[String]) -> Result<(), GraphError> {
        let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for id in ids {
            list.extend(["<Latest>", id, "</Latest>"]);
        }
        list.push_str("</BlockList>");
        self.put(address, "blocklist", "comp=blocklist", "text/plain; charset=utf-8", list.as_bytes()).await
    }

    async fn put(
        &self,
        address: &StorageAddress,
        what: &'static str,
        query: &str,
        kind: &'static str,
        body: &[u8],
    ) -> Result<(), GraphError> {
        let mut url = address.0.clone();
        let own = url.query().map(|own| format!("{own}&{query}"));
        url.set_query(Some(own.as_deref().unwrap_or(query)));
        let mut tries = 0;
        loop {
            tries += 1;
            let (outcome, wait, facts) = match self.attempt(&url, what, kind, body).await {
                Ok(()) => return Ok(()),
                Err(failed) => *failed,
            };
            let wait = match retry::classify(Kind::Idempotent, outcome) {
                Next::Retry if tries < retry::most_tries(outcome) => self.core.wait(tries, wait),
                _ => None,
            };
            let Some(wait) = wait else { return Err(error(outcome, facts)) };
            count(&self.core.counters.retried, 1);
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        what: &'static str,
        kind: &'static str,
        body: &[u8],
    ) -> Result<(), Box<(Outcome, Option<Duration>, Facts)>> {
        let host = url.host_str().unwrap_or_default();
        let mut facts = Facts {
            method: Method::PUT.to_string(),
            path: format!("{what} to {}", readable(host)),
            ..Facts::default()
        };
        count(&self.core.counters.sent, 1);
        count(&self.core.counters.bytes_sent, body.len());
        let started = Instant::now();
        let request = self.http.put(url.clone()).header(CONTENT_TYPE, kind).header("x-ms-blob-type", "BlockBlob");
        let mut response = match request.body(body.to_vec()).send().await {
            Ok(response) => response,
            Err(error) => {
                let (outcome, why) = unsent(&error);
                facts.message = why;
                log::storage(what, None, started.elapsed(), None);
                return Err(Box::new((outcome, None, facts)));
            }
        };
        let status = response.status();
        facts.request_id = header(&response, "x-ms-request-id");
        log::storage(what, Some(status.as_u16()), started.elapsed(), facts.request_id.as_deref());
        if status.is_success() {
            return Ok(());
        }
        facts.status = Some(status.as_u16());
        let after = retry::retry_after(response.headers(), SystemTime::now());
        facts.code = header(&response, "x-ms-error-code");
        if let (None, Ok(bytes)) = (&facts.code, read_body(&mut response, LARGEST_ANSWER).await) {
            facts.code = code_in(&String::from_utf8_lossy(&bytes));
        }
        facts.message = String::from("the storage refused it");
        let outcome = Outcome::Status { status: status.as_u16(), retry_after: after.is_some() };
        Err(Box::new((outcome, after, facts)))
    }
}

/// Storage has nothing to do with signing in: who is not allowed there needs another address.
fn error(outcome: Outcome, facts: Facts) -> GraphError {
    match outcome {
        Outcome::Status { status: 401, .. } => GraphError::Forbidden(Box::new(facts)),
        _ => ended(outcome, facts),
    }
}

/// The code of an error, which storage tells as XML; nothing else of it is kept.
fn code_in(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric())).then(|| code.to_owned())
}

/// Base64 as a value of a query.
fn escaped(id: &str) -> String {
    id.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_code_is_taken_out_of_what_storage_says() {
        let told = "<Error><Code>AuthenticationFailed</Code><Message>sig=topsecret</Message></Error>";
        assert_eq!(code_in(told).as_deref(), Some("AuthenticationFailed"));
        assert_eq!(code_in("<Code>sig=topsecret</Code>"), None);
        assert_eq!(code_in(""), None);
    }

    #[test]
    fn an_address_tells_nothing_but_its_host() {
        let address =
            StorageAddress(Url::parse("https://x.blob.example/c/f?sig=topsecret").unwrap_or_else(|_| unreachable!()));
        assert_eq!(format!("{address:?}"), "StorageAddress(x.blob.example)");
    }

    #[test]
    fn an_id_is_escaped_for_a_query() {
        assert_eq!(escaped("a+/b=="), "a%2B%2Fb%3D%3D");
    }
}
