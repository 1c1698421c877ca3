//! Creates one object, so that there is never a second one: a create whose fate is not known is looked for
//! before it is sent again, in this run and in the one that goes on with it. Changing what exists is
//! `update`'s.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::arrivals::TargetList;
use super::job::{Job, Manner};
use super::parts;
use super::ready;
use super::request::{Request, WriteError};
use super::uncertain_create;
use super::upload;
use super::written::FOUND;
use crate::catalogue::model::{Part, PartWrite, UpdateMethod};
use crate::engine::journal::Does;
use crate::engine::outcome::Outcome;
use crate::engine::plan::matching::name_key;
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::with_gate;
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::tenant::addresses::api;
use crate::engine::tenant::reader;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::Policy;
use crate::policy::path::top;

/// Creates it, unless someone made the very same since the plan; the id is known as soon as there is one,
/// whatever becomes of the rest.
pub(super) async fn create(
    job: &Job<'_>,
    wanted: &Policy,
    context: BodyContext<'_>,
    created: &mut Option<String>,
) -> Result<Outcome, WriteError> {
    let wanted = with_gate(wanted.clone(), job.policy_type, Some(job.options.gate_state.unwrap_or_default()));
    let find = async || Ok(look_for(job, &wanted).await?.map(|id| (id, Manner::Unfinished)));
    let there = match job.earlier {
        Earlier::Created(id) | Earlier::Made(id) => Some((id.clone(), Manner::Unfinished)),
        Earlier::Perhaps => uncertain_create::several_times(job.tenant.client, find).await?,
        Earlier::Absent => find().await?,
        Earlier::Nothing | Earlier::Touched => None,
    };
    if there.is_none()
        && let Some(id) = arrived(job, &wanted).await?
    {
        *created = Some(id);
        return Ok(FOUND);
    }
    let (id, manner) = if let Some(there) = there {
        there
    } else {
        if let Some(content) = job.content {
            upload::check(content, &job.step.subject()).await?;
        }
        let (path, payload) = request_body::create(&wanted, job.policy_type, context)?;
        let was_sent = matches!(job.earlier, Earlier::Perhaps | Earlier::Absent);
        let sent = AtomicU32::new(u32::from(was_sent));
        let send = async || {
            sent.fetch_add(1, Ordering::Relaxed);
            Ok((post(job, &path, payload.clone()).await?, Manner::New))
        };
        let made = uncertain_create::until_certain(job.tenant.client, send, find).await?;
        if sent.into_inner() > 1 {
            job.sent_again.lock().unwrap_or_else(PoisonError::into_inner).insert(made.0.clone());
        }
        made
    };
    *created = Some(id.clone());
    job.writer.patience.is_new(&id);
    if manner == Manner::Unfinished {
        return finish(job, &wanted, &id, context).await.map(|()| Outcome::Created);
    }
    if let Some(payload) = request_body::rest(&wanted, job.policy_type, context)? {
        job.send_change(UpdateMethod::Patch, &id, payload).await?;
    }
    job.write_content(&wanted, &id).await?;
    until_object_ready(job, &wanted, &id).await?;
    job.write_parts(&wanted, &id, Manner::New, context, |_| true).await?;
    // What the creating request carried already is not linked again.
    let mut linked = wanted.clone();
    let later = job.policy_type.links.iter().filter(|link| link.after_create);
    later.for_each(|link| drop(linked.body.remove(&link.bind())));
    link(job, &wanted, &linked, &id, context).await.map(|()| Outcome::Created)
}

/// Waits until the object is ready for what belongs to it, where it has any of that.
async fn until_object_ready(job: &Job<'_>, wanted: &Policy, id: &str) -> Result<(), WriteError> {
    let own = wanted.odata_type();
    let has =
        |name: &str| wanted.body.get(name).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
    let in_body = |part: &Part| matches!(part.create(), PartWrite::Inline | PartWrite::None);
    let parts = job.policy_type.parts_of(own).any(|part| !in_body(part) && has(&part.name));
    if !parts && !job.policy_type.links_of(own).any(|link| has(&link.bind())) {
        return Ok(());
    }
    let (reference, subject) = (job.step.reference(), job.step.subject());
    ready::until_ready(job.writer, job.owner(wanted, id, &reference, &subject)).await
}

/// Links the object to what is wanted and not there.
async fn link(
    job: &Job<'_>,
    wanted: &Policy,
    there: &Policy,
    id: &str,
    context: BodyContext<'_>,
) -> Result<(), WriteError> {
    let (reference, subject) = (job.step.reference(), job.step.subject());
    let owner = job.owner(wanted, id, &reference, &subject);
    parts::links(job.writer, owner, there, context.absolute).await
}

