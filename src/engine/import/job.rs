//! What is needed to write one object, and the writes that making and changing it share: its own body, its content, its
//! parts. In which order they are sent is `create`'s and `update`'s.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Map, Value};

use super::arrivals::Arrivals;
use super::parts::{self, Owner};
use super::request::{Request, WriteError, Writer};
use super::upload;
use super::upload_steps::Upload;
use crate::catalogue::PolicyType;
use crate::catalogue::model::UpdateMethod;
use crate::engine::journal::Does;
use crate::engine::plan::plan_file::{Options, Step};
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::{api, item_path};
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::{Policy, unread};

/// What an object's second-phase writes find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// An object that this run has just made: it has nothing yet.
    New,
    /// One that this run made earlier, and perhaps did not finish.
    Unfinished,
    /// One that was there before.
    Existing,
}

/// What is needed to write one object.
pub struct Job<'a> {
    /// Reads it back.
    pub tenant: Tenant<'a>,
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
    pub before: Option<Policy>,
    /// What came into the target since the plan.
    pub(crate) arrivals: &'a Arrivals<'a>,
    /// Objects that this run made, or found after an uncertain create: they belong to their steps.
    pub adopted: &'a Mutex<BTreeSet<String>>,
    /// Objects whose creating was sent more than once.
    pub sent_again: &'a Mutex<BTreeSet<String>>,
    /// What an earlier part of the run did for it.
    pub earlier: &'a Earlier,
    /// What is uploaded as its content.
    pub content: Option<Upload<'a>>,
}

impl Job<'_> {
    pub(crate) async fn change(
        &self,
        wanted: &Policy,
        id: &str,
        changed: &BTreeSet<String>,
        context: BodyContext<'_>,
    ) -> Result<(), WriteError> {
        let update = self.policy_type.update_of(wanted);
        let only = if update.method == UpdateMethod::Put { None } else { Some(changed) };
        let payload = request_body::update(wanted, self.policy_type, only, context)?;
        self.send_change(update.method, id, payload).await
    }

    pub(crate) async fn send_change(&self, how: UpdateMethod, id: &str, payload: Value) -> Result<(), WriteError> {
        let method = if how == UpdateMethod::Put { Method::PUT } else { Method::PATCH };
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let path = item_path(self.policy_type, id);
        let before = self.before.as_ref().map(Policy::to_value);
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

    /// Uploads the content that Graph does not give, or what of it is not there yet.
    pub(crate) async fn write_content(&self, wanted: &Policy, id: &str) -> Result<(), WriteError> {
        let Some(content) = self.content else { return Ok(()) };
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let before = self.before.as_ref().map(Policy::to_value);
        let owner = Owner { before: before.as_ref(), ..self.owner(wanted, id, &reference, &subject) };
        Box::pin(upload::upload(content, self.writer, owner)).await
    }

    pub(crate) async fn write_parts(
        &self,
        wanted: &Policy,
        id: &str,
        manner: Manner,
        context: BodyContext<'_>,
        which: impl Fn(&str) -> bool,
    ) -> Result<(), WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let before = self.before.as_ref().filter(|_| manner == Manner::Existing).map(Policy::to_value);
        for part in self.policy_type.parts_of(wanted.odata_type()).filter(|part| which(&part.name)) {
            let how = if manner == Manner::Existing { part.update() } else { part.create() };
            let exists = manner != Manner::New;
            if exists || wanted.body.contains_key(&part.name) {
                let owner = Owner { before: before.as_ref(), ..self.owner(wanted, id, &reference, &subject) };
                parts::write(self.writer, owner, part, how, exists, context).await?;
            }
        }
        Ok(())
    }

    /// An error where a part could not be read that the plan could read: nobody knows then what is to be written.
    pub(crate) fn is_read(&self, found: &Policy) -> Result<(), WriteError> {
        let nothing = Map::new();
        let before = self.before.as_ref().map_or(&nothing, |before| &before.body);
        let Some((part, permission)) = unread::only_in(&found.body, before) else { return Ok(()) };
        let message = format!("its {part} cannot be read without {permission}");
        Err(Finding::new(&codes::READ_FAILED, self.step.subject(), message).into())
    }

    pub(crate) fn owner<'o>(&'o self, policy: &'o Policy, id: &'o str, step: &'o str, subject: &'o str) -> Owner<'o> {
        Owner { policy_type: self.policy_type, policy, id, step, subject, before: None }
    }

    pub(crate) fn stale(&self, why: &str) -> WriteError {
        Finding::new(&codes::STALE_STEP, self.step.subject(), why).into()
    }
}
