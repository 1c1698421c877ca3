//! Creates or changes one object with its second-phase writes. Assignments are not its business.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::body::{self, BodyContext, SecretSource};
use super::comparable::{is_as_before, with_gate};
use super::error::EngineError;
use super::journal::Does;
use super::matching::name_key;
use super::parts::{self, Owner};
use super::plan::{Action, Options, Step};
use super::planner::top;
use super::read::{Reader, api, item_path};
use super::write::{Request, WriteError, Writer};
use crate::catalogue::PolicyType;
use crate::catalogue::model::{PartWrite, UpdateMethod};
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::Policy;

/// How often, and after what waits, an object of unknown fate is looked for. New objects reach lists
/// late, so absence counts only after several complete reads.
const LOOKS: [Duration; 4] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// An object that is as the plan wants it.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its id in the target; none where it is blocked.
    pub id: Option<String>,
    /// What was done, as in the outcome.
    pub word: &'static str,
}

/// An object that is not.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Why.
    pub finding: Finding,
    /// Whether the target changed since the plan.
    pub stale: bool,
    /// Its id in the target, where it was created although not all of it could be written.
    pub id: Option<String>,
}

/// Why an object could not be written.
#[derive(Debug)]
pub enum JobError {
    /// This object only.
    Object(Box<Failure>),
    /// Nothing can go on.
    Run(EngineError),
}

/// What is needed to write one object.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Reads it back.
    pub reader: Reader<'a>,
    /// Writes it.
    pub writer: Writer<'a>,
    /// Its type.
    pub policy_type: &'a PolicyType,
    /// What the plan says.
    pub step: &'a Step,
    /// What was asked for.
    pub options: &'a Options,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// The object as the plan saw it.
    pub before: Option<&'a Policy>,
    /// The ids the target's list had.
    pub known: Option<&'a BTreeSet<String>>,
    /// Objects that this run made, or found after an uncertain create: they belong to their steps.
    pub adopted: &'a Mutex<BTreeSet<String>>,
}

