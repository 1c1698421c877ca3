//! Policies made of catalogue settings, as people see them: a setting is its definition's id and a value, and
//! the frame around it says nothing. For reading only.

use serde_json::Value;

use super::path::unescape;

/// The property by which a setting says which one it is.
const DEFINITION: &str = "settingDefinitionId";
/// Steps of a pointer that every setting has and that say nothing.
const FRAME: [&str; 7] = [
    "settingInstance",
    "simpleSettingValue",
    "simpleSettingCollectionValue",
    "choiceSettingValue",
    "groupSettingValue",
    "groupSettingCollectionValue",
    CHILDREN,
];
const CHILDREN: &str = "children";
/// Properties of a setting or its value that are not content.
const SILENT: [&str; 5] =
    [DEFINITION, "@odata.type", "settingInstanceTemplateReference", "settingValueTemplateReference", "id"];

/// Which setting a value is.
pub fn definition(value: &Value) -> Option<&str> {
    value.get(DEFINITION).or_else(|| value.get("settingInstance")?.get(DEFINITION))?.as_str()
}

/// Whether a step of a pointer is part of the frame.
pub fn is_frame(step: &str) -> bool {
    FRAME.contains(&step)
}

/// A pointer as [`super::changes`] gives it, without the frame: the setting, and what of it. Other pointers
/// lose only their escapes.
pub fn short(pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    if !steps.iter().any(|step| is_frame(step)) {
        return steps.join("/");
    }
    let mut shown: Vec<&str> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let is_setting = (index > 0 && steps[index - 1] == CHILDREN)
            || steps.get(index + 1).is_some_and(|next| next == "settingInstance");
        if is_setting {
            // Which of several groups of settings it is in cannot be seen from the setting.
            shown.retain(|step| step.parse::<usize>().is_ok());
            shown.push(step);
        } else if !is_frame(step) {
            shown.push(step);
        }
    }
    if shown.len() > 1 && shown.last() == Some(&"value") {
        shown.pop();
    }
    shown.join("/")
}

/// A setting with all that is in it, as names and values; none where the value is not a setting.
pub fn leaves(value: &Value) -> Option<Vec<(String, Value)>> {
    let id = definition(value)?.to_owned();
    let mut list = Vec::new();
    collect(&id, value.get("settingInstance").unwrap_or(value), &mut list);
    Some(list)
}

fn collect(name: &str, value: &Value, list: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => {
            let content = map.iter().filter(|(key, _)| !SILENT.contains(&key.as_str()));
            // A setting comes before what depends on it.
            let (children, own): (Vec<_>, Vec<_>) = content.partition(|(key, _)| *key == CHILDREN);
            for (key, value) in own.into_iter().chain(children) {
                match (key.as_str(), value) {
                    (CHILDREN, Value::Array(children)) => {
                        for child in children {
                            collect(definition(child).unwrap_or(name), child, list);
                        }
                    }
                    ("value", _) => collect(name, value, list),
                    (key, _) if is_frame(key) => collect(name, value, list),
                    (key, _) => collect(&format!("{name}/{key}"), value, list),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(name, element, list)),
        Value::Null => {}
        value => list.push((name.to_owned(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_frame_is_not_shown() {
        for (pointer, shown) in [
            ("/settings/length/settingInstance/simpleSettingValue/value", "length"),
            ("/settings/p/settingInstance/choiceSettingValue/children/age/simpleSettingValue/value", "age"),
            (
                "/settings/p/settingInstance/groupSettingCollectionValue/1/children/port/simpleSettingValue/value",
                "1/port",
            ),
            ("/settings/servers/settingInstance/simpleSettingCollectionValue", "servers"),
            ("/omaSettings/.~1Vendor/value", "omaSettings/./Vendor/value"),
            ("/description", "description"),
            ("", ""),
        ] {
            assert_eq!(short(pointer), shown, "{pointer}");
        }
    }

    #[test]
    fn a_setting_is_taken_apart() {
        let setting = json!({"id": "0", "settingInstance": {
        "@odata.type": "#x", "settingDefinitionId": "backup", "choiceSettingValue": {
            "value": "backup_1",
            "children": [{"settingDefinitionId": "age", "simpleSettingValue": {"value": 30}},
                {"settingDefinitionId": "servers", "simpleSettingCollectionValue": [{"value": "a"}, {"value": "b"}]}],
        }}});
        let expected =
            [("backup", json!("backup_1")), ("age", json!(30)), ("servers", json!("a")), ("servers", json!("b"))];
        let expected: Vec<_> = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(leaves(&setting), Some(expected));
        assert_eq!(leaves(&json!({"value": 1})), None);
    }
}
