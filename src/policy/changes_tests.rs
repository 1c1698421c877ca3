//! What `changes` says of documents that differ in one way each.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::policy::JsonPath;

fn guide() -> Guide {
    let rule = |at: &str, by: &[&str]| SortRule {
        at: JsonPath::new(at),
        by: by.iter().map(|path| JsonPath::new(path)).collect(),
    };
    Guide {
        lists: vec![
            rule("settings", &["settingInstance/settingDefinitionId"]),
            rule("settings/**/children", &["settingDefinitionId"]),
            rule("assignments", &["target/@odata.type", "target/groupId"]),
            rule("tags", &[]),
        ],
        beside_secrets: [(String::from("value"), vec![String::from("mask")])].into(),
        left_is_wanted: false,
    }
}

fn told(left: &Value, right: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    changes(left, right, &guide()).into_iter().map(|change| (change.at, change.left, change.right)).collect()
}

fn setting(id: &str, value: &Value) -> Value {
    json!({"settingInstance": {"settingDefinitionId": id, "simpleSettingValue": {"value": value}}})
}

#[test]
fn what_the_wanted_side_does_not_mention_is_no_change() {
    let guide = Guide { left_is_wanted: true, ..guide() };
    let wanted = json!({"a": 1, "gone": 2, "settings": [setting("a", &json!(1))], "list": [{"name": "x"}]});
    let found = json!({"a": 1, "more": 3, "settings": [setting("b", &json!(1)), setting("a", &json!(1))],
        "list": [{"name": "x", "filledIn": true}]});
    let places: Vec<String> = changes(&wanted, &found, &guide).into_iter().map(|change| change.at).collect();
    assert_eq!(places, ["/gone", "/settings/b"]);
}

#[test]
fn settings_are_told_by_their_definition_and_not_by_their_place() {
    let left = json!({"settings": [setting("a", &json!(1)), setting("b", &json!(2)), setting("d", &json!(4))]});
    let right = json!({"settings": [setting("d", &json!(5)), setting("c", &json!(3)), setting("a", &json!(1))]});
    assert_eq!(
        told(&left, &right),
        [
            (String::from("/settings/b"), Some(setting("b", &json!(2))), None),
            (String::from("/settings/d/settingInstance/simpleSettingValue/value"), Some(json!(4)), Some(json!(5))),
            (String::from("/settings/c"), None, Some(setting("c", &json!(3)))),
        ]
    );
}

#[test]
fn a_list_inside_a_moved_element_is_still_known() {
    let parent = |children: Value| {
        json!({"settings": [{"settingInstance": {
            "settingDefinitionId": "p", "choiceSettingValue": {"value": "p_1", "children": children}}}]})
    };
    let child = |id: &str, value: u32| json!({"settingDefinitionId": id, "simpleSettingValue": {"value": value}});
    let mut left = parent(json!([child("x", 1), child("y", 2)]));
    let right = parent(json!([child("y", 2), child("x", 9)]));
    if let Some(list) = left["settings"].as_array_mut() {
        list.insert(0, setting("first", &json!(0)));
    }
    let found = told(&left, &right);
    let at: Vec<&str> = found.iter().map(|(at, _, _)| at.as_str()).collect();
    let inner = "/settings/p/settingInstance/choiceSettingValue/children/x/simpleSettingValue/value";
    assert_eq!(at, ["/settings/first", inner]);
}

#[test]
fn assignments_are_told_by_their_group() {
    let to = |kind: &str, group: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": group}});
    let left = json!({"assignments": [to("groupAssignmentTarget", "All laptops")]});
    let right = json!({"assignments": [to("exclusionGroupAssignmentTarget", "Pilot"), to("groupAssignmentTarget", "All laptops")]});
    let found = told(&left, &right);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/assignments/exclusionGroupAssignmentTarget, Pilot");
    assert!(found[0].1.is_none() && found[0].2.is_some());
    assert_eq!(told(&json!({"assignments": null}), &left).len(), 1);
}

#[test]
fn values_of_a_list_without_order_come_and_go() {
    let found = told(&json!({"tags": ["a", "b", "b"]}), &json!({"tags": ["b", "c", "b"]}));
    assert_eq!(
        found,
        [(String::from("/tags"), Some(json!("a")), None), (String::from("/tags"), None, Some(json!("c")))]
    );
}

#[test]
fn an_element_put_into_an_ordered_list_is_one_change() {
    let oma = |uri: &str, value: u32| json!({"omaUri": uri, "value": value});
    let left = json!({"oma": [oma("./a", 1), oma("./b", 2), oma("./c", 3)]});
    let right = json!({"oma": [oma("./new", 0), oma("./a", 1), oma("./b", 9), oma("./c", 3)]});
    let found = told(&left, &right);
    let at: Vec<&str> = found.iter().map(|(at, _, _)| at.as_str()).collect();
    assert_eq!(at, ["/oma/.~1new", "/oma/.~1b/value"]);
    assert_eq!((&found[1].1, &found[1].2), (&Some(json!(2)), &Some(json!(9))));
}

#[test]
fn secrets_and_what_a_server_cannot_keep_apart_are_no_change() {
    let left = json!({"value@ferry.secret": "FERRY_A", "mask": 1, "empty": [], "one": 1, "none": null});
    let right = json!({"value@ferry.secret": "FERRY_B", "value": "****", "mask": 2, "empty": "", "one": 1.0});
    assert_eq!(told(&left, &right), []);
    let typed = json!({"inner": {"@odata.type": "#a", "x": 1}});
    assert_eq!(told(&typed, &json!({"inner": {"x": 1}})), []);
}

#[test]
fn a_value_of_another_kind_is_told_whole() {
    let found = told(&json!({"a": {"b": 1}}), &json!({"a": "text", "c": {"d": 2}}));
    assert_eq!(
        found,
        [
            (String::from("/a"), Some(json!({"b": 1})), Some(json!("text"))),
            (String::from("/c"), None, Some(json!({"d": 2})))
        ]
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(1)), Just(json!("a")), Just(json!(true)), Just(json!("b"))];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::Array),
            proptest::collection::btree_map("[a-c]|tags|settings", inner, 1..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn equal_documents_have_no_changes_and_others_have_the_same_both_ways(left in any_json(), right in any_json()) {
        prop_assert_eq!(changes(&left, &left, &guide()), vec![]);
        let (there, back) = (changes(&left, &right, &guide()), changes(&right, &left, &guide()));
        prop_assert_eq!(there.is_empty(), back.is_empty());
    }
}
