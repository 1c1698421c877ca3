//! Writes assignments, each type by its own request. They come last: no policy is live before all it
//! needs exists.

use serde_json::{Map, Value};

use super::body;
use super::comparable::explicit_filter;
use super::journal::Does;
use super::look;
use super::parts::Owner;
use super::plan::ExistingAssignments;
use super::read::{api, encode, item_path};
use super::write::{Request, WriteError, Writer};
use crate::catalogue::PolicyType;
use crate::catalogue::model::AssignWrite;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::{Policy, differences};

/// Writes the policy's assignments; with `merge` those the object has stay.
pub async fn write(
    writer: Writer<'_>,
    owner: Owner<'_>,
    before: Option<&Policy>,
    existing: ExistingAssignments,
) -> Result<(), WriteError> {
    let Some(rule) = &owner.policy_type.assignments else { return Ok(()) };
    let mut list = body::assignments(owner.policy, owner.policy_type);
    if existing == ExistingAssignments::Merge {
        let there = before.map(|policy| body::assignments(policy, owner.policy_type)).unwrap_or_default();
        list = merged(list, there, owner.subject)?;
    }
    match &rule.write {
        AssignWrite::Action { action, parameter } => {
            let path = format!("{}/{action}", item_path(owner.policy_type, owner.id));
            let payload = Map::from_iter([(parameter.clone(), Value::Array(list))]);
            send(writer, owner, Method::POST, &path, Some(Value::Object(payload)), WriteKind::Idempotent).await
        }
        AssignWrite::Each => each(writer, owner, list).await,
    }
}

/// What is there with what is wanted and not there. One target assigned in two ways is nobody's wish.
fn merged(wanted: Vec<Value>, there: Vec<Value>, subject: &str) -> Result<Vec<Value>, WriteError> {
    let new: Vec<Value> = wanted.into_iter().filter(|entry| !there.iter().any(|other| same(entry, other))).collect();
    if let Some(entry) = new.iter().find(|entry| there.iter().any(|other| target_of(entry) == target_of(other))) {
        let (_, group, _) = target_of(entry);
        let message = format!("{group} is assigned already, with another filter or other settings");
        return Err(Finding::new(&codes::MERGED_ASSIGNMENTS_DIFFER, subject, message).into());
    }
    Ok(there.into_iter().chain(new).collect())
}

/// How many of the wanted assignments an object does not have.
pub fn missing(wanted: &Policy, found: &Policy, policy_type: &PolicyType) -> usize {
    let there = body::assignments(found, policy_type);
    let wanted = body::assignments(wanted, policy_type);
    wanted.iter().filter(|entry| !there.iter().any(|other| same(entry, other))).count()
}

/// Whom an assignment is for: the kind of target, the group, and what for.
fn target_of(entry: &Value) -> (String, String, String) {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    (text("/target/@odata.type"), text("/target/groupId"), text("/intent"))
}

/// One by one: what is there and not wanted goes, what is wanted and not there comes; in an order in which
/// at no moment more is hit than before or after.
async fn each(writer: Writer<'_>, owner: Owner<'_>, wanted: Vec<Value>) -> Result<(), WriteError> {
    let path = format!("{}/assignments", item_path(owner.policy_type, owner.id));
    let there = writer.client.list(api(owner.policy_type), &path).await?;
    let excludes = |entry: &Value| target_of(entry).0.contains("exclusion");
    let (open, going): (Vec<Value>, Vec<Value>) =
        there.iter().filter(|entry| !wanted.iter().any(|other| same(other, entry))).cloned().partition(excludes);
    let (first, then): (Vec<Value>, Vec<Value>) =
        wanted.into_iter().filter(|entry| !there.iter().any(|other| same(entry, other))).partition(excludes);
    remove(writer, owner, &path, going).await?;
    add(writer, owner, &path, first).await?;
    remove(writer, owner, &path, open).await?;
    add(writer, owner, &path, then).await
}

async fn add(writer: Writer<'_>, owner: Owner<'_>, path: &str, entries: Vec<Value>) -> Result<(), WriteError> {
    for entry in entries {
        let post = async || send(writer, owner, Method::POST, path, Some(entry.clone()), WriteKind::Create).await;
        let find = async || {
            let there = writer.client.list(api(owner.policy_type), path).await?;
            Ok(there.iter().any(|other| same(&entry, other)).then_some(()))
        };
        look::until_certain(writer.client, post, find).await?;
    }
    Ok(())
}

async fn remove(writer: Writer<'_>, owner: Owner<'_>, path: &str, entries: Vec<Value>) -> Result<(), WriteError> {
    for id in entries.iter().filter_map(|entry| entry.get("id").and_then(Value::as_str)) {
        let path = format!("{path}/{}", encode(id));
        send(writer, owner, Method::DELETE, &path, None, WriteKind::Idempotent).await?;
    }
    Ok(())
}

fn same(left: &Value, right: &Value) -> bool {
    let plain = |value: &Value| {
        let mut value = value.clone();
        explicit_filter(&mut value);
        if let Value::Object(map) = &mut value {
            map.retain(|key, _| key != "@odata.type");
        }
        value
    };
    differences(&plain(left), &plain(right)).is_empty()
}

async fn send(
    writer: Writer<'_>,
    owner: Owner<'_>,
    method: Method,
    path: &str,
    body: Option<Value>,
    kind: WriteKind,
) -> Result<(), WriteError> {
    let Owner { policy_type, step, subject, before, .. } = owner;
    let does = Does::Assign;
    writer
        .send(Request { step, subject, does, method, api: api(policy_type), path, body, kind, before })
        .await
        .map(drop)
}
