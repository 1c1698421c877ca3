//! Sends the requests of an examination, one by one, and records the result of each.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Probe, shapes};
use crate::graph::{Api, Client, GraphError, Method, Write, WriteKind, values};

/// Requests and their results.
pub(super) struct Prober<'a> {
    pub(super) client: &'a Client,
    pub(super) probes: Vec<Probe>,
}

impl Prober<'_> {
    /// Reads one page, or one object. `shape` is the path without anything of the tenant.
    pub(super) async fn get(&mut self, api: Api, path: &str, shape: &str) -> Result<Value, GraphError> {
        self.answer(api, path, shape, false).await
    }

    /// The same; what is to be a page of a collection and is not one is an error.
    pub(super) async fn answer(
        &mut self,
        api: Api,
        path: &str,
        shape: &str,
        is_list: bool,
    ) -> Result<Value, GraphError> {
        let begun = Instant::now();
        let mut answer = self.client.get(api, path).await;
        if is_list {
            answer = answer.and_then(|answer| Ok(json!({"value": values(api, path, answer)?})));
        }
        self.note(shapes::request("GET", api.segment(), shape), begun, &answer);
        answer
    }

    /// The objects of one page of a collection.
    pub(super) async fn list(&mut self, api: Api, path: &str, shape: &str) -> Result<Vec<Value>, GraphError> {
        values(api, path, self.answer(api, path, shape, true).await?)
    }

    /// Asks by a POST that changes nothing.
    pub(super) async fn ask(
        &mut self,
        api: Api,
        path: &str,
        shape: &str,
        body: Option<&Value>,
    ) -> Result<Value, GraphError> {
        let begun = Instant::now();
        let kind = WriteKind::Idempotent;
        let asked = Write { method: Method::POST, api, path, body, kind, approval: None };
        let answer = self.client.send(asked).await.map(Option::unwrap_or_default);
        self.note(shapes::request("POST", api.segment(), shape), begun, &answer);
        answer
    }

    fn note(&mut self, request: String, begun: Instant, answer: &Result<Value, GraphError>) {
        let error = answer.as_ref().err();
        let list = answer.as_ref().ok().and_then(|answer| answer.get("value")?.as_array());
        self.probes.push(Probe {
            request,
            outcome: error.map_or("answered", outcome),
            status: error.map_or(Some(200), GraphError::status),
            code: error.and_then(GraphError::graph_code).and_then(shapes::code),
            objects: list.map(Vec::len),
            ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}

/// The question about ids that no one has: whether it is answered at all.
pub(super) fn of_nobody() -> Value {
    json!({"ids": ["00000000-0000-0000-0000-000000000000"], "types": ["group"]})
}

/// In which way a request failed.
fn outcome(error: &GraphError) -> &'static str {
    match error {
        GraphError::Setup { .. } => "not-sent",
        GraphError::SignIn { .. } => "sign-in-failed",
        GraphError::Forbidden(_) => "not-allowed",
        GraphError::NotFound(_) => "not-found",
        GraphError::Throttled(_) => "throttled",
        GraphError::Unreachable(_) | GraphError::Untrusted(_) => "not-reachable",
        GraphError::Refused(_) => "refused",
        GraphError::Server(_) => "service-failed",
        GraphError::Answer(_) | GraphError::Unsound(_) | GraphError::Uncertain(_) => "unusable-answer",
        GraphError::Redirect(_) | GraphError::ForeignLink(_) => "redirected",
    }
}
