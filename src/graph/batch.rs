//! Many GETs in few requests. Parts are answered in any order and fail singly; only those that were
//! throttled or hit passing trouble are sent again. Not for writes: a throttled part may have been executed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::answer::{KNOW_ALL_MEMBERS, NO_BODY, PREFER, describe, hide, needs_index};
use super::call::{Call, asked};
use super::core::Core;
use super::ended::by_status;
use super::error::{Facts, GraphError};
use super::figures::count;
use super::log;
use super::pages::{self, Extent, NEXT_LINK};
use super::retry::{self, Kind, Next, Outcome};
use super::settings::Api;
use super::standing::{self, Unaccepted, not_for_this_sign_in};
use crate::mask::Mask;

/// Graph's limit of parts in one batch.
const MOST_PARTS: usize = 20;
/// The status of a success that has no body.
const NO_CONTENT: u16 = 204;

type Answer = Result<Value, GraphError>;

/// Reads all paths, those that are collections as far as is wanted; the answers are in the order of the paths.
pub(super) async fn batch(core: &Core, api: Api, paths: &[String], extent: Extent) -> Vec<Answer> {
    let urls: Vec<Result<Url, GraphError>> = paths.iter().map(|path| core.url(api, path)).collect();
    let mut answers: Vec<Option<Answer>> = vec![None; paths.len()];
    let mut wanted = Vec::new();
    for (index, url) in urls.into_iter().enumerate() {
        match url {
            Ok(url) => wanted.push((index, url)),
            Err(error) => answers[index] = Some(Err(error)),
        }
    }
    let (together, singly): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|(_, url)| core.budget.has_room_for(&asked(url), MOST_PARTS));
    let chunks = together.chunks(MOST_PARTS).map(|chunk| chunk_of(core, api, chunk, extent));
    let single = singly.iter().map(async |(index, url)| (*index, single(core, url, extent).await));
    let (chunks, single) = futures_util::join!(join_all(chunks), join_all(single));
    for (index, answer) in chunks.into_iter().flatten().chain(single) {
        answers[index] = Some(answer);
    }
    let missing = || Err(GraphError::Setup { message: "a part of a batch was not sent".to_owned() });
    answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
}

/// Sends one batch until each of its parts has an answer.
async fn chunk_of(core: &Core, api: Api, chunk: &[(usize, Url)], extent: Extent) -> Vec<(usize, Answer)> {
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    let mut open: Vec<&(usize, Url)> = chunk.iter().collect();
    let mut renewed = false;
    for tries in 1.. {
        let sent = Instant::now();
        let (token, parts) = match send(core, api, &open).await {
            Ok(answered) => answered,
            // One malformed part spoils the whole batch; singly, the others still come through.
            Err(error) if matches!(error, GraphError::Refused(_)) || error.is_for_others() => {
                for (index, url) in open {
                    answers.insert(*index, single(core, url, extent).await);
                }
                break;
            }
            Err(error) => {
                answers.extend(open.iter().map(|(index, _)| (*index, Err(error.clone()))));
                break;
            }
        };
        let mut again = Vec::new();
        let mut come_back: Option<Duration> = None;
        let mut throttled = Vec::new();
        let mut ended = false;
        if let Some((position, _)) = open.iter().zip(&parts).find(|(_, part)| part.is_success()) {
            core.standing.taken(&token, Some(&position.1));
        }
        for (position, part) in open.iter().zip(parts) {
            let (index, url) = *position;
            log::part(url, part.status, part.header("request-id").as_deref());
            let failure = match part.into_result(url, &token.mask) {
                Ok(body) => {
                    answers.insert(*index, Ok(body));
                    continue;
                }
                Err(failure) => failure,
            };
            let status = match failure.outcome {
                Outcome::Status { status, .. } => status,
                _ => 0,
            };
            if status == 429 {
                count(&core.counters.throttled, 1);
                throttled.push(asked(url));
            }
            let meaning = match status {
                401 => Some(standing::unaccepted(core, url, &token, sent, renewed).await),
                _ => None,
            };
            let fresh_token = meaning == Some(Unaccepted::Renew);
            let passing = retry::classify(Kind::Read, failure.outcome) == Next::Retry;
            if tries < retry::most_tries(failure.outcome) && (fresh_token || passing) {
                ended |= fresh_token;
                come_back = come_back.max(failure.retry_after);
                again.push((*position, failure.error()));
            } else if meaning == Some(Unaccepted::Resource) {
                answers.insert(*index, Err(not_for_this_sign_in(failure.facts)));
            } else {
                answers.insert(*index, Err(failure.error()));
            }
        }
        if ended {
            renewed = true;
            core.sign_in.renew(&token).await;
        }
        if again.is_empty() {
            break;
        }
        let Some(wait) = core.wait(tries, come_back) else {
            answers.extend(again.into_iter().map(|((index, _), error)| (*index, Err(error))));
            break;
        };
        for path in &throttled {
            core.budget.throttled(path, false, wait);
        }
        count(&core.counters.retried, again.len());
        tokio::time::sleep(wait).await;
        open = again.into_iter().map(|(position, _)| position).collect();
    }
    finish_pages(core, chunk, &mut answers, extent).await;
    answers.into_iter().collect()
}

