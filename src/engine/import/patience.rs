//! How a run waits for the service: a write that names something which the run itself made or let go of a moment ago
//! may be refused because not every part of the service knows that yet, so it is repeated for a bounded time; and some
//! types are written one at a time. Not for what is tried again whoever wrote what it names: that is the client's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::MutexGuard;
use tokio_util::sync::CancellationToken;

use super::request::Request;
use crate::catalogue::Catalogue;
use crate::engine::tenant::Tenant;
use crate::graph::{GraphError, Method};
use crate::policy::Policy;

/// The waits before a write is repeated, in units of the client's first wait after a failure: a minute at a real tenant.
const WAITS: [u32; 6] = [1, 2, 4, 8, 15, 30];
/// How many of them are waited where the service does not say that it is about what is new.
const WAITS_UNSAID: usize = 4;
/// How many are waited where something that belongs to an object is not found, whoever made it.
const WAITS_NOT_FOUND: usize = 3;
/// How long something is new, in the same units.
const NEW: u32 = 300;
/// The pause between two writes of a type that is written one at a time.
const PAUSE: u32 = 3;
/// Shorter ids are looked for as a whole: as a part of other texts they mean nothing.
const SHORT_ID: usize = 8;

/// How a run waits for the service.
pub struct Patience<'a> {
    unit: Duration,
    paced: bool,
    stop: &'a CancellationToken,
    /// How the service says that it does not know yet, or still knows, in lower case.
    not_yet: Vec<String>,
    /// What the run made or let go of, by id in lower case, and when.
    new: Mutex<BTreeMap<String, Instant>>,
    /// When a type that is written one at a time was written last, by its path.
    turns: BTreeMap<&'a str, tokio::sync::Mutex<Option<Instant>>>,
    /// Where others saw conflicts when several apps got their content at once.
    pub(crate) content: tokio::sync::Mutex<()>,
}

/// The right to write, until it is given back.
#[must_use]
pub struct Turn<'p>(Option<MutexGuard<'p, Option<Instant>>>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(last) = &mut self.0 {
            **last = Some(Instant::now());
        }
    }
}

impl<'a> Patience<'a> {
    /// The patience of a run that `stop` ends.
    pub fn new(tenant: Tenant<'a>, stop: &'a CancellationToken) -> Self {
        let alone = tenant.catalogue.iter().filter(|policy_type| policy_type.one_at_a_time);
        Self {
            unit: tenant.client.backoff(),
            paced: tenant.client.is_paced(),
            stop,
            not_yet: tenant.catalogue.shared.not_yet.iter().map(|text| text.to_lowercase()).collect(),
            new: Mutex::default(),
            turns: alone.map(|it| (it.path.as_str(), tokio::sync::Mutex::default())).collect(),
            content: tokio::sync::Mutex::default(),
        }
    }

    /// The run has made this, or let go of it: for a while, not all of the service knows.
    pub(crate) fn is_new(&self, id: &str) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        new.insert(id.to_lowercase(), Instant::now());
    }

    /// When the run made it.
    pub(crate) fn made_at(&self, id: &str) -> Option<Instant> {
        self.new.lock().unwrap_or_else(PoisonError::into_inner).get(&id.to_lowercase()).copied()
    }

    /// What ends the run.
    pub(crate) fn stop(&self) -> &CancellationToken {
        self.stop
    }

    /// The run has let go of all that an object referred to.
    pub(crate) fn let_go(&self, policy: &Policy, catalogue: &Catalogue) {
        for found in crate::catalogue::references(policy, catalogue) {
            self.is_new(&found.id);
        }
    }

    /// Waits until it is this path's turn to be written.
    pub(crate) async fn turn(&self, path: &str) -> Turn<'_> {
        let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some((_, turn)) = self.turns.iter().find(|(root, _)| below(root)) else { return Turn(None) };
        let last = turn.lock().await;
        // An emulator needs no pause, unless it is said to have limits.
        if let Some(at) = last.filter(|_| self.paced) {
            tokio::time::sleep((self.unit * PAUSE).saturating_sub(at.elapsed())).await;
        }
        Turn(Some(last))
    }

    /// Waits and says that the write is to be repeated; or that its refusal is final. `repeated` counts the waits.
    pub(crate) async fn repeats(&self, request: &Request<'_>, error: &GraphError, repeated: usize) -> bool {
        let most = self.most(request, error);
        if repeated >= most.min(WAITS.len()) || self.stop.is_cancelled() {
            return false;
        }
        let wait = self.unit.mul_f64(f64::from(WAITS[repeated]) * (0.75 + fastrand::f64() / 2.0));
        tokio::select! {
            () = tokio::time::sleep(wait) => true,
            () = self.stop.cancelled() => false,
        }
    }

    /// How often such a refusal is met with another try.
    fn most(&self, request: &Request<'_>, error: &GraphError) -> usize {
        // What is gone needs nothing, and who is not allowed to do something will not be in a minute.
        let gone = request.method == Method::DELETE && error.is_not_found();
        let (Some(status), Some(facts)) = (error.status(), error.facts()) else { return 0 };
        if gone || error.is_uncertain() || error.needs_approval() || error.is_throttled() {
            return 0;
        }
        let of_the_moment = matches!(status, 400 | 404 | 409 | 422);
        let new = self.named_by(request);
        let said = format!("{} {}", error.graph_code().unwrap_or_default(), facts.message).to_lowercase();
        let is_about_it = new.iter().any(|id| id.len() >= SHORT_ID && said.contains(id.as_str()))
            || self.not_yet.iter().any(|text| said.contains(text.as_str()));
        match (new.is_empty(), is_about_it) {
            (false, true) => WAITS.len(),
            (false, false) if of_the_moment => WAITS_UNSAID,
            _ if request.does.belongs_to_an_object() && error.is_not_found() => WAITS_NOT_FOUND,
            _ => 0,
        }
    }

    /// What is new and is in the request's path or body.
    fn named_by(&self, request: &Request<'_>) -> Vec<String> {
        let mut texts: Vec<String> = request.path.split(['/', '\'', '(', ')']).map(str::to_lowercase).collect();
        request.body.iter().for_each(|body| strings(body, &mut texts));
        let names = |text: &String, id: &String| text == id || (id.len() >= SHORT_ID && text.contains(id.as_str()));
        let new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = new.iter().filter(|(_, at)| at.elapsed() < self.unit * NEW).map(|(id, _)| id);
        recent.filter(|id| texts.iter().any(|text| names(text, id))).cloned().collect()
    }
}

/// All texts of a value, in lower case.
fn strings(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.to_lowercase()),
        Value::Array(list) => list.iter().for_each(|value| strings(value, texts)),
        Value::Object(map) => map.values().for_each(|value| strings(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
