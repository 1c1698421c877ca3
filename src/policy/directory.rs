//! What is known of objects that policies refer to and that are not policies themselves: groups, users,
//! service principals, apps; and the tenant. Kept so that they can be found again in another tenant.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who a tenant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantInfo {
    /// The tenant's GUID.
    pub id: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// Its default domain.
    pub default_domain: Option<String>,
    /// All its verified domains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
}

impl TenantInfo {
    /// Whether it has a name or a domain: every tenant has both, so that without them it was not read.
    pub fn is_described(&self) -> bool {
        self.display_name.is_some() || self.default_domain.is_some() || !self.domains.is_empty()
    }
}

/// The facts of one referenced object, under Graph's property names; `state` is `missing`,
/// `forbidden` or, if its existence is not known, `unknown`.
pub type Facts = Map<String, Value>;

/// The fact that says whether anyone was in a group that something excludes; not there where no one knows.
pub const HAS_MEMBERS: &str = "hasMembers";

/// The fact that says which of Graph's types an object may be of that nobody could look up.
pub const MAY_BE: &str = "mayBe";

/// What an object may be that nobody could look up, in words: `device`, `service principal`.
pub fn may_be(facts: &Facts) -> Vec<String> {
    let types = facts.get(MAY_BE).and_then(Value::as_array).into_iter().flatten();
    types.filter_map(|name| name.as_str().map(in_words)).collect()
}

fn in_words(type_name: &str) -> String {
    let mut words = String::new();
    for c in type_name.chars() {
        if c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Referenced objects by kind (`group`, `user`, `service-principal`, `app`, a policy type's name …) and id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    kinds: BTreeMap<String, BTreeMap<String, Facts>>,
    /// IDs in texts that were looked up and do not belong to an object, in small letters; none where nobody looked up what
    /// texts name, as with another tool's export.
    not_found: Option<BTreeSet<String>>,
}

impl Directory {
    /// Adds or replaces an object.
    pub fn insert(&mut self, kind: &str, id: &str, facts: Facts) {
        self.kinds.entry(kind.to_owned()).or_default().insert(id.to_owned(), facts);
    }

    /// Adds a fact to an object that is known.
    pub fn note(&mut self, kind: &str, id: &str, fact: &str, value: &Value) {
        let objects = self.kinds.get_mut(kind).into_iter().flatten();
        let known = objects.filter(|(own, facts)| own.eq_ignore_ascii_case(id) && !facts.contains_key("state"));
        known.for_each(|(_, facts)| drop(facts.insert(fact.to_owned(), value.clone())));
    }

    /// Forgets an object.
    pub fn remove(&mut self, kind: &str, id: &str) {
        if let Some(objects) = self.kinds.get_mut(kind) {
            objects.retain(|own, _| !own.eq_ignore_ascii_case(id));
        }
    }

    /// The facts of an object; ids compare without regard to case.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Facts> {
        let objects = self.kinds.get(kind)?;
        objects.get(id).or_else(|| objects.iter().find(|(own, _)| own.eq_ignore_ascii_case(id)).map(|(_, facts)| facts))
    }

    /// The name an object is known by.
    pub fn name(&self, kind: &str, id: &str) -> Option<&str> {
        let facts = self.get(kind, id)?;
        ["displayName", "name", "userPrincipalName", "label"].iter().find_map(|property| facts.get(*property)?.as_str())
    }

    /// All objects, sorted by kind and id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Facts)> {
        self.kinds
            .iter()
            .flat_map(|(kind, objects)| objects.iter().map(move |(id, facts)| (kind.as_str(), id.as_str(), facts)))
    }

    /// IDs in texts that were looked up and do not belong to an object. Where there is such a record, every other ID in
    /// a text that is not here either is unknown. None where nobody looked up what texts name.
    pub fn not_found(&self) -> Option<&BTreeSet<String>> {
        self.not_found.as_ref()
    }

    /// Records which IDs in texts were looked up and do not belong to an object.
    pub fn record_not_found(&mut self, ids: Option<BTreeSet<String>>) {
        self.not_found = ids;
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.kinds.values().all(BTreeMap::is_empty)
    }

    /// As JSON: `{kind: {id: facts}}`.
    pub fn to_value(&self) -> Value {
        let kinds = self.kinds.iter().map(|(kind, objects)| {
            let objects = objects.iter().map(|(id, facts)| (id.clone(), Value::Object(facts.clone()))).collect();
            (kind.clone(), Value::Object(objects))
        });
        Value::Object(kinds.collect())
    }

    /// From JSON as [`Directory::to_value`] gives it; what has another shape is left out.
    pub fn from_value(value: &Value) -> Self {
        let mut directory = Self::default();
        for (kind, objects) in value.as_object().into_iter().flatten() {
            for (id, facts) in objects.as_object().into_iter().flatten() {
                if let Value::Object(facts) = facts {
                    directory.insert(kind, id, facts.clone());
                }
            }
        }
        directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn goes_to_json_and_back() {
        let value = json!({"group": {"A1": {"displayName": "All laptops"}}});
        let directory = Directory::from_value(&value);
        assert_eq!(directory.name("group", "a1"), Some("All laptops"));
        assert_eq!(directory.to_value(), value);
    }
}
