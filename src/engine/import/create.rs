//! Creates one object, so that there is never a second one: a create whose fate is not known is looked for
//! before it is sent again, in this run and in the one that goes on with it. Changing what exists is
//! `update`'s.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use serde_json::Value;

use super::parts;
use super::request::{Request, WriteError};
use super::uncertain_create;
use super::update::{Job, Manner};
use crate::catalogue::model::UpdateMethod;
use crate::engine::journal::Does;
use crate::engine::plan::matching::name_key;
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::with_gate;
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::tenant::addresses::api;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::Policy;
use crate::policy::path::top;

impl Job<'_> {
    /// Creates it; the id is known as soon as there is one, whatever becomes of the rest.
    pub(crate) async fn create(
        &self,
        wanted: &Policy,
        context: BodyContext<'_>,
        created: &mut Option<String>,
    ) -> Result<(), WriteError> {
        let wanted = with_gate(wanted.clone(), self.policy_type, Some(self.options.gate_state.unwrap_or_default()));
        let find = async || Ok(self.look_for(&wanted).await?.map(|id| (id, Manner::Unfinished)));
        let there = match self.earlier {
            Earlier::Created(id) | Earlier::Made(id) => Some((id.clone(), Manner::Unfinished)),
            Earlier::Perhaps => uncertain_create::several_times(self.reader.client, find).await?,
            Earlier::Nothing | Earlier::Touched => None,
        };
        let (id, manner) = if let Some(there) = there {
            there
        } else {
            if let Some(content) = self.content {
                content.check(&self.step.subject()).await?;
            }
            let (path, payload) = request_body::create(&wanted, self.policy_type, context)?;
            let send = async || Ok((self.post(&path, payload.clone()).await?, Manner::New));
            uncertain_create::until_certain(self.reader.client, send, find).await?
        };
        *created = Some(id.clone());
        if manner == Manner::Unfinished {
            return self.finish(&wanted, &id, context).await;
        }
        if let Some(payload) = request_body::rest(&wanted, self.policy_type, context)? {
            self.send_change(UpdateMethod::Patch, &id, payload).await?;
        }
        self.write_content(&wanted, &id).await?;
        self.write_parts(&wanted, &id, Manner::New, context, |_| true).await?;
        // What the creating request carried already is not linked again.
        let mut linked = wanted.clone();
        let later = self.policy_type.links.iter().filter(|link| link.after_create);
        later.for_each(|link| drop(linked.body.remove(&link.bind())));
        self.link(&wanted, &linked, &id, context).await
    }

    /// Links the object to what is wanted and not there.
    async fn link(
        &self,
        wanted: &Policy,
        there: &Policy,
        id: &str,
        context: BodyContext<'_>,
    ) -> Result<(), WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let owner = self.owner(wanted, id, &reference, &subject);
        parts::links(self.writer, owner, there, context.absolute).await
    }

    /// Writes what an object that this run made does not have yet.
    async fn finish(&self, wanted: &Policy, id: &str, context: BodyContext<'_>) -> Result<(), WriteError> {
        let found = self.reader.one(self.policy_type, id).await.map_err(|error| match WriteError::from(error) {
            WriteError::Graph(error) if error.is_not_found() => {
                self.stale(&format!("this run made it as {id}, and it is not there any more"))
            }
            other => other,
        })?;
        let gate = Some(self.options.gate_state.unwrap_or_default());
        let differences = comparison::compare(wanted, &found, self.policy_type, self.reader.catalogue, gate);
        let missing = |part: &str| differences.object.iter().any(|difference| top(&difference.at) == part);
        if let Some(payload) = request_body::rest(wanted, self.policy_type, context)?
            && !differences.object.is_empty()
        {
            self.send_change(UpdateMethod::Patch, id, payload).await?;
        }
        if matches!(self.earlier, Earlier::Made(_)) {
            let part = |name: &str| self.policy_type.parts_of(wanted.odata_type()).any(|part| part.name == name);
            let own = differences.object.iter().map(|difference| top(&difference.at));
            let changed: BTreeSet<String> = own.filter(|name| !part(name)).map(str::to_owned).collect();
            if !changed.is_empty() {
                self.change(wanted, id, &changed, context).await?;
            }
        }
        self.write_content(wanted, id).await?;
        self.write_parts(wanted, id, Manner::Unfinished, context, missing).await?;
        self.link(wanted, &found, id, context).await
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
        let id = id.map(str::to_owned).ok_or_else(|| {
            Finding::new(&codes::WRITE_FAILED, subject.clone(), "Graph answered without the new object's id")
        })?;
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        Ok(id)
    }

    /// An object of this name that the plan's lists did not have, and nobody took: what a create of unknown
    /// fate made.
    async fn look_for(&self, wanted: &Policy) -> Result<Option<String>, WriteError> {
        let key = name_key(self.policy_type, wanted);
        let listed = self.reader.list(self.policy_type).await?;
        let new = listed.iter().filter(|object| {
            let known = self.known.is_some_and(|known| known.contains(&object.key()));
            !known && name_key(self.policy_type, object) == key
        });
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        let free: Vec<String> = new.map(Policy::key).filter(|id| !adopted.contains(id)).collect();
        match free.as_slice() {
            [] => Ok(None),
            [only] => {
                adopted.insert(only.clone());
                self.writer.journal.found(&self.step.reference(), only).map_err(WriteError::Run)?;
                Ok(Some(only.clone()))
            }
            several => {
                let count = several.len();
                let message = format!("whether it was created is not known, and {count} new objects have its name");
                Err(Finding::new(&codes::AMBIGUOUS_MATCH, self.step.subject(), message).into())
            }
        }
    }
}
