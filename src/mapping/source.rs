//! What is rewritten: the policies of a tree with all that is known about them, and indices over them.

use std::collections::{HashMap, HashSet};

use super::file::{Decision, Entry, Mapping};
use super::kinds::{DIRECTORY_OBJECT, is_supported};
use crate::catalogue::{Catalogue, Form, Found, references};
use crate::policy::directory::HAS_MEMBERS;
use crate::policy::ids::ids;
use crate::policy::{Directory, Kept, Policy, TenantInfo};

/// Why nobody knows what an id in a text is, and what to do.
pub(super) const NOT_LOOKED_UP: &str = "no export looked up this ID in the source tenant, so it may belong to an object there; export again if you can, or decide the entry (keep, if the ID does not belong to an object)";

/// The policies that are rewritten.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The policy types.
    pub catalogue: &'a Catalogue,
    /// All policies of the tree, selected or not.
    pub policies: &'a [Kept],
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

impl<'a> Source<'a> {
    /// Policies as they are in the tenant that they come from, to be written into another one.
    pub fn new(
        catalogue: &'a Catalogue,
        policies: &'a [Kept],
        directory: &'a Directory,
        tenant: Option<&'a TenantInfo>,
    ) -> Self {
        Self {
            catalogue,
            policies,
            directory,
            tenant,
            already_rewritten: false,
            ignore_assignments: false,
            same_tenant: false,
        }
    }
}

