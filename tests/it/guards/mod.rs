//! What keeps an import from doing harm: conflicts decided one by one, copies under another name, limits,
//! lock-outs, pilots. Seen through the program, with what the tenant then holds.

mod conflicts;
mod limits;
mod phases;
mod pilot;
mod undoing;

use serde_json::Value;

use crate::env::{Env, PRODUCTION};
use crate::objects::targets;

/// Name and action of each object that is not a tenant's default.
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
    targets(&named(env, collection, name))
}
