//! What one type's folder should look like: which file holds which bytes, what is stale. Reads the old
//! folder, writes nothing. Not for the order of writing: that is `write.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::error::TreeError;
use super::folder::{self, Entry};
use super::removal::{self, Decision};
use super::snapshot::Snapshot;
use super::{disk, json, secrets, sidecars};
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes};
use crate::policy::canonical::canonicalise;
use crate::policy::file_name::{assign, fold, safe_name};
use crate::policy::fingerprint::{fingerprint, sha256_hex};
use crate::policy::{Policy, unread};

/// The files of one policy: sidecars first, so that its JSON never names a file that is not there yet.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// What one type's folder should look like. All names are bare.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Per policy.
    pub(super) policies: Vec<Files>,
    /// Old names that differ from a new one only by case or composition: the same file on some systems.
    pub(super) respelled: Vec<(String, String)>,
    /// Old files that go, each policy's JSON before its sidecars.
    pub(super) stale: Vec<String>,
    /// Policies that got another file name.
    pub(super) moved: Vec<(String, String)>,
    /// What becomes of policies that are not in the snapshot.
    pub(super) decision: Decision,
    /// Parts that were not read.
    pub(super) unread: BTreeSet<String>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
}

/// Lays out a type's folder.
pub(super) fn lay_out(
    root: &Path,
    policy_type: &PolicyType,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    accept_removals: bool,
) -> Result<Layout, TreeError> {
    let path = root.join(&policy_type.name);
    if std::fs::symlink_metadata(&path).is_ok() && !disk::is_folder(&path) {
        return Err(TreeError::NotADirectory { path });
    }
    let mut layout = Layout::default();
    let mut fresh = prepare(policy_type, snapshot, catalogue, &mut layout.findings);
    let ids: BTreeSet<String> = fresh.iter().filter_map(|policy| policy.id().map(str::to_ascii_lowercase)).collect();
    let old = folder::read(root, &policy_type.name);
    for policy in &mut fresh {
        layout.unread.extend(unread::parts(&policy.body).map(|(part, _)| part.to_owned()));
        keep_unread(policy, &old.entries, &path);
    }
    let read = snapshot.types.get(&policy_type.name);
    layout.decision = removal::decide(&old.entries, &ids, policy_type, &snapshot.selection, read, accept_removals);

    let own: BTreeSet<String> = fresh.iter().filter(|policy| policy.id().is_none()).filter_map(own_file).collect();
    let is_replaced = |entry: &Entry| match entry.id() {
        Some(id) => ids.contains(&id.to_ascii_lowercase()),
        None => own.contains(&entry.file),
    };
    let (going, staying): (Vec<&Entry>, Vec<&Entry>) =
        old.entries.iter().partition(|entry| is_replaced(entry) || layout.decision.remove.contains(&entry.file));
    let kept: BTreeSet<String> = staying.iter().flat_map(|entry| files_of(entry)).collect();

    let names = names(&fresh, policy_type, &kept);
    let mut used: BTreeSet<String> = kept.iter().chain(&names).map(|name| fold(name)).collect();
    for (policy, name) in fresh.iter().zip(&names) {
        let mut body = policy.body.clone();
        let payloads = sidecars::extract(&mut body, &policy_type.sidecars, sidecars::stem(name), &mut used);
        let mut files: Files = payloads.into_iter().map(|sidecar| (sidecar.name, sidecar.bytes)).collect();
        files.push((name.clone(), json::to_text(&Value::Object(body)).into_bytes()));
        layout.policies.push(files);
    }
    retire(&going, &kept, &fresh, &names, &mut layout);
    let written: BTreeSet<&String> = layout.policies.iter().flatten().map(|(name, _)| name).collect();
    for name in old.damaged.iter().filter(|name| !written.contains(name)) {
        let subject = format!("{}/{}", policy_type.name, name.escape_debug());
        layout.findings.extend(old.findings.iter().filter(|finding| finding.subject == subject).cloned());
    }
    if let Some(of) = layout.decision.held {
        let message = format!("{} of {of} files would be removed, none was", layout.decision.keep.len());
        layout.findings.push(Finding::new(&codes::REMOVAL_HELD, &policy_type.name, message));
    }
    Ok(layout)
}

