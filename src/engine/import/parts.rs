//! Second-phase writes: the small named steps that any type can switch on in its file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::request::{Request, WriteError, Writer};
use super::uncertain_create;
use crate::catalogue::PolicyType;
use crate::catalogue::actions::parameter;
use crate::catalogue::model::{Part, PartWrite};
use crate::engine::journal::Does;
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::engine::tenant::detail_requests::link_path;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::{Policy, differences};

/// The object a part belongs to.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// Its type.
    pub policy_type: &'a PolicyType,
    /// The policy, with every id resolved.
    pub policy: &'a Policy,
    /// Its id in the target.
    pub id: &'a str,
    /// The step, as `type/key`.
    pub step: &'a str,
    /// How findings name it.
    pub subject: &'a str,
    /// The object as it was, where it is changed.
    pub before: Option<&'a Value>,
}

impl Owner<'_> {
    /// Sends a request about the object or what belongs to it.
    pub(super) async fn send(
        self,
        writer: Writer<'_>,
        does: Does,
        method: Method,
        path: &str,
        body: Option<Value>,
        kind: WriteKind,
    ) -> Result<Option<Value>, WriteError> {
        let Self { policy_type, step, subject, before, .. } = self;
        writer.send(Request { step, subject, does, method, api: api(policy_type), path, body, kind, before }).await
    }
}

/// Writes one part by its step. `exists` says whether the object may already have some of it.
pub async fn write(
    writer: Writer<'_>,
    owner: Owner<'_>,
    part: &Part,
    how: &PartWrite,
    exists: bool,
    context: BodyContext<'_>,
) -> Result<(), WriteError> {
    let mut value = request_body::part(owner.policy, owner.policy_type, part, context)?;
    if let (true, Some(rule), Value::Array(wanted)) = (exists, &part.cleared, &mut value) {
        let before = owner.before.and_then(|before| before.get(&part.name)?.as_array().cloned());
        let there = match before {
            Some(there) => there,
            None => present(writer, owner, part, "").await?,
        };
        wanted.extend(rule.gone(wanted, &there));
    }
    let empty = value.as_array().is_none_or(Vec::is_empty);
    match how {
        PartWrite::Inline | PartWrite::None => Ok(()),
        PartWrite::Action { .. } if empty && !exists => Ok(()),
        PartWrite::Action { action, also, clear, failed_when, fix } => {
            let item = item_path(owner.policy_type, owner.id);
            if let Some(clear) = clear.as_ref().filter(|_| exists) {
                let path = format!("{item}/{clear}");
                owner.send(writer, Does::Part, Method::POST, &path, None, WriteKind::Idempotent).await?;
                if empty {
                    return Ok(());
                }
            }
            let parameter = parameter(owner.policy_type, action, &part.name, also);
            let mut payload = Map::from_iter([(parameter.to_owned(), value)]);
            for property in also {
                if let Some(value) = owner.policy.body.get(property).filter(|value| !value.is_null()) {
                    payload.insert(property.clone(), value.clone());
                }
            }
            let (path, payload) = (format!("{item}/{action}"), Value::Object(payload));
            let answer = send(writer, owner, Method::POST, &path, payload, WriteKind::Idempotent).await?;
            match answer.filter(|answer| failed_when.as_ref().is_some_and(|fails| fails.holds(answer))) {
                None => Ok(()),
                Some(answer) => {
                    let message = format!("{action} succeeded but had no effect: {answer}");
                    let finding =
                        Finding::new(&codes::WRITE_FAILED, owner.subject, message).at(format!("/{}", part.name));
                    Err(match fix {
                        Some(fix) => finding.fix(fix).into(),
                        None => finding.into(),
                    })
                }
            }
        }
        PartWrite::PostEach { key, first_when, create_only } => {
            let elements = value.as_array().cloned().unwrap_or_default();
            let (mut ahead, rest): (Vec<Value>, Vec<Value>) =
                elements.into_iter().partition(|element| first_when.as_ref().is_some_and(|first| first.holds(element)));
            ahead.extend(rest);
            post_each(writer, owner, part, key, create_only, &ahead, exists).await
        }
        PartWrite::Delta { .. } => delta(writer, owner, part, how, &value, exists).await,
        PartWrite::DefinitionValues => definition_values(writer, owner, part, &value, exists, context).await,
    }
}

async fn send(
    writer: Writer<'_>,
    owner: Owner<'_>,
    method: Method,
    path: &str,
    body: Value,
    kind: WriteKind,
) -> Result<Option<Value>, WriteError> {
    owner.send(writer, Does::Part, method, path, Some(body), kind).await
}

