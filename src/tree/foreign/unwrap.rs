//! Takes the objects out of a file: one object, a list, a list under `value` or under another key, a
//! template that holds its object as text. Not for saying what the objects are.

use serde_json::{Map, Value};

use super::{definition_values, shape};
use crate::tree::json;

/// Members of CIPP's templates that hold the object as text; case differs from place to place.
const AS_TEXT: &[&str] = &["RAWJson", "JSON"];
/// What CIPP says of a template beside its text.
const TEMPLATE_NAME: &str = "Displayname";
const TEMPLATE_TYPE: &str = "Type";
const TEMPLATE_ID: &str = "GUID";
/// The named locations that CIPP keeps with the access policy that uses them, and what they are.
const LOCATIONS: (&str, &str) = ("LocationInfo", "NamedLocations");

/// One object of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// RFC 6901 pointer within the file; `#` after a text that holds JSON.
    pub(super) pointer: String,
    /// The value; no object where something else is in a list, an error where the text it
    /// is in is broken.
    pub(super) value: Result<Value, String>,
    /// The key of the list it stood in, or what the template says it is.
    pub(super) wrapper: Option<String>,
    /// The context of the list it stood in.
    pub(super) context: Option<String>,
}

/// The objects of a file, at least one unless a list is empty; `stem` names what has no name of its own.
pub(super) fn items(file: Value, stem: &str) -> Vec<Item> {
    if definition_values::is_list(&file) {
        let value = Ok(definition_values::policy_of(file, stem));
        return vec![Item { pointer: String::new(), value, wrapper: None, context: None }];
    }
    of_value(file, "", None, None)
}

fn of_value(value: Value, at: &str, wrapper: Option<&str>, context: Option<&str>) -> Vec<Item> {
    match value {
        Value::Array(list) => of_list(list, at, wrapper, context),
        Value::Object(map) => of_object(map, at, wrapper, context),
        other => vec![item(other, at.to_owned(), wrapper, context)],
    }
}

fn item(value: Value, pointer: String, wrapper: Option<&str>, context: Option<&str>) -> Item {
    Item { pointer, value: Ok(value), wrapper: wrapper.map(str::to_owned), context: context.map(str::to_owned) }
}

fn of_list(list: Vec<Value>, at: &str, wrapper: Option<&str>, context: Option<&str>) -> Vec<Item> {
    let one = |(index, value)| match value {
        Value::Object(map) => of_object(map, &format!("{at}/{index}"), wrapper, context),
        other => vec![item(other, format!("{at}/{index}"), wrapper, context)],
    };
    list.into_iter().enumerate().flat_map(one).collect()
}

fn of_object(mut map: Map<String, Value>, at: &str, wrapper: Option<&str>, context: Option<&str>) -> Vec<Item> {
    shape::unfold(&mut map);
    if let Some(found) = template(&map, at) {
        return found;
    }
    if at.is_empty()
        && let Some(keys) = wrapped(&map)
    {
        let context = map.get("@odata.context").and_then(Value::as_str).map(str::to_owned);
        let inside = |(key, value): (String, Value)| {
            let wrapper = (key != "value").then_some(key.as_str());
            of_value(value, &format!("/{}", crate::policy::path::escape(&key)), wrapper, context.as_deref())
        };
        return map.into_iter().filter(|(key, _)| keys.contains(key)).flat_map(inside).collect();
    }
    map.remove(TEMPLATE_ID);
    let locations = map.remove(LOCATIONS.0);
    let mut found = vec![item(Value::Object(map), at.to_owned(), wrapper, context)];
    if let Some(locations) = locations {
        let at = format!("{at}/{}", LOCATIONS.0);
        let locations = of_value(locations, &at, Some(LOCATIONS.1), None).into_iter();
        // A policy without locations has `[null, null]` there.
        found.extend(locations.filter(|item| item.value.as_ref().is_ok_and(Value::is_object)));
    }
    found
}

