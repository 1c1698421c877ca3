//! Paths into JSON as the catalogue writes them: segments joined by `/`; `*` is every element or
//! member, `**` is any depth (also none). Concrete places are RFC 6901 pointers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use super::pointer::{at, escape, get, get_mut, parent, property, push_index, push_key, remove, top, unescape};
use super::trail::Trail;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Any,
    Deep,
}

/// What is shown of a place: the way to it, and the value.
pub type See<'s, 'v> = &'s mut dyn FnMut(&Trail<'_>, &'v Value);

/// A path with wildcards, such as `assignments/*/target/groupId` or `**/deviceComplianceScriptId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    text: String,
    segments: Vec<Segment>,
}

impl JsonPath {
    /// Reads a path; an empty text is the document itself.
    pub fn new(text: &str) -> Self {
        let segments = text
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| match part {
                "*" => Segment::Any,
                "**" => Segment::Deep,
                key => Segment::Key(key.to_owned()),
            })
            .collect();
        Self { text: text.to_owned(), segments }
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first property of the path, where that is a plain key.
    pub fn root(&self) -> Option<&str> {
        match self.segments.first() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Shows each place the path matches, in document order: the way to it, and the value. Where `**` stands twice,
    /// a place may be shown twice.
    pub fn visit<'v>(&self, value: &'v Value, see: See<'_, 'v>) {
        walk(value, &self.segments, &Trail::TOP, see);
    }

    /// The same in an object that is not a value by itself: what the path matches within it. Of a top-level place no
    /// holder is known.
    pub fn visit_in<'v>(&self, object: &'v Map<String, Value>, see: See<'_, 'v>) {
        walk_in(object, &self.segments, see);
    }

    /// Concrete pointers of all places the path matches, in document order.
    pub fn find(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.visit(value, &mut |trail, _| found.push(trail.pointer()));
        self.once(found)
    }

    /// The same in an object that is not a value by itself: what the path matches within it.
    pub fn find_in(&self, object: &Map<String, Value>) -> Vec<String> {
        let mut found = Vec::new();
        self.visit_in(object, &mut |trail, _| found.push(trail.pointer()));
        self.once(found)
    }

    /// Each place once.
    fn once(&self, mut found: Vec<String>) -> Vec<String> {
        let deep = self.segments.iter().filter(|segment| **segment == Segment::Deep).count();
        if deep > 1 && found.len() > 1 {
            let mut seen = std::collections::HashSet::new();
            found.retain(|pointer| seen.insert(pointer.clone()));
        }
        found
    }

    /// Whether a pointer leads to a place the path matches, or into one. A path of one step is looked for at
    /// any depth. Steps of the pointer may be names with slashes in them.
    pub fn covers(&self, pointer: &str) -> bool {
        let pointer = unescape(pointer);
        let steps: Vec<&str> = pointer.split('/').filter(|step| !step.is_empty()).collect();
        let anywhere = self.segments.len() == 1;
        !self.segments.is_empty()
            && (0..=if anywhere { steps.len() } else { 0 }).any(|start| begins(&steps[start..], &self.segments))
    }

    /// The first value the path matches.
    pub fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        first(value, &self.segments)
    }

    /// The same in an object that is not a value by itself.
    pub fn first_in<'a>(&self, object: &'a Map<String, Value>) -> Option<&'a Value> {
        if let Some((Segment::Key(key), rest)) = self.segments.split_first() {
            return first(object.get(key)?, rest);
        }
        let mut first = None;
        self.visit_in(object, &mut |_, place| {
            first.get_or_insert(place);
        });
        first
    }

    /// Removes every place the path matches from its parent.
    pub fn remove(&self, value: &mut Value) {
        if let ([Segment::Key(key)], Value::Object(map)) = (self.segments.as_slice(), &mut *value) {
            map.remove(key);
            return;
        }
        let mut places = self.find(value);
        // Backwards, so that the indices of what is still to be removed stay true.
        places.reverse();
        for pointer in places {
            remove(value, &pointer);
        }
    }
}

/// Whether the steps begin with what the segments say.
fn begins(steps: &[&str], segments: &[Segment]) -> bool {
    match (segments.split_first(), steps.split_first()) {
        (None, _) => true,
        (Some((Segment::Deep, rest)), _) => (0..=steps.len()).any(|skipped| begins(&steps[skipped..], rest)),
        (Some(_), None) => false,
        (Some((Segment::Any, rest)), Some((_, others))) => begins(others, rest),
        (Some((Segment::Key(key), rest)), Some((step, others))) => key == step && begins(others, rest),
    }
}

