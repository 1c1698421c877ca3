//! Administrative templates of uploaded ADMX files: definitions and their fields have other ids in every tenant, and
//! are found again where the target has the same file; else the policy is held back, with what to upload.

use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

const DEFINITIONS: &str = "deviceManagement/groupPolicyDefinitions";
const FILES: &str = "deviceManagement/groupPolicyUploadedDefinitionFiles";
const POLICIES: &str = "deviceManagement/groupPolicyConfigurations";

fn id(side: char, number: u32) -> String {
    format!("{side}7000000-0000-4000-8000-{number:012}")
}

fn field(side: char, number: u32, kind: &str, label: &str) -> Value {
    json!({"@odata.type": format!("#microsoft.graph.groupPolicyPresentation{kind}"), "id": id(side, number), "label": label})
}

fn definition(side: char, number: u32, name: &str, fields: &[Value]) -> Value {
    json!({"id": id(side, number), "classType": "machine", "categoryPath": "\\Contoso\\Client", "displayName": name,
        "policyType": "admxIngested", "presentations": fields})
}

fn file(side: char, number: u32, name: &str, namespace: &str, definitions: &[&Value]) -> Value {
    let named = |definition: &&Value| {
        let mut named = (*definition).clone();
        named.as_object_mut().unwrap().remove("presentations");
        named
    };
    json!({"@odata.type": "#microsoft.graph.groupPolicyUploadedDefinitionFile", "id": id(side, number),
        "displayName": name, "fileName": name, "status": "available", "policyType": "admxIngested",
        "targetPrefix": "contoso", "targetNamespace": namespace, "languageCodes": ["en-US"],
        "definitions": definitions.iter().map(named).collect::<Vec<_>>()})
}

/// The definitions of one file, and the file.
fn uploaded(side: char, seed: &mut TenantSeed) {
    // The address has a label of its own; of the boxes without one, the place tells them apart.
    let address =
        [field(side, 11, "TextBox", "Address:"), field(side, 12, "CheckBox", ""), field(side, 13, "CheckBox", "")];
    let (address, mode) = (definition(side, 1, "Server address", &address), definition(side, 2, "Offline mode", &[]));
    let of_file = file(side, 5, "contoso.admx", "Contoso.Policies.Client", &[&address, &mode]);
    seed.objects[DEFINITIONS] = json!([address, mode]);
    seed.objects[FILES] = json!([of_file]);
}

fn bind(definition: u32, field: Option<u32>) -> String {
    let field = field.map(|field| format!("/presentations('{}')", id('a', field))).unwrap_or_default();
    format!("{DEFINITIONS}('{}'){field}", id('a', definition))
}

fn trial() -> TenantSeed {
    let mut trial = empty(TRIAL, "Trial");
    uploaded('a', &mut trial);
    let value = |number: u32, kind: &str, field: u32, value: Value| {
        json!({"@odata.type": format!("#microsoft.graph.groupPolicyPresentationValue{kind}"), "id": id('a', number),
            "value": value, "presentation@odata.bind": bind(1, Some(field))})
    };
    let values = json!([
        {"id": id('a', 31), "enabled": true, "configurationType": "policy", "definition@odata.bind": bind(1, None),
            "presentationValues": [
                value(41, "Text", 11, json!("https://server.example")), value(42, "Boolean", 12, json!(true)),
                value(43, "Boolean", 13, json!(false)),
            ]},
        {"id": id('a', 32), "enabled": false, "configurationType": "policy", "definition@odata.bind": bind(2, None),
            "presentationValues": []},
    ]);
    let policy = |number: u32, name: &str, values: Value| {
        json!({"@odata.type": "#microsoft.graph.groupPolicyConfiguration", "id": id('a', number), "displayName": name,
            "description": "", "roleScopeTagIds": ["0"], "definitionValues": values})
    };
    let plain = json!([{"id": id('a', 33), "enabled": true, "configurationType": "policy", "presentationValues": [],
        "definition@odata.bind": format!("{DEFINITIONS}('5f000000-0000-4000-8000-000000000001')")}]);
    trial.objects[POLICIES] = json!([policy(21, "Win - Contoso client", values), policy(22, "Win - Built in", plain)]);
    trial
}

fn exported(target: TenantSeed) -> Env {
    let env = Env::start(vec![trial(), target], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "administrative-templates"]).exits(0);
    env
}

const MAP: [&str; 7] = ["map", "tree", "--to", "production", "--out", "mapping.json", "--format"];
const PLAN: [&str; 8] = ["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--format", "json"];

fn map(env: &Env) -> Value {
    env.ferry(&[&MAP[..], &["json"]].concat());
    serde_json::from_str(&std::fs::read_to_string(env.path("mapping.json")).unwrap()).unwrap()
}

fn entry<'a>(mapping: &'a Value, source: &str) -> &'a Value {
    let entries = mapping["entries"].as_array().unwrap();
    entries.iter().find(|entry| entry["source"]["id"] == source).unwrap_or_else(|| panic!("{source}: {mapping:#}"))
}

