//! The secrets of policies while they are written: where they stand, which of them a write needs, and how they get
//! into a body. Nothing that a service calls a secret is ever sent as it shows it: a mask is not a secret. Reading them
//! is `reveal`'s, and that none gets out again `conceal`'s.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::catalogue::PolicyType;
use crate::catalogue::model::UpdateMethod;
use crate::catalogue::secret_rule::{SecretRule, is_mask};
use crate::finding::{Finding, codes};
use crate::policy::decode::to_base64;
use crate::policy::path::{self, top, unescape};
use crate::policy::sealed::{self, INSIDE, MARK};
use crate::policy::{JsonPath, Policy};

/// Where secrets come from: a tree never holds one.
pub trait SecretSource: Send + Sync {
    /// The secret of this key (`FERRY_…`), where there is one.
    fn secret(&self, key: &str) -> Option<SecretString>;

    /// What has been given so far, by key: none of it may be seen anywhere.
    fn given(&self) -> Vec<(String, SecretString)> {
        Vec::new()
    }
}

/// No secrets at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self, _: &str) -> Option<SecretString> {
        None
    }
}

/// Keys of the secrets a policy needs, with their places.
pub fn secrets_of(policy: &Policy) -> Vec<(String, String)> {
    secrets_in(&policy.body)
}

/// Places of the secrets of a document that are properties of their own.
pub fn secret_places(document: &Value) -> Vec<String> {
    let places = document.as_object().into_iter().flat_map(secrets_in).map(|(place, _)| place);
    places.filter(|place| sealed::text_of(place).is_none()).collect()
}

fn secrets_in(object: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    JsonPath::new("**").visit_in(object, &mut |trail, value| {
        if let Value::String(key) = value
            && trail.key().is_some_and(|own| own.ends_with(MARK))
        {
            let pointer = trail.pointer();
            found.push((pointer.strip_suffix(MARK).unwrap_or(&pointer).to_owned(), key.clone()));
        }
    });
    found
}

/// What keeps a new object from being written: secrets that are not given, masks in the place of one.
pub fn missing(policy: &Policy, policy_type: &PolicyType, secrets: &dyn SecretSource) -> Vec<Finding> {
    let without = |(place, key): (String, String)| {
        let is_given = given(secrets, &key).is_some();
        (!is_given).then(|| needs_secret(policy, &place, &key, secrets.secret(&key).as_ref()))
    };
    let masks = if policy_type.secrets.is_empty() { Vec::new() } else { masks(&policy.to_value(), policy_type) };
    let masked = masks.into_iter().map(|place| shows_mask(policy, &place));
    secrets_of(policy).into_iter().filter_map(without).chain(masked).collect()
}

/// What keeps an object from being changed where `changed` are the properties that differ: a PUT sends everything,
/// a PATCH what differs. With `again` all secrets are sent, whether something else differs or not.
pub fn missing_to_change(
    policy: &Policy,
    policy_type: &PolicyType,
    changed: &BTreeSet<&str>,
    again: bool,
    secrets: &dyn SecretSource,
) -> Vec<Finding> {
    let variant = policy_type.variant(policy).and_then(|variant| variant.update.as_ref());
    let whole = variant.unwrap_or(&policy_type.update).method == UpdateMethod::Put;
    let mut missing = missing(policy, policy_type, secrets);
    let is_sent = |place: &str| changed.contains(top(sealed::written_at(place)));
    missing.retain(|finding| again || whole || finding.at.as_deref().is_none_or(is_sent));
    missing
}

/// Which setting a secret is of, in the words that the policy has for it: the property, and what the nearest object
/// that holds it is called.
pub fn setting_of(policy: &Policy, place: &str) -> String {
    const NAMES: [&str; 6] = ["displayName", "omaUri", "settingDefinitionId", "name", "key", "locale"];
    let document = policy.to_value();
    let mut words = place.rsplit('/').filter(|word| !word.is_empty() && word.parse::<usize>().is_err());
    let property = words.next().map(unescape).unwrap_or_default();
    let mut at = place;
    while let Some((holder, _)) = at.rsplit_once('/').filter(|(holder, _)| !holder.is_empty()) {
        let object = document.pointer(holder);
        if let Some(name) = NAMES.iter().find_map(|name| object?.get(name)?.as_str().filter(|name| !name.is_empty())) {
            return format!("{property} of \"{name}\"");
        }
        at = holder;
    }
    property
}

/// Says of a value that was provided that it cannot be the secret.
pub(crate) const IS_A_MASK: &str = "is a mask or a placeholder";

