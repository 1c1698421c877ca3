//! Writes a snapshot into a tree: only what changed, each file atomically, removing carefully. Killed
//! at any moment, the folder is still a tree. Not for what a folder should hold: that is `layout.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::edits::{Edited, Edits, Recorded};
use super::error::TreeError;
use super::fill::{Begin, Filling};
use super::layout::{self, Layout};
use super::manifest::{self, FORMAT, Manifest, TypeStatus};
use super::names::{ADOPTED, ATTRIBUTES, DIRECTORY, MAPPING};
use super::snapshot::{Snapshot, TypeRead, Written};
use super::{checksums, directory, disk, read, removal};
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes};
use crate::policy::{Kept, Policy, TenantInfo};

/// What may be lost by writing over an older tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Consent {
    /// Files of policies that were not found may go, however many they are.
    pub removals: bool,
    /// What becomes of what was edited by hand.
    pub edited: Edited,
    /// Says what is recorded elsewhere, such as in git.
    pub recorded: Option<Recorded>,
}

/// Writes a snapshot into the tree in a folder, which is made where it is not there.
pub fn write(root: &Path, snapshot: &Snapshot, catalogue: &Catalogue, consent: Consent) -> Result<Written, TreeError> {
    let whole = |index: usize| snapshot.policies.get(index).map(Kept::open);
    write_each(root, snapshot, catalogue, consent, &whole, &|| false)
}

