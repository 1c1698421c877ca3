//! Holds what narrows the policies against what it becomes in the target: does a filter, a group, a named location or
//! an authentication strength let no more through there than in the source? What that means for a policy is
//! `decide`'s.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::catalogue::meaning::{Otherwise, otherwise};
use crate::catalogue::{Catalogue, Found, references};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::directory_lookup;
use crate::finding::{Finding, codes};
use crate::graph::GraphError;
use crate::mapping::{Decision, Entry, Inventory, Mapping, Source, rewrite_beside};
use crate::policy::{Kept, ObjectKey, Policy};
use crate::tree::Tree;

/// The objects of some references by which a policy is narrowed, by kind and id.
pub(crate) fn narrowing(
    catalogue: &Catalogue,
    found: &[Found],
    with_assignments: bool,
) -> impl Iterator<Item = ObjectKey> {
    found
        .iter()
        .filter(|found| found.rule.narrows && found.rule.form.is_whole())
        .filter(move |found| with_assignments || !found.in_assignments())
        .filter(|found| !catalogue.meanings(&found.kind).is_empty())
        .map(Found::target)
}

/// So many objects are named in one message.
const NAMED: usize = 5;

/// Objects that may let more through in the target than in the source, and how, by kind and id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loosened {
    differing: BTreeMap<ObjectKey, String>,
    /// The names of those that could not be compared, by kind.
    unknown: BTreeMap<String, BTreeSet<String>>,
}

impl Loosened {
    /// Compares what the mapping says is the same. `narrowing` are the objects that count, `inventory` what was read of
    /// the target so far.
    pub(crate) async fn of_mapping(
        tenant: Tenant<'_>,
        mapping: &Mapping,
        tree: &Tree,
        narrowing: &BTreeSet<ObjectKey>,
        inventory: &Inventory,
    ) -> Result<Self, GraphError> {
        // A rewritten tree names the target's objects.
        let counts = |entry: &&Entry| {
            let ids = [Some(entry.source_id()), entry.target_id()].into_iter().flatten();
            ids.map(|id| ObjectKey::new(&entry.kind, id)).any(|own| narrowing.contains(&own))
        };
        let entries =
            mapping.entries.iter().filter(|entry| entry.decision == Decision::Map && !entry.allows_different());
        let entries: Vec<(&Entry, &str)> =
            entries.filter(counts).filter_map(|entry| Some((entry, entry.target_id()?))).collect();
        // Of what was looked for by its name, no more than that is known.
        let known = |kind: &str, id: &str| inventory.by_id(kind, id).filter(|facts| facts.len() > 2);
        let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (entry, id) in entries.iter().filter(|(entry, id)| known(&entry.kind, id).is_none()) {
            open.entry(entry.kind.clone()).or_default().insert((*id).to_owned());
        }
        let looked_up = directory_lookup::look_up(tenant, &open).await?;
        let source = Source::new(tenant.catalogue, &tree.policies, &tree.directory, tree.manifest.tenant.as_ref());
        let documents: Vec<Option<Policy>> = entries.iter().map(|(entry, _)| of_source(tree, entry)).collect();
        let present: Vec<Policy> = documents.iter().flatten().cloned().collect();
        let mut translated =
            rewrite_beside(&source, Some(mapping), &present).into_iter().map(|one| one.policy.open().body);
        let mut loosened = Self::default();
        for ((entry, id), document) in entries.iter().zip(&documents) {
            let wanted = document.as_ref().and_then(|_| translated.next());
            let found = known(&entry.kind, id).or_else(|| looked_up.get(&entry.kind, id));
            let found = found.filter(|facts| !facts.contains_key("state"));
            let name = entry.source.name.as_deref().unwrap_or(entry.source_id());
            if let Some(why) = why(tenant.catalogue, &entry.kind, name, wanted.as_ref(), found) {
                loosened.differing.insert(ObjectKey::new(&entry.kind, entry.source_id()), why.clone());
                loosened.differing.insert(ObjectKey::new(&entry.kind, id), why);
            } else if wanted.is_none() || found.is_none() {
                loosened.unknown.entry(entry.kind.clone()).or_default().insert(name.to_owned());
            }
        }
        Ok(loosened)
    }

