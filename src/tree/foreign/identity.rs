//! Ids for objects that have none, and objects that stand in the folder twice. Not for matching with a
//! tenant: that is the engine's.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::ledger::{Fate, Outcome};
use crate::catalogue::entities::bare_name;
use crate::catalogue::id_form::with_id;
use crate::catalogue::sealing::seal;
use crate::catalogue::{Catalogue, PolicyType, references};
use crate::finding::{Finding, codes};
use crate::policy::Policy;

/// A policy before it is settled which id it has.
pub(super) struct Candidate<'a> {
    pub(super) policy: Policy,
    pub(super) policy_type: &'a PolicyType,
    /// Names of linked policies by navigation property, as the other tool wrote them.
    pub(super) links: BTreeMap<String, String>,
    /// Whether the tool left its id out; such tools name what it refers to.
    pub(super) without_id: bool,
    /// Where it was found.
    pub(super) file: String,
    pub(super) pointer: String,
}

impl Candidate<'_> {
    /// How findings name the place.
    pub(super) fn place(&self) -> String {
        if self.pointer.is_empty() { self.file.clone() } else { format!("{}#{}", self.file, self.pointer) }
    }

    /// What makes it this object and no other: the canonical content without its id and without what a
    /// server cannot keep apart, and what it links to.
    fn content(&self, policy: &Policy) -> Value {
        let mut body = policy.body.clone();
        body.remove("id");
        if body.get("@odata.type").and_then(Value::as_str).is_some_and(|own| bare_name(own) == self.policy_type.entity)
        {
            body.remove("@odata.type");
        }
        let mut value = Value::from(body);
        drop_empty(&mut value);
        json!([value, self.links])
    }

    /// An id from the content that is not taken yet. Secrets stay out of it: an id is public, and a short
    /// secret could be found by trying.
    fn made_id(&self, taken: &HashMap<(String, String), usize>) -> String {
        let mut open = self.policy.clone();
        open.body.remove("id");
        let content = self.content(&seal(&open, self.policy_type));
        let type_name = &self.policy.type_name;
        let mut id = id_of(type_name, &content);
        for count in 1.. {
            if !taken.contains_key(&(type_name.clone(), id.clone())) {
                break;
            }
            id = id_of(type_name, &json!([content, count]));
        }
        id
    }
}

/// Fills in ids that the tool keeps elsewhere than in the object: in the file's name, or nowhere because
/// the object has the same id in every tenant.
pub(super) fn recover(object: &mut Map<String, Value>, policy_type: &PolicyType, stem: Option<&str>) {
    let known = &policy_type.adopt;
    let name = object.get(&policy_type.name_property).and_then(Value::as_str);
    if let Some(id) = name.and_then(|name| known.ids.get(name)) {
        object.insert(String::from("id"), Value::String(id.clone()));
        return;
    }
    let Some(stem) = stem else { return };
    let guid = |text: &str| uuid::Uuid::try_parse(text).is_ok().then(|| Value::String(text.to_owned()));
    if let Some(id) = stem.rsplit_once("__").and_then(|(_, last)| guid(last)) {
        object.insert(String::from("id"), id);
        return;
    }
    for (property, part) in
        [(&known.file_name_begins, stem.split('_').next()), (&known.file_name_ends, stem.rsplit('_').next())]
    {
        if let Some((property, value)) = property.as_ref().zip(part.and_then(guid))
            && !object.contains_key(property)
        {
            object.insert(property.clone(), value);
        }
    }
}