/// What the object has of the part now.
async fn present(writer: Writer<'_>, owner: Owner<'_>, part: &Part, query: &str) -> Result<Vec<Value>, WriteError> {
    let item = item_path(owner.policy_type, owner.id);
    let read = writer.client.list(api(owner.policy_type), &format!("{item}/{}{query}", part.name)).await;
    let refused = match read {
        // The parts of some objects come with them only (microsoft-graph-docs-contrib#6283).
        Err(error) if error.is_of_form() && query.is_empty() => error,
        read => return Ok(read?),
    };
    let whole = writer.client.get(api(owner.policy_type), &format!("{item}?$expand={}", part.name)).await;
    let Ok(mut object) = whole else { return Err(refused.into()) };
    let Some(Value::Array(mut elements)) = object.get_mut(&part.name).map(Value::take) else {
        return Err(refused.into());
    };
    if let Some(link) = object.get_mut(format!("{}@odata.nextLink", part.name)).map(Value::take) {
        elements.extend(writer.client.rest(link).await?);
    }
    Ok(elements)
}

/// One element at a time; what is there already, by its key, is patched where it differs instead of
/// posted, and what is there without being wanted goes.
async fn post_each(
    writer: Writer<'_>,
    owner: Owner<'_>,
    part: &Part,
    key: &str,
    create_only: &[String],
    elements: &[Value],
    exists: bool,
) -> Result<(), WriteError> {
    let there = if exists { present(writer, owner, part, "").await? } else { Vec::new() };
    let path = format!("{}/{}", item_path(owner.policy_type, owner.id), part.name);
    let id_of = |element: &Value| element.get("id").and_then(Value::as_str).map(str::to_owned);
    for element in elements {
        let same = there.iter().find(|other| same_key(other.get(key), element.get(key)));
        if let Some((same, id)) = same.and_then(|same| Some((same, id_of(same)?))) {
            let mut element = element.clone();
            if let Value::Object(map) = &mut element {
                map.retain(|name, _| !create_only.contains(name));
            }
            if differences(&element, same).is_empty() {
                continue;
            }
            let path = format!("{path}/{}", encode(&id));
            send(writer, owner, Method::PATCH, &path, element, WriteKind::Idempotent).await?;
            continue;
        }
        let post =
            async || send(writer, owner, Method::POST, &path, element.clone(), WriteKind::Create).await.map(drop);
        let find = async || {
            let there = present(writer, owner, part, "").await?;
            Ok(there.iter().any(|other| same_key(other.get(key), element.get(key))).then_some(()))
        };
        uncertain_create::until_certain(writer.client, post, find).await?;
    }
    let wanted = |other: &&Value| elements.iter().any(|element| same_key(other.get(key), element.get(key)));
    for id in there.iter().filter(|other| !wanted(other)).filter_map(id_of) {
        let path = format!("{path}/{}", encode(&id));
        owner.send(writer, Does::Part, Method::DELETE, &path, None, WriteKind::Idempotent).await?;
    }
    Ok(())
}

/// What is new, what differs and what goes, in one call.
async fn delta(
    writer: Writer<'_>,
    owner: Owner<'_>,
    part: &Part,
    how: &PartWrite,
    wanted: &Value,
    exists: bool,
) -> Result<(), WriteError> {
    let PartWrite::Delta { action, added, updated, deleted, key } = how else { return Ok(()) };
    let there = if exists { present(writer, owner, part, "").await? } else { Vec::new() };
    let wanted: Vec<&Value> = wanted.as_array().into_iter().flatten().collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for element in &wanted {
        match there.iter().find(|other| same_key(other.get(key), element.get(key))) {
            None => new.push((*element).clone()),
            Some(same) if differences(element, same).is_empty() => {}
            Some(same) => {
                let mut element = (*element).clone();
                element["id"] = same["id"].clone();
                changed.push(element);
            }
        }
    }
    let gone = there.iter().filter(|other| !wanted.iter().any(|element| same_key(other.get(key), element.get(key))));
    let gone: Vec<&Value> = gone.filter_map(|other| other.get("id")).collect();
    if new.is_empty() && changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let payload = json!({added: new, updated: changed, deleted: gone});
    let path = format!("{}/{action}", item_path(owner.policy_type, owner.id));
    // Sent twice, it would add twice.
    send(writer, owner, Method::POST, &path, payload, WriteKind::Create).await.map(drop)
}

/// Whether two keys name one element: in lists the order means nothing, in texts the case.
fn same_key(left: Option<&Value>, right: Option<&Value>) -> bool {
    let plain = |key: Option<&Value>| match key {
        Some(Value::Array(list)) => {
            let mut list: Vec<String> = list.iter().map(|element| element.to_string().to_ascii_lowercase()).collect();
            list.sort();
            list
        }
        Some(other) => vec![other.to_string().to_ascii_lowercase()],
        None => Vec::new(),
    };
    plain(left) == plain(right)
}

