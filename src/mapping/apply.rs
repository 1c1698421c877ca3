//! Changes a document around its ids: takes out what is dropped, merges what became equal. Setting ids is `rewrite`'s. The pointers that
//! come in are in the document as it was; [`prune`] says where the places are afterwards.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use crate::catalogue::rule::{OnDrop, ReferenceRule};
use crate::policy::path::{self, escape, parent};

/// What is to be taken out of a document, and what stays in lists that became empty.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    /// Pointers of elements and properties.
    pub(super) places: BTreeSet<String>,
    /// Lists that must not become empty, with what they hold then.
    pub(super) refill: HashMap<String, Vec<String>>,
}

impl Cuts {
    /// Whether a place goes, itself or with what holds it.
    pub(super) fn covers(&self, pointer: &str) -> bool {
        let mut at = pointer;
        loop {
            if self.places.contains(at) {
                return true;
            }
            if at.is_empty() {
                return false;
            }
            at = parent(at);
        }
    }
}

/// Drops a reference as its rule says: at once, or by noting what is to be cut.
pub(super) fn drop_reference(document: &mut Value, pointer: &str, rule: &ReferenceRule, cuts: &mut Cuts) {
    let set = |document: &mut Value, pointer: &str, value: Value| {
        if let Some(place) = document.pointer_mut(pointer) {
            *place = value;
        }
    };
    match rule.on_drop {
        OnDrop::RemoveElement => {
            let element = nearest_element(document, pointer).unwrap_or_else(|| pointer.to_owned());
            if let Some(fill) = &rule.when_empty {
                cuts.refill.insert(parent(&element).to_owned(), fill.clone());
            }
            cuts.places.insert(element);
        }
        OnDrop::RemoveProperty => {
            cuts.places.insert(pointer.to_owned());
        }
        OnDrop::Null => set(document, pointer, Value::Null),
        OnDrop::ClearFilter => {
            set(document, pointer, Value::Null);
            if let Some(stem) = pointer.strip_suffix("Id") {
                set(document, &format!("{stem}Type"), Value::from("none"));
            }
        }
        OnDrop::Refuse => {}
    }
}

/// The element of the nearest list that holds a place.
pub(super) fn nearest_element(document: &Value, pointer: &str) -> Option<String> {
    let mut at = pointer;
    while !at.is_empty() {
        let holder = parent(at);
        if path::get(document, holder).is_some_and(Value::is_array) {
            return Some(at.to_owned());
        }
        at = holder;
    }
    None
}

/// One reference for the comparison of list elements.
pub(super) struct Identity {
    /// Where it stands.
    pub(super) pointer: String,
    /// What it refers to: equal texts, equal objects.
    pub(super) what: String,
    /// Whether the rewriting gave it its meaning, so that what it equals may be merged with it.
    pub(super) changed: bool,
}

/// An element of a list with every reference in it replaced by what it refers to, so that equal elements are equal.
pub(super) fn shadow(document: &Value, element: &str, identities: &[Identity]) -> Option<Value> {
    let mut shadow = path::get(document, element)?.clone();
    for identity in identities {
        let below = identity.pointer.strip_prefix(element).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some(place) = below.and_then(|below| path::get_mut(&mut shadow, below)) {
            *place = Value::from(identity.what.clone());
        }
    }
    if let (Value::Object(assignment), "/assignments") = (&mut shadow, parent(element)) {
        assignment.retain(|key, _| !matches!(key.as_str(), "id" | "source" | "sourceId"));
    }
    Some(shadow)
}

/// Elements of lists that became equal to an earlier one by rewriting, noted as cuts.
pub(super) fn merge_equals(document: &Value, original: &Map<String, Value>, identities: &[Identity], cuts: &mut Cuts) {
    let mut changed = HashSet::new();
    let mut lists = BTreeSet::new();
    for identity in identities.iter().filter(|identity| identity.changed) {
        if let Some(element) = nearest_element(document, &identity.pointer) {
            lists.insert(parent(&element).to_owned());
            changed.insert(element);
        }
    }
    for list in lists {
        let mut seen: HashMap<String, Vec<String>> = HashMap::new();
        let length = path::get(document, &list).and_then(Value::as_array).map_or(0, Vec::len);
        // One alone equals no other.
        for index in (0..length).filter(|_| length > 1) {
            let pointer = format!("{list}/{index}");
            if cuts.covers(&pointer) {
                continue;
            }
            let Some(element) = shadow(document, &pointer, identities) else { continue };
            let equals = seen.entry(serde_json::to_string(&element).unwrap_or_default()).or_default();
            // Two that were equal in the source already are the source's business.
            let new = |first: &&String| path::at(original, first) != path::at(original, &pointer);
            let merged = |first: &String| changed.contains(first) || changed.contains(&pointer);
            if equals.iter().filter(new).any(merged) {
                cuts.places.insert(pointer);
            } else {
                equals.push(pointer);
            }
        }
    }
}

