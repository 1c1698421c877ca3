//! Files that belong to the policy in another file: `<name>_Settings.json` beside `<name>.json`, as
//! IntuneManagement writes it, and `Assignments/<name>.json` below it, as IntuneBackupAndRestore does.
//! Finds the pairs and says which part of the policy it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::files::SourceFile;
use crate::catalogue::PolicyType;
use crate::catalogue::model::PartWrite;

const ENDING: &str = "_settings";
const ASSIGNMENTS: &str = "assignments";

/// A file that belongs to another.
#[derive(Debug, Clone)]
pub(super) struct SideFile {
    pub(super) name: String,
    /// None where it is damaged.
    pub(super) content: Option<Value>,
    is_assignments: bool,
}

/// Side files by the lower-case name of the file they belong to. What has a name of its own is none.
pub(super) fn pairs(files: &[SourceFile]) -> BTreeMap<String, Vec<SideFile>> {
    let names: BTreeSet<String> = files.iter().map(|file| file.name.to_lowercase()).collect();
    let mut pairs: BTreeMap<String, Vec<SideFile>> = BTreeMap::new();
    for file in files {
        let is_assignments = is_assignments(file);
        let Some(owner) = (if is_assignments { above(file) } else { beside(file) }) else { continue };
        if names.contains(&owner) && !has_name(file) {
            let content = file.content.as_ref().ok().cloned();
            pairs.entry(owner).or_default().push(SideFile { name: file.name.clone(), content, is_assignments });
        }
    }
    pairs
}

/// Whether it is in a folder of assignments.
pub(super) fn is_assignments(file: &SourceFile) -> bool {
    file.folders().next().is_some_and(|folder| folder.eq_ignore_ascii_case(ASSIGNMENTS)) && !has_name(file)
}

fn beside(file: &SourceFile) -> Option<String> {
    let (folder, stem) = file.stem();
    let end = stem.len().saturating_sub(ENDING.len());
    let ends = stem.get(end..).is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING));
    let base = stem.get(..end).filter(|base| ends && !base.is_empty())?;
    Some(format!("{folder}{base}{}", file.ending()).to_lowercase())
}

fn above(file: &SourceFile) -> Option<String> {
    let (folder, own) = file.name.rsplit_once('/')?;
    let above = folder.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
    Some(format!("{above}{own}").to_lowercase())
}

fn has_name(file: &SourceFile) -> bool {
    let object = file.content.as_ref().ok().and_then(Value::as_object);
    object.is_some_and(|object| object.contains_key("displayName") || object.contains_key("name"))
}

/// What became of a side file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Merged {
    /// It is in the policy now.
    Taken,
    /// The policy's own file has the part.
    AlreadyThere,
    /// The type has no part for it.
    NoPlace,
    /// It cannot be read.
    Damaged,
}

/// Puts a side file's content into the policy.
pub(super) fn merge(body: &mut Map<String, Value>, policy_type: &PolicyType, side: SideFile) -> Merged {
    // A damaged one has its finding already.
    let Some(content) = side.content else { return Merged::Damaged };
    let (named, elements) = match content {
        Value::Object(mut map) => {
            let key = map.iter().find(|(_, value)| value.is_array()).map(|(key, _)| key.clone());
            // A list of one lost its brackets: then the object is itself the element.
            let wrapper = key.filter(|key| key == "value" || map.keys().all(|own| own == key || own.contains('@')));
            match wrapper {
                Some(key) => {
                    let list = map.remove(&key).unwrap_or_default();
                    (Some(key).filter(|key| key != "value"), list)
                }
                None => (None, Value::Array(vec![Value::Object(map)])),
            }
        }
        list @ Value::Array(_) => (None, list),
        _ => return Merged::NoPlace,
    };
    let part = if side.is_assignments {
        policy_type.assignments.as_ref().map(|_| ASSIGNMENTS)
    } else {
        part_of(policy_type, named.as_deref())
    };
    let Some(part) = part else { return Merged::NoPlace };
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if body.get(part).is_none_or(empty) {
        body.insert(part.to_owned(), elements);
        Merged::Taken
    } else {
        Merged::AlreadyThere
    }
}

fn part_of<'a>(policy_type: &'a PolicyType, named: Option<&str>) -> Option<&'a str> {
    let parts = || policy_type.parts.iter();
    parts()
        .find(|part| named == Some(part.name.as_str()))
        .or_else(|| parts().find(|part| matches!(part.create(), PartWrite::DefinitionValues)))
        .or_else(|| parts().find(|part| !matches!(part.create(), PartWrite::None)))
        .map(|part| part.name.as_str())
}
