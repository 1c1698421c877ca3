//! Does what was judged: puts back what was changed, then takes away what was made, groups last. What fails
//! keeps what it still refers to. Every request stands in the journal of the run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Undo;
use super::put_back::put_back;
use super::undoing::{Undoing, What};
use crate::catalogue::{Found, PolicyType, references, unread};
use crate::engine::error::EngineError;
use crate::engine::import::approvals::Approvals;
use crate::engine::import::assign;
use crate::engine::import::parts::Owner;
use crate::engine::import::patience::Patience;
use crate::engine::import::ranking::{Ours, arrange};
use crate::engine::import::request::{NothingLearned, Request, WriteError, Writer};
use crate::engine::journal::line::Ending;
use crate::engine::journal::{Does, Journal};
use crate::engine::outcome::{ObjectOutcome, Outcome};
use crate::engine::plan::plan_file::ExistingAssignments;
use crate::engine::plan::prepared::Moves;
use crate::engine::plan::ranking;
use crate::engine::shape::comparison;
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Method, WriteKind};
use crate::policy::{Marks, ObjectKey, Policy, Search};

/// What an undo did.
#[derive(Debug)]
pub struct Undone {
    /// Object by object, in the order in which it was done.
    pub objects: Vec<ObjectOutcome>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Carries it out; `stop` ends it after the request in flight.
pub async fn carry_out(
    undo: Undo<'_>,
    undoings: Vec<Undoing>,
    journal: &Journal,
    approvals: &Approvals,
    stop: &CancellationToken,
) -> Result<Undone, EngineError> {
    let marks = Search::new(Cow::Owned(Marks::default()));
    let patience = Patience::new(undo.tenant, stop);
    let (client, secrets) = (undo.tenant.client, undo.secrets);
    let writer =
        Writer { client, journal, marks: &marks, approvals, secrets, patience: &patience, learned: &NothingLearned };
    let mut doer = Doer {
        undo,
        writer,
        kept: BTreeSet::new(),
        perhaps_kept: BTreeSet::new(),
        outcomes: vec![None; undoings.len()],
    };
    let what = String::from("undoing");
    undo.tenant.reporter.report(Event::Started { what: what.clone(), total: Some(undoings.len() as u64) });
    let is_change = |undoing: &Undoing| matches!(undoing.what, What::PutBack(_));
    let mut failed = None;
    // What was changed may still refer to what was made, so it is put back first.
    for changes in [true, false] {
        for (index, undoing) in undoings.iter().enumerate().filter(|(_, undoing)| is_change(undoing) == changes) {
            if stop.is_cancelled() || failed.is_some() {
                break;
            }
            match doer.one(undoing).await {
                Ok(outcome) => doer.outcomes[index] = Some(outcome),
                Err(error) => failed = Some(error),
            }
            undo.tenant.reporter.report(Event::Advanced { what: what.clone(), count: 1 });
        }
    }
    undo.tenant.reporter.report(Event::Finished { what });
    if failed.is_none() && !stop.is_cancelled() {
        failed = doer.unrank().await.err();
    }
    let interrupted = stop.is_cancelled();
    if let Some(error) = failed {
        journal.end(Ending::Interrupted).ok();
        return Err(error);
    }
    journal.end(if interrupted { Ending::Interrupted } else { Ending::Finished })?;
    let not_begun = || (Outcome::NotStarted, Vec::new());
    let outcomes = doer.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(not_begun));
    let objects = undoings.iter().zip(outcomes).map(|(undoing, (action, findings))| outcome(undoing, action, findings));
    Ok(Undone { objects: objects.collect(), interrupted })
}

/// What an object would come to, or came to, for views and the JSON document.
pub fn outcome(undoing: &Undoing, action: Outcome, findings: Vec<Finding>) -> ObjectOutcome {
    ObjectOutcome {
        type_name: undoing.kind.clone(),
        id: undoing.key.clone(),
        name: undoing.name.clone(),
        action,
        target_id: undoing.target_id.clone(),
        differences: undoing.differences.clone(),
        audience: Vec::new(),
        findings: undoing.findings.iter().cloned().chain(findings).collect(),
    }
}

type Undid = (Outcome, Vec<Finding>);

struct Doer<'a> {
    undo: Undo<'a>,
    writer: Writer<'a>,
    /// Kind and id of what something refers to that could not be undone.
    kept: BTreeSet<ObjectKey>,
    /// Kinds of what it may refer to besides, in what could not be read.
    perhaps_kept: BTreeSet<String>,
    outcomes: Vec<Option<Undid>>,
}