/// The same where the snapshot's policies say only which ones they are and how they are called. `whole` gives each
/// as it is to be written, by its place, from several threads; where it gives none, what was written before stays.
/// `stopped` says whether somebody asked to stop in the middle.
pub fn write_each(
    root: &Path,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    consent: Consent,
    whole: &(dyn Fn(usize) -> Option<Policy> + Sync),
    stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Written, TreeError> {
    match fs::metadata(root) {
        Ok(metadata) if !metadata.is_dir() => return Err(TreeError::NotADirectory { path: root.to_owned() }),
        _ => fs::create_dir_all(root).map_err(TreeError::io(root))?,
    }
    disk::sweep(root);
    let old = Manifest::read(root)?;
    guard(root, old.as_ref(), snapshot, catalogue)?;
    let accept_removals = consent.removals;
    let mut edits = Edits::look(root, catalogue, old.as_ref(), consent.edited, consent.recorded);
    let mut written = Written::default();
    let before = old.as_ref().and_then(|old| old.account.as_ref());
    let sees_less =
        before.zip(snapshot.account.as_ref()).and_then(|(before, now)| now.sees_less_than(before, catalogue));
    respell_folders(root, snapshot, catalogue)?;
    let mut folders = Vec::new();
    for policy_type in catalogue.iter() {
        let has_policies = snapshot.policies.iter().any(|policy| policy.type_name == policy_type.name);
        if has_policies || snapshot.types.contains_key(&policy_type.name) {
            folders.push(layout::look(root, policy_type, snapshot, catalogue)?);
        }
    }
    let losses: Vec<_> = folders.iter().map(|folder| (folder.policy_type, &folder.loss)).collect();
    let doubts = if accept_removals { Vec::new() } else { removal::doubts(&losses, sees_less.as_deref()) };
    if !doubts.is_empty() {
        let of: usize = losses.iter().map(|(_, loss)| loss.of).sum();
        let gone: usize = losses.iter().map(|(_, loss)| loss.gone).sum();
        let message = format!("{gone} of {of} policies would be removed; none was removed: {}", doubts.join("; "));
        written.findings.push(Finding::new(&codes::REMOVAL_HELD, "tree", message));
    }
    let held = !doubts.is_empty();
    let layouts: Vec<(&PolicyType, Layout)> =
        folders.into_iter().map(|folder| (folder.policy_type, folder.lay_out(snapshot, held))).collect();
    for policy in snapshot.policies.iter().filter(|policy| catalogue.get(&policy.type_name).is_none()) {
        let message = "this program has no such policy type; it was not written";
        written.findings.push(Finding::new(&codes::NOT_RECOGNIZED, policy.subject(), message));
    }
    let mut manifest = manifest(old.as_ref(), snapshot, catalogue, &layouts);
    let is_whole =
        is_all_new(old.as_ref(), snapshot, &layouts) || accept_removals && snapshot.selection.is_everything();
    // Who sees less is written down only once everything in the tree is what that account has seen.
    manifest.account = match (&snapshot.account, before) {
        (Some(now), Some(before)) if sees_less.is_some() && !is_whole => Some(before.clone()),
        (Some(now), _) => Some(now.clone()),
        (None, before) => before.cloned(),
    };
    // What is kept may need what the old directory knows.
    let is_all_new = is_all_new(old.as_ref(), snapshot, &layouts) && !edits.any();
    let directory = directory::to_write(root, old.as_ref(), snapshot, is_all_new, &mut written.findings);

    let begin = begin(root, &manifest, snapshot, stopped);
    begin.go_on()?;
    if old.as_ref() != Some(&manifest) {
        begin.now()?;
    }
    if let Some(mapping) = &snapshot.mapping {
        let mapping = format!("{}\n", mapping.trim_end_matches('\n'));
        begin.save(&root.join(MAPPING), mapping.as_bytes())?;
    }
    if let Some(origins) = &snapshot.origins {
        begin.save(&root.join(ADOPTED), origins.to_text().as_bytes())?;
    }
    let mut sums = BTreeMap::new();
    for (policy_type, layout) in layouts {
        let folder = root.join(&policy_type.name);
        let rules = policy_type.rules(&catalogue.shared);
        let (sums, edits) = (&mut sums, &mut edits);
        let mut filling = Filling { folder, policy_type, rules, whole, begin: &begin, sums, edits };
        filling.run(layout, &mut written)?;
    }
    written.edited = edits.kept.iter().cloned().collect();
    if let Some(text) = &directory {
        save(root, DIRECTORY, text.as_bytes())?;
    }
    save(root, manifest::FILE, manifest.to_text().as_bytes())?;
    let new = sums.keys().cloned().collect();
    let mut sums = checksums::of_tree(root, catalogue, sums);
    edits.remember(&new, &mut sums);
    if directory.is_none() {
        edits.keep_line(DIRECTORY, &mut sums);
    }
    save(root, checksums::FILE, checksums::to_text(&sums).as_bytes())?;
    Ok(written)
}

/// Gives folders of policy types that are written in other capitals their names, as where capitals make no difference:
/// no type has two folders.
fn respell_folders(root: &Path, snapshot: &Snapshot, catalogue: &Catalogue) -> Result<(), TreeError> {
    for entry in fs::read_dir(root).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let lower = name.to_ascii_lowercase();
        let (from, to) = (entry.path(), root.join(&lower));
        let is_written = catalogue.get(&lower).is_some() && snapshot.types.contains_key(&lower);
        if name != lower && is_written && disk::is_folder(&from) && fs::symlink_metadata(&to).is_err() {
            crate::replace::rename(&from, &to).map_err(TreeError::io(&from))?;
        }
    }
    Ok(())
}

/// What tells that a writing is under way, so that a kill is never taken for a whole tree.
fn begin<'a>(
    root: &'a Path,
    manifest: &Manifest,
    snapshot: &Snapshot,
    stopped: &'a (dyn Fn() -> bool + Sync),
) -> Begin<'a> {
    let mut files = vec![(manifest::FILE, interrupted(manifest, snapshot).to_text().into_bytes())];
    if fs::symlink_metadata(root.join(ATTRIBUTES)).is_err() {
        files.push((ATTRIBUTES, b"* -text\n".to_vec()));
    }
    Begin { root, files, done: Mutex::new(false), stopped }
}

/// Writes down in a rewritten tree what its mapping has become; the rest of the tree stays as it is.
pub fn record_mapping(root: &Path, mapping: &str) -> Result<(), TreeError> {
    let text = format!("{}\n", mapping.trim_end_matches('\n'));
    save(root, MAPPING, text.as_bytes())?;
    checksums::refresh(root, MAPPING, text.as_bytes()).map_err(TreeError::io(&root.join(checksums::FILE)))
}

