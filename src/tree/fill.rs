//! Brings one type's folder to its layout: its policies are made ready and written some at a time, on all
//! processors, so that no more than some are held. Not for the order of the types: that is `write.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use serde_json::{Map, Value};

use super::edits::Edits;
use super::error::TreeError;
use super::folder::{self, Entry, Extent};
use super::layout::Layout;
use super::sidecars::{self, Sidecar};
use super::snapshot::Written;
use super::{credentials, disk, json};
use crate::catalogue::PolicyType;
use crate::catalogue::sealing;
use crate::finding::Finding;
use crate::parallel;
use crate::policy::canonical::canonicalise;
use crate::policy::file_name::fold;
use crate::policy::fingerprint::sha256_hex;
use crate::policy::{Policy, Rules, unread};

/// How many policies are made ready before they are written.
const AT_ONCE: usize = 256;
/// How much the payloads of a part that is kept may hold.
const KEPT_PAYLOADS: u64 = 64 * 1024 * 1024;

/// Gives the policy at a place of the snapshot whole; none where it cannot be had: its old files stay.
pub(super) type Whole<'a> = &'a (dyn Fn(usize) -> Option<Policy> + Sync);

/// Says once, before the first change, that a writing is under way.
pub(super) struct Begin<'a> {
    /// The tree.
    pub(super) root: &'a Path,
    /// The files that say so.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
    /// Whether it was said.
    pub(super) done: Mutex<bool>,
    /// Whether somebody asked to stop.
    pub(super) stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Begin<'_> {
    /// An error where somebody asked to stop.
    pub(super) fn go_on(&self) -> Result<(), TreeError> {
        if (self.stopped)() { Err(TreeError::Stopped { path: self.root.to_owned() }) } else { Ok(()) }
    }

    /// Says it, unless it was said.
    pub(super) fn now(&self) -> Result<(), TreeError> {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !*done {
            for (name, bytes) in &self.files {
                let path = self.root.join(name);
                disk::write_atomic(&path, bytes).map_err(TreeError::io(&path))?;
            }
            *done = true;
        }
        Ok(())
    }

    /// Writes a file of the tree, unless the file already has this content. Whether it wrote.
    pub(super) fn save(&self, path: &Path, bytes: &[u8]) -> Result<bool, TreeError> {
        // Most files of a first export are new: nothing is asked then but to make them.
        let is_begun = *self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if is_begun && disk::create(path, bytes).map_err(TreeError::io(path))? {
            return Ok(true);
        }
        if disk::holds(path, bytes) {
            return Ok(false);
        }
        self.now()?;
        disk::replace(path, bytes).map_err(TreeError::io(path))?;
        Ok(true)
    }
}

/// Fills one type's folder.
pub(super) struct Filling<'a> {
    /// The type's folder.
    pub(super) folder: PathBuf,
    /// The type.
    pub(super) policy_type: &'a PolicyType,
    /// Its canonical rules.
    pub(super) rules: Rules,
    /// Where the policies come from.
    pub(super) whole: Whole<'a>,
    /// Told before the first change.
    pub(super) begin: &'a Begin<'a>,
    /// The checksums of what was written, by type and name.
    pub(super) sums: &'a mut BTreeMap<String, String>,
    /// What was edited by hand.
    pub(super) edits: &'a mut Edits,
}

/// A policy ready to be written.
struct Ready {
    /// The name of its JSON.
    name: String,
    body: Map<String, Value>,
    sidecars: Vec<Sidecar>,
}

