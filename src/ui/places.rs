//! Names a difference's place by the setting it belongs to, where the policy is made of catalogue settings:
//! nobody counts the settings of a policy to find the fourth one. For views only; files and JSON keep the
//! pointer.

use serde_json::Value;

use crate::policy::setting::{definition, is_frame};
use crate::policy::{Difference, Policy};

/// The differences with the places that can be named. `policy` is the wanted one.
pub fn readable(list: &[Difference], policy: &Policy) -> Vec<Difference> {
    let document = policy.to_value();
    let named = |difference: &Difference| {
        let at = name(difference, &document).unwrap_or_else(|| difference.at.clone());
        Difference { at, ..difference.clone() }
    };
    list.iter().map(named).collect()
}

/// None where no setting is on the way, or where the policy does not hold there what the comparison saw:
/// then its lists are in another order, and an index would lead to another setting.
fn name(difference: &Difference, document: &Value) -> Option<String> {
    let own = difference.wanted.as_ref().or(difference.found.as_ref()).and_then(definition);
    let walked = walk(&difference.at, document);
    let trusted = difference.wanted.is_some() && document.pointer(&difference.at) == difference.wanted.as_ref();
    match (own, walked) {
        (Some(own), _) => Some(own.to_owned()),
        (None, Some(name)) if trusted => Some(name),
        _ => None,
    }
}

/// The last setting on the way, and the steps behind it that say something.
fn walk(pointer: &str, document: &Value) -> Option<String> {
    let mut at = Some(document);
    let mut setting = None;
    let mut rest: Vec<String> = Vec::new();
    for step in pointer.split('/').skip(1) {
        let is_list = at.is_some_and(Value::is_array);
        at = at.and_then(|value| value.pointer(&format!("/{step}")));
        if let Some(id) = at.and_then(definition).filter(|_| is_list) {
            setting = Some(id.to_owned());
            rest.clear();
        } else if !is_frame(step) {
            rest.push(step.replace("~1", "/").replace("~0", "~"));
        }
    }
    if rest.last().is_some_and(|step| step == "value") {
        rest.pop();
    }
    setting.map(|id| if rest.is_empty() { id } else { format!("{id}/{}", rest.join("/")) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        let body = json!({
            "name": "Win - LAPS",
            "settings": [
                {"settingInstance": {"settingDefinitionId": "length", "simpleSettingValue": {"value": 14}}},
                {"settingInstance": {"settingDefinitionId": "backup", "choiceSettingValue": {
                    "value": "backup_1",
                    "children": [{"settingDefinitionId": "age", "simpleSettingValue": {"value": 30}}],
                }}},
                {"settingInstance": {"settingDefinitionId": "servers", "simpleSettingCollectionValue": [
                    {"value": "a"}, {"value": "b"},
                ]}},
            ],
        });
        let Value::Object(body) = body else { return Policy::new("any", serde_json::Map::new()) };
        Policy::new("any", body)
    }

    #[track_caller]
    fn shown(at: &str, wanted: Option<Value>, found: Option<Value>) -> String {
        readable(&[Difference { at: at.into(), wanted, found }], &policy())[0].at.clone()
    }

    #[test]
    fn a_place_in_a_setting_is_named_by_it() {
        assert_eq!(shown("/settings/0/settingInstance/simpleSettingValue/value", Some(json!(14)), None), "length");
        let child = "/settings/1/settingInstance/choiceSettingValue/children/0/simpleSettingValue/value";
        assert_eq!(shown(child, Some(json!(30)), Some(json!(60))), "age");
        let second = "/settings/2/settingInstance/simpleSettingCollectionValue/1/value";
        assert_eq!(shown(second, Some(json!("b")), Some(json!("c"))), "servers/1");
    }

    #[test]
    fn a_setting_that_only_one_side_has_names_itself() {
        let extra = json!({"settingInstance": {"settingDefinitionId": "extra"}});
        assert_eq!(shown("/settings/3", None, Some(extra)), "extra");
    }

    #[test]
    fn what_is_not_certain_keeps_its_pointer() {
        let at = "/settings/0/settingInstance/simpleSettingValue/value";
        assert_eq!(shown(at, Some(json!(15)), Some(json!(14))), at);
        assert_eq!(shown(at, None, Some(json!(14))), at);
        assert_eq!(shown("/name", Some(json!("Win - LAPS")), None), "/name");
        assert_eq!(shown("", Some(json!({})), None), "");
    }
}
