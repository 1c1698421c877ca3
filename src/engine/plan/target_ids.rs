//! The target's ids as they become known: of policies that were matched or created, and of groups that
//! the import makes. Putting them into a policy is the mapping's work.

use crate::policy::ObjectKey;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::mapping::{Await, Need, Resolved, Rewritten, resolve};

/// What is known of the target's ids, by kind and source id or key.
#[derive(Debug, Clone, Default)]
pub struct TargetIds {
    ids: BTreeMap<ObjectKey, String>,
}

/// What one source object is in the target, as a journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownId {
    /// A policy type, or a directory kind.
    pub kind: String,
    /// The source id or key, in small letters.
    pub source: String,
    /// The target's id.
    pub target: String,
}

impl TargetIds {
    /// All that is known.
    pub fn to_list(&self) -> Vec<KnownId> {
        let known = self.ids.iter();
        known
            .map(|(source, target)| KnownId {
                kind: source.kind().to_owned(),
                source: source.id().to_owned(),
                target: target.clone(),
            })
            .collect()
    }

    /// What a list says.
    pub fn from_list(list: &[KnownId]) -> Self {
        let mut ids = Self::default();
        for known in list {
            ids.insert(&known.kind, &known.source, &known.target);
        }
        ids
    }

    /// Remembers the target's id of a source object.
    pub fn insert(&mut self, kind: &str, source: &str, target: &str) {
        self.ids.insert(ObjectKey::new(kind, source), target.to_owned());
    }

    /// The target's id of what a place waits for.
    pub fn of(&self, place: &Await) -> Option<&str> {
        let (kind, source) = identity(place);
        self.get(kind, source)
    }

    /// The target's id of a source object.
    pub fn get(&self, kind: &str, source: &str) -> Option<&str> {
        self.ids.get(&ObjectKey::new(kind, source)).map(String::as_str)
    }

    /// Whether this is the target's id of something.
    pub fn leads_to(&self, id: &str) -> bool {
        self.ids.values().any(|target| target.eq_ignore_ascii_case(id))
    }

    /// The policy with every known id put in, and what is left.
    pub fn apply(&self, rewritten: &Rewritten, catalogue: &Catalogue) -> Resolved {
        resolve(rewritten, catalogue, &|place| self.of(place).map(str::to_owned))
    }
}

/// Kind and source id, or key, of what a place waits for.
pub fn identity(place: &Await) -> (&str, &str) {
    match &place.needs {
        Need::Policy { type_name, key } => (type_name, key),
        Need::Create { kind, source_id } => (kind, source_id),
        Need::TargetName { kind, name } => (kind, name),
    }
}
