//! Writes assignments, each type by its own request. They come last: no policy is live before all it
//! needs exists.

use serde_json::{Map, Value};

use super::body;
use super::parts::Owner;
use super::plan::ExistingAssignments;
use super::read::{api, encode, item_path};
use super::write::{Request, WriteError, Writer};
use crate::catalogue::model::AssignWrite;
use crate::graph::{GraphError, Method, WriteKind};
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
    let there = before.map(|policy| body::assignments(policy, owner.policy_type)).unwrap_or_default();
    if existing == ExistingAssignments::Merge {
        let new: Vec<Value> = list.into_iter().filter(|entry| !there.iter().any(|other| same(entry, other))).collect();
        list = there.iter().cloned().chain(new).collect();
    }
    match &rule.write {
        AssignWrite::Action { action, parameter } => {
            let path = format!("{}/{action}", item_path(owner.policy_type, owner.id));
            let payload = Map::from_iter([(parameter.clone(), Value::Array(list))]);
            send(writer, owner, Method::POST, &path, Some(Value::Object(payload)), WriteKind::Idempotent).await
        }
        AssignWrite::Each => each(writer, owner, &list).await,
    }
}

/// One by one: what is there and not wanted goes, what is wanted and not there comes.
async fn each(writer: Writer<'_>, owner: Owner<'_>, wanted: &[Value]) -> Result<(), WriteError> {
    let path = format!("{}/assignments", item_path(owner.policy_type, owner.id));
    let failed = |error: GraphError| WriteError::Graph(Box::new(error));
    let there = writer.client.list(api(owner.policy_type), &path).await.map_err(failed)?;
    for entry in wanted.iter().filter(|entry| !there.iter().any(|other| same(entry, other))) {
        send(writer, owner, Method::POST, &path, Some(entry.clone()), WriteKind::Create).await?;
    }
    for entry in there.iter().filter(|entry| !wanted.iter().any(|other| same(other, entry))) {
        if let Some(id) = entry.get("id").and_then(Value::as_str) {
            let path = format!("{path}/{}", encode(id));
            send(writer, owner, Method::DELETE, &path, None, WriteKind::Idempotent).await?;
        }
    }
    Ok(())
}

fn same(left: &Value, right: &Value) -> bool {
    let strip = |value: &Value| {
        let mut value = value.clone();
        if let Value::Object(map) = &mut value {
            map.retain(|key, _| key != "@odata.type");
        }
        value
    };
    differences(&strip(left), right).is_empty()
}

async fn send(
    writer: Writer<'_>,
    owner: Owner<'_>,
    method: Method,
    path: &str,
    body: Option<Value>,
    kind: WriteKind,
) -> Result<(), WriteError> {
    let api = api(owner.policy_type);
    let request = Request { step: owner.step, subject: owner.subject, method, api, path, body, kind, before: None };
    writer.send(request).await.map(drop)
}
