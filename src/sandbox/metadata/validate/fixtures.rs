//! Runs the checks over the bodies in `tests/fixtures/bodies`, written manually from the facts.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Purpose, Refusal, action, entity};
use crate::metadata::model::Model;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    source: String,
    collection: String,
    purpose: String,
    #[serde(default)]
    action: Option<String>,
    body: Value,
    refusal: Option<String>,
}

fn fixtures(folder: &str) -> Vec<(PathBuf, Fixture)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/bodies").join(folder);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        all.push((path, fixture));
    }
    all
}

fn check(fixture: &Fixture) -> Result<(), Refusal> {
    let model = Model::load();
    let collection = model.collection(&fixture.collection).unwrap();
    match fixture.purpose.as_str() {
        "create" => entity(model, &collection.element, &fixture.body, Purpose::Create),
        "update" => entity(model, &collection.element, &fixture.body, Purpose::Update),
        "action" => action(model, collection.action(fixture.action.as_ref().unwrap(), false).unwrap(), &fixture.body),
        other => panic!("unknown purpose {other}"),
    }
}

#[test]
fn accepted_bodies_pass() {
    let mut refused = Vec::new();
    let all = fixtures("accepted");
    for (path, fixture) in &all {
        assert!(fixture.refusal.is_none() && !fixture.source.is_empty(), "{}", path.display());
        if let Err(refusal) = check(fixture) {
            refused.push(format!("{}: {}", path.display(), refusal.message));
        }
    }
    assert!(all.len() >= 24 && refused.is_empty(), "{refused:#?}");
}

#[test]
fn refused_bodies_are_refused_for_their_reason() {
    let mut wrong = Vec::new();
    let all = fixtures("refused");
    for (path, fixture) in &all {
        let wanted = fixture.refusal.as_ref().unwrap();
        match check(fixture) {
            Err(refusal) if refusal.status == 400 && refusal.message.contains(wanted) => {}
            Err(refusal) => wrong.push(format!("{}: {}", path.display(), refusal.message)),
            Ok(()) => wrong.push(format!("{}: accepted", path.display())),
        }
    }
    assert!(all.len() >= 24 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn deep_nesting_is_refused() {
    let setting = "#microsoft.graph.deviceManagementComplexSettingInstance";
    let mut value = json!([]);
    for _ in 0..200 {
        value = json!([{"@odata.type": setting, "definitionId": "x", "value": value}]);
    }
    let model = Model::load();
    let create = model.collection("deviceManagement/templates").unwrap().action("createInstance", false).unwrap();
    let refusal = action(model, create, &json!({"settingsDelta": value})).unwrap_err();
    assert!(refusal.message.contains("nested deeper"), "{}", refusal.message);
}

#[test]
fn bodies_that_are_no_object_are_refused() {
    for body in [json!(null), json!([]), json!("x")] {
        assert_eq!(entity(Model::load(), "group", &body, Purpose::Create).unwrap_err().status, 400);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from)
    ];
    let key = prop_oneof![
        Just("@odata.type".to_owned()),
        Just("settings".to_owned()),
        Just("id".to_owned()),
        Just("settings@odata.bind".to_owned()),
        "\\PC{0,8}"
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_a_check_panic(body in any_json()) {
        for declared in ["deviceManagementConfigurationPolicy", "deviceConfiguration", "conditionalAccessPolicy"] {
            let _ = entity(Model::load(), declared, &body, Purpose::Create);
            let _ = entity(Model::load(), declared, &body, Purpose::Update);
        }
    }

    #[test]
    fn what_the_model_does_not_know_is_refused(name in "[a-z]{3,12}[0-9]{4}") {
        let body = json!({"displayName": "x", name.clone(): 1});
        let refusal = entity(Model::load(), "group", &body, Purpose::Create).unwrap_err();
        prop_assert!(refusal.message.contains(&name));
    }
}
