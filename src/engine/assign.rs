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
        if let Some(finding) = contradiction(&list, &there, owner.subject) {
            return Err(finding.into());
        }
        list = there.iter().cloned().chain(missing_of(list, &there)).collect();
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

/// Why what is wanted cannot be added to what the target's object has: one target would be assigned in two
/// ways, or a group be on both sides.
pub fn cannot_merge(wanted: &Policy, found: &Policy, policy_type: &PolicyType) -> Option<Finding> {
    let list = |policy| body::assignments(policy, policy_type);
    contradiction(&list(wanted), &list(found), &wanted.subject())
}

fn contradiction(wanted: &[Value], there: &[Value], subject: &str) -> Option<Finding> {
    let new = missing_of(wanted.to_vec(), there);
    new.iter().find_map(|entry| {
        let (kind, group, intent) = target_of(entry);
        if there.iter().any(|other| target_of(other) == (kind.clone(), group.clone(), intent.clone())) {
            let message = format!("{group} is assigned already, with another filter or other settings");
            return Some(Finding::new(&codes::MERGED_ASSIGNMENTS_DIFFER, subject, message));
        }
        let other_side = |other: &&Value| {
            let (kind_there, group_there, intent_there) = target_of(other);
            (&group_there, &intent_there) == (&group, &intent) && excludes(&kind_there) != excludes(&kind)
        };
        let both = !group.is_empty() && there.iter().any(|other| other_side(&other));
        let message = || format!("{group} would be included and excluded");
        both.then(|| Finding::new(&codes::EXCLUDED_AND_INCLUDED, subject, message()))
    })
}

fn excludes(kind: &str) -> bool {
    kind.contains("exclusion")
}

/// The wanted assignments that an object does not have.
fn missing_of(mut wanted: Vec<Value>, there: &[Value]) -> Vec<Value> {
    wanted.retain(|entry| !there.iter().any(|other| same(entry, other)));
    wanted
}

/// How many of the wanted assignments an object does not have.
pub fn missing(wanted: &Policy, found: &Policy, policy_type: &PolicyType) -> usize {
    missing_of(body::assignments(wanted, policy_type), &body::assignments(found, policy_type)).len()
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
    let excludes = |entry: &Value| excludes(&target_of(entry).0);
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