/// A deterministic id from content: a GUID of version 8 (RFC 9562, "custom") made of the first 16 bytes
/// of the SHA-256 of the type's name, a line feed and the content's compact JSON with sorted keys.
pub(super) fn id_of(type_name: &str, content: &Value) -> String {
    let mut content = content.clone();
    content.sort_all_objects();
    let hash = Sha256::digest(format!("{type_name}\n{content}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(drop_empty);
            map.retain(|_, value| !is_empty(value));
        }
        Value::Array(list) => list.iter_mut().for_each(drop_empty),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// What is kept, and what became of each candidate.
#[derive(Default)]
pub(super) struct Settled<'a> {
    pub(super) kept: Vec<Candidate<'a>>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) findings: Vec<Finding>,
    /// By type and lower-case id of a copy that was dropped: the id that was kept.
    aliases: HashMap<(String, String), String>,
}

/// Gives every candidate an id of its own, drops the later of two that are the same, and seals the
/// secrets of those that are kept.
pub(super) fn settle(candidates: Vec<Candidate<'_>>) -> Settled<'_> {
    let mut settled = Settled::default();
    let mut by_content: HashMap<String, usize> = HashMap::new();
    let mut by_id: HashMap<(String, String), usize> = HashMap::new();
    for mut candidate in candidates {
        let type_name = candidate.policy.type_name.clone();
        let own_id = candidate.policy.id().map(str::to_owned);
        let content = id_of(&type_name, &candidate.content(&candidate.policy));
        if let Some(first) = by_content.get(&content).and_then(|index| settled.kept.get(*index)) {
            let of = first.policy.key();
            let message =
                format!("{} is identical to the one in {}, which was used", candidate.policy.subject(), first.place());
            settled.findings.push(Finding::new(&codes::DUPLICATE_OBJECT, candidate.place(), message));
            if let Some(id) = own_id.filter(|id| !id.eq_ignore_ascii_case(&of)) {
                settled.aliases.insert((type_name.clone(), id.to_lowercase()), of.clone());
            }
            let fate = Fate::Duplicate { policy_type: type_name, of };
            settled.outcomes.push(Outcome { file: candidate.file, pointer: candidate.pointer, fate });
            continue;
        }
        let clash = own_id.as_ref().and_then(|id| by_id.get(&(type_name.clone(), id.to_lowercase())));
        let clash = clash.and_then(|index| settled.kept.get(*index));
        let id = match (own_id, clash) {
            (Some(id), None) => id,
            (_, first) => {
                let made = candidate.made_id(&by_id);
                if let Some(first) = first {
                    let subject = candidate.policy.subject();
                    let message = format!(
                        "{subject} has the same ID as another object, in {}; its new ID is {made}",
                        first.place()
                    );
                    settled.findings.push(Finding::new(&codes::ID_SHARED, candidate.place(), message));
                }
                made
            }
        };
        candidate.policy.body.insert(String::from("id"), Value::String(id.clone()));
        // A secret's name is made of the id, so this comes after it.
        candidate.policy = seal(&candidate.policy, candidate.policy_type);
        by_content.insert(content, settled.kept.len());
        by_id.insert((type_name.clone(), id.to_lowercase()), settled.kept.len());
        let fate = Fate::Adopted { policy_type: type_name, id };
        let (file, pointer) = (candidate.file.clone(), candidate.pointer.clone());
        settled.outcomes.push(Outcome { file, pointer, fate });
        settled.kept.push(candidate);
    }
    settled
}

impl Settled<'_> {
    /// References to a dropped copy become references to the one that was kept.
    pub(super) fn repoint(&mut self, catalogue: &Catalogue) {
        if self.aliases.is_empty() {
            return;
        }
        for candidate in &mut self.kept {
            let found = references(&candidate.policy, catalogue);
            let mut body = Value::Object(std::mem::take(&mut candidate.policy.body));
            for found in found {
                let Some(kept) = self.aliases.get(&(found.kind.clone(), found.id.to_lowercase())) else { continue };
                if let Some(Value::String(text)) = body.pointer_mut(&found.pointer) {
                    *text = with_id(text, found.rule.form, &found.id, kept);
                }
            }
            candidate.policy.body = match body {
                Value::Object(body) => body,
                _ => Map::new(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_content_is_a_guid_and_depends_on_type_and_content_only() {
        let id = id_of("x", &json!({"a": 1, "b": 2}));
        assert_eq!(id, id_of("x", &json!({"b": 2, "a": 1})));
        assert_ne!(id, id_of("y", &json!({"a": 1, "b": 2})));
        assert_ne!(id, id_of("x", &json!({"a": 1, "b": 3})));
        assert!(uuid::Uuid::try_parse(&id).is_ok_and(|id| id.get_version_num() == 8));
    }
}
