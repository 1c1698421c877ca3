//! What objects are called, in words that mean one object: its name, with its id where two have the name. For
//! people; nothing is decided by it.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::catalogue::id_form::with_id;
use crate::catalogue::references::references;
use crate::policy::{Directory, Kept, ObjectKey, Policy};

/// What objects are called.
#[derive(Debug, Clone, Default)]
pub struct Names {
    known: HashMap<ObjectKey, String>,
    /// Kinds with names that two of their objects have.
    ambiguous: BTreeSet<(String, String)>,
}

impl Names {
    /// From objects by kind, id and name; of an object that is named twice, the first name counts.
    pub fn new<'a>(objects: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let mut known: HashMap<ObjectKey, String> = HashMap::new();
        let mut owners: BTreeSet<(String, String)> = BTreeSet::new();
        let mut ambiguous = BTreeSet::new();
        for (kind, id, name) in objects {
            let key = ObjectKey::new(kind, id);
            if known.contains_key(&key) {
                continue;
            }
            let named = (kind.to_owned(), name.to_owned());
            if !owners.insert(named.clone()) {
                ambiguous.insert(named);
            }
            known.insert(key, name.to_owned());
        }
        Self { known, ambiguous }
    }

    /// What a directory and policies tell.
    pub fn of_tree(directory: &Directory, policies: &[Kept]) -> Self {
        let policies: Vec<(&str, &str, String)> =
            policies.iter().filter_map(|own| Some((own.type_name.as_str(), own.id()?, own.name()))).collect();
        let policies = policies.iter().map(|(kind, id, name)| (*kind, *id, name.as_str()));
        Self::new(of_directory(directory).chain(policies))
    }

    /// An object's name, and whether others of its kind have the same.
    pub fn plain(&self, kind: &str, id: &str) -> Option<(&str, bool)> {
        let name = self.known.get(&ObjectKey::new(kind, id))?;
        Some((name, self.ambiguous.contains(&(kind.to_owned(), name.clone()))))
    }

    /// What an object is called; none where nobody knows.
    pub fn of(&self, kind: &str, id: &str) -> Option<String> {
        let (name, ambiguous) = self.plain(kind, id)?;
        Some(if ambiguous { format!("{name} ({id})") } else { name.to_owned() })
    }

    /// The policy with its references in words: for reading, never for sending.
    pub fn spelled(&self, policy: &Policy, catalogue: &Catalogue) -> Policy {
        match spell_out(policy, catalogue, |kind, id| self.of(kind, id)) {
            Value::Object(body) => Policy { type_name: policy.type_name.clone(), body, file: policy.file.clone() },
            _ => policy.clone(),
        }
    }
}

/// The names that a directory has.
pub fn of_directory(directory: &Directory) -> impl Iterator<Item = (&str, &str, &str)> {
    directory.iter().filter_map(|(kind, id, _)| Some((kind, id, directory.name(kind, id)?)))
}

/// The document of a policy with its references in the words that `called` has for them.
pub fn spell_out(policy: &Policy, catalogue: &Catalogue, called: impl Fn(&str, &str) -> Option<String>) -> Value {
    let mut document = policy.to_value();
    for found in references(policy, catalogue) {
        let Some(name) = called(&found.kind, &found.id) else { continue };
        if let Some(Value::String(text)) = document.pointer_mut(&found.pointer) {
            *text = with_id(text, found.rule.form, &found.id, &name);
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_objects_have_comes_with_the_id() {
        let names = Names::new([
            ("group", "A1", "Pilot"),
            ("group", "b2", "Sales"),
            ("group", "c3", "Pilot"),
            ("group", "b2", "Sales of old"),
            ("user", "d4", "Sales"),
        ]);
        assert_eq!(names.of("group", "a1").as_deref(), Some("Pilot (a1)"));
        assert_eq!(names.of("group", "B2").as_deref(), Some("Sales"));
        assert_eq!(names.of("user", "d4").as_deref(), Some("Sales"));
        assert_eq!(names.of("user", "b2"), None);
    }
}