impl Job<'_> {
    /// Writes the object as the plan says; `wanted` has every id resolved.
    pub async fn run(&self, wanted: &Policy) -> Result<Done, JobError> {
        let client = self.reader.client;
        let version = api(self.policy_type);
        let absolute = move |relative: &str| client.bind_url(version, relative);
        let context = BodyContext { catalogue: self.reader.catalogue, secrets: self.secrets, absolute: &absolute };
        let create = self.step.action == Action::Create;
        let mut id = self.step.target_id.clone();
        let outcome =
            if create { self.create(wanted, context, &mut id).await } else { self.update(wanted, context).await };
        match outcome {
            Ok(()) => Ok(Done { id, word: if create { "created" } else { "updated" } }),
            Err(WriteError::Run(error)) => Err(JobError::Run(error)),
            Err(WriteError::Object(finding)) => {
                let stale = finding.is(&codes::STALE_STEP);
                Err(JobError::Object(Box::new(Failure { finding: *finding, stale, id })))
            }
            Err(WriteError::Graph(error)) => {
                let finding = Finding::new(&codes::WRITE_FAILED, self.step.subject(), error.to_string());
                Err(JobError::Object(Box::new(Failure { finding, stale: false, id })))
            }
        }
    }

    /// Creates it; the id is known as soon as there is one, whatever becomes of the rest.
    async fn create(
        &self,
        wanted: &Policy,
        context: BodyContext<'_>,
        created: &mut Option<String>,
    ) -> Result<(), WriteError> {
        let wanted = with_gate(wanted.clone(), self.policy_type, Some(self.options.gate_state.unwrap_or_default()));
        let (path, payload) = body::create(&wanted, self.policy_type, context)?;
        let id = match self.post(&path, payload.clone()).await {
            Err(WriteError::Graph(error)) if error.is_uncertain() => match self.look_for(&wanted).await? {
                Some(id) => id,
                None => self.post(&path, payload).await?,
            },
            other => other?,
        };
        *created = Some(id.clone());
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        if let Some(payload) = body::rest(&wanted, self.policy_type, context)? {
            self.send_change(UpdateMethod::Patch, &id, payload).await?;
        }
        self.write_parts(&wanted, &id, false, context, |_| true).await?;
        let later = self.policy_type.links.iter().filter(|link| link.after_create);
        let mut before = wanted.clone();
        later.for_each(|link| drop(before.body.remove(&link.bind())));
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let owner = self.owner(&wanted, &id, &reference, &subject);
        parts::links(self.writer, owner, &before, context.absolute).await
    }

    async fn post(&self, path: &str, payload: Value) -> Result<String, WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let request = Request {
            step: &reference,
            subject: &subject,
            does: Does::Create,
            method: Method::POST,
            api: api(self.policy_type),
            path,
            body: Some(payload),
            kind: WriteKind::Create,
            before: None,
        };
        let answer = self.writer.send(request).await?;
        let id = answer.as_ref().and_then(|answer| answer.get("id")).and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| {
            Finding::new(&codes::WRITE_FAILED, subject.clone(), "Graph answered without the new object's id").into()
        })
    }

    /// After a create of unknown fate: an object of this name that the plan's lists did not have.
    async fn look_for(&self, wanted: &Policy) -> Result<Option<String>, WriteError> {
        let key = name_key(self.policy_type, wanted);
        for wait in LOOKS {
            tokio::time::sleep(wait).await;
            let listed = self.reader.list(self.policy_type).await?;
            let new = listed.iter().filter(|object| {
                let id = object.key();
                name_key(self.policy_type, object) == key && !self.known.is_some_and(|known| known.contains(&id))
            });
            let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
            let free: Vec<String> = new.map(Policy::key).filter(|id| !adopted.contains(id)).collect();
            if let [only] = free.as_slice() {
                adopted.insert(only.clone());
                return Ok(Some(only.clone()));
            }
            if free.len() > 1 {
                let message =
                    format!("whether it was created is not known, and {} new objects have its name", free.len());
                return Err(Finding::new(&codes::AMBIGUOUS_MATCH, self.step.subject(), message).into());
            }
        }
        Ok(None)
    }

    async fn update(&self, wanted: &Policy, context: BodyContext<'_>) -> Result<(), WriteError> {
        let id = self.step.target_id.clone().unwrap_or_default();
        let found = self.reader.one(self.policy_type, &id).await.map_err(|error| match WriteError::from(error) {
            WriteError::Graph(error) => self.stale(&error.to_string()),
            other => other,
        })?;
        if self.before.is_none_or(|before| !is_as_before(before, &found)) {
            return Err(self.stale("it is not as the plan saw it"));
        }
        let wanted = with_gate(wanted.clone(), self.policy_type, self.options.gate_state);
        let mut changed: BTreeSet<String> =
            self.step.differences.iter().map(|difference| top(&difference.at).to_owned()).collect();
        let parts: BTreeSet<String> = self
            .policy_type
            .parts_of(wanted.odata_type())
            .filter(|part| match &part.update {
                PartWrite::Inline => false,
                // What goes along with a part changes with it.
                PartWrite::Action { also, .. } => {
                    let mentioned = wanted.body.contains_key(&part.name);
                    let along = also.iter().filter(|property| mentioned && changed.remove(*property)).count();
                    changed.remove(&part.name) || along > 0
                }
                _ => changed.remove(&part.name),
            })
            .map(|part| part.name.clone())
            .collect();
        changed.retain(|property| !property.ends_with("@odata.bind"));
        if !changed.is_empty() {
            self.change(&wanted, &id, &changed, context).await?;
        }
        self.write_parts(&wanted, &id, true, context, |name| parts.contains(name)).await?;
        if let Some(before) = self.before {
            let (reference, subject) = (self.step.reference(), self.step.subject());
            let image = before.to_value();
            let owner = Owner { before: Some(&image), ..self.owner(&wanted, &id, &reference, &subject) };
            parts::links(self.writer, owner, before, context.absolute).await?;
        }
        Ok(())
    }

    async fn change(
        &self,
        wanted: &Policy,
        id: &str,
        changed: &BTreeSet<String>,
        context: BodyContext<'_>,
    ) -> Result<(), WriteError> {
        let variant = self.policy_type.variant(wanted);
        let update = variant.and_then(|variant| variant.update.as_ref()).unwrap_or(&self.policy_type.update);
        let only = if update.method == UpdateMethod::Put { None } else { Some(changed) };
        let payload = body::update(wanted, self.policy_type, only, context)?;
        self.send_change(update.method, id, payload).await
    }

    async fn send_change(&self, how: UpdateMethod, id: &str, payload: Value) -> Result<(), WriteError> {
        let method = if how == UpdateMethod::Put { Method::PUT } else { Method::PATCH };
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let path = item_path(self.policy_type, id);
        let before = self.before.map(Policy::to_value);
        let request = Request {
            step: &reference,
            subject: &subject,
            does: Does::Change,
            method,
            api: api(self.policy_type),
            path: &path,
            body: Some(payload),
            kind: WriteKind::Idempotent,
            before: before.as_ref(),
        };
        self.writer.send(request).await.map(drop)
    }

    async fn write_parts(
        &self,
        wanted: &Policy,
        id: &str,
        exists: bool,
        context: BodyContext<'_>,
        which: impl Fn(&str) -> bool,
    ) -> Result<(), WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let before = self.before.filter(|_| exists).map(Policy::to_value);
        for part in self.policy_type.parts_of(wanted.odata_type()).filter(|part| which(&part.name)) {
            let how = if exists { &part.update } else { &part.create };
            if exists || wanted.body.contains_key(&part.name) {
                let owner = Owner { before: before.as_ref(), ..self.owner(wanted, id, &reference, &subject) };
                parts::write(self.writer, owner, part, how, exists, context).await?;
            }
        }
        Ok(())
    }

    fn owner<'o>(&'o self, policy: &'o Policy, id: &'o str, step: &'o str, subject: &'o str) -> Owner<'o> {
        Owner { policy_type: self.policy_type, policy, id, step, subject, before: None }
    }

    fn stale(&self, why: &str) -> WriteError {
        Finding::new(&codes::STALE_STEP, self.step.subject(), why).into()
    }
}