/// The finding for a secret that is not there.
fn needs_secret(policy: &Policy, place: &str, key: &str, what_is_given: Option<&SecretString>) -> Finding {
    // The same for every secret, so that it is said once.
    let fix = "Set the environment variable that is named to the secret's value, or provide the value in a secrets file \
               with --secrets and --identity, and run again. A row of asterisks is not a value.";
    let setting = setting_of(policy, place);
    let message = match what_is_given {
        None => format!("the secret {key} is not set: {setting}"),
        Some(_) => format!("the value provided for the secret {key} {IS_A_MASK}: {setting}"),
    };
    Finding::new(&codes::NEEDS_SECRET, policy.subject(), message).at(place).fix(fix)
}

/// The finding for a mask in the place of a secret.
fn shows_mask(policy: &Policy, place: &str) -> Finding {
    let property = place.rsplit('/').next().unwrap_or_default();
    let fix = format!(
        "In the policy's file, write \"{property}{MARK}\": \"FERRY_NAME\" instead, and provide the secret under that name."
    );
    Finding::new(&codes::NEEDS_SECRET, policy.subject(), "the value is a mask that a service shows instead of a secret")
        .at(place)
        .fix(fix)
}

/// A secret that is given, and is one.
fn given(secrets: &dyn SecretSource, key: &str) -> Option<SecretString> {
    secrets.secret(key).filter(|secret| !is_mask(secret.expose_secret()))
}

/// Places of declared secrets where a mask, or a token of another tenant, is in clear text.
fn masks(body: &Value, policy_type: &PolicyType) -> Vec<String> {
    let masked = |rule: &SecretRule, place: &str| {
        let holder = place.rsplit_once('/').and_then(|(holder, _)| body.pointer(holder));
        let value = body.pointer(place).and_then(Value::as_str).filter(|value| !value.is_empty());
        let token = || holder.is_some_and(|holder| rule.masked_when.as_ref().is_some_and(|when| when.holds(holder)));
        value.is_some_and(|value| is_mask(value) || token())
    };
    let places =
        |rule: &SecretRule| rule.at.find(body).into_iter().filter(|place| masked(rule, place)).collect::<Vec<_>>();
    let found: BTreeSet<String> = policy_type.secrets.iter().flat_map(places).collect();
    found.into_iter().collect()
}

/// Puts the secrets of a policy into a body made from it.
pub(crate) fn fill_in(
    body: &mut Value,
    policy: &Policy,
    policy_type: &PolicyType,
    secrets: &dyn SecretSource,
) -> Result<(), Box<Finding>> {
    if let Some(place) = masks(body, policy_type).first() {
        return Err(Box::new(shows_mask(policy, place)));
    }
    let (inside, own): (Vec<_>, Vec<_>) =
        secrets_of(policy).into_iter().partition(|(place, _)| sealed::text_of(place).is_some());
    fill_in_texts(body, policy, &inside, secrets)?;
    let mut filled = BTreeSet::new();
    for (place, key) in own {
        let mark = format!("{place}{MARK}");
        // A stripped part takes its secrets along.
        if body.pointer(&mark).is_none() {
            continue;
        }
        let Some(secret) = given(secrets, &key) else {
            return Err(Box::new(needs_secret(policy, &place, &key, secrets.secret(&key).as_ref())));
        };
        path::remove(body, &mark);
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
            beside(map, &unescape(property), binary, &rule.send_with);
        }
    }
    Ok(())
}

/// Puts secrets into the texts that name them.
fn fill_in_texts(
    body: &mut Value,
    policy: &Policy,
    inside: &[(String, String)],
    secrets: &dyn SecretSource,
) -> Result<(), Box<Finding>> {
    let mut texts: BTreeMap<&str, Vec<(&str, SecretString)>> = BTreeMap::new();
    for (place, key) in inside {
        let Some(text) = sealed::text_of(place) else { continue };
        path::remove(body, &format!("{text}{INSIDE}"));
        // What is not sent needs no secret.
        if !body.pointer(text).is_some_and(Value::is_string) {
            continue;
        }
        let Some(secret) = given(secrets, key) else {
            return Err(Box::new(needs_secret(policy, place, key, secrets.secret(key).as_ref())));
        };
        texts.entry(text).or_default().push((key, secret));
    }
    for (place, found) in texts {
        if let Some(Value::String(text)) = body.pointer_mut(place) {
            let found: Vec<(&str, &str)> = found.iter().map(|(key, secret)| (*key, secret.expose_secret())).collect();
            *text = sealed::filled(text, &found);
        }
    }
    Ok(())
}

/// What a clear-text secret needs to be accepted: as base64 where it is binary, and what goes beside it.
fn beside(holder: &mut Map<String, Value>, property: &str, binary: bool, with: &Map<String, Value>) {
    if binary && let Some(Value::String(text)) = holder.get_mut(property) {
        *text = to_base64(text.as_bytes());
    }
    holder.extend(with.clone());
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