/// A source with a mapping, indexed.
pub(super) struct Context<'a> {
    pub(super) source: Source<'a>,
    pub(super) mapping: Option<&'a Mapping>,
    entries: HashMap<(&'a str, String), &'a Entry>,
    targets: HashSet<(&'a str, String)>,
    policies: HashMap<(&'a str, String), &'a Kept>,
    constants: HashSet<String>,
    /// Kind and id of every object whose id is a GUID, by the GUID.
    known: HashMap<String, (String, String)>,
    /// By kind, ids of the groups and users of each name; none where several have it.
    names: HashMap<String, HashMap<String, Option<String>>>,
    /// Ids that a text may name although they are not known: all others are strangers. None where nobody looked up what
    /// texts name, so that every id is nobody's until something says whose it is.
    unowned: Option<HashSet<String>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(source: &Source<'a>, mapping: Option<&'a Mapping>) -> Self {
        let list = mapping.map_or(&[][..], |mapping| &mapping.entries);
        let entries = list.iter().map(|entry| ((entry.kind.as_str(), lower(entry.source_id())), entry)).collect();
        let there = |entry: &'a Entry| Some((entry.kind.as_str(), lower(entry.object_id()?)));
        let targets = list.iter().filter_map(there).collect();
        let mut policies = HashMap::new();
        for policy in source.policies {
            if let Some(id) = policy.id() {
                policies.entry((policy.type_name.as_str(), lower(id))).or_insert(policy);
            }
        }
        let constants = source.catalogue.shared.constant_ids.iter().map(|id| lower(id)).collect();
        let mut context = Self {
            source: *source,
            mapping,
            entries,
            targets,
            policies,
            constants,
            known: HashMap::new(),
            names: HashMap::new(),
            unowned: None,
        };
        context.learn();
        if let Some(not_found) = source.directory.not_found().filter(|_| !source.same_tenant) {
            let mut unowned: HashSet<String> = not_found.iter().cloned().collect();
            unowned.extend(known_sids(source, mapping));
            unowned.extend(context.tenants());
            context.unowned = Some(unowned);
        }
        context
    }

    /// The same for documents of which no export looked up what their texts name.
    pub(super) fn without_strangers(self) -> Self {
        Self { unowned: None, ..self }
    }

    /// Whether every id in a text has to be known.
    pub(super) fn has_strangers(&self) -> bool {
        self.unowned.is_some()
    }

    /// Whether nobody looked up an id that is not known otherwise, so that it may be an object's of the source.
    pub(super) fn is_stranger(&self, id: &str) -> bool {
        self.unowned.as_ref().is_some_and(|unowned| !unowned.contains(id))
    }

    /// Fills the indices over everything that is known of the source: what the mapping says comes first.
    fn learn(&mut self) {
        // The tenant's own id is for text pairs, although some objects are called by it.
        let tenant = self.source.tenant.and_then(|tenant| tenant.id.as_deref()).map(lower);
        let of_mapping = self
            .mapping
            .into_iter()
            .flat_map(|mapping| &mapping.entries)
            .map(|entry| (entry.kind.as_str(), entry.source_id(), entry.source.name.as_deref()));
        let of_directory =
            self.source.directory.iter().map(|(kind, id, _)| (kind, id, self.source.directory.name(kind, id)));
        let supported = of_directory.filter(|(kind, ..)| is_supported(kind, self.source.catalogue));
        let of_tree =
            self.source.policies.iter().filter_map(|policy| Some((policy.type_name.as_str(), policy.id()?, None)));
        for (kind, id, name) in of_mapping.chain(of_tree).chain(supported) {
            if !self.constants.contains(&lower(id)) {
                for found in ids(id).into_iter().filter(|found| tenant.as_ref() != Some(&found.id)) {
                    self.known.entry(found.id).or_insert_with(|| (kind.to_owned(), id.to_owned()));
                }
            }
            if let Some(name) = name {
                self.names
                    .entry(kind.to_owned())
                    .or_default()
                    .entry(name.to_owned())
                    .and_modify(|known| *known = known.take().filter(|known| known.eq_ignore_ascii_case(id)))
                    .or_insert_with(|| Some(id.to_owned()));
            }
        }
    }

    /// The references of a policy. What a text names is what it is, whatever the rule of the place expects there: the
    /// security identifiers of a user and of a role look the same.
    pub(super) fn references(&self, policy: &Policy) -> Vec<Found> {
        let catalogue = self.source.catalogue;
        let mut list = references(policy, catalogue);
        for found in list.iter_mut().filter(|found| !found.rule.form.is_whole()) {
            let by_ids = catalogue.directory_kind(&found.kind).is_some_and(|kind| !kind.by_ids.is_empty());
            let is_known = self.entry(&found.kind, &found.id).is_some()
                || self.source.directory.get(&found.kind, &found.id).is_some();
            if !by_ids || is_known {
                continue;
            }
            match self.known(&lower(&found.id)) {
                Some((kind, id)) => (found.kind, found.id) = (kind, id),
                None if found.rule.form == Form::Account => DIRECTORY_OBJECT.clone_into(&mut found.kind),
                None => {}
            }
        }
        list
    }

    /// Tenants that a policy may name as its own: the source, which is reported separately, the target, and those that a text
    /// pair puts in.
    pub(super) fn tenants(&self) -> HashSet<String> {
        let source = self.source.tenant.and_then(|tenant| tenant.id.as_deref());
        let of_mapping = self.mapping.into_iter().flat_map(|mapping| {
            let sides = [&mapping.source, &mapping.target].into_iter().filter_map(|side| side.tenant_id.as_deref());
            sides.chain(mapping.text.iter().filter_map(|pair| pair.replace.as_deref()))
        });
        let ids = source.into_iter().chain(of_mapping).flat_map(ids).map(|found| found.id);
        ids.chain(self.constants.iter().cloned()).collect()
    }

    /// Kind and id of the object that a GUID belongs to.
    pub(super) fn known(&self, guid: &str) -> Option<(String, String)> {
        self.known.get(guid).cloned()
    }

    /// The GUIDs of everything that is known of the source.
    pub(super) fn known_ids(&self) -> HashSet<String> {
        self.known.keys().cloned().collect()
    }

    /// The id of the only object of a kind that has this name.
    pub(super) fn by_name(&self, kind: &str, name: &str) -> Option<&str> {
        self.names.get(kind)?.get(name)?.as_deref()
    }

    /// The mapping's entry for an id.
    pub(super) fn entry(&self, kind: &str, id: &str) -> Option<&'a Entry> {
        self.entries.get(&(kind, lower(id))).copied()
    }

    /// Whether an entry of this kind maps to the id.
    pub(super) fn is_target(&self, kind: &str, id: &str) -> bool {
        self.targets.contains(&(kind, lower(id)))
    }

    /// The entry whose object is there, by its id in the target, but counts as one that is still to be made: nobody
    /// is in it.
    pub(super) fn empty_target(&self, kind: &str, id: &str) -> Option<&'a Entry> {
        let own = |entry: &&Entry| entry.kind == kind && entry.decision == Decision::Create;
        let entries = self.mapping.map_or(&[][..], |mapping| &mapping.entries);
        let is_it = |entry: &&Entry| entry.object_id().is_some_and(|target| target.eq_ignore_ascii_case(id));
        entries.iter().filter(|_| self.source.already_rewritten).filter(own).find(is_it)
    }

    /// The policy of this type and id.
    pub(super) fn policy(&self, kind: &str, id: &str) -> Option<&'a Kept> {
        self.policies.get(&(kind, lower(id))).copied()
    }

    /// Whether the id is Microsoft's own.
    pub(super) fn is_constant(&self, id: &str) -> bool {
        self.constants.contains(&lower(id))
    }

    /// The name an object is known by, from mapping or directory.
    pub(super) fn name(&self, kind: &str, id: &str) -> Option<String> {
        let of_entry = || self.entry(kind, id).and_then(|entry| entry.source.name.clone());
        let of_policy = || self.policy(kind, id).map(Kept::name);
        self.source.directory.name(kind, id).map(str::to_owned).or_else(of_entry).or_else(of_policy)
    }

    /// How messages name an object.
    pub(super) fn describe(&self, kind: &str, id: &str) -> String {
        match self.name(kind, id) {
            Some(name) => format!("{kind} `{name}` ({id})"),
            None => format!("{kind} {id}"),
        }
    }

    /// Whether the export saw that nobody was in a group of the source.
    pub(super) fn was_empty(&self, kind: &str, id: &str) -> bool {
        let seen = self.source.directory.get(kind, id).and_then(|facts| facts.get(HAS_MEMBERS));
        seen.and_then(serde_json::Value::as_bool) == Some(false)
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

/// Ids of which a security identifier may stand in the target: what is the same everywhere, what the mapping keeps or
/// leads to, and what its text pairs put in.
pub(super) fn known_sids(source: &Source<'_>, mapping: Option<&Mapping>) -> HashSet<String> {
    let entries = mapping.map_or(&[][..], |mapping| &mapping.entries);
    let kept = entries.iter().filter(|entry| entry.decision == Decision::Keep).map(Entry::source_id);
    let targets = entries.iter().filter_map(Entry::object_id);
    let constants = source.catalogue.shared.constant_ids.iter().map(String::as_str);
    let pairs = mapping.into_iter().flat_map(|mapping| &mapping.text);
    let put_in = pairs.filter_map(|pair| pair.replace.as_deref());
    kept.chain(targets).chain(constants).chain(put_in).flat_map(ids).map(|found| found.id).collect()
}
