//! Which object is meant: its kind and its id or key, by which it is found in lists, mappings and journals. Pure.

use std::fmt;

use super::called::Called;

/// A policy type or a directory kind, and the id of one of its objects, or the key of a policy that has no id. Ids are
/// compared without regard to case, as GUIDs are: two keys of one object are equal however the id is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    kind: String,
    id: String,
}

impl ObjectKey {
    /// The object of a kind that has this id.
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_ascii_lowercase() }
    }

    /// A policy, by its type and its [`super::Policy::key`].
    pub fn of(policy: &impl Called) -> Self {
        Self::new(policy.own_type(), &policy.own_key())
    }

    /// The policy type or directory kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The id, in lower case.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// How findings name an object: `type/name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The policy type or directory kind.
    pub kind: &'a str,
    /// What it is called, or its key where nothing is known of its name.
    pub name: &'a str,
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;
    use proptest::prelude::*;
    use serde_json::Map;

    #[test]
    fn a_policy_is_known_by_its_type_and_id_or_file() {
        let mut body = Map::new();
        body.insert(String::from("id"), "AB".into());
        let policy = Policy::new("apps", body);
        assert_eq!(ObjectKey::of(&policy), ObjectKey::new("apps", "ab"));
        assert_ne!(ObjectKey::of(&policy), ObjectKey::new("ebooks", "ab"));
        assert_eq!(Subject { kind: "apps", name: "Field" }.to_string(), "apps/Field");
    }

    proptest! {
        #[test]
        fn the_case_of_an_id_means_nothing(kind in "[a-z-]{1,12}", id in "[A-Za-z0-9-]{0,40}") {
            let key = ObjectKey::new(&kind, &id);
            prop_assert_eq!(&key, &ObjectKey::new(&kind, &id.to_ascii_uppercase()));
            prop_assert_eq!(&key, &ObjectKey::new(key.kind(), key.id()));
        }
    }
}