/// Follows the parts that are only the first page of their collection.
async fn finish_pages(core: &Core, chunk: &[(usize, Url)], answers: &mut BTreeMap<usize, Answer>, extent: Extent) {
    for (index, url) in chunk {
        let Some(Ok(Value::Object(body))) = answers.get_mut(index) else { continue };
        if let Err(error) = finish_page(core, url, body, extent).await {
            answers.insert(*index, Err(error));
        }
    }
}

/// Appends the further pages where the body is the first of a collection.
async fn finish_page(core: &Core, url: &Url, body: &mut Map<String, Value>, extent: Extent) -> Result<(), GraphError> {
    let link = body.remove(NEXT_LINK);
    let Some(Value::Array(values)) = body.get_mut("value") else { return Ok(()) };
    pages::follow(core, url, link, values, extent).await
}

/// Reads one path as if it were a part.
async fn single(core: &Core, url: &Url, extent: Extent) -> Answer {
    let mut answer = core.run(&Call::get(url.clone())).await?.unwrap_or(Value::Null);
    if let Some(body) = answer.as_object_mut() {
        finish_page(core, url, body, extent).await?;
    }
    Ok(answer)
}

/// What one part was answered.
struct Part {
    status: u16,
    headers: Map<String, Value>,
    body: Value,
}

struct PartFailure {
    outcome: Outcome,
    retry_after: Option<Duration>,
    facts: Facts,
}

impl PartFailure {
    fn error(self) -> GraphError {
        match self.outcome {
            Outcome::Status { .. } => by_status(self.facts),
            _ => GraphError::Answer(Box::new(self.facts)),
        }
    }
}

impl Part {
    fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str().map(ToOwned::to_owned).or_else(|| value.as_f64().map(|number| number.to_string()))
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    #[expect(clippy::result_large_err, reason = "taken apart at once by the only caller")]
    fn into_result(self, url: &Url, mask: &Mask) -> Result<Value, PartFailure> {
        // Parts that succeed without a body are reported (mondoohq/mql#10080, 2026-08-18); only 204 means that there is
        // nothing. The rest of an answer is not what was asked for.
        let is_lost = self.is_success() && self.body.is_null() && self.status != NO_CONTENT;
        if self.is_success() && !is_lost {
            return Ok(self.body);
        }
        let (milliseconds, standard) = (self.header("x-ms-retry-after-ms"), self.header("retry-after"));
        let retry_after = retry::parse_retry_after(milliseconds.as_deref(), standard.as_deref(), SystemTime::now());
        let mut facts = Facts {
            status: Some(self.status),
            request_id: self.header("request-id"),
            ..Call::get(url.clone()).facts()
        };
        if self.status == 0 {
            facts.status = None;
            "the answer to the batch does not contain this part".clone_into(&mut facts.message);
            return Err(PartFailure { outcome: Outcome::Broken, retry_after, facts });
        }
        if is_lost {
            NO_BODY.clone_into(&mut facts.message);
            return Err(PartFailure { outcome: Outcome::Broken, retry_after, facts });
        }
        describe(&mut facts, Some(&self.body));
        hide(&mut facts, mask);
        let outcome = Outcome::Status { status: self.status, retry_after: retry_after.is_some() };
        Err(PartFailure { outcome, retry_after, facts })
    }
}

/// Sends the open parts once, in order; a part without an answer has the status 0.
async fn send(core: &Core, api: Api, open: &[&(usize, Url)]) -> Result<(super::sign_in::Token, Vec<Part>), GraphError> {
    let token = core.sign_in.token().await?;
    let requests: Vec<Value> = open.iter().enumerate().map(|(id, (_, url))| request(id, url)).collect();
    count(&core.counters.batched, requests.len());
    let body = json!({ "requests": requests });
    let call = Call {
        method: Method::POST,
        url: core.url(api, "$batch")?,
        paths: open.iter().map(|(_, url)| asked(url)).collect(),
        body: Some(&body),
        kind: Kind::Read,
        approval: None,
    };
    let answer = core.run(&call).await?;
    let Some(Value::Array(responses)) = answer.and_then(|mut answer| answer.get_mut("responses").map(Value::take))
    else {
        let message = "the answer to the batch contains no responses".to_owned();
        return Err(GraphError::Answer(Box::new(Facts { message, ..call.facts() })));
    };
    let mut parts: Vec<Part> =
        open.iter().map(|_| Part { status: 0, headers: Map::new(), body: Value::Null }).collect();
    for response in responses {
        let Value::Object(mut response) = response else { continue };
        // An id as a number is not what the format says, but harmless.
        let id = match response.get("id") {
            Some(Value::String(id)) => id.parse().ok(),
            other => other.and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok()),
        };
        let Some(part) = id.and_then(|id: usize| parts.get_mut(id)) else { continue };
        let status = response.get("status").and_then(Value::as_u64);
        part.status = status.and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
        part.body = response.remove("body").unwrap_or_default();
        if let Some(Value::Object(headers)) = response.remove("headers") {
            part.headers = headers;
        }
    }
    Ok((token, parts))
}

fn request(id: usize, url: &Url) -> Value {
    let mut headers = json!({ PREFER: KNOW_ALL_MEMBERS });
    if needs_index(url) {
        headers["ConsistencyLevel"] = json!("eventual");
    }
    json!({ "id": id.to_string(), "method": "GET", "url": format!("/{}", asked(url)), "headers": headers })
}
