//! Concrete places in JSON: RFC 6901 pointers, read, written and taken apart. Places with wildcards are
//! [`path`](super::path)s.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The value of an object's place.
pub fn at<'a>(object: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let rest = pointer.strip_prefix('/')?;
    let length = rest.find('/').unwrap_or(rest.len());
    get(object.get(&*plain(&rest[..length]))?, &rest[length..])
}

/// The value of a place. As `Value::pointer`, but without a copy of each segment.
pub fn get<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut here = value;
    for segment in segments(pointer)? {
        here = match here {
            Value::Object(map) => map.get(&*plain(segment))?,
            Value::Array(list) => list.get(index(segment)?)?,
            _ => return None,
        };
    }
    Some(here)
}

/// The same, to change it.
pub fn get_mut<'a>(value: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let mut here = value;
    for segment in segments(pointer)? {
        here = match here {
            Value::Object(map) => map.get_mut(&*plain(segment))?,
            Value::Array(list) => list.get_mut(index(segment)?)?,
            _ => return None,
        };
    }
    Some(here)
}

fn segments(pointer: &str) -> Option<impl Iterator<Item = &str>> {
    (pointer.is_empty() || pointer.starts_with('/')).then(|| pointer.split('/').skip(1))
}

/// A segment as a key; a copy only where it is escaped.
fn plain(segment: &str) -> Cow<'_, str> {
    if segment.bytes().any(|byte| byte == b'~') { Cow::Owned(unescape(segment)) } else { Cow::Borrowed(segment) }
}

fn index(segment: &str) -> Option<usize> {
    let plain = segment == "0" || !segment.starts_with(['0', '+']);
    if plain { segment.parse().ok() } else { None }
}

/// Takes what a pointer names out of its parent.
pub fn remove(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, last) = pointer.rsplit_once('/')?;
    match get_mut(value, parent)? {
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

/// The top-level property of a pointer.
pub fn top(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// The property that a pointer leads to, or that holds the list it leads into.
pub fn property(pointer: &str) -> &str {
    let is_index = |segment: &&str| segment.bytes().all(|byte| byte.is_ascii_digit());
    pointer.rsplit('/').find(|segment| !is_index(segment)).unwrap_or_default()
}

/// Goes on to a member of the object that a pointer names.
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    // By bytes: this is done for every key of every document.
    if key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        pointer.push_str(&escape(key));
    } else {
        pointer.push_str(key);
    }
}

/// Goes on to an element of the list that a pointer names.
pub fn push_index(pointer: &mut String, index: usize) {
    pointer.push('/');
    match u8::try_from(index) {
        Ok(digit @ 0..=9) => pointer.push(char::from(b'0' + digit)),
        _ => pointer.push_str(&index.to_string()),
    }
}

/// A key as a pointer's segment.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A pointer's segment as a key.
pub fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