/// The object that a template holds as text.
fn template(map: &Map<String, Value>, at: &str) -> Option<Vec<Item>> {
    let member = |name: &str| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let text = |name: &str| member(name).and_then(|(_, value)| value.as_str());
    let (key, text_inside) =
        AS_TEXT.iter().find_map(|name| member(name).and_then(|(key, value)| Some((key, value.as_str()?))))?;
    let at = format!("{at}/{}#", crate::policy::path::escape(key));
    let wrapper = text(TEMPLATE_TYPE);
    let inside = match json::parse(text_inside) {
        Ok((inside, _)) => inside,
        Err(error) => {
            let value = Err(format!("the text in `{key}` is not JSON: {error}"));
            return Some(vec![Item { pointer: at, value, wrapper: wrapper.map(str::to_owned), context: None }]);
        }
    };
    let mut found = match definition_values::added(&inside) {
        Some(values) => {
            let policy = definition_values::policy_of(values, text(TEMPLATE_NAME).unwrap_or_default());
            vec![item(policy, at, wrapper, None)]
        }
        None => of_value(inside, &at, wrapper, None),
    };
    for item in &mut found {
        if let (Ok(Value::Object(inside)), Some(name)) = (&mut item.value, text(TEMPLATE_NAME))
            && !inside.contains_key("displayName")
            && !inside.contains_key("name")
        {
            inside.insert(String::from("displayName"), Value::String(name.to_owned()));
        }
    }
    Some(found)
}

/// The keys that hold the objects, where the object is only a wrapper around them: every member is a
/// list of objects, or `value` is beside annotations and a count (Windows PowerShell writes one).
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
        items(file, "stem").into_iter().map(|item| (item.pointer, item.wrapper)).collect()
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
        assert_eq!(items(json!({"displayName": "a", "settings": [{}]}), "stem").len(), 1);
        assert_eq!(items(json!({"@odata.type": "#t", "settings": [{}]}), "stem").len(), 1);
        assert_eq!(items(json!({"displayName": "a", "value": [1]}), "stem").len(), 1);
    }

    #[test]
    fn the_context_of_a_list_goes_with_its_elements() {
        let list = items(json!({"@odata.context": "c", "value": [{"id": "1"}]}), "stem");
        assert_eq!(list[0].context.as_deref(), Some("c"));
    }

    #[test]
    fn a_template_gives_what_its_text_holds_even_twice_wrapped() {
        let inside = json!({"name": "Lock", "settings": []}).to_string();
        let template = json!({"Displayname": "T", "RAWJson": inside, "Type": "Catalog"});
        let row = json!({"PartitionKey": "IntuneTemplate", "JSON": template.to_string()});
        for (file, pointer) in [(template, "/RAWJson#"), (row, "/JSON#/RAWJson#")] {
            let found = items(file, "stem");
            assert_eq!((found.len(), found[0].pointer.as_str()), (1, pointer));
            assert_eq!(found[0].wrapper.as_deref(), Some("Catalog"));
            assert_eq!(found[0].value, Ok(json!({"name": "Lock", "settings": []})));
        }
        let broken = items(json!({"Displayname": "T", "RAWJson": "{"}), "stem");
        assert!(broken[0].value.as_ref().is_err_and(|problem| problem.contains("RAWJson")));
    }

    #[test]
    fn definition_values_without_their_policy_become_one() {
        let value = json!({"enabled": true, "definition@odata.bind": "x('d')"});
        let expected = json!({"displayName": "Edge", "definitionValues": [value]});
        for file in [json!([value]), value.clone()] {
            assert_eq!(items(file, "Edge")[0].value, Ok(expected.clone()));
        }
        let admin = json!({"added": [value], "updated": [], "deletedIds": []}).to_string();
        let found = items(json!({"Displayname": "Edge", "RAWJson": admin, "Type": "Admin"}), "stem");
        assert_eq!(found[0].value, Ok(expected));
    }

    #[test]
    fn locations_in_an_access_policy_are_objects_of_their_own() {
        let found = items(json!({"displayName": "CA", "LocationInfo": [{"displayName": "HQ"}, null]}), "stem");
        let told: Vec<_> = found.iter().map(|item| (item.pointer.as_str(), item.wrapper.as_deref())).collect();
        assert_eq!(told, [("", None), ("/LocationInfo/0", Some("NamedLocations"))]);
    }
}
