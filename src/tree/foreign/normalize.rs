//! Brings one foreign object into the form an export of our own would have given it. Not for its id
//! or its links: those need the whole folder.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::object::into_object;
use super::recognise::Knowledge;
use super::{definition_values, links, shape};
use crate::catalogue::actions::parameter;
use crate::catalogue::model::PartWrite;
use crate::catalogue::{Entities, PolicyType};
use crate::policy::assignment::with_mark;
use crate::policy::decode::to_base64;
use crate::policy::{Policy, canonical};

/// What IntuneManagement writes for the tenant's id.
pub(super) const TENANT_PLACEHOLDER: &str = "%OrganizationId%";

/// A cleaned object.
pub(super) struct Clean {
    pub(super) policy: Policy,
    /// Names of linked policies by navigation property.
    pub(super) links: BTreeMap<String, String>,
    /// A placeholder for a fact of the tenant that is still in it.
    pub(super) placeholder_left: Option<String>,
}

/// Cleans an object of a type; `tenant` is the id that the placeholder stands for. An object that was
/// cut off by the tool's depth gives the places instead.
pub(super) fn normalize(
    mut object: Map<String, Value>,
    policy_type: &PolicyType,
    knowledge: Knowledge<'_>,
    tenant: Option<&str>,
) -> Result<Clean, Vec<String>> {
    let links = links::take_names(&mut object);
    rename_back(&mut object, policy_type);
    let ingested = definition_values::may_be_ingested(&object);
    for part in policy_type.parts.iter().filter(|part| matches!(part.create(), PartWrite::DefinitionValues)) {
        if let Some(values) = object.get_mut(&part.name) {
            definition_values::convert(values, ingested);
        }
    }
    let mut value = Value::Object(object);
    // CIPP writes an empty value for every field that a setting might have (CIPP#1063, #1110).
    for rule in &policy_type.blank {
        rule.leave_out_empty(&mut value);
    }
    canonical::strip_annotations(&mut value);
    mark_types(&mut value);
    if let Some(tenant) = tenant {
        replace(&mut value, TENANT_PLACEHOLDER, tenant);
    }
    let mut known = knowledge.catalogue.shared.tenant_placeholders.iter().map(|known| &known.text);
    let placeholder_left = known.find(|text| holds(&value, &text.to_lowercase())).cloned();
    let mut body = into_object(value);
    let cut_off = shape::restore(&mut body, &policy_type.entity, knowledge.entities);
    if !cut_off.is_empty() {
        return Err(cut_off);
    }
    leave_out_others(&mut body, &policy_type.entity, knowledge.entities);
    let mut body = encode_payloads(body, policy_type);
    if !body.get("id").is_some_and(Value::is_string) {
        body.remove("id");
    }
    if let Some(assignments) = &policy_type.assignments {
        assignments.reduce(&mut body);
    }
    let mut policy = Policy::new(&policy_type.name, body);
    policy.body = canonical::canonicalise(policy.body, &policy_type.rules(&knowledge.catalogue.shared));
    Ok(Clean { policy, links, placeholder_left })
}

/// Tools that fill in one form for all types of a collection write the properties of the other types as well, switched
/// off: IntuneHydrationKit and CIPP do so for Autopilot profiles (templates and code of 2025). Whether Graph takes that
/// or refuses it, such a property says nothing of this type.
fn leave_out_others(body: &mut Map<String, Value>, entity: &str, entities: &Entities) {
    let own = entities.type_of(body, entity).to_owned();
    if entities.knows(&own) {
        let is_others =
            |name: &str| entities.declared(&own, name).is_none() && entities.declared_below(entity, name).is_some();
        body.retain(|name, value| !(value.is_null() || *value == false) || !is_others(name));
    }
}

/// IntuneCD opens payloads that are JSON; Graph has them as base64.
fn encode_payloads(body: Map<String, Value>, policy_type: &PolicyType) -> Map<String, Value> {
    let mut document = Value::Object(body);
    for pointer in policy_type.sidecars.iter().flat_map(|rule| rule.at.find(&document)).collect::<Vec<_>>() {
        if let Some(payload) =
            document.pointer_mut(&pointer).filter(|payload| payload.is_object() || payload.is_array())
        {
            *payload = Value::String(to_base64(payload.to_string().as_bytes()));
        }
    }
    into_object(document)
}

/// Some tools keep a property under the name it is sent by.
fn rename_back(object: &mut Map<String, Value>, policy_type: &PolicyType) {
    let renamed = policy_type.create.rename.iter();
    let renamed = renamed.map(|(own, sent)| (own, sent.as_str()));
    let parts = policy_type.parts.iter().filter_map(|part| match part.create() {
        PartWrite::Action { action, also, .. } => Some((&part.name, parameter(policy_type, action, &part.name, also))),
        _ => None,
    });
    for (own, sent) in renamed.chain(parts) {
        if !object.contains_key(own)
            && let Some(value) = object.remove(sent)
        {
            object.insert(own.clone(), value);
        }
    }
}

/// Types that lost their `#` get it back.
fn mark_types(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(name)) = map.get_mut("@odata.type")
                && let Some(marked) = with_mark(name)
            {
                *name = marked;
            }
            map.values_mut().for_each(mark_types);
        }
        Value::Array(list) => list.iter_mut().for_each(mark_types),
        _ => {}
    }
}

pub(super) fn replace(value: &mut Value, find: &str, with: &str) {
    match value {
        Value::String(text) if text.contains(find) => *text = text.replace(find, with),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, find, with)),
        Value::Array(list) => list.iter_mut().for_each(|value| replace(value, find, with)),
        _ => {}
    }
}

fn holds(value: &Value, find: &str) -> bool {
    match value {
        // Every gap begins so; what is long and has none is passed over.
        Value::String(text) => text.contains('%') && text.to_lowercase().contains(find),
        Value::Object(map) => map.values().any(|value| holds(value, find)),
        Value::Array(list) => list.iter().any(|value| holds(value, find)),
        _ => false,
    }
}
