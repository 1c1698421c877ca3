//! One side of a comparison: policies with what is known of who looked for what.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, Selection};
use crate::finding::{Finding, Severity};
use crate::mapping::Mapping;
use crate::policy::{Directory, Kept, ObjectKey, TenantInfo};
use crate::tree::{Snapshot, Tree, TypeRead};

/// One side.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// What it is called in messages.
    pub label: String,
    /// Its policies, sorted by type.
    pub policies: Vec<Kept>,
    /// What is known of what they refer to.
    pub directory: Directory,
    /// The tenant whose ids the policies have.
    pub tenant: Option<TenantInfo>,
    /// The tenant whose ids stand in their references.
    pub refers_to: Option<TenantInfo>,
    /// Per type that was looked at: why its list may not be whole.
    pub types: BTreeMap<String, Option<String>>,
    /// What was looked for.
    pub selection: Selection,
    /// What single policies are on the other side, by type and id, because a mapping says so.
    pub mapped: BTreeMap<ObjectKey, String>,
    /// What policies were made of, in words, by their type and ID.
    pub made_of: BTreeMap<String, String>,
}

impl Side {
    /// A tree as a side. `selection` is what its manifest says was exported.
    pub fn of_tree(label: String, tree: Tree, selection: Selection) -> Self {
        let Tree { manifest, directory, policies, findings, origins, .. } = tree;
        let mut types: BTreeMap<String, Option<String>> = BTreeMap::new();
        for policy in &policies {
            // What people put there by hand is all there is of its type.
            types.entry(policy.type_name.clone()).or_default();
        }
        for (name, status) in manifest.types {
            let why = || status.reason.clone().unwrap_or_else(|| String::from("was not read completely"));
            let unknown = status.may_lack();
            types.insert(name, unknown.then(why));
        }
        for name in damaged(&findings) {
            types.insert(name, Some(String::from("has files that cannot be read")));
        }
        let refers_to = manifest.rewritten_for.or_else(|| manifest.tenant.clone());
        Self::sorted(Self {
            label,
            policies,
            directory,
            tenant: manifest.tenant,
            refers_to,
            types,
            selection,
            made_of: origins.by_policy().into_iter().map(|(key, words)| (key.to_owned(), words)).collect(),
            ..Self::default()
        })
    }

    /// What was read from a tenant as a side.
    pub fn of_tenant(label: String, snapshot: Snapshot) -> Self {
        let Snapshot { tenant, types, policies, directory, selection, .. } = snapshot;
        let why = |read| match read {
            TypeRead::Complete => None,
            TypeRead::Failed(why) => Some(format!("could not read them: {why}")),
            TypeRead::NotRead(why) => Some(format!("did not read them: {why}")),
        };
        let types = types.into_iter().map(|(name, read)| (name, why(read))).collect();
        let refers_to = tenant.clone();
        Self::sorted(Self { label, policies, directory, tenant, refers_to, types, selection, ..Self::default() })
    }

    fn sorted(mut self) -> Self {
        self.policies.sort_by(|one, other| one.type_name.cmp(&other.type_name));
        self
    }

    /// With what a mapping says of this side's policies, and of what they refer to since it was applied.
    #[must_use]
    pub fn mapped_by(mut self, mapping: &Mapping) -> Self {
        let known = crate::engine::plan::matching::mapped_policies(Some(mapping));
        self.mapped = known.into_iter().map(|(own, target)| (own, target.to_owned())).collect();
        mapping.translate(&mut self.directory);
        self
    }

    /// Whether an id names the same policy on both sides. Where nobody knows whose they are, it does.
    pub(super) fn shares_ids_with(&self, other: &Self) -> bool {
        same(self.tenant.as_ref(), other.tenant.as_ref())
    }

    /// Whether an id in a reference names the same object on both sides.
    pub(super) fn shares_references_with(&self, other: &Self) -> bool {
        same(self.refers_to.as_ref(), other.refers_to.as_ref())
    }

    /// Whether it would have the policy if there were one.
    pub(super) fn would_have(&self, policy: &Kept, catalogue: &Catalogue) -> bool {
        let looked = self.types.get(&policy.type_name).is_some_and(Option::is_none);
        let selected =
            || catalogue.get(&policy.type_name).is_some_and(|of| self.selection.includes(of, &policy.open()));
        looked && (self.selection.is_everything() || selected())
    }

    /// Why it may lack policies of a type that exist.
    pub(super) fn why_not(&self, type_name: &str) -> String {
        match self.types.get(type_name) {
            Some(Some(why)) => why.clone(),
            _ => format!("contains only a selection ({})", self.selection.describe().join(" ")),
        }
    }
}

fn same(left: Option<&TenantInfo>, right: Option<&TenantInfo>) -> bool {
    let id = |info: Option<&TenantInfo>| info.and_then(|info| info.id.as_ref()).map(|id| id.to_ascii_lowercase());
    match (id(left), id(right)) {
        (Some(left), Some(right)) => left == right,
        _ => true,
    }
}

/// Types of which a file could not be used: what is missing of them may well be there.
fn damaged(findings: &[Finding]) -> BTreeSet<String> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.filter_map(|finding| Some(finding.subject.split_once('/')?.0.to_owned())).collect()
}
