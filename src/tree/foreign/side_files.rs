//! `<name>_Settings.json` beside `<name>.json`: what IntuneManagement puts into a file of its own
//! belongs to the policy beside it. Finds the pairs and says which part of the policy it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::files::SourceFile;
use crate::catalogue::PolicyType;
use crate::catalogue::model::PartWrite;

const ENDING: &str = "_settings";

/// Side files by the lower-case name of the file they belong to. What has a name of its own is none.
pub(super) fn pairs(files: &[SourceFile]) -> BTreeMap<String, String> {
    let names: BTreeSet<String> = files.iter().map(|file| file.name.to_lowercase()).collect();
    let mut pairs = BTreeMap::new();
    for file in files {
        let (folder, stem) = file.stem();
        let end = stem.len().saturating_sub(ENDING.len());
        let ends = stem.get(end..).is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING));
        let Some(base) = stem.get(..end).filter(|base| ends && !base.is_empty()) else { continue };
        let owner = format!("{folder}{base}.json").to_lowercase();
        if names.contains(&owner) && !has_name(file) {
            pairs.insert(owner, file.name.clone());
        }
    }
    pairs
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
}

/// Puts a side file's content into the policy.
pub(super) fn merge(body: &mut Map<String, Value>, policy_type: &PolicyType, content: Value) -> Merged {
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
    let part = policy_type
        .parts
        .iter()
        .find(|part| named.as_deref() == Some(part.name.as_str()))
        .or_else(|| policy_type.parts.iter().find(|part| matches!(part.create, PartWrite::DefinitionValues)))
        .or_else(|| policy_type.parts.iter().find(|part| !matches!(part.create, PartWrite::None)));
    let Some(part) = part else { return Merged::NoPlace };
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if body.get(&part.name).is_none_or(empty) {
        body.insert(part.name.clone(), elements);
        Merged::Taken
    } else {
        Merged::AlreadyThere
    }
}
