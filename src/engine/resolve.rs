//! Puts the target's ids where a policy still holds the source's: references to policies of the same
//! tree, and to objects that the import creates. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalogue::references::with_id;
use crate::mapping::{Await, Need};
use crate::policy::Policy;

/// What is known of the target's ids, by kind and source id or key.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    ids: BTreeMap<(String, String), String>,
}

impl Resolved {
    /// Remembers the target's id of a source object.
    pub fn insert(&mut self, kind: &str, source: &str, target: &str) {
        self.ids.insert((kind.to_owned(), source.to_ascii_lowercase()), target.to_owned());
    }

    /// The target's id of a source object.
    pub fn get(&self, kind: &str, source: &str) -> Option<&str> {
        self.ids.get(&(kind.to_owned(), source.to_ascii_lowercase())).map(String::as_str)
    }

    /// The policy with every known id put in, and the kind and id of what is not known yet.
    pub fn apply(&self, policy: &Policy, awaits: &[Await]) -> (Policy, Vec<(String, String)>) {
        let mut document = policy.to_value();
        let mut missing = Vec::new();
        for wanted in awaits {
            let (kind, source) = identity(wanted);
            let Some(target) = self.get(kind, source) else {
                missing.push((kind.to_owned(), source.to_owned()));
                continue;
            };
            if let Some(Value::String(text)) = document.pointer_mut(&wanted.pointer) {
                *text = with_id(text, wanted.form, target);
            }
        }
        let Value::Object(body) = document else { return (policy.clone(), missing) };
        (Policy { body, ..policy.clone() }, missing)
    }
}

/// Kind and source id, or key, of what a place waits for.
pub fn identity(wanted: &Await) -> (&str, &str) {
    match &wanted.needs {
        Need::Policy { type_name, key } => (type_name, key),
        Need::Create { kind, source_id } => (kind, source_id),
        Need::TargetName { kind, name } => (kind, name),
    }
}
