//! A policy that a person made has no id and is known by its file's name: another policy saved under that name is a
//! question, not an update.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, shows, tenants};
use crate::objects::{CONFIGURATIONS, FILTERS, filter, root, scep};

const UPDATE: [&str; 4] = ["--mapping", "mapping.json", "--on-conflict", "update"];

fn by_hand(mut object: Value) -> Value {
    object.as_object_mut().unwrap().remove("id");
    object
}

/// A tree with a policy made manually that was imported once.
fn imported(file: &str, policy: Value) -> Env {
    let env = tenants(&json!({}), &json!({}));
    env.ferry(&["export", "trial", "--out", "tree", "--only", "assignment-filters"]).exits(0);
    env.write(file, &by_hand(policy));
    env.write_mapping(&[], &[]);
    env.import(&UPDATE);
    let mapping: Value = serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap();
    assert_eq!(mapping["entries"].as_array().map(Vec::len), Some(1), "{mapping:#}");
    env
}

fn objects(env: &Env, collection: &str, id: &str) -> Vec<Value> {
    env.sandbox().state(id)[collection].as_array().cloned().unwrap_or_default()
}

#[test]
fn another_policy_under_the_name_of_a_file_does_not_overwrite_the_first() {
    let file = "tree/assignment-filters/mine.json";
    let env = imported(file, filter(1, "Laptops"));
    assert_eq!(objects(&env, FILTERS, TRIAL).len(), 0);
    env.write(file, &by_hand(filter(2, "Phones")));
    let blocked = env.import(&UPDATE);
    shows(&blocked, &["identity-changed"]);
    let there = objects(&env, FILTERS, PRODUCTION);
    assert!(there.len() == 1 && there[0]["displayName"] == "Laptops", "{there:#?}");
    // Under a name of its own it is a new one.
    std::fs::rename(env.path(file), env.path("tree/assignment-filters/phones.json")).unwrap();
    env.write(file, &by_hand(filter(1, "Laptops")));
    env.import(&UPDATE);
    assert_eq!(objects(&env, FILTERS, PRODUCTION).len(), 2);
    // Whoever says that it is the same one under another name gets the update.
    env.write(file, &by_hand(filter(1, "Notebooks")));
    shows(&env.plan(&UPDATE), &["identity-changed"]);
    let text = std::fs::read_to_string(env.path("mapping.json")).unwrap();
    let mut mapping: Value = serde_json::from_str(&text).unwrap();
    let entries = mapping["entries"].as_array_mut().unwrap().iter_mut();
    for entry in entries.filter(|entry| entry["source"]["name"] == "Laptops") {
        entry["source"]["name"] = json!("Notebooks");
    }
    env.write("mapping.json", &mapping);
    env.import(&UPDATE);
    let names: Vec<Value> = objects(&env, FILTERS, PRODUCTION).iter().map(|it| it["displayName"].clone()).collect();
    assert!(names.contains(&json!("Notebooks")) && names.len() == 2, "{names:?}");
}

#[test]
fn a_policy_of_another_kind_under_the_name_of_a_file_is_a_question() {
    let file = "tree/device-configurations/mine.json";
    let env = imported(file, root(1, "Corp"));
    let mut other = by_hand(scep(2, "Corp", 1));
    other.as_object_mut().unwrap().remove("rootCertificate@odata.bind");
    env.write(file, &other);
    shows(&env.plan(&UPDATE), &["identity-changed"]);
    assert_eq!(objects(&env, CONFIGURATIONS, PRODUCTION).len(), 1);
}

/// A new name that the import itself gives is not another policy.
#[test]
fn a_renamed_copy_stays_the_same_policy() {
    let file = "tree/assignment-filters/mine.json";
    let env = tenants(&json!({}), &json!({}));
    env.ferry(&["export", "trial", "--out", "tree", "--only", "assignment-filters"]).exits(0);
    env.write(file, &by_hand(filter(1, "Laptops")));
    env.write_mapping(&[], &[]);
    for more in [&["--rename", "MIG {name}"][..], &["--rename", "MIG {name}"], &[]] {
        let document = env.import(&[&UPDATE[..], more].concat());
        assert!(!document.to_string().contains("identity-changed"), "{document:#}");
    }
    assert_eq!(objects(&env, FILTERS, PRODUCTION).len(), 1);
}
