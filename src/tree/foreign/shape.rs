//! Undoes what exporting tools did to an object's shape, by what Graph declares: types that say
//! nothing, lists of one that PowerShell unrolled, names in another case, objects cut off by a depth.
//! Not for volatile values: the canonical form drops those.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::catalogue::Entities;
use crate::catalogue::entities::bare_name;
use crate::policy::path::escape;

/// Where the PowerShell SDK keeps the properties of a derived type.
const SDK_MEMBER: &str = "AdditionalProperties";
/// What PowerShell writes where an object was deeper than its depth limit.
const CUT_OFF: &[&str] = &["System.Collections.", "System.Object", "System.Management.", "Microsoft.Graph.PowerShell."];

/// Brings an object into the shape Graph answers with; `entity` is what it is where it does not say.
/// Gives the places of objects that were cut off: what stood there is lost.
pub(super) fn restore(object: &mut Map<String, Value>, entity: &str, entities: &Entities) -> Vec<String> {
    let actual = object.get("@odata.type").and_then(Value::as_str).map(|name| bare_name(name).to_owned());
    let actual = actual.filter(|name| entities.knows(name)).unwrap_or_else(|| entity.to_owned());
    let mut walk = Walk { entities, cut_off: Vec::new(), at: String::new() };
    walk.members(object, Some(&actual));
    walk.cut_off
}

/// Lifts what the PowerShell SDK keeps apart: the properties that its own type does not have. What it
/// lists besides, it lists even where there is nothing.
pub(super) fn unfold(object: &mut Map<String, Value>) {
    if let Some(Value::Object(more)) = object.remove(SDK_MEMBER) {
        object.retain(|_, value| !value.is_null());
        for (key, value) in more {
            object.entry(key).or_insert(value);
        }
    }
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => unfold(inner),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(unfold),
            _ => {}
        }
    }
}

/// Gives properties their declared case: PowerShell does not care about it, Graph does.
fn spell(object: &mut Map<String, Value>, entity: &str, entities: &Entities) {
    let foreign: Vec<(String, String)> = object
        .keys()
        .filter(|key| !key.contains('@') && entities.declared(entity, key).is_none())
        .filter_map(|key| Some((key.clone(), entities.spelled(entity, key)?.to_owned())))
        .filter(|(_, spelled)| !object.contains_key(spelled))
        .collect();
    for (key, spelled) in foreign {
        if let Some(value) = object.remove(&key) {
            object.insert(spelled, value);
        }
    }
}

struct Walk<'a> {
    entities: &'a Entities,
    cut_off: Vec<String>,
    at: String,
}

impl Walk<'_> {
    fn members(&mut self, object: &mut Map<String, Value>, entity: Option<&str>) {
        if let Some(entity) = entity {
            spell(object, entity, self.entities);
        }
        for (key, value) in object.iter_mut().filter(|(key, _)| !key.contains('@')) {
            let declared = entity.and_then(|entity| self.entities.declared(entity, key));
            let length = self.at.len();
            self.at.push('/');
            self.at.push_str(&escape(key));
            self.value(value, declared);
            self.at.truncate(length);
        }
    }

    fn value(&mut self, value: &mut Value, declared: Option<&str>) {
        let element = declared.and_then(|declared| declared.strip_prefix("collection:"));
        // An empty list that lay too deep became an empty text.
        if element.is_some() && value.as_str().is_some_and(str::is_empty) {
            *value = Value::Array(Vec::new());
        }
        if element.is_some() && !value.is_array() && !value.is_null() && !is_cut_off(value) {
            *value = Value::Array(vec![value.take()]);
        }
        match value {
            Value::Array(list) => {
                for (index, inner) in list.iter_mut().enumerate() {
                    let length = self.at.len();
                    let _ = write!(self.at, "/{index}");
                    self.value(inner, element);
                    self.at.truncate(length);
                }
            }
            Value::Object(object) => {
                let own = object.get("@odata.type").and_then(Value::as_str).map(|name| bare_name(name).to_owned());
                // Graph itself gives a type only where it is not the declared one.
                if own.is_some() && own.as_deref() == declared {
                    object.remove("@odata.type");
                }
                let own = own.filter(|name| self.entities.knows(name));
                self.members(object, own.as_deref().or(declared));
            }
            other => {
                let structured = declared.is_some_and(|declared| self.entities.knows(declared));
                if (structured && other.is_string()) || (declared != Some("string") && is_cut_off(other)) {
                    self.cut_off.push(self.at.clone());
                }
            }
        }
    }
}

fn is_cut_off(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        CUT_OFF.iter().any(|start| text.starts_with(start))
            || (text.starts_with("@{") && text.ends_with('}') && (text.contains('=') || text == "@{}"))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    fn restored(object: &Value, entity: &str) -> (Value, Vec<String>) {
        let mut object = object.as_object().unwrap().clone();
        let cut_off = restore(&mut object, entity, Entities::built_in());
        (Value::Object(object), cut_off)
    }

    #[test]
    fn a_nested_type_stays_only_where_it_says_something() {
        let (object, cut_off) = restored(
            &json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "settings": [
                {"@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting", "settingInstance": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
                    "choiceSettingValue": {
                        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingValue", "value": "x"}}}]}),
            "deviceManagementConfigurationPolicy",
        );
        assert_eq!(
            object,
            json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "settings": [
                {"settingInstance": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
                    "choiceSettingValue": {"value": "x"}}}]})
        );
        assert_eq!(cut_off, Vec::<String>::new());
    }

    #[test]
    fn a_list_of_one_is_a_list_again_and_names_have_their_case() {
        let (object, _) = restored(&json!({"TemplateId": "t", "roleScopeTagIds": "0"}), "deviceManagementIntent");
        assert_eq!(object, json!({"templateId": "t", "roleScopeTagIds": ["0"]}));
    }

    #[test]
    fn what_was_cut_off_is_found_and_texts_are_not_taken_for_it() {
        let (_, cut_off) = restored(
            &json!({"description": "@{a=b}", "settings": ["@{id=0; settingInstance=}"], "templateReference": "System.Collections.Hashtable",
                    "color": "@{}", "name": "@{"}),
            "deviceManagementConfigurationPolicy",
        );
        assert_eq!(cut_off, ["/color", "/settings/0", "/templateReference"]);
        let (_, cut_off) = restored(&json!({"settings": "System.Object[]"}), "deviceManagementConfigurationPolicy");
        assert_eq!(cut_off, ["/settings"]);
    }
}