/// Writes what an object that this run made does not have yet.
async fn finish(job: &Job<'_>, wanted: &Policy, id: &str, context: BodyContext<'_>) -> Result<(), WriteError> {
    let found = reader::one(job.tenant, job.policy_type, id).await.map_err(|error| match WriteError::from(error) {
        WriteError::Graph(error) if error.is_not_found() => {
            job.stale(&format!("this import created the object as {id}, but it no longer exists"))
        }
        other => other,
    })?;
    job.is_read(&found)?;
    let gate = Some(job.options.gate_state.unwrap_or_default());
    let differences = comparison::compare(wanted, &found, job.policy_type, job.tenant.catalogue, gate);
    let missing = |part: &str| differences.object.iter().any(|difference| top(&difference.at) == part);
    if let Some(payload) = request_body::rest(wanted, job.policy_type, context)?
        && !differences.object.is_empty()
    {
        job.send_change(UpdateMethod::Patch, id, payload).await?;
    }
    if matches!(job.earlier, Earlier::Made(_)) {
        let part = |name: &str| job.policy_type.parts_of(wanted.odata_type()).any(|part| part.name == name);
        let own = differences.object.iter().map(|difference| top(&difference.at));
        let is_fixed = |name: &str| request_body::is_create_only(&format!("/{name}"), job.policy_type, wanted);
        let own = own.filter(|name| !part(name) && !is_fixed(name));
        let changed: BTreeSet<String> = own.map(str::to_owned).collect();
        if !changed.is_empty() {
            job.change(wanted, id, &changed, context).await?;
        }
    }
    job.write_content(wanted, id).await?;
    until_object_ready(job, wanted, id).await?;
    job.write_parts(wanted, id, Manner::Unfinished, context, missing).await?;
    link(job, wanted, &found, id, context).await
}

async fn post(job: &Job<'_>, path: &str, payload: Value) -> Result<String, WriteError> {
    let (reference, subject) = (job.step.reference(), job.step.subject());
    let request = Request {
        step: &reference,
        subject: &subject,
        does: Does::Create,
        method: Method::POST,
        api: api(job.policy_type),
        path,
        body: Some(payload),
        kind: WriteKind::Create,
        before: None,
    };
    let answer = job.writer.send(request).await?;
    let id = answer.as_ref().and_then(|answer| answer.get("id")).and_then(Value::as_str);
    let id = id.map(str::to_owned).ok_or_else(|| {
        Finding::new(&codes::WRITE_FAILED, subject.clone(), "Graph's answer does not contain the new object's ID")
    })?;
    job.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
    Ok(id)
}

/// The objects of this name that the plan's lists did not have, and no one took.
pub(super) fn free(job: &Job<'_>, look: &TargetList, wanted: &Policy) -> Vec<String> {
    let key = name_key(job.policy_type, wanted);
    let adopted = job.adopted.lock().unwrap_or_else(PoisonError::into_inner);
    look.named(&key).filter(|id| !adopted.contains(*id)).map(str::to_owned).collect()
}

fn take(job: &Job<'_>, id: &str) {
    job.adopted.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
}

/// What someone else made of this name since the plan. One that is the same is what is wanted; of another, no one
/// decided what becomes of it.
async fn arrived(job: &Job<'_>, wanted: &Policy) -> Result<Option<String>, WriteError> {
    let Some(look) = job.arrivals.now(job.tenant, job.policy_type).await? else { return Ok(None) };
    let there = free(job, &look, wanted);
    let gate = Some(job.options.gate_state.unwrap_or_default());
    let mut other = None;
    for (id, found) in there.iter().zip(reader::by_id(job.tenant, job.policy_type, &there).await) {
        let found = match found {
            Ok(found) => found,
            // The list was read a moment ago.
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.into()),
        };
        job.is_read(&found)?;
        let differences = comparison::compare(wanted, &found, job.policy_type, job.tenant.catalogue, gate);
        if differences.object.is_empty() {
            take(job, id);
            return Ok(Some(id.clone()));
        }
        other = Some(id);
    }
    match other {
        Some(id) => Err(job.stale(&format!("another object of this name was created after the plan was made: {id}"))),
        None => Ok(None),
    }
}

/// What a create of an earlier part of the run made, where its fate is not known.
pub(super) async fn look_several_times(job: &Job<'_>, wanted: &Policy) -> Result<Option<String>, WriteError> {
    let gate = Some(job.options.gate_state.unwrap_or_default());
    let wanted = with_gate(wanted.clone(), job.policy_type, gate);
    uncertain_create::several_times(job.tenant.client, async || look_for(job, &wanted).await).await
}

/// What a create of unknown fate made: an object of this name that the plan's lists did not have.
async fn look_for(job: &Job<'_>, wanted: &Policy) -> Result<Option<String>, WriteError> {
    let look = job.arrivals.asked_now(job.tenant, job.policy_type).await?;
    match free(job, &look, wanted).as_slice() {
        [] => Ok(None),
        [only] => {
            take(job, only);
            job.writer.journal.found(&job.step.reference(), only).map_err(WriteError::Run)?;
            Ok(Some(only.clone()))
        }
        several => {
            let count = several.len();
            let message =
                format!("it is unknown whether the object was created, and {count} new objects have its name");
            Err(Finding::new(&codes::AMBIGUOUS_MATCH, job.step.subject(), message).into())
        }
    }
}
