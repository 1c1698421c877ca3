//! What one type's folder should look like: which policy gets which file, what of the old files may go. Reads the
//! old folder ([`look`]), then lays out what the whole tree allows ([`Looked::lay_out`]); writes nothing. Not for
//! what is in the files: that is `fill.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::TreeError;
use super::folder::{self, Entry, Extent, Folder};
use super::removal::{self, Decision, Loss, Tags};
use super::snapshot::{Snapshot, TypeRead};
use super::{disk, sidecars};
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes};
use crate::policy::canonical::canonicalise;
use crate::policy::file_name::{assign, fold, safe_name};
use crate::policy::fingerprint::{fingerprint, sha256_hex};
use crate::policy::{Kept, Policy, Subject, unread};

/// What one type's folder should look like. All names are bare.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Each policy's place in the snapshot and the name of its JSON.
    pub(super) policies: Vec<(usize, String)>,
    /// Names that are taken, folded.
    pub(super) used: BTreeSet<String>,
    /// Old files that are replaced or go.
    pub(super) going: Vec<Entry>,
    /// Old files that stay.
    pub(super) kept: BTreeSet<String>,
    /// Policies that got another file name.
    pub(super) moved: Vec<(String, String)>,
    /// What becomes of policies that are not in the snapshot.
    pub(super) decision: Decision,
    /// Names of old files that could not be read, with what is to be known of them.
    pub(super) damaged: Vec<(String, Vec<Finding>)>,
    /// Parts that were not read.
    pub(super) unread: BTreeSet<String>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
}

/// A type's folder as it is, and what of it is missing in the snapshot.
#[derive(Debug)]
pub(super) struct Looked<'a> {
    /// The type.
    pub(super) policy_type: &'a PolicyType,
    /// What would be lost; nothing where the type was not read completely.
    pub(super) loss: Loss,
    /// The places of its policies in the snapshot.
    fresh: Vec<usize>,
    old: Folder,
    /// The files that are missing in the snapshot.
    missing: BTreeSet<String>,
    findings: Vec<Finding>,
}

/// Looks at a type's folder.
pub(super) fn look<'a>(
    root: &Path,
    policy_type: &'a PolicyType,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
) -> Result<Looked<'a>, TreeError> {
    let path = root.join(&policy_type.name);
    if std::fs::symlink_metadata(&path).is_ok() && !disk::is_folder(&path) {
        return Err(TreeError::NotADirectory { path });
    }
    let mut findings = Vec::new();
    let fresh = in_order(policy_type, snapshot, catalogue, &mut findings);
    let found = fresh.iter().filter_map(|index| snapshot.policies[*index].id());
    let ids: BTreeSet<String> = found.map(str::to_ascii_lowercase).collect();
    let old = folder::read(root, &policy_type.name, Extent::Heads, false);
    let (gone, of) = removal::missing(&old.entries, &ids, policy_type, &snapshot.selection);
    let mut loss = Loss::default();
    if snapshot.types.get(&policy_type.name) == Some(&TypeRead::Complete) {
        loss = Loss { of, gone: gone.len(), tags: None };
        if !gone.is_empty() && snapshot.account.is_some() {
            let lost = gone.iter().map(|entry| tags_of_file(root, policy_type, entry, catalogue)).collect();
            let found = fresh.iter().map(|index| tags(&snapshot.policies[*index].open(), catalogue)).collect();
            loss.tags = Some((lost, found));
        }
    }
    let missing = gone.into_iter().map(|entry| entry.file.clone()).collect();
    Ok(Looked { policy_type, loss, fresh, old, missing, findings })
}

/// The scope tags of a policy, the default one included.
fn tags(policy: &Policy, catalogue: &Catalogue) -> Tags {
    let mut tags = Tags::new();
    let rules = catalogue.reference_rules(&policy.type_name);
    for rule in rules.iter().filter(|rule| catalogue.shared.seen_by.as_ref() == Some(&rule.kind)) {
        rule.at.visit_in(&policy.body, &mut |_, tag| tags.extend(tag.as_str().map(str::to_owned)));
    }
    tags
}

/// The scope tags of a policy of which only the head was read.
fn tags_of_file(root: &Path, policy_type: &PolicyType, head: &Entry, catalogue: &Catalogue) -> Tags {
    let whole = folder::read_file(root, &policy_type.name, &head.file, Extent::Whole, false);
    whole.map(|(entry, _)| tags(&Policy::new(&policy_type.name, entry.body), catalogue)).unwrap_or_default()
}