/// The collection that definitions of administrative templates live in (quirks.md 49).
const DEFINITIONS: &str = "deviceManagement/groupPolicyDefinitions";

async fn definition_values(
    writer: Writer<'_>,
    owner: Owner<'_>,
    part: &Part,
    wanted: &Value,
    exists: bool,
    context: BodyContext<'_>,
) -> Result<(), WriteError> {
    let there =
        if exists { present(writer, owner, part, "?$expand=definition($select=id)").await? } else { Vec::new() };
    let definition = |value: &Value| value.pointer("/definition/id").and_then(Value::as_str).map(str::to_owned);
    let ids: BTreeMap<String, String> =
        there.iter().filter_map(|value| Some((definition(value)?, value.get("id")?.as_str()?.to_owned()))).collect();
    let mut kept = BTreeSet::new();
    let (mut added, mut updated) = (Vec::new(), Vec::new());
    for value in wanted.as_array().into_iter().flatten() {
        let Some(definition) = definition(value) else { continue };
        let mut payload = definition_value(value, &definition, context);
        match ids.get(&definition) {
            Some(id) => {
                payload.insert(String::from("id"), json!(id));
                kept.insert(id.clone());
                updated.push(Value::Object(payload));
            }
            None => added.push(Value::Object(payload)),
        }
    }
    let deleted: Vec<&String> = ids.values().filter(|id| !kept.contains(*id)).collect();
    if added.is_empty() && updated.is_empty() && deleted.is_empty() {
        return Ok(());
    }
    let payload = json!({"added": added, "updated": updated, "deletedIds": deleted});
    let path = format!("{}/updateDefinitionValues", item_path(owner.policy_type, owner.id));
    send(writer, owner, Method::POST, &path, payload, WriteKind::Idempotent).await.map(drop)
}

/// A definition value as it is sent: what it points to becomes a bind reference.
fn definition_value(value: &Value, definition: &str, context: BodyContext<'_>) -> Map<String, Value> {
    let mut payload = value.as_object().cloned().unwrap_or_default();
    payload.remove("definition");
    payload.remove("id");
    let definition = format!("{DEFINITIONS}('{definition}')");
    for presentation in payload.get_mut("presentationValues").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(presentation) = presentation {
            presentation.remove("id");
            let id = presentation.remove("presentation").and_then(|it| it.get("id")?.as_str().map(str::to_owned));
            if let Some(id) = id {
                let reference = (context.absolute)(&format!("{definition}/presentations('{id}')"));
                presentation.insert(String::from("presentation@odata.bind"), json!(reference));
            }
        }
    }
    payload.insert(String::from("definition@odata.bind"), json!((context.absolute)(&definition)));
    payload
}

/// Certificate and other links of an existing object, by `$ref` on the cast type (quirks.md 17, 19). What
/// the policy does not mention stays: other tools' exports never hold a link.
pub async fn links(
    writer: Writer<'_>,
    owner: Owner<'_>,
    before: &Policy,
    absolute: &(dyn Fn(&str) -> String + Send + Sync),
) -> Result<(), WriteError> {
    for link in owner.policy_type.links_of(owner.policy.odata_type()) {
        let property = link.bind();
        let list = |policy: &Policy| -> BTreeSet<String> {
            match policy.body.get(&property) {
                Some(Value::String(one)) => BTreeSet::from([one.clone()]),
                Some(Value::Array(many)) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
                _ => BTreeSet::new(),
            }
        };
        if !owner.policy.body.contains_key(&property) {
            continue;
        }
        let (wanted, there) = (list(owner.policy), list(before));
        let path = link_path(&item_path(owner.policy_type, owner.id), owner.policy, link);
        for reference in wanted.difference(&there) {
            let method = if link.many { Method::POST } else { Method::PUT };
            let body = json!({"@odata.id": absolute(reference)});
            let path = format!("{path}/$ref");
            owner.send(writer, Does::Link, method, &path, Some(body), WriteKind::Idempotent).await?;
        }
        for reference in there.difference(&wanted) {
            // A single link was replaced above; only an emptied one is taken away.
            if !link.many && !wanted.is_empty() {
                continue;
            }
            let id = crate::catalogue::id_form::bare_id(reference, crate::catalogue::Form::Bind).unwrap_or_default();
            let path = if link.many { format!("{path}/{}/$ref", encode(id)) } else { format!("{path}/$ref") };
            owner.send(writer, Does::Link, Method::DELETE, &path, None, WriteKind::Idempotent).await?;
        }
    }
    Ok(())
}
