//! One try of one request to Graph: send it, read the answer, and say how it ended. Not for deciding what to do about
//! it: that is `retry.rs`. What any service is asked with is in `http.rs`.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::approval::{self, Approval};
use super::call::Call;
use super::envelope;
use super::error::Facts;
use super::figures::{Counters, count};
use super::http::{BodyError, LARGEST_ANSWER, header, read_body, unsent};
use super::log;
use super::retry::{self, Kind, Outcome};
use super::sign_in::Token;
use crate::mask::Mask;

/// Members that an enumeration got later come by their names: without this they all come as
/// `unknownFutureValue`, and what they were is lost.
pub(super) const KNOW_ALL_MEMBERS: &str = "include-unknown-enum-members";
pub(super) const PREFER: &str = "Prefer";

/// What is said of a success that should have a body.
pub(super) const NO_BODY: &str = "the answer has no body";

/// A try that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) retry_after: Option<Duration>,
    pub(super) facts: Facts,
}

/// Sends once.
pub(super) async fn attempt(
    http: &Client,
    call: &Call<'_>,
    token: &Token,
    counters: &Counters,
) -> Result<Option<Value>, Box<Failure>> {
    let id = Uuid::new_v4().to_string();
    let mut facts = Facts { client_request_id: Some(id.clone()), ..call.facts() };
    let started = Instant::now();
    let mut request = http
        .request(call.method.clone(), call.url.clone())
        .header(AUTHORIZATION, &token.bearer)
        .header(ACCEPT, "application/json")
        .header("client-request-id", &id);
    if call.method == Method::GET {
        request = request.header(PREFER, KNOW_ALL_MEMBERS);
    }
    if needs_index(&call.url) {
        request = request.header("ConsistencyLevel", "eventual");
    }
    if let Some((name, value)) = call.approval.and_then(Approval::header) {
        request = request.header(name, value);
    }
    if let Some(body) = call.body {
        let body = body.to_string();
        count(&counters.bytes_sent, body.len());
        request = request.header(CONTENT_TYPE, "application/json").body(body);
    }
    let sent = request.send().await;
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => {
            let (outcome, why) = unsent(&error);
            facts.message = why;
            log::no_answer(call, started.elapsed(), &id);
            return Err(Box::new(Failure { outcome, retry_after: None, facts }));
        }
    };
    let status = response.status();
    facts.status = Some(status.as_u16());
    facts.request_id = header(&response, "request-id");
    let body = read_body(&mut response, LARGEST_ANSWER).await;
    count(&counters.bytes_received, body.as_ref().map_or(0, Vec::len));
    log::answered(call, status.as_u16(), started.elapsed(), facts.request_id.as_deref());

    if status.is_success() {
        let (outcome, message) = match body {
            // Only 204 says that there is nothing; whatever else is read without a body was lost on the way.
            Ok(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => {
                if call.kind != Kind::Read || status == StatusCode::NO_CONTENT {
                    return Ok(None);
                }
                (Outcome::Broken, NO_BODY.to_owned())
            }
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => return Ok(Some(value)),
                // Reading it again would give the same.
                Err(error) if is_too_deep(&error) => (Outcome::TooLarge, "the body is nested too deeply".to_owned()),
                Err(error) => (
                    Outcome::Unreadable,
                    format!("the body is not JSON (line {}, column {})", error.line(), error.column()),
                ),
            },
            Err(BodyError::TooLarge) => {
                (Outcome::TooLarge, format!("the body is larger than {} MiB", LARGEST_ANSWER / 1024 / 1024))
            }
            Err(BodyError::Broken(why)) => (Outcome::Broken, format!("the body is incomplete: {why}")),
        };
        facts.message = message;
        return Err(Box::new(Failure { outcome, retry_after: None, facts }));
    }

    let retry_after = retry::retry_after(response.headers(), SystemTime::now());
    facts.approval = header(&response, approval::CODE);
    describe(&mut facts, body.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).as_ref());
    if status.is_redirection()
        && let Some(location) = header(&response, LOCATION.as_str()).and_then(|text| Url::parse(&text).ok())
    {
        facts.message = format!("the answer points to {}", location.host_str().unwrap_or("nowhere"));
    }
    if asks_for_more(&response) {
        facts.message = format!(
            "Conditional Access requires a stronger sign-in, such as multifactor authentication or a compliant \
             device; sign in again in a way that meets this requirement ({})",
            facts.message
        );
    }
    hide(&mut facts, &token.mask);
    let outcome = Outcome::Status { status: status.as_u16(), retry_after: retry_after.is_some() };
    Err(Box::new(Failure { outcome, retry_after, facts }))
}

/// Whether the token is good and not enough: no permission would help.
fn asks_for_more(response: &Response) -> bool {
    let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    challenge.is_some_and(|text| text.contains("insufficient_claims"))
}

/// Takes out of what the service said whatever it repeated of the token.
pub(super) fn hide(facts: &mut Facts, mask: &Mask) {
    facts.reword(|text| mask.text(text).into_owned());
    for id in [&mut facts.request_id, &mut facts.approval] {
        *id = id.take().filter(|id| mask.text(id) == id.as_str());
    }
}

/// Adds what an error body says.
pub(super) fn describe(facts: &mut Facts, body: Option<&Value>) {
    let said = body.map(envelope::parse).unwrap_or_default();
    facts.code = said.code;
    facts.message = if said.message.is_empty() { "no details in the answer".to_owned() } else { said.message };
    facts.approval = facts.approval.take().or_else(|| approval::code_in(&facts.message));
    facts.request_id = facts.request_id.take().or(said.request_id);
    facts.client_request_id = facts.client_request_id.take().or(said.client_request_id);
}

/// Advanced directory queries are answered from an index, and only to those who say they know.
pub(super) fn needs_index(url: &Url) -> bool {
    let counts = url.path().ends_with("/$count");
    counts || url.query_pairs().any(|(key, value)| key == "$search" || (key == "$count" && value == "true"))
}

/// The parser stops at 128 levels, so that nothing can exhaust the stack; it says so in words only.
fn is_too_deep(error: &serde_json::Error) -> bool {
    error.is_syntax() && error.to_string().starts_with("recursion limit")
}