/// Of a part that may not be read, what an earlier export read of it stays: that is no removal.
fn keep_unread(policy: &mut Policy, old: &[Entry], folder: &Path) {
    let parts: Vec<String> = unread::parts(&policy.body).map(|(part, _)| part.to_owned()).collect();
    if parts.is_empty() {
        return;
    }
    let same = |entry: &&Entry| entry.id().zip(policy.id()).is_some_and(|(old, new)| old.eq_ignore_ascii_case(new));
    let Some(entry) = old.iter().find(same) else { return };
    for part in parts {
        let mut kept: Map<String, Value> = entry
            .body
            .iter()
            .filter(|(key, _)| **key == part)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        // Its payloads are in files that would be stale else; where they cannot be used, the part cannot either.
        if sidecars::restore(&mut kept, folder, &mut { KEPT_PAYLOADS }).is_ok() {
            policy.body.extend(kept);
        }
    }
}

/// How much the payloads of a part that is kept may hold.
const KEPT_PAYLOADS: u64 = 64 * 1024 * 1024;

/// The snapshot's policies of a type as they stand in the tree: canonical, sealed, each id once.
fn prepare(
    policy_type: &PolicyType,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<Policy> {
    let rules = policy_type.rules(&catalogue.shared);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut list = Vec::new();
    for policy in snapshot.policies.iter().filter(|policy| policy.type_name == policy_type.name) {
        let mut value = policy.to_value();
        sidecars::strip_marks(&mut value);
        let Value::Object(body) = value else { continue };
        let canonical = Policy { body: canonicalise(body, &rules), ..policy.clone() };
        let mut sealed = secrets::seal(&canonical, policy_type);
        // What a sort rule looks at may have gone with a secret.
        sealed.body = canonicalise(std::mem::take(&mut sealed.body), &rules);
        let key = match (sealed.id(), &sealed.file) {
            (Some(id), _) => id.to_ascii_lowercase(),
            (None, Some(file)) => format!("file:{file}"),
            (None, None) => fingerprint(&sealed.to_value()),
        };
        if seen.insert(key.clone()) {
            list.push((key, sealed));
        } else {
            let message = "another policy of the type has the same id; this one was left out";
            findings.push(Finding::new(&codes::DUPLICATE_ID, sealed.subject(), message).at("/id"));
        }
    }
    list.sort_by(|(left, _), (right, _)| left.cmp(right));
    list.into_iter().map(|(_, policy)| policy).collect()
}

/// The file name a person gave a policy without an id.
fn own_file(policy: &Policy) -> Option<String> {
    let name = policy.file.as_ref()?.rsplit('/').next()?;
    let is_usable =
        sidecars::is_bare(name) && sidecars::stem(name) != name && !name.starts_with('.') && name.len() <= 240;
    is_usable.then(|| name.to_owned())
}

/// A file name for each policy; none is one of `kept`.
fn names(fresh: &[Policy], policy_type: &PolicyType, kept: &BTreeSet<String>) -> Vec<String> {
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
        rest.iter().map(|index| (policy_type.name_of(&fresh[*index]), fresh[*index].key())).collect();
    names.extend(rest.into_iter().zip(assign(&named, &taken)));
    names.into_values().collect()
}

/// A policy's own files by their names, its JSON first.
fn files_of(entry: &Entry) -> Vec<String> {
    let mut files = vec![entry.file.clone()];
    files.extend(sidecars::own_names(&entry.body, &entry.file));
    files
}

/// Finds what of the old files is stale.
fn retire(going: &[&Entry], kept: &BTreeSet<String>, fresh: &[Policy], names: &[String], layout: &mut Layout) {
    let new: BTreeMap<String, String> =
        layout.policies.iter().flatten().map(|(name, _)| (fold(name), name.clone())).collect();
    let by_id: BTreeMap<String, &String> =
        fresh.iter().zip(names).filter_map(|(policy, name)| Some((policy.id()?.to_ascii_lowercase(), name))).collect();
    for entry in going {
        if let Some(name) =
            entry.id().and_then(|id| by_id.get(&id.to_ascii_lowercase())).filter(|name| ***name != entry.file)
        {
            layout.moved.push((entry.file.clone(), (*name).clone()));
        }
        for file in files_of(entry) {
            if kept.contains(&file) || layout.stale.contains(&file) {
                continue;
            }
            match new.get(&fold(&file)) {
                Some(name) if *name == file => {}
                Some(name) => layout.respelled.push((file, name.clone())),
                None => layout.stale.push(file),
            }
        }
    }
}
