//! What keeps an import from doing harm: conflicts decided one by one, copies under another name, limits,
//! lock-outs, pilots. Seen through the program, with what the tenant then holds.

mod conflicts;
mod limits;
mod phases;
mod pilot;
mod undoing;

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

pub const SCRIPTS: &str = "deviceManagement/deviceManagementScripts";
pub const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";

/// Two tenants with these objects, and the tree exported from the first.
pub fn exported(source: &Value, target: &Value) -> Env {
    let tenant = |id, name, objects: &Value| {
        let mut tenant = empty(id, name);
        tenant.objects = objects.clone();
        tenant
    };
    let tenants = vec![tenant(TRIAL, "Contoso Trial", source), tenant(PRODUCTION, "Fabrikam Production", target)];
    let env = Env::start(tenants, quick());
    env.ferry(&["export", "trial", "--out", "tree"]);
    env
}

pub fn run(env: &Env, args: &[&str]) -> Value {
    env.ferry(&[args, &["--format", "json"]].concat()).json()
}

pub fn plan(env: &Env, more: &[&str]) -> Value {
    run(env, &[&["plan", "tree", "--to", "production"], more].concat())
}

pub fn import(env: &Env, more: &[&str]) -> Value {
    run(env, &[&["import", "tree", "--to", "production", YES], more].concat())
}

pub fn write(env: &Env, name: &str, value: &Value) {
    std::fs::write(env.path(name), value.to_string()).unwrap();
}

/// Name and action of each object that is no tenant's default.
pub fn actions(document: &Value) -> Vec<(&str, &str)> {
    let objects = document["objects"].as_array().unwrap_or_else(|| panic!("{document:#}"));
    let is_default = |object: &&Value| object["findings"].to_string().contains("matched-default");
    let own = objects.iter().filter(|object| !is_default(object));
    let mut list: Vec<(&str, &str)> =
        own.map(|object| (object["name"].as_str().unwrap(), object["action"].as_str().unwrap())).collect();
    list.sort_unstable();
    list
}

/// The objects that have a finding of this code.
pub fn with<'a>(document: &'a Value, code: &str) -> Vec<&'a str> {
    let has = |object: &&Value| object["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == code);
    let mut names: Vec<&str> = document["objects"]
        .as_array()
        .unwrap_or_else(|| panic!("{document:#}"))
        .iter()
        .filter(has)
        .map(|object| object["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// The target's object of a name.
#[track_caller]
pub fn named(env: &Env, collection: &str, name: &str) -> Value {
    let state = env.sandbox().state(PRODUCTION);
    let objects = state[collection].as_array().cloned().unwrap_or_default();
    let mut found: Vec<Value> = objects.into_iter().filter(|object| object["displayName"] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {collection}");
    found.remove(0)
}

/// Kind and group of each assignment of the target's object.
pub fn assigned(env: &Env, collection: &str, name: &str) -> Vec<(String, String)> {
    let object = named(env, collection, name);
    let mut list: Vec<(String, String)> = object["assignments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            let kind = entry["target"]["@odata.type"].as_str().unwrap_or_default();
            let group = entry["target"]["groupId"].as_str().unwrap_or_default();
            (kind.trim_start_matches("#microsoft.graph.").to_owned(), group.to_owned())
        })
        .collect();
    list.sort();
    list
}

pub fn script(id: u32, name: &str, content: &str) -> Value {
    json!({"id": format!("a1000000-0000-4000-8000-{id:012}"), "displayName": name, "description": "",
        "fileName": "a.ps1", "runAsAccount": "system", "enforceSignatureCheck": false, "runAs32Bit": false,
        "roleScopeTagIds": ["0"], "scriptContent": content})
}

pub fn group(id: &str, name: &str) -> Value {
    json!({"id": id, "displayName": name, "mailEnabled": false, "mailNickname": name.replace(' ', ""),
        "securityEnabled": true, "groupTypes": []})
}

pub fn to(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
}

pub fn not_to(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": id}})
}

pub fn everyone() -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}})
}

pub fn with_assignments(mut object: Value, assignments: &[Value]) -> Value {
    object["assignments"] = json!(assignments);
    object
}
