//! What any service is asked with: the HTTP client, answers read within bounds, and why a request could not be sent.
//! Knows nothing of Graph.

use std::time::Duration;

use reqwest::{Client, Response};
use url::Url;

use super::GraphError;
use super::envelope::{readable, short};
use super::host;
use super::retry::Outcome;

/// The largest answer that is read.
pub(super) const LARGEST_ANSWER: usize = 256 * 1024 * 1024;
/// Graph's own gateway gives up after about this long.
const READ_TIMEOUT: Duration = Duration::from_secs(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// A trickle that never pauses would get past the read timeout.
const WHOLE_TIMEOUT: Duration = Duration::from_mins(15);

/// The HTTP client for one service. This machine is never reached through a proxy, and only this
/// machine without TLS.
pub(super) fn http_client(service: &Url) -> Result<Client, GraphError> {
    http_client_within(host::is_loopback(service), READ_TIMEOUT)
}

/// The same, for a service that may take longer to answer.
pub(super) fn http_client_within(loopback: bool, read_timeout: Duration) -> Result<Client, GraphError> {
    let version = env!("CARGO_PKG_VERSION");
    let mut builder = Client::builder()
        .user_agent(format!("NONISV|intune-ferry|intune-ferry/{version}"))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(read_timeout)
        .timeout(WHOLE_TIMEOUT)
        .https_only(!loopback)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    if loopback {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| GraphError::Setup {
        message: format!("the HTTP client cannot be created: {}", deepest(&error)),
    })
}

/// How a request ended that could not be sent, or got no answer, and why.
pub(super) fn unsent(error: &reqwest::Error) -> (Outcome, String) {
    let distrust = untrusted(error);
    let outcome = match &distrust {
        Some(_) => Outcome::Untrusted,
        None if error.is_connect() => Outcome::NotConnected,
        None => Outcome::Broken,
    };
    let why = if error.is_timeout() { "no answer in time".to_owned() } else { deepest(error) };
    (outcome, at_host(error, &distrust.unwrap_or(why)))
}

/// A header's text, where it is short enough to be repeated.
pub(super) fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).and_then(short)
}

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    Broken(String),
}

/// Reads a body piece by piece, so that its size is bounded whatever the headers claim.
pub(super) async fn read_body(response: &mut Response, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() > most => return Err(BodyError::TooLarge),
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(body),
            Err(error) => return Err(BodyError::Broken(deepest(&error))),
        }
    }
}

/// Why the service's certificate is not trusted, where that is what is wrong.
pub(super) fn untrusted(error: &reqwest::Error) -> Option<String> {
    let mut layer: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(reason) = layer {
        if let Some(rustls::Error::InvalidCertificate(why)) = reason.downcast_ref::<rustls::Error>() {
            return Some(format!("its certificate is not trusted ({})", readable(&why.to_string())));
        }
        // An i/o error passes over the error it holds when asked for its source.
        let held = reason.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        layer = match held {
            Some(held) => Some(held),
            None => reason.source(),
        };
    }
    None
}

/// The innermost reason, which never holds the URL and its query as the outer texts do.
pub(super) fn deepest(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let is_outermost = std::error::Error::source(error).is_none();
    if is_outermost { "the request could not be made".to_owned() } else { readable(&reason.to_string()) }
}

/// What went wrong with which host: the path alone does not say where it was looked for.
pub(super) fn at_host(error: &reqwest::Error, what: &str) -> String {
    let host = error.url().map(|url| url.origin().ascii_serialization());
    host.map_or_else(|| what.to_owned(), |host| format!("{host}: {what}"))
}
