//! What the references of two sides name, in words that are equal where the same object is meant: its name,
//! with its id where the name alone could mean two.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::pairing::PolicyPair;
use super::side::Side;
use crate::catalogue::Catalogue;
use crate::engine::shape::display_names;
use crate::engine::shape::display_names::of_directory;
use crate::policy::{Kept, ObjectKey, Policy};

pub(super) struct SideNames {
    /// What objects are called, per side.
    known: [HashMap<ObjectKey, String>; 2],
    /// What the left side's policies are on the right side.
    partners: HashMap<ObjectKey, String>,
    /// Names that two objects of a kind have.
    ambiguous: BTreeSet<(String, String)>,
    /// Whether an id means the same object on both sides.
    shared: bool,
}

impl SideNames {
    pub(super) fn new(left: &Side, right: &Side, pairs: &[PolicyPair]) -> Self {
        let known = [left, right].map(|side| {
            let directory =
                of_directory(&side.directory).map(|(kind, id, name)| (ObjectKey::new(kind, id), name.to_owned()));
            // Once a mapping was applied, a policy is referred to as what it became.
            let referred = |policy: &Kept| {
                let own = ObjectKey::new(&policy.type_name, policy.id()?);
                Some(side.mapped.get(&own).map(|id| ObjectKey::new(own.kind(), id)).unwrap_or(own))
            };
            let policies = side.policies.iter().filter_map(|policy| Some((referred(policy)?, policy.name())));
            directory.chain(policies).collect::<HashMap<ObjectKey, String>>()
        });
        let id = |policy: &Kept| policy.id().map(str::to_owned);
        let partners = pairs.iter().filter_map(|pair| Some((pair.left?, pair.right?))).filter_map(|(one, other)| {
            let (one, other) = (&left.policies[one], &right.policies[other]);
            Some((ObjectKey::new(&one.type_name, one.id()?), id(other)?))
        });
        let mut names = Self {
            partners: partners.collect(),
            shared: left.shares_references_with(right),
            ambiguous: BTreeSet::new(),
            known,
        };
        names.ambiguous = names.find_ambiguous();
        names
    }

    /// Names that mean two objects: on one side, or, where ids are shared, on both together.
    fn find_ambiguous(&self) -> BTreeSet<(String, String)> {
        let mut ids: BTreeMap<(usize, (String, String)), BTreeSet<&str>> = BTreeMap::new();
        for (side, known) in self.known.iter().enumerate() {
            for (object, name) in known {
                let same = self.shared && self.known[1].contains_key(object);
                let paired = side == 0 && self.partners.contains_key(object);
                // What is paired or known to the right side counts there.
                if side == 1 || !(same || paired) {
                    let side = if self.shared { 1 } else { side };
                    ids.entry((side, (object.kind().to_owned(), name.clone()))).or_default().insert(object.id());
                }
            }
        }
        ids.into_iter().filter(|(_, ids)| ids.len() > 1).map(|((_, name), _)| name).collect()
    }

    /// The document of a policy with its references in words.
    pub(super) fn spell_out(&self, policy: &Policy, right: bool, catalogue: &Catalogue) -> Value {
        let mut document = display_names::spell_out(policy, catalogue, |kind, id| self.label(right, kind, id));
        bind_lists(&mut document);
        document
    }

    fn label(&self, right: bool, kind: &str, id: &str) -> Option<String> {
        let own = ObjectKey::new(kind, id);
        let partner = self.partners.get(&own).filter(|_| !right).map(|id| ObjectKey::new(kind, id));
        let there = partner.or_else(|| (right || self.shared).then(|| own.clone()));
        let (object, name) = match there.and_then(|key| Some((key.clone(), self.known[1].get(&key)?))) {
            Some(found) => found,
            None => (own.clone(), self.known[usize::from(right)].get(&own)?),
        };
        let ambiguous = self.ambiguous.contains(&(object.kind().to_owned(), name.clone()));
        Some(if ambiguous { format!("{name} ({})", object.id()) } else { name.clone() })
    }
}

/// Links were sorted by ids, which say nothing now.
fn bind_lists(document: &mut Value) {
    for (name, list) in document.as_object_mut().into_iter().flatten() {
        if let (true, Value::Array(list)) = (name.ends_with("@odata.bind"), list) {
            list.sort_by_cached_key(ToString::to_string);
        }
    }
}
