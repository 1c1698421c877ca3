//! `doctor`: says of every type what the tenant answers, changes nothing, and writes a file with nothing of the tenant.

use std::collections::BTreeSet;

use intune_ferry::sandbox::{Answer, Behaviour, Failure, Fault, Field, TenantSeed};
use serde_json::{Value, json};

use crate::env::{CLIENT, Env, SECRET, TRIAL, quick, shows};
use crate::field::tenant;

/// Occurs nowhere but in the tenant.
const PLANTED: &str = "Zq7planted";

fn playing(field: Field) -> Env {
    let mut seed = TenantSeed { field, ..tenant() };
    seed.display_name = format!("{PLANTED} Trial");
    seed.default_domain = format!("{}-trial.onmicrosoft.com", PLANTED.to_lowercase());
    for (collection, name) in [
        ("deviceManagement/deviceManagementScripts", "displayName"),
        ("deviceManagement/configurationPolicies", "name"),
        ("groups", "displayName"),
    ] {
        for object in seed.objects[collection].as_array_mut().unwrap() {
            object[name] = json!(format!("{PLANTED} {}", object[name].as_str().unwrap_or_default()));
        }
    }
    Env::start(vec![seed], Behaviour { restless: false, ..quick() })
}

/// Names and ids of everything in a tenant, and what it is called itself.
fn of_tenant(env: &Env) -> BTreeSet<String> {
    fn collect(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| collect(value, into)),
            Value::Object(map) => {
                for (key, value) in map {
                    let names = ["id", "displayName", "name", "description", "publisher", "userPrincipalName", "value"];
                    match value {
                        // Short words are Graph's as well.
                        Value::String(text) if names.contains(&key.as_str()) && text.len() > 8 => {
                            let is_own = text.contains([' ', '-', '@', '_']) && !text.starts_with("#microsoft");
                            into.extend(is_own.then(|| text.clone()));
                        }
                        value => collect(value, into),
                    }
                }
            }
            _ => {}
        }
    }
    let mut all = BTreeSet::from([TRIAL, CLIENT, SECRET, PLANTED].map(str::to_owned));
    all.insert(PLANTED.to_lowercase());
    collect(&env.sandbox().state(TRIAL), &mut all);
    all
}

fn file(env: &Env) -> (String, Value) {
    let text = std::fs::read_to_string(env.path("doctor.json")).unwrap();
    let document = serde_json::from_str(&text).unwrap();
    (text, document)
}

fn verdict<'a>(document: &'a Value, name: &str) -> &'a Value {
    let types = document["types"].as_array().unwrap().iter();
    let found = types.clone().find(|one| one["type"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {document:#}"))
}

#[test]
fn every_type_says_what_answers_and_the_file_holds_nothing_of_the_tenant() {
    let env = playing(Field::default());
    // What the service says may name anything.
    let said = format!("{PLANTED} Trial ({TRIAL}) is not allowed to read 'a1000000-0000-4000-8000-00000000f001'");
    let fails = |path: &str, status: u16| {
        let message = Some(said.clone());
        env.sandbox().fail(Fault { path: path.into(), status: Failure::Status(status), message, ..Fault::default() });
    };
    fails("/deviceManagementScripts/", 403);
    fails("/deviceManagement/roleScopeTags", 404);
    let ran = env.ferry(&["doctor", "trial", "--out", "doctor.json", "--format", "json"]).exits(5);
    shows(&ran.json(), &["read-failed"]);
    assert_eq!(env.writes(TRIAL), 0, "nothing is changed");

    let (text, document) = file(&env);
    for word in of_tenant(&env) {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{word} is in the file:\n{text}");
    }
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let types = document["types"].as_array().unwrap();
    assert_eq!(types.len(), catalogue.iter().count() + 1, "every type, and what is asked beside them");
    assert_eq!(verdict(&document, "settings-catalog")["verdict"], "answers");
    let requests = verdict(&document, "settings-catalog")["requests"].to_string();
    assert!(
        requests.contains("GET /beta/deviceManagement/configurationPolicies/{id}/settings?$top=1000"),
        "{requests}"
    );
    let scripts = verdict(&document, "platform-scripts");
    assert_eq!(scripts["verdict"], "fails");
    assert!(scripts["requests"].to_string().contains(r#""code":"Forbidden""#), "{scripts:#}");
    assert!(scripts["requests"].as_array().unwrap().iter().all(|one| one["ms"].is_u64()));
    assert_eq!(verdict(&document, "scope-tags")["verdict"], "fails");
    assert_eq!(document["signIn"]["delegated"], false);
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));

    // For people, with what the service said; and again over the same file, and over no other.
    let ran = env.ferry(&["doctor", "trial", "--out", "doctor.json", "-v"]).exits(5);
    assert!(ran.out.contains("platform-scripts") && ran.out.contains("403 Forbidden"), "{}", ran.out);
    env.ferry(&["doctor", "trial", "--out", "ferry.toml"]).exits(2);
}

#[test]
fn a_tenant_that_plays_all_answers_of_the_field_is_told_and_nothing_fails() {
    let env = playing(Field::from_iter(Answer::ALL));
    let ran = env.ferry(&["doctor", "trial", "--out", "doctor.json", "--format", "json"]).exits(0);
    shows(&ran.json(), &["not-available", "not-read"]);
    assert_eq!(env.writes(TRIAL), 0, "nothing is changed");
    let (text, document) = file(&env);
    for word in of_tenant(&env) {
        assert!(!text.to_lowercase().contains(&word.to_lowercase()), "{word} is in the file:\n{text}");
    }
    for (name, word) in [
        ("mdm-scope", "refused"),
        ("branding-profiles", "refused"),
        ("cloud-pc-user-settings", "refused"),
        ("resource-access-profiles", "refused"),
        ("settings-catalog", "answers-plainly"),
        ("role-assignments", "answers-plainly"),
        ("app-configurations-apps", "answers-plainly"),
    ] {
        assert_eq!(verdict(&document, name)["verdict"], word, "{:#}", verdict(&document, name));
    }
    assert!(verdict(&document, "cloud-pc-user-settings")["why"].as_str().unwrap().contains("Windows 365"));
    assert_eq!(document["counts"]["fails"], 0, "{:#}", document["counts"]);
}
