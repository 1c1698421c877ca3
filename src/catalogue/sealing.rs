//! Seals declared secrets: the value goes, `<property>@ferry.secret` with the name it will be given
//! under comes. Pure. Not for what merely looks like a secret: that is `tree::credentials`'.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::PolicyType;
use super::secret_rule::SecretRule;
use crate::policy::fingerprint::sha256_hex;
use crate::policy::sealed::MARK;
use crate::policy::{JsonPath, Policy, path};

/// What every secret's name begins with, so that a tree can never ask for another variable.
const PREFIX: &str = "FERRY_";

/// Properties that tell the elements of an array apart, best first. An index would not do: another
/// element before it would give one secret's name to another secret.
const IDENTITY: [&str; 7] = ["omaUri", "settingDefinitionId", "locale", "key", "name", "displayName", "id"];

/// A secret that was taken out of a policy. A clear-text value in it cannot be shown by accident: it has no
/// `Debug`.
pub struct Taken<'a> {
    /// The name it is given back under.
    pub name: String,
    /// Where it stood.
    pub at: String,
    /// What declares it.
    pub rule: &'a SecretRule,
    /// The object that held it, as it was.
    pub holder: Value,
    /// What stood in its place: the secret, a mask, or nothing.
    pub value: Option<Value>,
}

/// The policy without the secrets its type declares. Sealing twice is sealing once.
#[must_use]
pub fn seal(policy: &Policy, policy_type: &PolicyType) -> Policy {
    take(policy, policy_type).0
}

/// The sealed policy, and what was taken out of it.
#[must_use]
pub fn take<'a>(policy: &Policy, policy_type: &'a PolicyType) -> (Policy, Vec<Taken<'a>>) {
    let (policy, taken, _) = take_own(policy.clone(), policy_type);
    (policy, taken)
}

/// The same without a copy; and whether the policy is another one now.
pub(crate) fn take_own(policy: Policy, policy_type: &PolicyType) -> (Policy, Vec<Taken<'_>>, bool) {
    let key = policy.key();
    let original = Value::Object(policy.body);
    // Most policies hold no secret: they are not copied.
    let mut sealed: Option<Value> = None;
    let mut names = BTreeSet::new();
    let mut taken = Vec::new();
    for rule in &policy_type.secrets {
        let (holders, property) = split(&rule.at);
        let marker = format!("{property}{MARK}");
        holders.visit(&original, &mut |trail, object| {
            let Value::Object(holder) = object else { return };
            let known = holder.get(&marker).and_then(Value::as_str).filter(|name| is_name(name));
            let is_secret = known.is_some() || holds_secret(object, holder.get(&property), rule);
            // A mark that is not a name of ours can only come from a hostile tenant or tree.
            if !is_secret && !holder.contains_key(&marker) {
                return;
            }
            let pointer = trail.pointer();
            let Some(Value::Object(holder)) = path::get_mut(sealed.get_or_insert_with(|| original.clone()), &pointer)
            else {
                return;
            };
            holder.remove(&marker);
            if is_secret {
                let place = format!("{}/{property}", stable(&original, &pointer, &property));
                let name = known.map_or_else(|| name(&policy_type.name, &key, &place, &names), str::to_owned);
                holder.remove(&property);
                for with in &rule.with {
                    holder.remove(with);
                }
                holder.insert(marker.clone(), Value::String(name.clone()));
                names.insert(name.clone());
                let value = object.get(&property).cloned();
                let at = format!("{pointer}/{}", path::escape(&property));
                taken.push(Taken { name, at, rule, holder: object.clone(), value });
            }
        });
    }
    let any = sealed.is_some();
    let body = if let Value::Object(body) = sealed.unwrap_or(original) { body } else { Map::new() };
    (Policy { body, ..policy }, taken, any)
}

/// Whether a text may name a secret: also a legal environment variable, and only ours.
pub fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// The objects that hold the secret, and the property. An array of secrets is one secret.
pub(crate) fn split(at: &JsonPath) -> (JsonPath, String) {
    let text = at.as_str().trim_end_matches(['*', '/']);
    let (holders, property) = text.rsplit_once('/').unwrap_or(("", text));
    (JsonPath::new(holders), property.to_owned())
}

fn holds_secret(holder: &Value, value: Option<&Value>, rule: &SecretRule) -> bool {
    if (value.is_none() && rule.set_when().is_none()) || rule.when.as_ref().is_some_and(|when| !when.holds(holder)) {
        return false;
    }
    let empty = match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    };
    let filled_in =
        |property: &String| holder.get(property).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    !empty || rule.set_when().is_some_and(|when| when.holds(holder)) || rule.set_with.as_ref().is_some_and(filled_in)
}