impl Looked<'_> {
    /// Lays the folder out. `held` says that nothing may be removed that is missing.
    pub(super) fn lay_out(self, snapshot: &Snapshot, held: bool) -> Layout {
        let Self { policy_type, fresh, old, missing, findings, .. } = self;
        let mut layout = Layout { findings, ..Layout::default() };
        let policies: Vec<&Kept> = fresh.iter().map(|index| &snapshot.policies[*index]).collect();
        let ids: BTreeSet<String> =
            policies.iter().filter_map(|policy| policy.id().map(str::to_ascii_lowercase)).collect();
        for policy in &policies {
            layout.unread.extend(unread::parts(&policy.open().body).map(|(part, _)| part.to_owned()));
        }
        layout.decision = removal::decide(missing, snapshot.types.get(&policy_type.name), held);

        let own: BTreeSet<String> =
            policies.iter().filter(|policy| policy.id().is_none()).filter_map(|policy| own_file(policy)).collect();
        let is_replaced = |entry: &Entry| match entry.id() {
            Some(id) => ids.contains(&id.to_ascii_lowercase()),
            None => own.contains(&entry.file),
        };
        let goes = |entry: &Entry| is_replaced(entry) || layout.decision.remove.contains(&entry.file);
        let (going, staying): (Vec<Entry>, Vec<Entry>) = old.entries.into_iter().partition(goes);
        layout.kept = staying.iter().flat_map(Entry::files).map(str::to_owned).collect();
        if layout.decision.held {
            let held = staying.iter().filter(|entry| layout.decision.keep.contains(&entry.file));
            layout.findings.extend(held.map(|entry| not_found(policy_type, entry)));
        }

        let names = names(&policies, policy_type, &layout.kept);
        layout.used = layout.kept.iter().chain(&names).map(|name| fold(name)).collect();
        layout.moved = moved(&going, &policies, &names);
        layout.going = going;
        layout.policies = fresh.into_iter().zip(names).collect();
        layout.damaged = old
            .damaged
            .into_iter()
            .map(|name| {
                let subject = format!("{}/{}", policy_type.name, name.escape_debug());
                let of_it = old.findings.iter().filter(|finding| finding.subject == subject).cloned().collect();
                (name, of_it)
            })
            .collect();
        layout
    }
}

/// The finding for a policy that would be removed and is not.
fn not_found(policy_type: &PolicyType, entry: &Entry) -> Finding {
    let name = policy_type.name_of(&Policy::new(&policy_type.name, entry.body.open()));
    let message = format!("\"{name}\" was not found; its files were kept");
    Finding::new(&codes::REMOVAL_HELD, Subject { kind: &policy_type.name, name: &entry.file }.to_string(), message)
}

/// The places of the snapshot's policies of a type, in the order in which they are named, each id once.
fn in_order(
    policy_type: &PolicyType,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<usize> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (index, policy) in
        snapshot.policies.iter().enumerate().filter(|(_, policy)| policy.type_name == policy_type.name)
    {
        let key = match (policy.id(), &policy.file) {
            (Some(id), _) => id.to_ascii_lowercase(),
            (None, Some(file)) => format!("file:{file}"),
            (None, None) => content(policy, policy_type, catalogue),
        };
        if *places.entry(key).or_insert(index) != index {
            let message = "another policy of this type has the same ID; this policy was left out";
            findings.push(Finding::new(&codes::DUPLICATE_ID, policy.subject(), message).at("/id"));
        }
    }
    places.into_values().collect()
}

/// What tells a policy that has neither id nor file.
fn content(policy: &Kept, policy_type: &PolicyType, catalogue: &Catalogue) -> String {
    let rules = policy_type.rules(&catalogue.shared);
    let policy = policy.open();
    let canonical = Policy { body: canonicalise(policy.body, &rules), ..policy };
    fingerprint(&crate::catalogue::sealing::seal(&canonical, policy_type).to_value())
}

/// The file name a person gave a policy without an id.
fn own_file(policy: &Kept) -> Option<String> {
    let name = policy.file.as_ref()?.rsplit('/').next()?;
    let is_usable =
        sidecars::is_bare(name) && sidecars::stem(name) != name && !name.starts_with('.') && name.len() <= 240;
    is_usable.then(|| name.to_owned())
}

/// A file name for each policy; none is one of `kept`.
fn names(fresh: &[&Kept], policy_type: &PolicyType, kept: &BTreeSet<String>) -> Vec<String> {
    let mut taken: BTreeSet<String> = kept.iter().map(|name| fold(name)).collect();
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    for (index, policy) in fresh.iter().enumerate().filter(|(_, policy)| policy.id().is_none()) {
        let own = own_file(policy).unwrap_or_else(|| format!("{}.json", safe_name(&policy_type.name_of(policy))));
        let hash = sha256_hex(policy.key().as_bytes());
        let stem = sidecars::stem(&own).to_owned();
        let candidates = std::iter::once(own).chain((8..=64).map(|length| format!("{stem}.{}.json", &hash[..length])));
        if let Some(name) = candidates.into_iter().find(|name| !taken.contains(&fold(name))) {
            taken.insert(fold(&name));
            names.insert(index, name);
        }
    }
    let rest: Vec<usize> = (0..fresh.len()).filter(|index| !names.contains_key(index)).collect();
    let named: Vec<(String, String)> =
        rest.iter().map(|index| (policy_type.name_of(fresh[*index]), fresh[*index].key())).collect();
    names.extend(rest.into_iter().zip(assign(&named, &taken)));
    names.into_values().collect()
}

/// Old files whose policy has another file name now, with that.
fn moved(going: &[Entry], fresh: &[&Kept], names: &[String]) -> Vec<(String, String)> {
    let by_id: BTreeMap<String, &String> =
        fresh.iter().zip(names).filter_map(|(policy, name)| Some((policy.id()?.to_ascii_lowercase(), name))).collect();
    let new = |entry: &Entry| by_id.get(&entry.id()?.to_ascii_lowercase()).filter(|name| ***name != entry.file);
    going.iter().filter_map(|entry| Some((entry.file.clone(), (*new(entry)?).clone()))).collect()
}
