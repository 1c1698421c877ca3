//! What the places of a policy's texts mean for text pairs: payloads in base64, and words of Graph's own, which no pair
//! changes. From Graph's metadata and the catalogue's rules.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::source::Source;
use crate::catalogue::{Catalogue, Entities};
use crate::policy::path::{self, unescape};

/// No word of Graph's own is longer, also where several stand in one text.
pub(super) const LONGEST_WORD: usize = 1024;
/// The part of a policy that says who gets it: it has nothing but ids and words.
const ASSIGNMENTS: &str = "/assignments/";

/// Places that hold base64 payloads whatever they look like.
pub(super) fn payloads(source: &Source<'_>, type_name: &str, document: &Value) -> HashSet<String> {
    let mut places = HashSet::new();
    for rule in source.catalogue.get(type_name).into_iter().flat_map(|policy_type| &policy_type.sidecars) {
        places.extend(rule.at.find(document).into_iter().filter(|pointer| {
            let holder = path::get(document, path::parent(pointer));
            rule.when.as_ref().is_none_or(|when| holder.is_some_and(|holder| when.holds(holder)))
        }));
    }
    places
}

/// Which of some places hold a word of Graph's own: of an enumeration, of an assignment, one that a reference may be
/// instead of an id (`All`), or one that the catalogue knows.
pub(super) fn words(
    catalogue: &Catalogue,
    type_name: &str,
    document: &Value,
    places: BTreeSet<String>,
) -> HashSet<String> {
    let Some(body) = document.as_object().filter(|_| !places.is_empty()) else { return HashSet::new() };
    let mut words = HashSet::new();
    for rule in catalogue.reference_rules(type_name).iter().filter(|rule| !rule.literals.is_empty()) {
        rule.at.visit_in(body, &mut |trail, value| {
            let is_literal = |text: &str| rule.literals.iter().any(|literal| literal.eq_ignore_ascii_case(text));
            if value.as_str().is_some_and(is_literal) {
                words.insert(trail.pointer());
            }
        });
    }
    let entity = catalogue.get(type_name).map(|policy_type| policy_type.entity.as_str());
    let is_word = |pointer: &String| {
        pointer.starts_with(ASSIGNMENTS) || entity.is_some_and(|entity| is_word(catalogue, document, entity, pointer))
    };
    words.extend(places.into_iter().filter(is_word));
    words
}

/// Whether Graph or the catalogue declares the text at a place of an object as a word.
fn is_word(catalogue: &Catalogue, document: &Value, entity: &str, pointer: &str) -> bool {
    let entities = Entities::built_in();
    let mut declared = Some(entity);
    let mut value = document;
    let mut constant = false;
    for segment in pointer.split('/').skip(1) {
        let next = match value {
            Value::Object(object) => {
                let key = unescape(segment);
                let holder = declared.map(|declared| entities.type_of(object, declared)).or_else(|| {
                    let own = object.get("@odata.type").and_then(Value::as_str)?;
                    Some(own.trim_start_matches('#').trim_start_matches("microsoft.graph."))
                });
                constant = holder.is_some_and(|holder| catalogue.shared.is_constant(holder, &key));
                declared = holder.and_then(|holder| entities.declared(holder, &key));
                object.get(&*key)
            }
            Value::Array(list) => {
                declared = declared.and_then(|declared| declared.strip_prefix("collection:"));
                segment.parse().ok().and_then(|index: usize| list.get(index))
            }
            _ => None,
        };
        let Some(next) = next else { return false };
        value = next;
    }
    constant || declared.is_some_and(|kind| kind.starts_with("enum:"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    fn places(type_name: &str, document: &Value) -> Vec<String> {
        let mut all = BTreeSet::new();
        crate::policy::JsonPath::new("**").visit_in(document.as_object().unwrap(), &mut |trail, value| {
            if value.is_string() {
                all.insert(trail.pointer());
            }
        });
        let mut words: Vec<_> = words(&Catalogue::built_in().unwrap(), type_name, document, all).into_iter().collect();
        words.sort();
        words
    }

    #[test]
    fn words_of_conditions_and_of_settings_are_told_from_texts() {
        let policy = json!({"displayName": "All", "state": "enabled", "conditions": {
            "applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["None", "All users"]},
            "platforms": {"includePlatforms": ["all"]}}, "grantControls": {"operator": "OR"}});
        assert_eq!(
            places("conditional-access", &policy),
            [
                "/conditions/applications/includeApplications/0",
                "/conditions/platforms/includePlatforms/0",
                "/conditions/users/includeUsers/0",
                "/grantControls/operator",
                "/state"
            ]
        );
        let choice = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingValue",
            "value": "x_enabled"});
        let text = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
            "value": "enabled"});
        let setting = |kind: &str, key: &str, value: &Value| json!({"settingInstance": {"@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}SettingInstance"), key: value}});
        let policy = json!({"name": "enabled", "platforms": "windows10",
            "assignments": [{"target": {"deviceAndAppManagementAssignmentFilterType": "include"}}],
            "settings": [setting("Choice", "choiceSettingValue", &choice), setting("Simple", "simpleSettingValue", &text)]});
        let found = places("settings-catalog", &policy);
        let ends: Vec<&str> = found.iter().map(|place| place.rsplit('/').next().unwrap()).collect();
        assert!(found.contains(&String::from("/settings/0/settingInstance/choiceSettingValue/value")), "{found:?}");
        assert!(!found.contains(&String::from("/settings/1/settingInstance/simpleSettingValue/value")), "{found:?}");
        assert!(!found.contains(&String::from("/name")), "{found:?}");
        assert!(
            ends.contains(&"platforms") && ends.contains(&"deviceAndAppManagementAssignmentFilterType"),
            "{found:?}"
        );
    }
}
