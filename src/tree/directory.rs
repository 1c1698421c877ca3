//! `directory.json`: what a tree knows of objects that are referenced and not in it, and which IDs of texts were looked
//! up. A file that is lost or damaged knows nothing, and is written again only by what reads everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::folder::{damaged, read_text};
use super::manifest::{FORMAT, Manifest};
use super::names::DIRECTORY;
use super::snapshot::Snapshot;
use super::{checksums, disk, json as json_text};
use crate::finding::{Finding, codes};
use crate::policy::Directory;
use crate::policy::directory::{Facts, HAS_MEMBERS};

const EXPORT_ALL: &str = "Export everything again (without --only, --skip and --name), which writes the file again; \
    for another tool's export, adopt again; for a rewritten tree, rewrite again. Or restore the file from git.";

const MISSING: &str = "the file is missing, so nothing is known of the objects that policies refer to, nor which IDs \
    in texts belong to an object";

/// What the file turned out to be.
enum File {
    Read(Directory),
    /// There is none, although there was one.
    Lost,
    /// There is none, and none was written.
    Absent,
    /// It is there and cannot be used.
    Damaged(Finding),
}

fn read(root: &Path) -> File {
    let mut findings = Vec::new();
    let Some(text) = read_text(root, DIRECTORY, &mut findings) else {
        if let Some(finding) = findings.pop() {
            return File::Damaged(finding.fix(EXPORT_ALL));
        }
        let was_there = checksums::of_last_writing(root).is_some_and(|sums| sums.contains_key(DIRECTORY));
        return if was_there { File::Lost } else { File::Absent };
    };
    let value = match json_text::parse(&text) {
        Ok((value, _)) => value,
        Err(error) => {
            let at = format!("line {}, column {}", error.line, error.column);
            return File::Damaged(damaged(DIRECTORY, &error.problem).at(at).fix(EXPORT_ALL));
        }
    };
    let is_known = value.get("format").and_then(Value::as_u64) == Some(FORMAT);
    let Some(objects) = value.get("objects").filter(|objects| is_known && objects.is_object()) else {
        return File::Damaged(damaged(DIRECTORY, "is not of format 1").fix(EXPORT_ALL));
    };
    let mut directory = Directory::from_value(objects);
    let not_found = value.get("notFound").and_then(Value::as_array);
    let ids = |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
    directory.record_not_found(not_found.map(ids));
    File::Read(directory)
}

/// A directory that knows nothing where something should be known: every ID in a text is unknown.
fn nothing_known() -> Directory {
    let mut directory = Directory::default();
    directory.record_not_found(Some(BTreeSet::new()));
    directory
}

/// What a tree knows. Of an export whose file is lost, damaged or without a record, no ID in a text was looked up.
pub(super) fn of_tree(root: &Path, manifest: &Manifest, findings: &mut Vec<Finding>) -> Directory {
    // Only a tree that was made of a tenant, or of such a tree, must have one.
    let is_due = manifest.account.is_some() || manifest.rewritten_for.is_some();
    match read(root) {
        File::Read(mut directory) => {
            if directory.not_found().is_none() && manifest.account.is_some() {
                directory.record_not_found(Some(BTreeSet::new()));
            }
            directory
        }
        File::Damaged(finding) => {
            findings.push(finding);
            nothing_known()
        }
        File::Absent if !is_due => Directory::default(),
        File::Lost | File::Absent => {
            findings.push(lost());
            nothing_known()
        }
    }
}

fn lost() -> Finding {
    Finding::new(&codes::TREE_INCOMPLETE, DIRECTORY, MISSING).fix(EXPORT_ALL)
}

/// The text to write: what the snapshot knows, with the old file's entries where old policies may still need them. None
/// where the old file is lost or damaged and the snapshot does not know everything that was in it: it stays as it is,
/// with a finding.
pub(super) fn to_write(
    root: &Path,
    old: Option<&Manifest>,
    snapshot: &Snapshot,
    is_all_new: bool,
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let known = match old.map(|_| read(root)) {
        Some(File::Read(before)) => merged(&before, &snapshot.directory, is_all_new),
        // What this export looked up is not recorded: nothing of it can be planned, so it did not succeed.
        Some(File::Lost) if !is_all_new => {
            findings.push(Finding::new(&codes::DAMAGED_FILE, DIRECTORY, MISSING).fix(EXPORT_ALL));
            return None;
        }
        Some(File::Damaged(finding)) if !is_all_new => {
            findings.push(finding);
            return None;
        }
        // A folder of that name is nothing this program wrote.
        Some(File::Damaged(finding)) if disk::is_folder(&root.join(DIRECTORY)) => {
            findings.push(finding);
            return None;
        }
        None | Some(File::Absent | File::Lost | File::Damaged(_)) => snapshot.directory.clone(),
    };
    let mut file = json!({"format": FORMAT, "objects": known.to_value()});
    if let (Some(not_found), Value::Object(members)) = (known.not_found(), &mut file) {
        members.insert(String::from("notFound"), json!(not_found));
    }
    Some(json_text::to_text(&file))
}

fn merged(before: &Directory, now: &Directory, is_all_new: bool) -> Directory {
    let mut merged = if is_all_new { Directory::default() } else { before.clone() };
    let is_known = |(.., facts): &(&str, &str, &Facts)| !facts.contains_key("state");
    let mut known: BTreeMap<&str, (&str, &Facts)> = BTreeMap::new();
    for (kind, id, facts) in before.iter().filter(is_known) {
        known.insert(id, (kind, facts));
    }
    // What is known now was perhaps only known to be somebody's before, or to be nobody's.
    let mut found: BTreeSet<&str> = now.iter().filter(is_known).map(|(_, id, _)| id).collect();
    found.extend(now.not_found().into_iter().flatten().map(String::as_str));
    for (kind, id, _) in before.iter().filter(|entry| !is_known(entry) && found.contains(entry.1)) {
        merged.remove(kind, id);
    }
    for (kind, id, facts) in now.iter() {
        // An account that sees less must not forget what one that saw more wrote down.
        let (kind, facts) = known.get(id).copied().filter(|_| is_unread(facts)).unwrap_or((kind, facts));
        let mut facts = facts.clone();
        // Whether anybody is in a group was asked only where a policy that was read now excludes it.
        let had = known.get(id).and_then(|(_, had)| had.get(HAS_MEMBERS)).filter(|_| !is_all_new);
        if let Some(had) = had {
            facts.entry(HAS_MEMBERS.to_owned()).or_insert_with(|| had.clone());
        }
        merged.insert(kind, id, facts);
    }
    let of_before = before.not_found().filter(|_| !is_all_new);
    let mut not_found = now.not_found().or(of_before).cloned();
    if let Some(not_found) = &mut not_found {
        not_found.extend(of_before.into_iter().flatten().cloned());
        for (_, id, _) in merged.iter() {
            not_found.remove(&id.to_ascii_lowercase());
        }
    }
    merged.record_not_found(not_found);
    merged
}

/// Whether the object may be there and was not read.
fn is_unread(facts: &Facts) -> bool {
    facts.get("state").is_some_and(|state| state == "forbidden" || state == "unknown")
}