/// Refuses to mix: tenants, rewritten with exported, ours with another program's.
fn guard(root: &Path, old: Option<&Manifest>, snapshot: &Snapshot, catalogue: &Catalogue) -> Result<(), TreeError> {
    let path = || root.to_owned();
    let Some(old) = old else {
        let is_foreign = catalogue.iter().any(|policy_type| {
            let folder = root.join(&policy_type.name);
            disk::is_folder(&folder) && read::holds_json(&folder)
        });
        return if is_foreign { Err(TreeError::NotEmpty { path: path() }) } else { Ok(()) };
    };
    let id =
        |tenant: Option<&TenantInfo>| tenant.and_then(|tenant| tenant.id.as_ref()).map(|id| id.to_ascii_lowercase());
    let (was, is) = (id(old.tenant.as_ref()), id(snapshot.tenant.as_ref()));
    if let (Some(was), Some(is)) = (&was, &is)
        && was != is
    {
        let (holds, given) = (format!("of tenant {was}"), format!("of tenant {is}"));
        return Err(TreeError::OtherTenant { path: path(), holds, given });
    }
    let (was, is) = (old.rewritten_for.as_ref(), snapshot.rewritten_for.as_ref());
    if was.is_some() != is.is_some() || id(was) != id(is) {
        let words = |tenant: Option<&TenantInfo>| match tenant {
            None => String::from("as exported"),
            Some(tenant) => format!("rewritten for tenant {}", tenant.id.as_deref().unwrap_or("(unknown)")),
        };
        return Err(TreeError::OtherTenant { path: path(), holds: words(was), given: words(is) });
    }
    Ok(())
}

fn manifest(
    old: Option<&Manifest>,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    layouts: &[(&PolicyType, Layout)],
) -> Manifest {
    let old_types = old.iter().flat_map(|old| &old.types);
    let mut types: BTreeMap<String, TypeStatus> =
        old_types.map(|(name, status)| (name.clone(), status.clone().in_own_words())).collect();
    for (policy_type, layout) in layouts {
        let status = match snapshot.types.get(&policy_type.name) {
            Some(TypeRead::Failed(reason)) => TypeStatus::failed(reason),
            Some(TypeRead::NotRead(reason)) => TypeStatus::not_read(reason),
            Some(TypeRead::Complete) if layout.decision.held => TypeStatus::partial(manifest::HELD),
            Some(TypeRead::Complete) => TypeStatus::complete(),
            None if types.contains_key(&policy_type.name) => continue,
            None => TypeStatus::partial(manifest::NEEDED_ONLY),
        };
        types.insert(policy_type.name.clone(), status.without(layout.unread.iter().cloned()));
    }
    // A tree of everything stays one when a part of it is brought up to date.
    let was_everything = old.is_some_and(|old| old.selection.is_empty() && !old.types.is_empty());
    Manifest {
        format: FORMAT,
        catalogue_version: catalogue.shared.version,
        tenant: snapshot.tenant.clone().or_else(|| old.and_then(|old| old.tenant.clone())),
        cloud: snapshot.cloud.clone().or_else(|| old.and_then(|old| old.cloud.clone())),
        account: None,
        selection: if was_everything { Vec::new() } else { snapshot.selection.describe() },
        types,
        rewritten_for: snapshot.rewritten_for.clone(),
    }
}

/// What the manifest says while the writing goes on, so that a kill is never taken for a whole tree.
fn interrupted(manifest: &Manifest, snapshot: &Snapshot) -> Manifest {
    let mut manifest = manifest.clone();
    for (name, status) in &mut manifest.types {
        if snapshot.types.contains_key(name) {
            *status = TypeStatus::partial(manifest::INTERRUPTED);
        }
    }
    manifest
}

/// Whether the snapshot has all that the tree holds from now on.
fn is_all_new(old: Option<&Manifest>, snapshot: &Snapshot, layouts: &[(&PolicyType, Layout)]) -> bool {
    snapshot.selection.is_everything()
        && !snapshot.types.values().any(|read| matches!(read, TypeRead::Failed(_)))
        && old.is_none_or(|old| old.types.keys().all(|name| snapshot.types.contains_key(name)))
        && layouts.iter().all(|(_, layout)| layout.decision.keep.is_empty())
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> Result<bool, TreeError> {
    let path = folder.join(name);
    disk::write_atomic(&path, bytes).map_err(TreeError::io(&path))
}
