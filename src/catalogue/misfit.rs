//! What in a policy is of another shape than it must have: assignments that are not a list, a target without its
//! group, a part or a reference that is a number. What is not understood is not nothing: such a policy is not
//! compared, mapped or written as if the place were empty. Pure. Values that Graph's types would not take are
//! [`super::schema`]'s.

use serde_json::{Map, Value};

use super::load::Catalogue;
use super::model::{Part, PartWrite, PolicyType};
use super::rule::ReferenceRule;
use super::schema::Problem;
use crate::finding::{Finding, codes};
use crate::policy::Policy;
use crate::policy::assignment::Target;
use crate::policy::path::escape;

const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

/// What of a policy is not understood; such a policy is held back.
pub fn misfits(policy: &Policy, catalogue: &Catalogue) -> Vec<Finding> {
    let Some(policy_type) = catalogue.get(&policy.type_name) else { return Vec::new() };
    let mut list = Vec::new();
    if policy_type.assignments.is_some() {
        assignments(policy.body.get("assignments"), &mut list);
    }
    parts(policy, policy_type, &mut list);
    for rule in policy_type.sort.iter().chain(&catalogue.shared.sort).filter(|rule| !rule.at.as_str().contains('*')) {
        rule.at.visit_in(&policy.body, &mut |trail, value| {
            if !matches!(value, Value::Array(_) | Value::Null) {
                tell(&mut list, trail.pointer(), format!("this is {}, not a list", word(value)));
            }
        });
    }
    let rules = catalogue.reference_rules(&policy.type_name);
    for rule in rules.iter().filter(|rule| !rule.at.as_str().starts_with("assignments/")) {
        let steps: Vec<&str> = rule.at.as_str().split('/').collect();
        // What has no fixed depth, or is a reference only beside something else, has other shapes as well.
        if !steps.contains(&"**") && rule.near_when.is_none() && rule.when.is_none() {
            along(&policy.body, &steps, rule, rules, &mut list);
        }
    }
    list.sort_by(|left, right| left.at.cmp(&right.at));
    list.dedup_by(|left, right| left.at == right.at);
    list.into_iter().map(|one| Finding::new(&codes::WRONG_SHAPE, policy.subject(), one.message).at(one.at)).collect()
}

fn tell(list: &mut Vec<Problem>, at: impl Into<String>, message: impl Into<String>) {
    list.push(Problem { at: at.into(), message: message.into(), certain: true });
}

fn assignments(value: Option<&Value>, list: &mut Vec<Problem>) {
    let entries = match value {
        None | Some(Value::Null) => return,
        Some(Value::Array(entries)) => entries,
        Some(other) => return tell(list, "/assignments", format!("the assignments are {}, not a list", word(other))),
    };
    for (index, entry) in entries.iter().enumerate() {
        let at = format!("/assignments/{index}");
        let Some(target) = entry.get("target").filter(|target| target.is_object()) else {
            tell(list, at, "the assignment has no target");
            continue;
        };
        match Target::of_target(target) {
            Target::Other("") => tell(list, format!("{at}/target"), "the target has no type"),
            Target::Group("") | Target::ExcludedGroup("") => {
                tell(list, format!("{at}/target"), "the target does not name a group");
            }
            _ => {}
        }
        if let Some(problem) = filter(target) {
            tell(list, format!("{at}/target"), problem);
        }
    }
}

/// What is odd about the filter of a target.
fn filter(target: &Value) -> Option<&'static str> {
    let id = match target.get(FILTER_ID) {
        None | Some(Value::Null) => "",
        Some(Value::String(id)) => id.as_str(),
        Some(_) => return Some("the filter's ID is not a string"),
    };
    let names_none = id.is_empty() || id == "00000000-0000-0000-0000-000000000000";
    match target.get(FILTER_TYPE) {
        Some(Value::String(how)) if names_none && !how.eq_ignore_ascii_case("none") => {
            Some("the target is filtered, but does not name a filter")
        }
        None | Some(Value::Null | Value::String(_)) => None,
        Some(_) => Some("the filter's type is not a string"),
    }
}

fn parts(policy: &Policy, policy_type: &PolicyType, list: &mut Vec<Problem>) {
    for part in policy_type.parts_of(policy.odata_type()).filter(|part| part.is_of(&policy.body)) {
        let value = policy.body.get(&part.name).unwrap_or(&Value::Null);
        if is_list(part) && !matches!(value, Value::Array(_) | Value::Null) {
            tell(list, format!("/{}", escape(&part.name)), format!("this is {}, not a list", word(value)));
        }
    }
}

/// Whether a part is written element by element, or has elements with parts of their own.
fn is_list(part: &Part) -> bool {
    let each = |write: &PartWrite| {
        matches!(write, PartWrite::PostEach { .. } | PartWrite::Delta { .. } | PartWrite::DefinitionValues)
    };
    !part.children.is_empty() || each(part.create()) || each(part.update())
}

