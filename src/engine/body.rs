//! Turns a policy into request bodies, as its type's file says. Pure. Not for sending them.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::read::encode;
use crate::catalogue::model::{PARENT, Part, PartWrite, PolicyType};
use crate::catalogue::references::{bare_id, with_id};
use crate::catalogue::{Catalogue, ReferenceRule, Variant};
use crate::finding::{Finding, codes};
use crate::policy::decode::to_base64;
use crate::policy::path::{escape, unescape};
use crate::policy::{JsonPath, Policy};

/// Where secrets come from: a tree never holds one.
pub trait SecretSource: Send + Sync {
    /// The secret of this key (`FERRY_…`), where there is one.
    fn secret(&self, key: &str) -> Option<SecretString>;
}

/// No secrets at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self, _: &str) -> Option<SecretString> {
        None
    }
}

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
    let mut body = sendable(policy, policy_type, context)?;
    let variant = policy_type.variant(policy);
    strip(&mut body, &policy_type.create.strip, variant);
    leave_out_parts(&mut body, policy, policy_type, |part| &part.create);
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
        .map(|(name, _)| name.clone())
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
    let mut body = sendable(policy, policy_type, context)?;
    let variant = policy_type.variant(policy);
    let update = variant.and_then(|variant| variant.update.as_ref()).unwrap_or(&policy_type.update);
    strip(&mut body, &update.strip, variant);
    for path in create_only(policy_type, variant) {
        path.remove(&mut body);
    }
    leave_out_parts(&mut body, policy, policy_type, |part| &part.update);
    let links: BTreeSet<String> = policy_type.links.iter().map(crate::catalogue::model::Link::bind).collect();
    if let Value::Object(map) = &mut body {
        if let Some(changed) = changed {
            map.retain(|key, _| key == "@odata.type" || changed.contains(key) || holds_secret(policy, key));
        }
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
    let body = sendable(policy, policy_type, context)?;
    Ok(body.get(&part.name).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| Value::Array(Vec::new())))
}

/// The assignments as they are sent.
pub fn assignments(policy: &Policy, policy_type: &PolicyType) -> Vec<Value> {
    let Some(rule) = &policy_type.assignments else { return Vec::new() };
    let list = policy.body.get("assignments").and_then(Value::as_array).cloned().unwrap_or_default();
    list.into_iter()
        .map(|mut entry| {
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

/// Everything of a policy that may be sent at all: secrets filled in, binds absolute, read-only gone.
fn sendable(policy: &Policy, policy_type: &PolicyType, context: BodyContext<'_>) -> Result<Value, Box<Finding>> {
    let mut body = policy.to_value();
    for path in policy_type.read_only.iter().chain(&context.catalogue.shared.read_only) {
        path.remove(&mut body);
    }
    for rule in &policy_type.reduce {
        rule.apply(&mut body);
    }
    if let Value::Object(map) = &mut body {
        map.remove(PARENT);
        map.entry("@odata.type").or_insert_with(|| Value::String(policy_type.implied_type()));
    }
    fill_in_secrets(&mut body, policy, policy_type, context.secrets)?;
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

/// The properties of a policy that Graph accepts only at creation.
pub fn create_only<'a>(
    policy_type: &'a PolicyType,
    variant: Option<&'a Variant>,
) -> impl Iterator<Item = &'a JsonPath> {
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

/// A path with `{property}` filled in from the policy.
pub fn fill_in_path(template: &str, policy: &Policy) -> Result<String, Box<Finding>> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (property, after) = after.split_once('}').unwrap_or((after, ""));
        let Some(value) = policy.text(property) else {
            let message = format!("it has no `{property}`, which the creating request needs");
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

/// Keys of the secrets a policy needs, with their places.
pub fn secrets_of(policy: &Policy) -> Vec<(String, String)> {
    let mut found = Vec::new();
    secrets_in(policy.body.iter(), &mut String::new(), &mut found);
    found
}

/// The suffix of a property that stands for a secret.
const MARK: &str = "@ferry.secret";

/// Places and keys of the secrets below a place.
fn secrets_in<'a>(
    members: impl Iterator<Item = (&'a String, &'a Value)>,
    at: &mut String,
    found: &mut Vec<(String, String)>,
) {
    for (key, value) in members {
        if let (Some(property), Value::String(secret)) = (key.strip_suffix(MARK), value) {
            found.push((format!("{at}/{}", escape(property)), secret.clone()));
        } else {
            secrets_below(value, &escape(key), at, found);
        }
    }
}

fn secrets_below(value: &Value, segment: &str, at: &mut String, found: &mut Vec<(String, String)>) {
    let length = at.len();
    at.push('/');
    at.push_str(segment);
    match value {
        Value::Object(map) => secrets_in(map.iter(), at, found),
        Value::Array(list) => {
            for (index, element) in list.iter().enumerate() {
                secrets_below(element, &index.to_string(), at, found);
            }
        }
        _ => {}
    }
    at.truncate(length);
}

/// Places of the secrets of a document.
pub fn secret_places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Value::Object(map) = document {
        secrets_in(map.iter(), &mut String::new(), &mut found);
    }
    found.into_iter().map(|(place, _)| place).collect()
}

fn holds_secret(policy: &Policy, property: &str) -> bool {
    secrets_of(policy).iter().any(|(place, _)| place.trim_start_matches('/').split('/').next() == Some(property))
}

/// The finding for a secret that is not there.
pub fn needs_secret(policy: &Policy, place: &str, key: &str) -> Finding {
    Finding::new(&codes::NEEDS_SECRET, policy.subject(), format!("the secret {key} is not set"))
        .at(place)
        .fix(format!("Set the environment variable {key} to the secret's value and run again."))
}

fn fill_in_secrets(
    body: &mut Value,
    policy: &Policy,
    policy_type: &PolicyType,
    secrets: &dyn SecretSource,
) -> Result<(), Box<Finding>> {
    let mut filled = BTreeSet::new();
    for (place, key) in secrets_of(policy) {
        // A stripped part takes its secrets along.
        if body.pointer(&format!("{place}@ferry.secret")).is_none() {
            continue;
        }
        let Some(secret) = secrets.secret(&key) else {
            return Err(Box::new(needs_secret(policy, &place, &key)));
        };
        crate::policy::path::remove(body, &format!("{place}@ferry.secret"));
        if let Some((parent, property)) = place.rsplit_once('/')
            && let Some(Value::Object(holder)) = body.pointer_mut(parent)
        {
            holder.insert(unescape(property), Value::String(secret.expose_secret().to_owned()));
        }
        filled.insert(place);
    }
    for rule in &policy_type.secrets {
        for place in rule.at.find(body).into_iter().filter(|place| filled.contains(place)) {
            let (holder, property) = place.rsplit_once('/').unwrap_or_default();
            let Some(holder) = body.pointer_mut(holder) else { continue };
            let binary = rule.base64_when.as_ref().is_some_and(|when| when.holds(holder));
            let Value::Object(map) = holder else { continue };
            if binary && let Some(Value::String(text)) = map.get_mut(&unescape(property)) {
                *text = to_base64(text.as_bytes());
            }
            map.extend(rule.send_with.clone());
        }
    }
    Ok(())
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