impl Doer<'_> {
    /// Brings what the run moved within ranked lists back to its place. Where that is refused, the order stays.
    async fn unrank(&self) -> Result<(), EngineError> {
        for (policy_type, rank) in ranking::ranked(self.undo.tenant.catalogue) {
            let record = self.undo.record;
            let ours: Vec<Ours> = record
                .placed()
                .filter(|step| step.split_once('/').is_some_and(|(kind, _)| kind == policy_type.name))
                .filter_map(|step| {
                    let before = record.before(step)?;
                    let number = before.get(&rank.property)?.as_u64().filter(|number| *number > 0)?;
                    let id = before.get("id")?.as_str()?.to_owned();
                    let (before, moves) = (Some(number), Moves::default());
                    Some(Ours { id, step: step.to_owned(), subject: step.to_owned(), before, moves })
                })
                .collect();
            if ours.is_empty() {
                continue;
            }
            let why = match arrange(self.undo.tenant.quiet(), self.writer, policy_type, rank, &ours).await {
                Ok(()) => continue,
                Err(WriteError::Run(error)) => return Err(error),
                Err(WriteError::Graph(error)) => error.to_string(),
                Err(WriteError::Object(finding)) => finding.message,
            };
            let note = format!("the priority order of the {} could not be restored: {why}", policy_type.name);
            self.undo.tenant.reporter.report(Event::Note(note));
        }
        Ok(())
    }

    async fn one(&mut self, undoing: &Undoing) -> Result<Undid, EngineError> {
        let now = match &undoing.what {
            What::Nothing => return Ok((Outcome::Gone, Vec::new())),
            What::Stays => return Ok((Outcome::Stays, Vec::new())),
            What::PutBack(change) => Some(&change.found),
            What::Remove(found) => found.as_deref(),
        };
        let id = undoing.target_id.clone().unwrap_or_default();
        let is_kept = self.kept.contains(&ObjectKey::new(&undoing.kind, &id));
        if is_kept || self.perhaps_kept.contains(&undoing.kind) {
            let refers = if is_kept { "refers" } else { "may refer" };
            let message = format!("not removed: an object that {refers} to it could not be undone");
            self.keep(now);
            return Ok((Outcome::Failed, vec![Finding::new(&codes::BLOCKED_BY, undoing.subject(), message)]));
        }
        let policy_type = self.undo.tenant.catalogue.get(&undoing.kind);
        let (action, outcome) = match (&undoing.what, policy_type) {
            (What::PutBack(change), Some(policy_type)) => {
                (Outcome::Restored, put_back(self.undo, self.writer, undoing, change, policy_type).await)
            }
            (What::Remove(Some(found)), Some(policy_type)) => {
                (Outcome::Removed, self.remove(undoing, found, policy_type, &id).await)
            }
            _ => (Outcome::Removed, self.delete(undoing, Api::V1, &format!("groups/{}", encode(&id))).await),
        };
        let finding = match outcome {
            Ok(()) => {
                if let Some(policy) = &now {
                    self.writer.patience.let_go(policy, self.undo.tenant.catalogue);
                }
                return Ok((action, Vec::new()));
            }
            Err(WriteError::Run(error)) => return Err(error),
            Err(WriteError::Object(finding)) => *finding,
            Err(WriteError::Graph(error)) => Finding::new(&codes::WRITE_FAILED, undoing.subject(), error.to_string()),
        };
        self.keep(now);
        Ok((Outcome::Failed, vec![finding]))
    }

    /// What could not be undone still needs what it refers to.
    fn keep(&mut self, now: Option<&Policy>) {
        let (Some(policy), catalogue) = (now, self.undo.tenant.catalogue) else { return };
        self.kept.extend(references(policy, catalogue).iter().map(Found::target));
        self.perhaps_kept.extend(unread(policy, catalogue).flat_map(|it| it.kinds).map(str::to_owned));
    }

    /// Takes its assignments away before the object: some kinds cannot be deleted with them.
    async fn remove(
        &self,
        undoing: &Undoing,
        found: &Policy,
        policy_type: &PolicyType,
        id: &str,
    ) -> Result<(), WriteError> {
        if comparison::is_assigned(found) {
            let mut bare = found.clone();
            bare.body.insert(String::from("assignments"), Value::Array(Vec::new()));
            let (reference, subject) = (undoing.reference(), undoing.subject());
            let owner = Owner { policy_type, policy: &bare, id, step: &reference, subject: &subject, before: None };
            assign::write(self.writer, owner, None, ExistingAssignments::Replace).await?;
            self.writer.patience.is_new(id);
        }
        let path = item_path(policy_type, id);
        if let Some(first) = policy_type.remove_first(found) {
            self.send(undoing, Method::PATCH, api(policy_type), &path, Some(first)).await?;
            self.writer.patience.is_new(id);
        }
        self.delete(undoing, api(policy_type), &path).await
    }

    /// Deletes it. What is already gone needs nothing.
    async fn delete(&self, undoing: &Undoing, api: Api, path: &str) -> Result<(), WriteError> {
        match self.send(undoing, Method::DELETE, api, path, None).await {
            Err(WriteError::Graph(error)) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    async fn send(
        &self,
        undoing: &Undoing,
        method: Method,
        api: Api,
        path: &str,
        body: Option<Value>,
    ) -> Result<(), WriteError> {
        let (step, subject) = (undoing.reference(), undoing.subject());
        let does = if method == Method::DELETE { Does::Remove } else { Does::Change };
        let kind = WriteKind::Idempotent;
        let request = Request { step: &step, subject: &subject, does, method, api, path, body, kind, before: None };
        self.writer.send(request).await.map(drop)
    }
}
