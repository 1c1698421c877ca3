//! Turns a policy into request bodies, as its type's file says. Pure. Not for sending them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::comparison::explicit_filter;
use super::secrets;
use super::secrets::SecretSource;
use crate::catalogue::id_form::{bare_id, with_id};
use crate::catalogue::model::{PARENT, Part, PartWrite, PolicyType};
use crate::catalogue::{Catalogue, Entities, ReferenceRule, Variant, typed};
use crate::engine::tenant::addresses::encode;
use crate::finding::{Finding, codes};
use crate::policy::path::top;
use crate::policy::sealed::MARK;
use crate::policy::{JsonPath, Policy, unread};

/// What is needed to make a body, beside the policy.
#[derive(Clone, Copy)]
pub struct BodyContext<'a> {
    /// What the types are.
    pub catalogue: &'a Catalogue,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// Makes a relative bind reference absolute for the target's cloud.
    pub absolute: &'a (dyn Fn(&str) -> String + Send + Sync),
}

/// Path and body of the request that creates the policy.
pub fn create(
    policy: &Policy,
    policy_type: &PolicyType,
    context: BodyContext<'_>,
) -> Result<(String, Value), Box<Finding>> {
    let mut body = sendable(policy, policy_type, None, context)?;
    let variant = policy_type.variant(policy);
    strip(&mut body, &policy_type.create.strip, variant);
    leave_out_parts(&mut body, policy, policy_type, |part| part.create());
    if let Value::Object(map) = &mut body {
        for link in policy_type.links.iter().filter(|link| link.after_create) {
            map.remove(&link.bind());
        }
    }
    for rule in &policy_type.references {
        if let Some(nothing) = &rule.made_with {
            not_made_yet(&mut body, rule, nothing);
        }
    }
    let path = match &policy_type.create.path {
        Some(template) => fill_in_path(template, policy)?,
        None => policy_type.collection_for(policy),
    };
    let Value::Object(mut map) = body else { return Ok((path, body)) };
    // A null is the same as nothing at creation, and Graph refuses it for collections (quirks.md 7).
    map.retain(|_, value| !value.is_null());
    let only = &policy_type.create.only;
    if !only.is_empty() {
        map.retain(|key, _| only.contains(key));
    }
    for (from, to) in &policy_type.create.rename {
        if let Some(value) = map.remove(from) {
            map.insert(to.clone(), value);
        }
    }
    map.extend(policy_type.create.set.clone());
    if policy_type.create.with_id
        && let Some(id) = policy.id()
    {
        map.insert(String::from("id"), Value::String(id.to_owned()));
    }
    Ok((path, Value::Object(map)))
}

/// What the service makes together with the policy has no id so far.
fn not_made_yet(body: &mut Value, rule: &ReferenceRule, nothing: &str) {
    for pointer in rule.at.find(body) {
        if let Some(Value::String(text)) = body.pointer_mut(&pointer)
            && let Some(id) = bare_id(text, rule.form).map(str::to_owned)
        {
            *text = with_id(text, rule.form, &id, nothing);
        }
    }
}

/// What a creation by a part of the properties left out, sent by a change right after it; none where there is
/// nothing more to say.
pub fn rest(
    policy: &Policy,
    policy_type: &PolicyType,
    context: BodyContext<'_>,
) -> Result<Option<Value>, Box<Finding>> {
    if !policy_type.create.then_update {
        return Ok(None);
    }
    let sent = |name: &String| policy_type.create.only.contains(name);
    let more: BTreeSet<String> = policy
        .body
        .iter()
        .filter(|(name, value)| !sent(name) && !value.is_null())
        .map(|(name, _)| name.strip_suffix(MARK).unwrap_or(name).to_owned())
        .collect();
    let body = update(policy, policy_type, Some(&more), context)?;
    let says = body.as_object().is_some_and(|map| map.keys().any(|name| name != "@odata.type"));
    Ok(says.then_some(body))
}

/// Body of the request that changes the policy. With PATCH only the top-level properties named in
/// `changed` are sent; with PUT everything is.
pub fn update(
    policy: &Policy,
    policy_type: &PolicyType,
    changed: Option<&BTreeSet<String>>,
    context: BodyContext<'_>,
) -> Result<Value, Box<Finding>> {
    let mut body = sendable(policy, policy_type, changed, context)?;
    let variant = policy_type.variant(policy);
    strip(&mut body, &policy_type.update_of(policy).strip, variant);
    for path in create_only(policy_type, variant) {
        path.remove(&mut body);
    }
    leave_out_parts(&mut body, policy, policy_type, |part| part.update());
    let links: BTreeSet<String> = policy_type.links.iter().map(crate::catalogue::model::Link::bind).collect();
    if let Value::Object(map) = &mut body {
        // Links of an existing object change by `$ref`, never in the body (api-behaviour.md section 3).
        map.retain(|key, _| !links.contains(key));
        if changed.is_none() {
            map.retain(|_, value| !value.is_null());
        }
    }
    Ok(body)
}

/// The value of a part as it is sent, with what its type's file sets on each element.
pub fn part(
    policy: &Policy,
    policy_type: &PolicyType,
    part: &Part,
    context: BodyContext<'_>,
) -> Result<Value, Box<Finding>> {
    let only = BTreeSet::from([part.name.clone()]);
    let body = sendable(policy, policy_type, Some(&only), context)?;
    Ok(body.get(&part.name).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| Value::Array(Vec::new())))
}

