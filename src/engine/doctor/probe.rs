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
        let begun = Instant::now();
        let answer = self.client.get(api, path).await;
        self.note(shapes::request("GET", api.segment(), shape), begun, answer.as_ref().map(number));
        answer
    }

    /// The objects of one page of a collection; what is not such a page is an error.
    pub(super) async fn list(&mut self, api: Api, path: &str, shape: &str) -> Result<Vec<Value>, GraphError> {
        let begun = Instant::now();
        let list = self.client.get(api, path).await.and_then(|answer| values(api, path, answer));
        let number = list.as_ref().map(|list| Some(list.len()));
        self.note(shapes::request("GET", api.segment(), shape), begun, number);
        list
    }

    /// The objects of one page, or the one object that a path gives.
    pub(super) async fn objects(
        &mut self,
        api: Api,
        path: &str,
        shape: &str,
        is_list: bool,
    ) -> Result<Vec<Value>, GraphError> {
        if is_list {
            self.list(api, path, shape).await
        } else {
            self.get(api, path, shape).await.map(|object| vec![object])
        }
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
        self.note(shapes::request("POST", api.segment(), shape), begun, answer.as_ref().map(number));
        answer
    }

    /// Records a request, and of how many objects the answer is a list.
    fn note(&mut self, request: String, begun: Instant, answer: Result<Option<usize>, &GraphError>) {
        let error = answer.err();
        self.probes.push(Probe {
            request,
            outcome: error.map_or("answered", outcome),
            status: error.map_or(Some(200), GraphError::status),
            code: error.and_then(GraphError::graph_code).and_then(shapes::code),
            objects: answer.ok().flatten(),
            ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}

/// How many objects an answer is a list of.
fn number(answer: &Value) -> Option<usize> {
    answer.get("value")?.as_array().map(Vec::len)
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