fn policy<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["objects"].as_array().unwrap().iter().find(|object| object["name"] == name).unwrap()
}

#[test]
fn definitions_and_fields_are_found_again_in_the_same_file() {
    let mut target = empty(PRODUCTION, "Production");
    uploaded('b', &mut target);
    // Another file has a setting of the same class, category and name.
    let other = definition('b', 3, "Server address", &[field('b', 14, "TextBox", "Address:")]);
    let of_other = file('b', 6, "older.admx", "Contoso.Policies.Older", &[&other]);
    target.objects[DEFINITIONS].as_array_mut().unwrap().insert(0, other);
    target.objects[FILES].as_array_mut().unwrap().insert(0, of_other);
    let env = exported(target);

    let mapping = map(&env);
    for (number, how) in [
        (1, "same file, class, category and name"),
        (2, "same file, class, category and name"),
        (11, "same field of the same definition"),
        (12, "same field at the same place"),
        (13, "same field at the same place"),
    ] {
        let entry = entry(&mapping, &id('a', number));
        assert_eq!((&entry["decision"], &entry["how"]), (&json!("map"), &json!(how)), "{entry}");
        assert_eq!(entry["target"]["id"], id('b', number));
    }
    let planned = env.ferry(&PLAN).exits(3).json();
    assert_eq!(policy(&planned, "Win - Contoso client")["findings"], json!([]));

    let import = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES];
    env.ferry(&import).exits(0);
    let state = env.sandbox().state(PRODUCTION);
    let made =
        state[POLICIES].as_array().unwrap().iter().find(|it| it["displayName"] == "Win - Contoso client").unwrap();
    let text = made["definitionValues"].to_string();
    for number in [1, 2, 11, 12, 13] {
        assert!(text.contains(&id('b', number)) && !text.contains(&id('a', number)), "{number}: {text}");
    }
    let values =
        made["definitionValues"].as_array().unwrap().iter().flat_map(|it| it["presentationValues"].as_array().unwrap());
    let off = values.into_iter().find(|value| value["value"] == false).unwrap();
    assert!(off["presentation@odata.bind"].as_str().unwrap().contains(&id('b', 13)), "{off}");
    env.ferry(&["verify", "tree", "--to", "production", "--mapping", "mapping.json"]).exits(0);
    let again = env.ferry(&PLAN).exits(0).json();
    assert_eq!(policy(&again, "Win - Contoso client")["action"], "unchanged");
}

#[test]
fn without_the_file_the_policy_is_held_back_with_what_to_upload() {
    let env = exported(empty(PRODUCTION, "Production"));
    let mapping = map(&env);
    let open = entry(&mapping, &id('a', 1));
    assert_eq!(open["decision"], "undecided");
    assert_eq!(open["why"], "the target does not have this definition: import contoso.admx there first");
    let field = entry(&mapping, &id('a', 11));
    assert!(field["why"].as_str().unwrap().contains("\"Server address\""), "{field}");
    let planned = env.ferry(&PLAN).exits(4).json();
    shows(&planned, &["mapping-undecided"]);
    assert_eq!(policy(&planned, "Win - Built in")["action"], "create");
    let held = policy(&planned, "Win - Contoso client");
    assert_eq!(held["action"], "blocked");
    let finding = &held["findings"][0];
    assert!(finding["message"].as_str().unwrap().contains("contoso.admx"), "{finding}");
    let fix = finding["fix"].as_str().unwrap();
    assert!(fix.contains("ADMX") && fix.contains("run map"), "{fix}");
}

#[test]
fn a_field_that_the_targets_file_lacks_holds_the_policy_back() {
    let mut target = empty(PRODUCTION, "Production");
    uploaded('b', &mut target);
    target.objects[DEFINITIONS][0]["presentations"].as_array_mut().unwrap().remove(0);
    let env = exported(target);
    let mapping = map(&env);
    assert_eq!(entry(&mapping, &id('a', 1))["decision"], "map");
    let open = entry(&mapping, &id('a', 11));
    assert_eq!(open["decision"], "undecided");
    assert!(open["why"].as_str().unwrap().contains("does not have this field"), "{open}");
    let planned = env.ferry(&PLAN).exits(4).json();
    assert_eq!(policy(&planned, "Win - Contoso client")["action"], "blocked");
}

#[test]
fn a_file_whose_upload_failed_is_told_before_anything_is_written() {
    let mut target = empty(PRODUCTION, "Production");
    uploaded('b', &mut target);
    target.objects[FILES][0]["status"] = json!("uploadFailed");
    let env = exported(target);
    map(&env);
    let planned = env.ferry(&PLAN).exits(3).json();
    let touched = policy(&planned, "Win - Contoso client");
    assert_eq!(touched["action"], "create");
    assert_eq!(touched["findings"][0]["code"], "prerequisite-missing");
    assert!(touched["findings"][0]["message"].as_str().unwrap().contains("ADMX file"), "{touched:#}");
    assert_eq!(policy(&planned, "Win - Built in")["findings"], json!([]));
    assert_eq!(env.writes(PRODUCTION), 0);
}
