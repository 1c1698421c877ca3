//! What is rewritten: the policies of a tree with all that is known about them, and indices over them.

use std::collections::{HashMap, HashSet};

use super::file::{Decision, Entry, Mapping};
use crate::catalogue::Catalogue;
use crate::policy::{Directory, Policy, TenantInfo};

/// The policies that are rewritten.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The policy types.
    pub catalogue: &'a Catalogue,
    /// All policies of the tree, selected or not.
    pub policies: &'a [Policy],
    /// Referenced objects that are not in the tree.
    pub directory: &'a Directory,
    /// The tenant the policies come from, where it is known.
    pub tenant: Option<&'a TenantInfo>,
    /// The tree was rewritten before: an id that is an entry's target is right as it stands, and texts
    /// are not replaced a second time.
    pub already_rewritten: bool,
    /// Assignments are not written: they stay as they are, and what only they use blocks nothing.
    pub ignore_assignments: bool,
    /// The target is the source tenant: ids of what is not in the tree stay as they are.
    pub same_tenant: bool,
}

/// A source with a mapping, indexed.
pub(super) struct Context<'a> {
    pub(super) source: Source<'a>,
    pub(super) mapping: Option<&'a Mapping>,
    entries: HashMap<(&'a str, String), &'a Entry>,
    targets: HashSet<(&'a str, String)>,
    policies: HashMap<(&'a str, String), &'a Policy>,
    constants: HashSet<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(source: &Source<'a>, mapping: Option<&'a Mapping>) -> Self {
        let list = mapping.map_or(&[][..], |mapping| &mapping.entries);
        let entries = list.iter().map(|entry| ((entry.kind.as_str(), lower(entry.source_id())), entry)).collect();
        let targets = list.iter().filter_map(|entry| Some((entry.kind.as_str(), lower(entry.target_id()?)))).collect();
        let mut policies = HashMap::new();
        for policy in source.policies {
            if let Some(id) = policy.id() {
                policies.entry((policy.type_name.as_str(), lower(id))).or_insert(policy);
            }
        }
        let constants = source.catalogue.shared.constant_ids.iter().map(|id| lower(id)).collect();
        Self { source: *source, mapping, entries, targets, policies, constants }
    }

    /// The mapping's entry for an id.
    pub(super) fn entry(&self, kind: &str, id: &str) -> Option<&'a Entry> {
        self.entries.get(&(kind, lower(id))).copied()
    }

    /// Whether an entry of this kind maps to the id.
    pub(super) fn is_target(&self, kind: &str, id: &str) -> bool {
        self.targets.contains(&(kind, lower(id)))
    }

    /// The policy of this type and id.
    pub(super) fn policy(&self, kind: &str, id: &str) -> Option<&'a Policy> {
        self.policies.get(&(kind, lower(id))).copied()
    }

    /// Whether the id is Microsoft's own.
    pub(super) fn is_constant(&self, id: &str) -> bool {
        self.constants.contains(&lower(id))
    }

    /// The name an object is known by, from mapping or directory.
    pub(super) fn name(&self, kind: &str, id: &str) -> Option<String> {
        let of_entry = || self.entry(kind, id).and_then(|entry| entry.source.name.clone());
        let of_policy = || self.policy(kind, id).map(Policy::name);
        self.source.directory.name(kind, id).map(str::to_owned).or_else(of_entry).or_else(of_policy)
    }

    /// How messages name an object.
    pub(super) fn describe(&self, kind: &str, id: &str) -> String {
        match self.name(kind, id) {
            Some(name) => format!("{kind} `{name}` ({id})"),
            None => format!("{kind} {id}"),
        }
    }

    /// Whether something in the mapping says that this id, of whatever kind, may stay.
    pub(super) fn is_kept(&self, id: &str) -> bool {
        let entries = self.mapping.map_or(&[][..], |mapping| &mapping.entries);
        entries.iter().any(|entry| entry.decision == Decision::Keep && entry.source_id().eq_ignore_ascii_case(id))
    }
}

/// Ids compare without regard to case.
pub(super) fn lower(id: &str) -> String {
    id.to_ascii_lowercase()
}
