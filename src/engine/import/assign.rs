//! Writes assignments, each type by its own request. They come last: no policy is live before all it
//! needs exists.

use serde_json::{Map, Value};

use super::parts::Owner;
use super::request::{WriteError, Writer};
use super::uncertain_create;
use crate::catalogue::actions::parameter;
use crate::catalogue::model::AssignWrite;
use crate::engine::journal::Does;
use crate::engine::plan::assignment_merge::{contradiction, missing_of, same};
use crate::engine::plan::plan_file::ExistingAssignments;
use crate::engine::shape::request_body;
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::graph::{Method, WriteKind};
use crate::policy::Policy;
use crate::policy::assignment::Target;

/// Writes the policy's assignments; with `merge` those the object has stay.
pub async fn write(
    writer: Writer<'_>,
    owner: Owner<'_>,
    before: Option<&Policy>,
    existing: ExistingAssignments,
) -> Result<(), WriteError> {
    let Some(rule) = &owner.policy_type.assignments else { return Ok(()) };
    let mut list = request_body::assignments(owner.policy, owner.policy_type);
    if existing == ExistingAssignments::Merge {
        let there = before.map(|policy| request_body::assignments(policy, owner.policy_type)).unwrap_or_default();
        if let Some(finding) = contradiction(&list, &there, owner.subject) {
            return Err(finding.into());
        }
        list = there.iter().cloned().chain(missing_of(list, &there)).collect();
    }
    match &rule.write {
        AssignWrite::Action { action } => {
            let path = format!("{}/{action}", item_path(owner.policy_type, owner.id));
            let parameter = parameter(owner.policy_type, action, "assignments", &[]);
            let payload = Map::from_iter([(parameter.to_owned(), Value::Array(list))]);
            send(writer, owner, Method::POST, &path, Some(Value::Object(payload)), WriteKind::Idempotent).await
        }
        AssignWrite::Each => each(writer, owner, list).await,
    }
}

/// One by one: what is there and not wanted goes, what is wanted and not there comes; in an order in which
/// at no moment more is hit than before or after.
async fn each(writer: Writer<'_>, owner: Owner<'_>, wanted: Vec<Value>) -> Result<(), WriteError> {
    let path = format!("{}/assignments", item_path(owner.policy_type, owner.id));
    let there = writer.client.list(api(owner.policy_type), &path).await?;
    let excludes = |entry: &Value| Target::of(entry).is_exclusion();
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
        uncertain_create::until_certain(writer.client, post, find).await?;
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

async fn send(
    writer: Writer<'_>,
    owner: Owner<'_>,
    method: Method,
    path: &str,
    body: Option<Value>,
    kind: WriteKind,
) -> Result<(), WriteError> {
    owner.send(writer, Does::Assign, method, path, body, kind).await.map(drop)
}