/// The name of a secret of a policy, unlike those that are taken already.
pub(crate) fn name(policy_type: &str, id: &str, place: &str, taken: &BTreeSet<String>) -> String {
    let hash = sha256_hex(format!("{id}\n{place}").as_bytes()).to_ascii_uppercase();
    let kind: String =
        policy_type.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    (8..=hash.len())
        .map(|length| format!("{PREFIX}{kind}_{}", &hash[..length]))
        .find(|name| !taken.contains(name))
        .unwrap_or_else(|| format!("{PREFIX}{kind}_{hash}"))
}

/// A pointer in which elements stand by what identifies them instead of by their index.
fn stable(document: &Value, pointer: &str, property: &str) -> String {
    let mut text = String::new();
    let mut value = document;
    for segment in pointer.split('/').skip(1) {
        let key = path::unescape(segment);
        text.push('/');
        match value {
            Value::Array(list) => {
                let index: usize = key.parse().unwrap_or_default();
                let Some(element) = list.get(index) else { return text };
                match label(element, property) {
                    None => text.push_str(&key),
                    Some(label) => {
                        let same =
                            list[..index].iter().filter(|other| self::label(other, property).as_ref() == Some(&label));
                        let before = same.count();
                        text.push_str(&label);
                        if before > 0 {
                            text.push('#');
                            text.push_str(&before.to_string());
                        }
                    }
                }
                value = element;
            }
            Value::Object(map) => {
                text.push_str(&key);
                let Some(child) = map.get(&key) else { return text };
                value = child;
            }
            _ => return text,
        }
    }
    text
}

fn label(element: &Value, secret: &str) -> Option<String> {
    let own = |map: &Map<String, Value>| {
        IDENTITY.iter().filter(|property| **property != secret).find_map(|property| {
            let text = map.get(*property)?.as_str()?;
            let says_something = !text.is_empty() && !text.bytes().all(|byte| byte.is_ascii_digit());
            says_something.then(|| format!("{property}={text}"))
        })
    };
    let map = element.as_object()?;
    own(map).or_else(|| map.values().filter_map(Value::as_object).find_map(own))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    fn sealed(body: &Value) -> Value {
        let catalogue = crate::catalogue::testing::small();
        let policy = Policy::new("scripts", body.as_object().cloned().unwrap());
        let policy_type = catalogue.get("scripts").unwrap();
        let once = seal(&policy, policy_type);
        assert_eq!(seal(&once, policy_type), once);
        once.to_value()
    }

    #[test]
    fn a_secret_and_what_belongs_to_its_mask_go() {
        let after = sealed(&json!({"id": "1", "settings": [
            {"omaUri": "./A", "isEncrypted": true, "secretReferenceValueId": "x", "value": "hunter2"},
            {"omaUri": "./B", "isEncrypted": false, "value": "plain"}]}));
        let name = after["settings"][0]["value@ferry.secret"].as_str().unwrap();
        assert!(name.starts_with("FERRY_SCRIPTS_") && name.len() == 22 && is_name(name), "{name}");
        assert_eq!(after["settings"][0].as_object().unwrap().len(), 2);
        assert_eq!(after["settings"][1]["value"], "plain");
        assert!(!after.to_string().contains("hunter2"));
    }

    #[test]
    fn an_empty_value_is_a_secret_only_where_the_mask_says_so() {
        assert_eq!(sealed(&json!({"id": "1", "key": null})), json!({"id": "1", "key": null}));
        assert_eq!(sealed(&json!({"id": "1", "key": ""})), json!({"id": "1", "key": ""}));
        for body in [json!({"id": "1", "keyIsSet": true}), json!({"id": "1", "keyIsSet": true, "key": null})] {
            assert!(sealed(&body).get("key@ferry.secret").is_some());
            assert!(sealed(&body).get("key").is_none());
        }
    }

    #[test]
    fn a_name_does_not_depend_on_the_order_of_elements() {
        let element = |uri: &str| json!({"omaUri": uri, "isEncrypted": true, "value": "s"});
        let one = sealed(&json!({"id": "1", "settings": [element("./A"), element("./B")]}));
        let two = sealed(&json!({"id": "1", "settings": [element("./0"), element("./B"), element("./A")]}));
        assert_eq!(one["settings"][0], two["settings"][2]);
        assert_ne!(one["settings"][0]["value@ferry.secret"], one["settings"][1]["value@ferry.secret"]);
        let twins = sealed(&json!({"id": "1", "settings": [element("./A"), element("./A")]}));
        assert_ne!(twins["settings"][0], twins["settings"][1]);
    }

    #[test]
    fn no_mark_can_ask_for_another_variable() {
        let after = sealed(&json!({"id": "1", "key@ferry.secret": "PATH", "key": "v"}));
        assert!(is_name(after["key@ferry.secret"].as_str().unwrap()));
        assert_eq!(sealed(&json!({"id": "1", "key@ferry.secret": "PATH"})), json!({"id": "1"}));
        let own = json!({"id": "1", "key@ferry.secret": "FERRY_MINE"});
        assert_eq!(sealed(&own), own);
    }
}
