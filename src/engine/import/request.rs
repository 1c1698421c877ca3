//! Sends one changing request: sweeps the body for what is left of the source, writes the intent down,
//! sends, writes the result down. Every write of an import goes through here.

use serde_json::Value;

use super::approvals::{self, Approvals};
use super::patience::Patience;
use super::redact;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::write::Sending;
use crate::engine::journal::{Does, Journal, Reply, RequestOutcome};
use crate::engine::shape::secrets::SecretSource;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Approval, Client, GraphError, Method, Write, WriteKind};
use crate::policy::Search;
use crate::policy::ids::{ids, is_guid};

/// Why a write did not happen.
#[derive(Debug)]
pub enum WriteError {
    /// This object cannot go on; the rest can.
    Object(Box<Finding>),
    /// Graph refused or failed.
    Graph(Box<GraphError>),
    /// Nothing can go on.
    Run(EngineError),
}

impl From<GraphError> for WriteError {
    /// Without a token, or a service that answers, no other object would fare better.
    fn from(error: GraphError) -> Self {
        if ends_run(&error) { Self::Run(EngineError::Graph(error)) } else { Self::Graph(Box::new(error)) }
    }
}

impl From<Box<Finding>> for WriteError {
    fn from(finding: Box<Finding>) -> Self {
        Self::Object(finding)
    }
}

impl From<Finding> for WriteError {
    fn from(finding: Finding) -> Self {
        Self::Object(Box::new(finding))
    }
}

/// Whether the service refused what was sent, as far as a request tells: sent again at once, it would again.
pub(crate) fn is_refusal(error: &GraphError) -> bool {
    !error.is_uncertain() && matches!(error.status(), Some(400..=499))
}

/// A changing request.
#[derive(Debug)]
pub struct Request<'a> {
    /// The step, as `type/key`.
    pub step: &'a str,
    /// How findings name the object.
    pub subject: &'a str,
    /// What it is for.
    pub does: Does,
    /// The HTTP method.
    pub method: Method,
    /// The Graph version.
    pub api: Api,
    /// Path below the version root.
    pub path: &'a str,
    /// The body.
    pub body: Option<Value>,
    /// Whether sending it twice is the same as once.
    pub kind: WriteKind,
    /// The object as it was, where it is changed.
    pub before: Option<&'a Value>,
}

/// Sends changing requests.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    /// The target tenant.
    pub client: &'a Client,
    /// The record of the run.
    pub journal: &'a Journal,
    /// What must not leave for the target.
    pub marks: &'a Search<'a>,
    /// What is said about approval.
    pub approvals: &'a Approvals,
    /// What must not be shown or kept.
    pub secrets: &'a dyn SecretSource,
    /// How the run waits for the service.
    pub patience: &'a Patience<'a>,
    /// What the run has learned of the target.
    pub learned: &'a dyn Learned,
}

/// What is learned of the target while a run goes on.
pub trait Learned: Send + Sync {
    /// Whether an id is one of the target's.
    fn has(&self, id: &str) -> bool;
}

/// Nothing is learned.
pub struct NothingLearned;

impl Learned for NothingLearned {
    fn has(&self, _: &str) -> bool {
        false
    }
}

impl Writer<'_> {
    /// Sends one request; the answer's body where there is one.
    pub async fn send(&self, request: Request<'_>) -> Result<Option<Value>, WriteError> {
        if let Some(body) = &request.body {
            let learned = |what: &str| ids(what).iter().any(|found| self.learned.has(&found.id));
            // An id that was learned may be the source's as well; what only its shape makes a mark is the target's then.
            let of_target = |_: &str, what: &str| !is_guid(what) && !self.marks.marks().has(what) && learned(what);
            let hits = self.marks.sweep(body, &of_target);
            if let Some(hit) = hits.first() {
                let message = format!("the request was not sent because it still contains {} of the source", hit.what);
                return Err(Finding::new(&codes::SOURCE_ID_LEFT, request.subject, message)
                    .at(hit.pointer.clone())
                    .into());
            }
        }
        let sending = Sending {
            step: request.step,
            does: request.does,
            method: request.method.as_str(),
            path: request.path,
            body: request.body.as_ref().map(|body| redact::print(body, self.secrets)),
            before: request.before,
        };
        let turn = self.patience.turn(request.path).await;
        let n = self.journal.intent(&sending).map_err(WriteError::Run)?;
        let (answer, asked) = self.ask(&request, self.approvals.of(&sending)).await;
        drop(turn);
        let answer = answer.map_err(|error| redact::error(error, self.secrets));
        let waits = asked && answer.as_ref().is_err_and(GraphError::needs_approval);
        let outcome = match &answer {
            Ok(_) => RequestOutcome::Ok,
            Err(error) if error.is_uncertain() => RequestOutcome::Unknown,
            Err(_) if waits => RequestOutcome::Pending,
            Err(_) => RequestOutcome::Failed,
        };
        let id = answer.as_ref().ok().and_then(|answer| answer.as_ref()?.get("id")?.as_str()).map(str::to_owned);
        if let Some(id) = id.as_ref().filter(|_| request.does == Does::Create) {
            self.patience.is_new(id);
        }
        let error = answer.as_ref().err();
        let code = error.and_then(GraphError::approval).map(str::to_owned).or_else(|| self.approvals.code(&sending));
        let approval = code.filter(|_| waits);
        let message = error.map(ToString::to_string);
        self.journal
            .result(Reply { n, outcome, target_id: id, error: message, approval: approval.clone() })
            .map_err(WriteError::Run)?;
        match answer {
            Err(error) if error.needs_approval() => {
                Err(approvals::finding(request.subject, waits, approval.as_deref(), &error).into())
            }
            other => other.map_err(WriteError::from),
        }
    }

    /// Sends it, with what is to be said about approval; whether an approval was asked for. What was refused did
    /// nothing, so it may be repeated where a moment later it may be taken.
    async fn ask(
        &self,
        request: &Request<'_>,
        mut approval: Option<Approval>,
    ) -> (Result<Option<Value>, GraphError>, bool) {
        let mut repeated = 0;
        loop {
            let write = Write {
                method: request.method.clone(),
                api: request.api,
                path: request.path,
                body: request.body.as_ref(),
                kind: request.kind,
                approval: approval.as_ref(),
            };
            let answer = self.client.send(write).await;
            match (&answer, &approval) {
                // An approval that is not taken any more has lapsed: another one is asked for.
                (Err(error), Some(Approval::Code(_))) if error.needs_approval() && error.approval().is_none() => {
                    match self.approvals.justification() {
                        Some(reason) => approval = Some(reason),
                        None => return (answer, true),
                    }
                }
                (Err(error), _) if self.patience.repeats(request, error, repeated).await => repeated += 1,
                _ => return (answer, approval.is_some()),
            }
        }
    }
}
