//! Holds a request body against Graph's own types: properties that do not exist, lists where an object
//! belongs, numbers as text, words that an enumeration does not have. Pure. Graph learns new properties
//! every month, so of what it gave itself only values of another kind are held; what someone wrote manually is held.

use serde_json::{Map, Value};

use super::entities::Entities;
use super::spelling;
use crate::policy::path::escape;

/// Something that Graph would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// RFC 6901 pointer of the place.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// No newer Graph would take it either: another kind of value than the property can hold.
    pub certain: bool,
}

/// Deeper than any policy; what lies deeper is not looked at.
const DEEPEST: usize = 64;

/// What in the body of an object of type `entity` Graph would not take.
pub fn problems(body: &Value, entity: &str, entities: &Entities) -> Vec<Problem> {
    problems_at(body, entity, "", entities)
}

/// What in the value of a part of an object of type `entity` Graph would not take.
pub fn problems_of_part(value: &Value, entity: &str, part: &str, entities: &Entities) -> Vec<Problem> {
    let declared = entities.declared(entity, part);
    declared.map(|declared| problems_at(value, declared, &format!("/{}", escape(part)), entities)).unwrap_or_default()
}

fn problems_at(value: &Value, declared: &str, at: &str, entities: &Entities) -> Vec<Problem> {
    let mut checker = Checker { entities, list: Vec::new() };
    checker.value(value, declared, at, 0);
    checker.list
}

struct Checker<'a> {
    entities: &'a Entities,
    list: Vec<Problem>,
}

impl Checker<'_> {
    fn tell(&mut self, at: &str, message: String) {
        self.list.push(Problem { at: at.to_owned(), message, certain: false });
    }

    fn tell_for_certain(&mut self, at: &str, message: String) {
        self.list.push(Problem { at: at.to_owned(), message, certain: true });
    }

    fn value(&mut self, value: &Value, declared: &str, at: &str, depth: usize) {
        if value.is_null() || depth > DEEPEST {
            return;
        }
        if let Some(wanted) = spelling::misfit(declared, value).filter(|_| !value.is_array()) {
            let message = format!("{wanted} belongs here");
            let certain = spelling::is_of_another_kind(declared, value);
            return self.list.push(Problem { at: at.to_owned(), message, certain });
        }
        if let Some(element) = declared.strip_prefix("collection:") {
            match value {
                Value::Array(list) => {
                    for (index, value) in list.iter().enumerate() {
                        self.value(value, element, &format!("{at}/{index}"), depth + 1);
                    }
                }
                _ => self.tell_for_certain(at, String::from("a list belongs here")),
            }
        } else if value.is_array() && declared != "any" && declared != "json" {
            self.tell_for_certain(at, String::from("this is a list, and one value belongs here"));
        } else if let Some(name) = declared.strip_prefix("enum:") {
            self.member(value, name, at);
        } else if self.entities.knows(declared) {
            match value {
                Value::Object(map) => self.object(map, declared, at, depth),
                _ => self.tell_for_certain(at, String::from("an object belongs here")),
            }
        }
    }

    fn object(&mut self, map: &Map<String, Value>, declared: &str, at: &str, depth: usize) {
        let actual = self.entities.type_of(map, declared);
        // What names another object by nothing but its id does not need to say what that is.
        let is_untyped = map.get("@odata.type").is_none_or(Value::is_null) && map.keys().any(|key| key != "id");
        if is_untyped && !at.is_empty() && self.entities.is_abstract(declared) {
            self.tell(at, format!("`@odata.type` is missing: there are several kinds of {declared}"));
        }
        for (key, value) in map.iter().filter(|(key, _)| !key.contains('@')) {
            let at = format!("{at}/{}", escape(key));
            match self.entities.property(actual, key) {
                Some(known) if value.is_null() && !known.nullable && !known.nav => {
                    self.tell(&at, String::from("this is null, and a value belongs here"));
                }
                Some(known) => self.value(value, &known.declared, &at, depth + 1),
                None => self.tell(&at, format!("Graph's type {actual} has no property `{key}`")),
            }
        }
    }

    fn member(&mut self, value: &Value, name: &str, at: &str) {
        let (Some(text), Some(members)) = (value.as_str(), self.entities.members(name)) else { return };
        // Flags are in one text, separated by commas.
        // Capitals make no difference: what is sent is spelled as Graph spells it.
        let is_known = |word: &&str| members.iter().any(|member| member.eq_ignore_ascii_case(word));
        if let Some(word) = text.split(',').map(str::trim).find(|word| !is_known(word)) {
            self.tell(at, format!("`{}` is not a value of {name}", word.escape_debug()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(body: &Value, entity: &str) -> Vec<String> {
        problems(body, entity, Entities::built_in()).into_iter().map(|problem| problem.at).collect()
    }

    #[test]
    fn what_graph_has_not_is_told_with_its_place() {
        let body = json!({
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "displayName": "x", "color": 1,
            "roleScopeTagIds": "0", "passwordRequiredType": "sometimes", "root@odata.bind": "y",
            "validOperatingSystemBuildRanges": [{"lowestVersion": "1", "nonsense": true}],
        });
        assert_eq!(
            places(&body, "deviceCompliancePolicy"),
            ["/color", "/passwordRequiredType", "/roleScopeTagIds", "/validOperatingSystemBuildRanges/0/nonsense"]
        );
    }

    #[test]
    fn values_of_the_wrong_type_are_told() {
        let body = json!({
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "passwordMinimumLength": "8",
            "bitLockerEnabled": "true", "displayName": 7, "osMinimumVersion": null, "roleScopeTagIds": [0],
        });
        assert_eq!(
            places(&body, "deviceCompliancePolicy"),
            ["/bitLockerEnabled", "/displayName", "/passwordMinimumLength", "/roleScopeTagIds/0"]
        );
        let nulls = json!({"sessionControls": {"signInFrequency": {"isEnabled": null, "value": null}}, "settings": []});
        let untyped = json!({"settings": [{"settingInstance": {"settingDefinitionId": "x"}}]});
        assert_eq!(places(&untyped, "deviceManagementConfigurationPolicy"), ["/settings/0/settingInstance"]);
        assert!(places(&nulls, "conditionalAccessPolicy").contains(&String::from("/settings")));
    }

    #[test]
    fn flags_and_nulls_pass() {
        let body = json!({"platforms": "windows10", "technologies": "mdm,microsoftSense", "description": null});
        assert_eq!(places(&body, "deviceManagementConfigurationPolicy"), Vec::<String>::new());
    }
}
