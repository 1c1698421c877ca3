//! What a plan is about: the policies that take part, what the target's lists have, and what was asked for. Nothing of it
//! changes while the plan is made.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::PlanInputs;
use super::selection::Chosen;
use super::target_ids::identity;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::tenant::inventory::Listed;
use crate::finding::Finding;
use crate::graph::GraphError;
use crate::mapping::{Mapping, Rewritten};
use crate::policy::{Kept, ObjectKey};

/// What a plan is about. A policy's place is its place in `chosen`, and in all that is said policy by policy.
pub(crate) struct Scope<'a> {
    pub(crate) inputs: PlanInputs<'a>,
    /// The mapping as it was held against the target.
    pub(crate) mapping: Option<&'a Mapping>,
    /// Objects of the target are matched by the ids of the tree: it is their tenant.
    pub(crate) match_by_id: bool,
    /// The policies that take part, as the tree has them.
    pub(crate) chosen: &'a [Chosen<'a>],
    /// The same with the mapping applied.
    pub(crate) rewritten: &'a [Rewritten],
    /// The target's objects of their types.
    pub(crate) listed: &'a Listed,
    /// Why the object that the mapping says a policy is cannot be found.
    pub(crate) lost: &'a BTreeMap<ObjectKey, Finding>,
}

impl<'a> Scope<'a> {
    pub(crate) fn catalogue(&self) -> &'a Catalogue {
        self.inputs.tenant.catalogue
    }

    pub(crate) fn policy_type(&self, place: usize) -> Option<&'a PolicyType> {
        self.catalogue().get(&self.rewritten.get(place)?.policy.type_name)
    }

    /// Why the target's objects of a type cannot be read.
    pub(crate) fn unread(&self, type_name: &str) -> Option<&'a GraphError> {
        self.listed.get(type_name)?.as_ref().err()
    }

    /// What the service makes together with a policy, which comes after it, and may be there all the same.
    pub(crate) fn made_with(&self, place: usize) -> Vec<usize> {
        let awaits = self.rewritten[place].awaits.iter().filter(|place| place.made_with.is_some());
        let named: BTreeSet<ObjectKey> = awaits.map(identity).map(|(kind, key)| ObjectKey::new(kind, key)).collect();
        let is_named = |policy: &Kept| named.contains(&ObjectKey::of(policy));
        if named.is_empty() {
            return Vec::new();
        }
        (0..self.rewritten.len()).filter(|other| is_named(&self.rewritten[*other].policy)).collect()
    }

    /// The name of an object, of the target or of the source, as far as it is known.
    pub(crate) fn name_of(&self, kind: &str, id: &str) -> Option<String> {
        let is_it = |policy: &&Kept| policy.id().is_some_and(|own| own.eq_ignore_ascii_case(id));
        let listed = || self.listed.get(kind)?.as_ref().ok()?.iter().find(is_it).map(Kept::name);
        let source = || self.inputs.tree.directory.name(kind, id).map(str::to_owned);
        let in_tree =
            || self.inputs.tree.policies.iter().find(|own| own.type_name == kind && is_it(own)).map(Kept::name);
        mapped_name(self.mapping, kind, id).or_else(listed).or_else(source).or_else(in_tree)
    }
}

/// What the mapping calls an object of the target.
pub(crate) fn mapped_name(mapping: Option<&Mapping>, kind: &str, id: &str) -> Option<String> {
    let entries = mapping.into_iter().flat_map(|mapping| &mapping.entries).filter(|entry| entry.kind == kind);
    let same = |own: Option<&str>| own.is_some_and(|own| own.eq_ignore_ascii_case(id));
    let mut named = entries.filter_map(|entry| {
        let (target, source) = (entry.target.as_ref(), Some(&entry.source));
        [target, source].into_iter().flatten().find(|named| same(named.id.as_deref()))?.name.clone()
    });
    named.next()
}
