//! How two canonical documents differ. The left one is what is wanted: what it does not mention, the
//! right may have, because the server fills in by itself. Not for text diffs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::path::escape;
use super::{sealed, unread};

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// RFC 6901 pointer of the place.
    pub at: String,
    /// The wanted value; none where it should not be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Value>,
    /// The value that is there; none where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
}

/// The places where `found` is not what `wanted` demands. Secrets (`…@ferry.secret`) are not compared,
/// nor is a property beside which such a marker stands, nor a secret in a text that names it, nor a part that could not be read where it is.
pub fn differences(wanted: &Value, found: &Value) -> Vec<Difference> {
    let mut list = Vec::new();
    compare(Some(wanted), Some(found), &mut String::new(), &mut list);
    list
}

fn compare(wanted: Option<&Value>, found: Option<&Value>, at: &mut String, list: &mut Vec<Difference>) {
    match (wanted, found) {
        (Some(Value::Object(wanted)), Some(Value::Object(found))) => {
            let unread = unread::silent(found);
            let texts = sealed::has_texts(wanted) || sealed::has_texts(found);
            for (key, value) in wanted {
                if key.ends_with(sealed::MARK) || wanted.contains_key(&format!("{key}{}", sealed::MARK)) {
                    continue;
                }
                if key.ends_with(sealed::INSIDE) || (texts && sealed::is_same_but_secrets(wanted, found, key)) {
                    continue;
                }
                if unread(key) {
                    continue;
                }
                deeper(at, key, |at| compare(Some(value), found.get(key), at, list));
            }
        }
        (Some(Value::Array(wanted)), Some(Value::Array(found))) => {
            for index in 0..wanted.len().max(found.len()) {
                deeper(at, &index.to_string(), |at| {
                    compare(wanted.get(index), found.get(index), at, list);
                });
            }
        }
        (None | Some(Value::Null), None | Some(Value::Null)) => {}
        (Some(wanted), Some(found)) if same_scalar(wanted, found) => {}
        (wanted, found) => list.push(Difference { at: at.clone(), wanted: wanted.cloned(), found: found.cloned() }),
    }
}

fn deeper(at: &mut String, key: &str, step: impl FnOnce(&mut String)) {
    let length = at.len();
    at.push('/');
    at.push_str(&escape(key));
    step(at);
    at.truncate(length);
}

/// Equal, or what a server cannot keep apart: nothing, an empty list and an empty text; `1` and `1.0`.
pub(super) fn same_scalar(wanted: &Value, found: &Value) -> bool {
    if wanted == found || (is_empty(wanted) && is_empty(found)) {
        return true;
    }
    match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => wanted.to_bits() == found.to_bits(),
        _ => false,
    }
}

/// How Graph says "none" where an id stands (quirks.md: an empty template id reads back as this).
const ZERO_GUID: &str = "00000000-0000-0000-0000-000000000000";

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty() || text == ZERO_GUID,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_fills_in_is_no_difference() {
        let wanted = json!({"a": 1, "list": [{"x": 1}], "none": null, "empty": []});
        let found = json!({"a": 1.0, "b": false, "list": [{"x": 1, "y": null}], "empty": null});
        assert_eq!(differences(&wanted, &found), []);
    }

    #[test]
    fn lists_are_compared_whole() {
        let found = differences(&json!({"l": ["a"]}), &json!({"l": ["a", "b"]}));
        assert_eq!(found, [Difference { at: "/l/1".into(), wanted: None, found: Some(json!("b")) }]);
    }

    #[test]
    fn secrets_are_not_compared() {
        let wanted = json!({"key@ferry.secret": "FERRY_X", "key": "new"});
        assert_eq!(differences(&wanted, &json!({"key": "****"})), []);
    }

    #[test]
    fn a_changed_or_missing_value_is_told() {
        let list = differences(&json!({"a": 1, "b": "x"}), &json!({"a": 2}));
        assert_eq!(list.len(), 2);
    }
}
