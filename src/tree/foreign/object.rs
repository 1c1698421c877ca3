//! A value as an object, for the steps that work on the inside of one.

use serde_json::{Map, Value};

/// The value as an object; an empty one where it is none.
pub(super) fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