/// The document without what is cut, and where the places of interest are now; what was cut is nowhere.
pub(super) fn prune(document: Value, cuts: &Cuts, interest: &HashSet<&str>) -> (Value, HashMap<String, String>) {
    if cuts.places.is_empty() {
        let stays = |pointer: &&str| ((*pointer).to_owned(), (*pointer).to_owned());
        let moved = interest.iter().map(stays).collect();
        return (document, moved);
    }
    let mut moved = HashMap::new();
    let value = pruned(&document, &mut String::new(), &mut String::new(), cuts, interest, &mut moved);
    (value, moved)
}

fn pruned(
    value: &Value,
    old: &mut String,
    new: &mut String,
    cuts: &Cuts,
    interest: &HashSet<&str>,
    moved: &mut HashMap<String, String>,
) -> Value {
    if interest.contains(old.as_str()) {
        moved.insert(old.clone(), new.clone());
    }
    let mut child = |value: &Value, from: &str, to: &str| {
        let lengths = (old.len(), new.len());
        old.push('/');
        old.push_str(from);
        new.push('/');
        new.push_str(to);
        let kept = (!cuts.places.contains(old.as_str())).then(|| pruned(value, old, new, cuts, interest, moved));
        old.truncate(lengths.0);
        new.truncate(lengths.1);
        kept
    };
    match value {
        Value::Array(list) => {
            let mut kept: Vec<Value> = Vec::with_capacity(list.len());
            for (index, element) in list.iter().enumerate() {
                let to = kept.len().to_string();
                kept.extend(child(element, &index.to_string(), &to));
            }
            if kept.is_empty()
                && !list.is_empty()
                && let Some(fill) = cuts.refill.get(old.as_str())
            {
                kept.extend(fill.iter().map(|text| Value::from(text.clone())));
            }
            Value::Array(kept)
        }
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, value) in map {
                let segment = escape(key);
                if let Some(value) = child(value, &segment, &segment) {
                    kept.insert(key.clone(), value);
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn places_move_up_when_others_go() {
        let document = json!({"a": [{"x": 1}, {"x": 2}, {"x": [3, 4]}], "b": ["t"]});
        let mut cuts = Cuts::default();
        cuts.places.extend(["/a/0".into(), "/a/2/x/0".into(), "/b/0".into()]);
        cuts.refill.insert("/b".into(), vec!["0".into()]);
        let (after, moved) = prune(document.clone(), &cuts, &HashSet::from(["/a/1/x", "/a/2/x/1", "/a/0/x"]));
        assert_eq!(after, json!({"a": [{"x": 2}, {"x": [4]}], "b": ["0"]}));
        assert_eq!(moved, HashMap::from([("/a/1/x".into(), "/a/0/x".into()), ("/a/2/x/1".into(), "/a/1/x/0".into())]));
    }

    proptest! {
        #[test]
        fn every_place_that_is_left_holds_what_it_held(list in proptest::collection::vec(0..9_u8, 0..8), cut in proptest::collection::vec(any::<bool>(), 8)) {
            let document = json!({"l": list});
            let pointers: Vec<String> = (0..list.len()).map(|index| format!("/l/{index}")).collect();
            let mut cuts = Cuts::default();
            cuts.places.extend(pointers.iter().zip(&cut).filter(|(_, cut)| **cut).map(|(pointer, _)| pointer.clone()));
            let (after, moved) = prune(document.clone(), &cuts, &pointers.iter().map(String::as_str).collect());
            prop_assert_eq!(moved.len(), list.len() - cuts.places.len());
            for (old, new) in moved {
                prop_assert_eq!(document.pointer(&old).unwrap(), after.pointer(&new).unwrap());
            }
        }
    }
}