/// Walks to the places of a reference, and reports what is in the way.
fn along(
    body: &Map<String, Value>,
    steps: &[&str],
    rule: &ReferenceRule,
    rules: &[ReferenceRule],
    list: &mut Vec<Problem>,
) {
    let Some((first, rest)) = steps.split_first() else { return };
    if *first == "*" {
        return;
    }
    if let Some(value) = body.get(*first) {
        walk(value, rest, &format!("/{}", escape(first)), rule, rules, list);
    }
}

fn walk(
    value: &Value,
    steps: &[&str],
    at: &str,
    rule: &ReferenceRule,
    rules: &[ReferenceRule],
    list: &mut Vec<Problem>,
) {
    match (steps.split_first(), value) {
        (_, Value::Null) | (None, Value::String(_)) => {}
        (None, other) => {
            // Some properties are one value here and a list of them there, or hold more beside the reference.
            let path = rule.at.as_str();
            let goes_on =
                |other: &ReferenceRule| other.at.as_str().strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
            if !rules.iter().any(goes_on) {
                tell(list, at, format!("this is {}, not the ID of a {}", word(other), rule.kind));
            }
        }
        (Some((&"*", rest)), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                walk(element, rest, &format!("{at}/{index}"), rule, rules, list);
            }
        }
        (Some((&"*", rest)), Value::Object(map)) if !rest.is_empty() => {
            for (key, element) in map {
                walk(element, rest, &format!("{at}/{}", escape(key)), rule, rules, list);
            }
        }
        (Some((&"*", _)), other) => {
            let path = rule.at.as_str().trim_end_matches("/*");
            if !rules.iter().any(|other| other.at.as_str() == path) {
                tell(list, at, format!("this is {}, not a list", word(other)));
            }
        }
        (Some((step, rest)), Value::Object(map)) => {
            if let Some(value) = map.get(*step) {
                walk(value, rest, &format!("{at}/{}", escape(step)), rule, rules, list);
            }
        }
        (Some(_), other) => tell(list, at, format!("this is {}, not an object", word(other))),
    }
}

/// What a value is, for people.
fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn places(type_name: &str, body: &Value) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let policy = Policy::new(type_name, body.as_object().unwrap().clone());
        misfits(&policy, &catalogue).into_iter().filter_map(|finding| finding.at).collect()
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_place() {
        let target = |kind: &str| json!({"@odata.type": format!("#microsoft.graph.{kind}")});
        let filtered = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", FILTER_TYPE: "include"});
        for (type_name, body, at) in [
            ("platform-scripts", json!({"assignments": {"target": {}}}), vec!["/assignments"]),
            ("platform-scripts", json!({"assignments": "all"}), vec!["/assignments"]),
            (
                "platform-scripts",
                json!({"assignments": [7, {"target": {}}]}),
                vec!["/assignments/0", "/assignments/1/target"],
            ),
            (
                "platform-scripts",
                json!({"assignments": [{"target": target("exclusionGroupAssignmentTarget")}, {"target": filtered}]}),
                vec!["/assignments/0/target", "/assignments/1/target"],
            ),
            ("platform-scripts", json!({"roleScopeTagIds": "7"}), vec!["/roleScopeTagIds"]),
            ("platform-scripts", json!({"roleScopeTagIds": [0, "1"]}), vec!["/roleScopeTagIds/0"]),
            ("settings-catalog", json!({"settings": {"a": 1}}), vec!["/settings"]),
            (
                "conditional-access",
                json!({"conditions": {"users": {"excludeGroups": "a", "excludeUsers": [["b"]]}, "locations": "x"}}),
                vec!["/conditions/locations", "/conditions/users/excludeGroups", "/conditions/users/excludeUsers/0"],
            ),
        ] {
            assert_eq!(places(type_name, &body), at, "{body}");
        }
    }

    #[test]
    fn what_says_nothing_or_is_as_it_must_be_is_no_misfit() {
        let all = json!({"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", FILTER_TYPE: "none", FILTER_ID: null}});
        for body in [
            json!({}),
            json!({"assignments": null, "roleScopeTagIds": null}),
            json!({"assignments": [all, {"target": {"@odata.type": "#microsoft.graph.somethingNew"}}], "roleScopeTagIds": []}),
        ] {
            assert_eq!(places("platform-scripts", &body), [""; 0], "{body}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-z]{0,4}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map(
                    "assignments|target|groupId|conditions|users|excludeGroups|settings",
                    inner,
                    0..4
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn assignments_are_a_list_or_a_misfit(value in any_json()) {
            let found = places("platform-scripts", &json!({"assignments": value}));
            prop_assert!(value.is_array() || value.is_null() || found == ["/assignments"]);
            let _ = places("conditional-access", &json!({"conditions": value.clone()}));
            let _ = places("settings-catalog", &json!({"settings": value}));
        }
    }
}
