//! Takes the objects out of a JSON file: one object, a list, a list under `value` or under another
//! key. Not for saying what the objects are.

use serde_json::{Map, Value};

/// One object of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// RFC 6901 pointer within the file.
    pub(super) pointer: String,
    /// What stands there; no object where something else stands in a list.
    pub(super) value: Value,
    /// The key of the list it stood in.
    pub(super) wrapper: Option<String>,
    /// The context of the list it stood in.
    pub(super) context: Option<String>,
}

impl Item {
    fn alone(value: Value) -> Self {
        Self { pointer: String::new(), value, wrapper: None, context: None }
    }
}

/// The objects of a file, at least one unless a list is empty.
pub(super) fn items(file: Value) -> Vec<Item> {
    match file {
        Value::Array(list) => of_list(list, "", None, None),
        Value::Object(map) => match wrapped(&map) {
            Some(keys) => {
                let context = map.get("@odata.context").and_then(Value::as_str);
                let context = context.map(str::to_owned);
                let mut list = Vec::new();
                for (key, value) in map {
                    if !keys.contains(&key) {
                        continue;
                    }
                    let wrapper = (key != "value").then(|| key.clone());
                    let at = format!("/{}", crate::policy::path::escape(&key));
                    match value {
                        Value::Array(elements) => {
                            list.extend(of_list(elements, &at, wrapper.as_deref(), context.as_deref()));
                        }
                        value => list.push(Item { pointer: at, value, wrapper, context: context.clone() }),
                    }
                }
                list
            }
            None => vec![Item::alone(Value::Object(map))],
        },
        other => vec![Item::alone(other)],
    }
}

fn of_list(list: Vec<Value>, at: &str, wrapper: Option<&str>, context: Option<&str>) -> Vec<Item> {
    list.into_iter()
        .enumerate()
        .map(|(index, value)| Item {
            pointer: format!("{at}/{index}"),
            value,
            wrapper: wrapper.map(str::to_owned),
            context: context.map(str::to_owned),
        })
        .collect()
}

/// The keys that hold the objects, where the object is only a wrapper around them: every member is a
/// list of objects, or `value` stands beside annotations and a count (Windows PowerShell writes one).
fn wrapped(map: &Map<String, Value>) -> Option<Vec<String>> {
    if map.contains_key("@odata.type") || map.contains_key("@odata.id") {
        return None;
    }
    let members: Vec<(&String, &Value)> =
        map.iter().filter(|(key, _)| !key.contains('@') && !key.starts_with('$')).collect();
    let only = |name: &str| members.iter().all(|(key, value)| *key == name || (*key == "Count" && value.is_number()));
    if only("value") && matches!(map.get("value"), Some(Value::Array(_) | Value::Object(_))) {
        return Some(vec![String::from("value")]);
    }
    let lists = members.iter().all(|(_, value)| match value {
        Value::Array(list) => !list.is_empty() && list.iter().all(Value::is_object),
        _ => false,
    });
    (lists && !members.is_empty()).then(|| members.iter().map(|(key, _)| (*key).clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(file: Value) -> Vec<(String, Option<String>)> {
        items(file).into_iter().map(|item| (item.pointer, item.wrapper)).collect()
    }

    #[test]
    fn objects_are_found_however_they_are_wrapped() {
        let one = |pointer: &str, wrapper: Option<&str>| (pointer.to_owned(), wrapper.map(str::to_owned));
        assert_eq!(pointers(json!({"id": "1"})), [one("", None)]);
        assert_eq!(pointers(json!([{"id": "1"}, {"id": "2"}])), [one("/0", None), one("/1", None)]);
        assert_eq!(pointers(json!({"@odata.context": "c", "value": [{"id": "1"}]})), [one("/value/0", None)]);
        assert_eq!(pointers(json!({"value": [{"id": "1"}], "Count": 1})), [one("/value/0", None)]);
        assert_eq!(pointers(json!({"value": {"id": "1"}})), [one("/value", None)]);
        assert_eq!(pointers(json!({"groups": [{"id": "1"}]})), [one("/groups/0", Some("groups"))]);
        assert_eq!(pointers(json!({"$schema": "s", "filters": [{"id": "1"}]})), [one("/filters/0", Some("filters"))]);
        assert_eq!(pointers(json!([])), []);
        assert_eq!(pointers(json!(3)), [one("", None)]);
    }

    #[test]
    fn a_policy_with_a_list_is_no_wrapper() {
        assert_eq!(items(json!({"displayName": "a", "settings": [{}]})).len(), 1);
        assert_eq!(items(json!({"@odata.type": "#t", "settings": [{}]})).len(), 1);
        assert_eq!(items(json!({"displayName": "a", "value": [1]})).len(), 1);
    }

    #[test]
    fn the_context_of_a_list_goes_with_its_elements() {
        let list = items(json!({"@odata.context": "c", "value": [{"id": "1"}]}));
        assert_eq!(list[0].context.as_deref(), Some("c"));
    }
}