impl Filling<'_> {
    /// Writes the policies and takes away what is stale.
    pub(super) fn run(&mut self, mut layout: Layout, written: &mut Written) -> Result<(), TreeError> {
        if !layout.policies.is_empty() {
            fs::create_dir_all(&self.folder).map_err(TreeError::io(&self.folder))?;
        }
        disk::sweep(&self.folder);
        let policies = std::mem::take(&mut layout.policies);
        // By their folded names: on some systems one that differs only by case or composition is the same file.
        let mut old: BTreeMap<String, String> = BTreeMap::new();
        for file in layout.going.iter().flat_map(Entry::files).filter(|file| !layout.kept.contains(*file)) {
            old.insert(fold(file), file.to_owned());
        }
        let edited = self.edited(&layout);
        self.keep_edited_of_gone(&mut layout, &edited, &mut old, written);
        for some in policies.chunks(AT_ONCE) {
            let prepared = parallel::map(some, |(index, _)| {
                let policy = (self.whole)(*index)?;
                Some(self.prepare(policy, &layout.going))
            });
            self.begin.go_on()?;
            let mut all = Vec::with_capacity(some.len());
            for ((_, name), prepared) in some.iter().zip(prepared) {
                let Some((mut body, findings)) = prepared else {
                    stays(name, &layout, &mut old);
                    continue;
                };
                written.findings.extend(findings);
                // In order, so that it never depends on luck which of two gets the shorter name.
                let sidecars =
                    sidecars::extract(&mut body, &self.policy_type.sidecars, sidecars::stem(name), &mut layout.used);
                let ready = Ready { name: name.clone(), body, sidecars };
                if let Some(before) = edited.get(before(name, &layout)).filter(|before| !self.is_there(before, &ready))
                {
                    let files = before.files();
                    let (keeps, finding) = self.edits.settle(&self.policy_type.name, &before.file, files, false);
                    written.findings.push(finding);
                    if keeps {
                        stays(name, &layout, &mut old);
                        layout.moved.retain(|(_, new)| new != name);
                        continue;
                    }
                }
                let Ready { sidecars, .. } = &ready;
                for file in sidecars.iter().map(|sidecar| &sidecar.name).chain([name]) {
                    self.respell(old.remove(&fold(file)).filter(|old| old != file), file)?;
                }
                all.push(ready);
            }
            for files in parallel::map_into(all, |ready| self.write(ready)) {
                let mut changed = false;
                for (name, sum, wrote) in files? {
                    changed |= wrote;
                    self.sums.insert(format!("{}/{name}", self.policy_type.name), sum);
                }
                *(if changed { &mut written.written } else { &mut written.unchanged }) += 1;
            }
        }
        self.retire(&layout, &old)?;
        self.tell(layout, written);
        Ok(())
    }

    /// Old policies of which somebody edited a file by hand, by the names of their JSON. One that cannot be read any
    /// more is known by its name alone.
    fn edited(&self, layout: &Layout) -> BTreeMap<String, Entry> {
        let payloads = |name: &str| self.edits.beginning(&self.policy_type.name, &format!("{}.", sidecars::stem(name)));
        let damaged = layout.damaged.iter().map(|(name, _)| Entry::unreadable(name, payloads(name)));
        let is_edited = |entry: &Entry| self.edits.has(&self.policy_type.name, entry.files());
        let edited = layout.going.iter().cloned().chain(damaged).filter(is_edited);
        edited.map(|entry| (entry.file.clone(), entry)).collect()
    }

    /// What was edited by hand of policies that the tenant does not have any more stays as well.
    fn keep_edited_of_gone(
        &mut self,
        layout: &mut Layout,
        edited: &BTreeMap<String, Entry>,
        old: &mut BTreeMap<String, String>,
        written: &mut Written,
    ) {
        let gone: Vec<&Entry> = edited.values().filter(|it| layout.decision.remove.contains(&it.file)).collect();
        for entry in gone {
            let (keeps, finding) = self.edits.settle(&self.policy_type.name, &entry.file, entry.files(), true);
            written.findings.push(finding);
            if keeps {
                layout.decision.remove.remove(&entry.file);
                entry.files().for_each(|file| drop(old.remove(&fold(file))));
            }
        }
    }

    /// Whether a policy's files stand there as they would be written.
    fn is_there(&self, before: &Entry, ready: &Ready) -> bool {
        let holds = |name: &str, bytes: &[u8]| disk::holds(&self.folder.join(name), bytes);
        before.file == ready.name
            && ready.sidecars.iter().all(|sidecar| holds(&sidecar.name, &sidecar.bytes))
            && holds(&ready.name, json::to_text(&Value::Object(ready.body.clone())).as_bytes())
    }

    /// A policy as it stands in the tree: canonical and sealed; and what in it looks like a credential.
    fn prepare(&self, policy: Policy, old: &[Entry]) -> (Map<String, Value>, Vec<Finding>) {
        let mut value = Value::Object(policy.body);
        sidecars::strip_marks(&mut value);
        let Value::Object(body) = value else { return (Map::new(), Vec::new()) };
        let canonical = Policy { body: canonicalise(body, &self.rules), ..policy };
        let (mut policy, _, changed) = sealing::take_own(canonical, self.policy_type);
        if changed {
            // What a sort rule looks at may have gone with a secret.
            policy.body = canonicalise(std::mem::take(&mut policy.body), &self.rules);
        }
        let findings = credentials::scan(&policy, self.policy_type);
        self.keep_unread(&mut policy, old);
        (policy.body, findings)
    }

    /// Of a part that may not be read, what an earlier export read of it stays: that is not a removal.
    fn keep_unread(&self, policy: &mut Policy, old: &[Entry]) {
        let parts: Vec<String> = unread::parts(&policy.body).map(|(part, _)| part.to_owned()).collect();
        if parts.is_empty() {
            return;
        }
        let same = |entry: &&Entry| entry.id().zip(policy.id()).is_some_and(|(old, new)| old.eq_ignore_ascii_case(new));
        let Some(head) = old.iter().find(same) else { return };
        let whole = folder::read_file(self.begin.root, &self.policy_type.name, &head.file, Extent::Whole, false);
        let Ok((mut entry, _)) = whole else { return };
        for part in parts {
            let kept: Map<String, Value> = entry.body.remove_entry(&part).into_iter().collect();
            // Its payloads are in files that would be stale else; where they cannot be used, the part cannot either.
            if let Ok(kept) = sidecars::restore(Value::Object(kept), &self.folder, &AtomicU64::new(KEPT_PAYLOADS)) {
                policy.body.extend(kept);
            }
        }
    }

    /// Gives an old file its new spelling before it is written.
    fn respell(&self, old: Option<String>, new: &str) -> Result<(), TreeError> {
        let Some(from) = old.map(|old| self.folder.join(old)).filter(|from| is_file(from)) else { return Ok(()) };
        self.begin.now()?;
        crate::replace::rename(&from, &self.folder.join(new)).map_err(TreeError::io(&from))
    }

    /// Writes a policy's files, sidecars first, so that its JSON never names a file that is not there yet.
    fn write(&self, ready: Ready) -> Result<Vec<(String, String, bool)>, TreeError> {
        let Ready { name, body, sidecars } = ready;
        let mut done = Vec::with_capacity(sidecars.len() + 1);
        let json = || json::to_text(&Value::Object(body)).into_bytes();
        let files = sidecars.into_iter().map(|sidecar| (sidecar.name, sidecar.bytes));
        for (name, bytes) in files.chain(std::iter::once_with(|| (name, json()))) {
            let wrote = self.begin.save(&self.folder.join(&name), &bytes)?;
            done.push((name, sha256_hex(&bytes), wrote));
        }
        Ok(done)
    }

    /// Takes away old files that nothing was written over, each policy's JSON before its sidecars.
    fn retire(&self, layout: &Layout, old: &BTreeMap<String, String>) -> Result<(), TreeError> {
        let mut any = false;
        for name in layout.going.iter().flat_map(Entry::files) {
            let path = self.folder.join(name);
            // A folder or link of that name is nothing this program wrote.
            if old.get(&fold(name)).is_some_and(|old| old == name) && is_file(&path) {
                self.begin.now()?;
                disk::remove(&path).map_err(TreeError::io(&path))?;
                any = true;
            }
        }
        // Only an empty folder goes.
        if any {
            let _ = fs::remove_dir(&self.folder);
        }
        Ok(())
    }

    fn tell(&self, layout: Layout, written: &mut Written) {
        let relative = |name: &String| format!("{}/{name}", self.policy_type.name);
        written.removed.extend(layout.decision.remove.iter().map(relative));
        written.kept.extend(layout.decision.keep.iter().map(relative));
        written.moved.extend(layout.moved.iter().map(|(from, to)| (relative(from), relative(to))));
        written.findings.extend(layout.findings);
        let lost = layout.damaged.into_iter().filter(|(name, _)| !self.sums.contains_key(&relative(name)));
        written.findings.extend(lost.flat_map(|(_, findings)| findings));
    }
}

/// The old name of a policy's file.
fn before<'a>(name: &'a str, layout: &'a Layout) -> &'a str {
    layout.moved.iter().find(|(_, new)| new == name).map_or(name, |(before, _)| before)
}

/// What was written of a policy before stays.
fn stays(name: &str, layout: &Layout, old: &mut BTreeMap<String, String>) {
    let before = before(name, layout);
    for file in layout.going.iter().filter(|entry| entry.file == before).flat_map(Entry::files) {
        old.remove(&fold(file));
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}
