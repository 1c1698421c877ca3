//! What is read from any object: its id, its type, its texts and parts.

use serde_json::{Map, Value};

/// Ids are compared without regard to case, as GUIDs are.
pub(crate) fn has_id(value: &Map<String, Value>, id: &str) -> bool {
    id_of(value).eq_ignore_ascii_case(id)
}

/// An object's id, or the empty string.
pub(crate) fn id_of(value: &Map<String, Value>) -> &str {
    text(value, "id")
}

/// A string property, or the empty string.
pub(crate) fn text<'a>(value: &'a Map<String, Value>, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The objects of a part, or none.
pub(crate) fn part<'a>(value: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An element of a part by its id.
pub(crate) fn element<'a>(items: &'a [Value], id: &str) -> Option<&'a Map<String, Value>> {
    items.iter().filter_map(Value::as_object).find(|item| has_id(item, id))
}

/// The type that an object names, or the declared one.
pub(crate) fn type_of<'a>(value: &'a Map<String, Value>, declared: &'a str) -> &'a str {
    value
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(|name| name.strip_prefix("#microsoft.graph."))
        .unwrap_or(declared)
}
