//! Multi Admin Approval in a run: why its writes should be approved, and which approvals an earlier part of
//! it waits for. A write is repeated with its approval only where it is the same to the last byte.

use std::collections::BTreeMap;

use crate::engine::journal::write::Sending;
use crate::engine::journal::{Intent, Record, RequestOutcome};
use crate::finding::{Finding, codes};
use crate::graph::{Approval, GraphError};

/// What a write is, as far as an approval is tied to it: step, method, path and the body's fingerprint.
type Key = (String, String, String, Option<String>);

/// What a run says about approval.
#[derive(Debug, Default)]
pub struct Approvals {
    justification: Option<String>,
    waiting: BTreeMap<Key, String>,
}

impl Approvals {
    /// What a run says that begins, or, with its journal, is gone on with.
    pub fn new(justification: Option<&str>, record: Option<&Record>) -> Self {
        let writes = record.map(|record| record.writes.as_slice()).unwrap_or_default();
        let waiting = writes.iter().filter(|write| write.outcome() == RequestOutcome::Pending);
        let waiting = waiting.filter_map(|write| Some((of(&write.intent), write.reply.as_ref()?.approval.clone()?)));
        Self { justification: justification.map(str::to_owned), waiting: waiting.collect() }
    }

    /// What is said about a write: its approval, or why it should be given one.
    pub(crate) fn of(&self, sending: &Sending<'_>) -> Option<Approval> {
        self.code(sending).map(Approval::Code).or_else(|| self.justification())
    }

    /// Why a write should be approved.
    pub(crate) fn justification(&self) -> Option<Approval> {
        self.justification.clone().map(Approval::Justification)
    }

    /// The approval that an earlier part of the run waits for.
    pub(crate) fn code(&self, sending: &Sending<'_>) -> Option<String> {
        let Sending { step, method, path, body, .. } = sending;
        let key = ((*step).to_owned(), (*method).to_owned(), (*path).to_owned(), body.clone());
        self.waiting.get(&key).cloned()
    }
}

fn of(intent: &Intent) -> Key {
    (intent.step.clone(), intent.method.clone(), intent.path.clone(), intent.body.clone())
}

/// What a person is shown about a write that needs an approval. `waits` where one was asked for.
pub(crate) fn finding(subject: &str, waits: bool, code: Option<&str>, error: &GraphError) -> Finding {
    match (waits, code) {
        (true, Some(code)) => {
            let message = format!("waiting for a second administrator to approve the request {code}");
            Finding::new(&codes::APPROVAL_PENDING, subject, message)
        }
        (true, None) => {
            let message = format!("waiting for a second administrator: {error}");
            Finding::new(&codes::APPROVAL_PENDING, subject, message)
        }
        (false, _) => {
            let message = "the tenant requires a second administrator's approval, and no justification was given";
            Finding::new(&codes::APPROVAL_NEEDED, subject, message)
        }
    }
}