fn first<'a>(value: &'a Value, segments: &[Segment]) -> Option<&'a Value> {
    match segments.split_first() {
        None => Some(value),
        // Most paths are plain keys.
        Some((Segment::Key(key), rest)) => first(value.get(key)?, rest),
        Some(_) => {
            let mut first = None;
            walk(value, segments, &Trail::TOP, &mut |_, place| {
                first.get_or_insert(place);
            });
            first
        }
    }
}

fn walk<'v>(value: &'v Value, segments: &[Segment], trail: &Trail<'_>, see: See<'_, 'v>) {
    let Some((first, rest)) = segments.split_first() else {
        see(trail, value);
        return;
    };
    match first {
        Segment::Key(key) => {
            if let Some(child) = value.get(key) {
                walk(child, rest, &trail.member(key, Some(value)), see);
            }
        }
        Segment::Any => each_child(value, rest, trail, see),
        Segment::Deep => {
            walk(value, rest, trail, see);
            each_child(value, segments, trail, see);
        }
    }
}

fn walk_in<'v>(object: &'v Map<String, Value>, segments: &[Segment], see: See<'_, 'v>) {
    let members = |segments: &[Segment], see: See<'_, 'v>| {
        for (key, child) in object {
            walk(child, segments, &Trail::TOP.member(key, None), see);
        }
    };
    match segments.split_first() {
        Some((Segment::Key(key), rest)) => {
            if let Some(child) = object.get(key) {
                walk(child, rest, &Trail::TOP.member(key, None), see);
            }
        }
        Some((Segment::Any, rest)) => members(rest, see),
        Some((Segment::Deep, rest)) => {
            // As if nothing stood there, and then further down.
            walk_in(object, rest, see);
            members(segments, see);
        }
        None => {}
    }
}

fn each_child<'v>(value: &'v Value, rest: &[Segment], trail: &Trail<'_>, see: See<'_, 'v>) {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                walk(child, rest, &trail.member(key, Some(value)), see);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                walk(child, rest, &trail.element(index, Some(value)), see);
            }
        }
        _ => {}
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn wildcards_find_places() {
        let doc = json!({"a":[{"x":1},{"x":2},{"y":3}],"b":{"c":{"x":4}}});
        assert_eq!(JsonPath::new("a/*/x").find(&doc), ["/a/0/x", "/a/1/x"]);
        assert_eq!(JsonPath::new("**/x").find(&doc), ["/a/0/x", "/a/1/x", "/b/c/x"]);
        assert_eq!(JsonPath::new("").find(&doc), [""]);
    }

    #[test]
    fn a_path_covers_a_place_and_what_is_in_it() {
        for (path, pointer, covered) in [
            ("a/b", "/a/b", true),
            ("a/b", "/a/b/c", true),
            ("a/b", "/a", false),
            ("a/b", "/x/a/b", false),
            ("b", "/a/b/c", true),
            ("a/*/c", "/a/b/c", true),
            ("**/c", "/a/b/c/d", true),
            ("oma/./Vendor/x", "/oma/.~1Vendor~1x/value", true),
            ("", "/a", false),
        ] {
            assert_eq!(JsonPath::new(path).covers(pointer), covered, "{path} {pointer}");
        }
    }

    #[test]
    fn removing_elements_keeps_the_others() {
        let mut doc = json!({"a":["1","2","3"]});
        JsonPath::new("a/*").remove(&mut doc);
        assert_eq!(doc, json!({"a":[]}));
    }

    #[test]
    fn keys_with_slashes_are_escaped() {
        let doc = json!({"a/b":{"~":1}});
        let places = JsonPath::new("**/~").find(&doc);
        assert_eq!(places, ["/a~1b/~0"]);
        assert_eq!(doc.pointer(&places[0]), Some(&json!(1)));
    }

    proptest! {
        #[test]
        fn every_place_found_can_be_read(keys in proptest::collection::vec("[a-c/~]{1,3}", 1..6)) {
            let mut doc = json!(null);
            for key in &keys { doc = json!({key.as_str(): [doc]}); }
            for place in JsonPath::new("**").find(&doc) {
                prop_assert!(doc.pointer(&place).is_some());
                prop_assert_eq!(doc.pointer(&place), get(&doc, &place));
                let mut copies = [doc.clone(), doc.clone()];
                let [one, other] = &mut copies;
                prop_assert_eq!(one.pointer_mut(&place), get_mut(other, &place));
            }
            let object = doc.as_object().cloned().unwrap_or_default();
            for path in ["**", "*/*", "*/0/**", "a/**"] {
                let mut whole = JsonPath::new(path).find(&doc);
                whole.retain(|place| !place.is_empty());
                prop_assert_eq!(JsonPath::new(path).find_in(&object), whole);
            }
        }
    }
}
