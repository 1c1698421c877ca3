//! Paths into JSON as the catalogue writes them: segments joined by `/`; `*` is every element or
//! member, `**` is any depth (also none). Concrete places are RFC 6901 pointers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Any,
    Deep,
}

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

    /// Concrete pointers of all places the path matches, in document order.
    pub fn find(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        walk(value, &self.segments, &mut String::new(), &mut found);
        once(found)
    }

    /// The same in an object that is no value by itself.
    pub fn find_in(&self, object: &Map<String, Value>) -> Vec<String> {
        match self.segments.split_first() {
            Some((Segment::Key(key), rest)) => {
                let mut found = Vec::new();
                if let Some(child) = object.get(key) {
                    descend(child, key, rest, &mut String::new(), &mut found);
                }
                once(found)
            }
            _ => self.find(&Value::Object(object.clone())),
        }
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
        if let [Segment::Key(key)] = self.segments.as_slice() {
            return value.get(key);
        }
        self.find(value).first().and_then(|pointer| value.pointer(pointer))
    }

    /// The same in an object that is no value by itself.
    pub fn first_in<'a>(&self, object: &'a Map<String, Value>) -> Option<&'a Value> {
        if let [Segment::Key(key)] = self.segments.as_slice() {
            return object.get(key);
        }
        self.find_in(object).first().and_then(|pointer| at(object, pointer))
    }

    /// Removes every place the path matches from its parent.
    pub fn remove(&self, value: &mut Value) {
        let mut places = self.find(value);
        // Backwards, so that the indices of what is still to be removed stay true.
        places.reverse();
        for pointer in places {
            remove(value, &pointer);
        }
    }
}

/// Each place once: `**` can reach one by two ways.
fn once(mut found: Vec<String>) -> Vec<String> {
    if found.len() > 1 {
        let mut seen = std::collections::HashSet::new();
        found.retain(|pointer| seen.insert(pointer.clone()));
    }
    found
}

/// The value of an object's place.
pub fn at<'a>(object: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let rest = pointer.strip_prefix('/')?;
    let length = rest.find('/').unwrap_or(rest.len());
    object.get(&unescape(&rest[..length]))?.pointer(&rest[length..])
}

/// Takes what a pointer names out of its parent.
pub fn remove(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, last) = pointer.rsplit_once('/')?;
    match value.pointer_mut(parent)? {
        Value::Object(map) => map.remove(&unescape(last)),
        Value::Array(list) => {
            let index: usize = last.parse().ok()?;
            (index < list.len()).then(|| list.remove(index))
        }
        _ => None,
    }
}

/// The pointer of the object that holds what a pointer names.
pub fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The property that a pointer leads to, or that holds the list it leads into.
pub fn property(pointer: &str) -> &str {
    let is_index = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    pointer.rsplit('/').find(|segment| !is_index(segment)).unwrap_or_default()
}

/// Goes on to a member of the object that a pointer names.
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    if key.contains(['~', '/']) {
        pointer.push_str(&escape(key));
    } else {
        pointer.push_str(key);
    }
}

/// Goes on to an element of the list that a pointer names.
pub fn push_index(pointer: &mut String, index: usize) {
    use std::fmt::Write as _;
    let _ = write!(pointer, "/{index}");
}

/// A key as a pointer's segment.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A pointer's segment as a key.
pub fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
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

fn walk(value: &Value, segments: &[Segment], pointer: &mut String, found: &mut Vec<String>) {
    let Some((first, rest)) = segments.split_first() else {
        found.push(pointer.clone());
        return;
    };
    match first {
        Segment::Key(key) => {
            if let Some(child) = value.get(key) {
                descend(child, key, rest, pointer, found);
            }
        }
        Segment::Any => each_child(value, pointer, found, |child, key, pointer, found| {
            descend(child, key, rest, pointer, found);
        }),
        Segment::Deep => {
            walk(value, rest, pointer, found);
            each_child(value, pointer, found, |child, key, pointer, found| {
                descend(child, key, segments, pointer, found);
            });
        }
    }
}

fn descend(child: &Value, key: &str, rest: &[Segment], pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    push_key(pointer, key);
    walk(child, rest, pointer, found);
    pointer.truncate(length);
}

fn each_child(
    value: &Value,
    pointer: &mut String,
    found: &mut Vec<String>,
    mut visit: impl FnMut(&Value, &str, &mut String, &mut Vec<String>),
) {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                visit(child, key, pointer, found);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                visit(child, &index.to_string(), pointer, found);
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
            }
        }
    }
}