    /// What could not be compared: nothing is held because of it, and nobody should take it for equal.
    pub(crate) fn not_compared(&self) -> Vec<Finding> {
        let tell = |(kind, names): (&String, &BTreeSet<String>)| {
            let some: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            let rest = names.len() - some.len();
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let message = format!(
                "it is unknown whether the target's lets more through, because one side is not known: {}{rest}",
                some.join(", ")
            );
            Finding::new(&codes::NOT_COMPARED, kind, message)
                .fix("Compare what they say in both tenants, or export the source again and run plan again.")
        };
        self.unknown.iter().map(tell).collect()
    }

    /// Compares a policy of the tree, with the target's ids, with the target's object that takes its place as it is.
    pub(crate) fn add(&mut self, catalogue: &Catalogue, wanted: &Policy, found: &Policy) {
        let kind = &wanted.type_name;
        if let Some(why) = why(catalogue, kind, &wanted.name(), Some(&wanted.body), Some(&found.body)) {
            self.differing.insert(ObjectKey::new(kind, &wanted.key()), why);
        }
    }

    /// The run brings this object into the tree's form: it narrows as much as the tree's does.
    pub(crate) fn forget(&mut self, kind: &str, ids: [Option<&str>; 2]) {
        for id in ids.into_iter().flatten() {
            self.differing.remove(&ObjectKey::new(kind, id));
        }
    }

    /// What of the things that narrow a policy does so less in the target: inside its assignments, or outside.
    pub(crate) fn of(&self, policy: &Policy, catalogue: &Catalogue, in_assignments: bool) -> Vec<Finding> {
        if self.differing.is_empty() {
            return Vec::new();
        }
        let found = references(policy, catalogue).into_iter();
        found
            .filter(|found| found.rule.narrows && found.in_assignments() == in_assignments)
            .filter_map(|found| {
                let why = self.differing.get(&found.target())?;
                Some(Finding::new(&codes::NARROWING_DIFFERS, policy.subject(), why.clone()).at(found.pointer))
            })
            .collect()
    }
}

/// What the tree knows of the source's object.
fn of_source(tree: &Tree, entry: &Entry) -> Option<Policy> {
    let is_it = |policy: &&Kept| {
        policy.type_name == entry.kind && policy.id().is_some_and(|id| id.eq_ignore_ascii_case(entry.source_id()))
    };
    let of_directory = || {
        let facts = tree.directory.get(&entry.kind, entry.source_id())?;
        (!facts.contains_key("state")).then(|| Policy::new(&entry.kind, facts.clone()))
    };
    tree.policies.iter().find(is_it).map(Kept::open).or_else(of_directory)
}

/// How the target's object may let more through; none where it does not. What is not known says nothing.
fn why(
    catalogue: &Catalogue,
    kind: &str,
    name: &str,
    wanted: Option<&Map<String, Value>>,
    found: Option<&Map<String, Value>>,
) -> Option<String> {
    let nothing = Map::new();
    let meanings = catalogue.meanings(kind);
    if let (None, None, Some(policy_type)) = (wanted, found, catalogue.get(kind)) {
        let message = format!("the definition of {kind} `{name}` is known for neither tenant");
        return (!policy_type.meaning.is_empty()).then_some(message);
    }
    let differences = otherwise(meanings, wanted.unwrap_or(&nothing), found.unwrap_or(&nothing));
    if differences.is_empty() {
        return None;
    }
    let side = |known: bool, text: &str| if known { format!("`{text}`") } else { String::from("not known") };
    let one = |one: Otherwise| {
        let (source, target) = (side(wanted.is_some(), &one.source), side(found.is_some(), &one.target));
        format!("its {} is {source} in the source and {target} in the target", one.at)
    };
    let list = differences.into_iter().map(one).collect::<Vec<_>>().join("; ");
    Some(format!("{kind} `{name}` is defined differently in the target: {list}"))
}