/// The assignments as they are sent.
pub fn assignments(policy: &Policy, policy_type: &PolicyType) -> Vec<Value> {
    let Some(rule) = &policy_type.assignments else { return Vec::new() };
    let silent = policy.odata_type().is_some_and(|own| rule.without_filter.iter().any(|kind| kind == own));
    let list = policy.assignments().iter().cloned();
    list.map(|mut entry| {
        if silent {
            // One that has no filter then says null, and nulls go.
            explicit_filter(&mut entry);
        }
        if let Value::Object(entry) = &mut entry {
            if let Some(kind) = &rule.entry_type {
                entry.insert(String::from("@odata.type"), Value::String(kind.clone()));
            }
            entry.extend(rule.set.clone());
            without_nulls(entry);
        }
        entry
    })
    .collect()
}

/// Everything of a policy that may be sent at all, or only some of its properties: secrets filled in, binds
/// absolute, read-only gone. A secret that is not sent is not needed.
fn sendable(
    policy: &Policy,
    policy_type: &PolicyType,
    only: Option<&BTreeSet<String>>,
    context: BodyContext<'_>,
) -> Result<Value, Box<Finding>> {
    let sent = |key: &str| {
        only.is_none_or(|only| key == "@odata.type" || only.contains(key.strip_suffix(MARK).unwrap_or(key)))
    };
    let sent = policy.body.iter().filter(|(key, _)| sent(key));
    let mut body = Value::Object(sent.map(|(key, value)| (key.clone(), value.clone())).collect());
    for path in policy_type.read_only_of(policy, &context.catalogue.shared) {
        path.remove(&mut body);
    }
    for rule in &policy_type.send_only {
        rule.apply(&mut body);
    }
    for rule in &policy_type.alternatives {
        rule.apply(&mut body);
    }
    for rule in &policy_type.blank {
        rule.leave_out(&mut body);
    }
    if let Value::Object(map) = &mut body {
        map.remove(PARENT);
        unread::strip(map);
        map.entry("@odata.type").or_insert_with(|| Value::String(policy_type.implied_type()));
        for rule in context.catalogue.shared.unset.iter().chain(&policy_type.unset) {
            rule.fill_in(map);
        }
        typed::as_sent(map, &policy_type.entity, Entities::built_in());
    }
    secrets::fill_in(&mut body, policy, policy_type, context.secrets)?;
    make_binds_absolute(&mut body, context.absolute);
    for part in policy_type.parts_of(policy.odata_type()) {
        set_on_elements(&mut body, part);
    }
    Ok(body)
}

fn strip(body: &mut Value, paths: &[JsonPath], variant: Option<&Variant>) {
    for path in paths.iter().chain(variant.into_iter().flat_map(|variant| &variant.strip)) {
        path.remove(body);
    }
}

/// Whether Graph accepts the property that a place of a policy is in only at creation.
pub fn is_create_only(at: &str, policy_type: &PolicyType, policy: &Policy) -> bool {
    let mut fixed = create_only(policy_type, policy_type.variant(policy));
    fixed.any(|path| path.root() == Some(top(at)))
}

/// The properties of a policy that Graph accepts only at creation.
fn create_only<'a>(policy_type: &'a PolicyType, variant: Option<&'a Variant>) -> impl Iterator<Item = &'a JsonPath> {
    policy_type.create_only.iter().chain(variant.into_iter().flat_map(|variant| &variant.create_only))
}

fn leave_out_parts(body: &mut Value, policy: &Policy, policy_type: &PolicyType, how: impl Fn(&Part) -> &PartWrite) {
    for part in policy_type.parts_of(policy.odata_type()).filter(|part| !matches!(how(part), PartWrite::Inline)) {
        if let Value::Object(map) = body {
            map.remove(&part.name);
        }
    }
}

fn set_on_elements(body: &mut Value, part: &Part) {
    if part.set.is_empty() {
        return;
    }
    for element in body.get_mut(&part.name).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(element) = element {
            for (key, value) in &part.set {
                if element.get(key).is_none_or(Value::is_null) {
                    element.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

/// A path with `{property}` filled in from the policy; a property may lie deeper (`{templateReference/templateId}`).
pub fn fill_in_path(template: &str, policy: &Policy) -> Result<String, Box<Finding>> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (property, after) = after.split_once('}').unwrap_or((after, ""));
        let mut steps = property.split('/');
        let top = policy.body.get(steps.next().unwrap_or_default());
        let found = steps.fold(top, |value, step| value.and_then(|value| value.get(step)));
        let Some(value) = found.and_then(Value::as_str) else {
            let message = format!("the policy has no `{property}`, which Graph requires to create it");
            let finding = Finding::new(&codes::WRITE_FAILED, policy.subject(), message);
            return Err(Box::new(finding.at(format!("/{property}"))));
        };
        path.push_str(before);
        path.push_str(&encode(value));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn make_binds_absolute(value: &mut Value, absolute: &dyn Fn(&str) -> String) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key.ends_with("@odata.bind") {
                    match value {
                        Value::String(reference) => *reference = absolute(reference),
                        Value::Array(list) => {
                            for reference in list {
                                if let Value::String(reference) = reference {
                                    *reference = absolute(reference);
                                }
                            }
                        }
                        _ => {}
                    }
                } else {
                    make_binds_absolute(value, absolute);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| make_binds_absolute(value, absolute)),
        _ => {}
    }
}

/// Removes nulls at any depth of an object: in an assignment a null says nothing.
fn without_nulls(map: &mut Map<String, Value>) {
    map.retain(|_, value| !value.is_null());
    for value in map.values_mut() {
        if let Value::Object(map) = value {
            without_nulls(map);
        }
    }
}
