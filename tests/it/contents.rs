//! What a tenant holds, told so that two runs can be compared: every object with all its parts, the ids of
//! objects replaced by their names, without what differs from run to run (times, versions, ids of parts).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::env::{Env, PRODUCTION};

/// Every object in words, and how many there are of it.
pub type Contents = BTreeMap<String, usize>;

/// The length of a GUID.
const GUID: usize = 36;

/// What the production tenant holds.
pub fn contents(env: &Env) -> Contents {
    let state = env.sandbox().state(PRODUCTION);
    let mut names = Names::default();
    // What was deleted is not there, even where the service keeps it for a while.
    let collections =
        || state.as_object().unwrap().iter().filter(|(collection, _)| !collection.contains("deletedItems"));
    for (collection, objects) in collections() {
        for object in objects.as_array().unwrap() {
            names.learn(collection, object);
        }
    }
    let mut contents = Contents::new();
    for (collection, objects) in collections() {
        for object in objects.as_array().unwrap() {
            let mut told = names.tell(object);
            told.as_object_mut().unwrap().remove("id");
            *contents.entry(format!("{collection}/{} {told}", name(object))).or_default() += 1;
        }
    }
    contents
}

/// Fails with what is on one side only.
#[track_caller]
pub fn assert_same(env: &Env, meant: &Contents, place: &str) {
    let is = contents(env);
    let only = |one: &Contents, other: &Contents| -> Vec<String> {
        one.iter().filter(|(what, count)| other.get(*what) != Some(count)).map(|(w, c)| format!("{c}x {w}")).collect()
    };
    let (more, less) = (only(&is, meant), only(meant, &is));
    assert!(
        more.is_empty() && less.is_empty(),
        "{place}\nthere is:\n{}\nmeant is:\n{}",
        more.join("\n"),
        less.join("\n")
    );
}

fn name(object: &Value) -> &str {
    object["displayName"].as_str().or(object["name"].as_str()).unwrap_or_default()
}

/// Names by the ids of objects.
#[derive(Default)]
struct Names {
    guids: BTreeMap<String, String>,
    /// Scope tags have numbers, which mean something only where tags are named.
    tags: BTreeMap<String, String>,
}

impl Names {
    fn learn(&mut self, collection: &str, object: &Value) {
        let Some(id) = object["id"].as_str() else { return };
        let name = format!("<{collection}/{}>", name(object));
        if collection.ends_with("roleScopeTags") {
            self.tags.insert(id.to_owned(), name);
        } else if let Some(at) = (0..id.len()).find(|at| guid_at(id, *at).is_some()) {
            self.guids.insert(id[at..at + GUID].to_ascii_lowercase(), name);
        }
    }

    fn tell(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.without_ids(text)),
            Value::Array(list) => Value::Array(list.iter().map(|value| self.tell(value)).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().filter_map(|(key, value)| self.property(key, value)).collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn property(&self, key: &str, value: &Value) -> Option<(String, Value)> {
        // Parts have ids of their own, made up by the service.
        if key.ends_with("DateTime") || ["id", "version", "settingInstanceId"].contains(&key) {
            return None;
        }
        let told = match value {
            Value::Array(list) if key.contains("oleScopeTag") => {
                let told = |tag: &Value| self.tags.get(tag.as_str()?).cloned().map(Value::String);
                Value::Array(list.iter().map(|tag| told(tag).unwrap_or_else(|| self.tell(tag))).collect())
            }
            // Its targets are a set.
            Value::Array(list) if key == "assignments" => {
                let mut told: Vec<Value> = list.iter().map(|entry| self.assignment(entry)).collect();
                told.sort_by_cached_key(Value::to_string);
                Value::Array(told)
            }
            other => self.tell(other),
        };
        Some((key.to_owned(), told))
    }

    /// Where it came from is not a part of it, and to apply is what every assignment means that says nothing else.
    fn assignment(&self, entry: &Value) -> Value {
        let mut told = self.tell(entry);
        if let Some(members) = told.as_object_mut() {
            let says_nothing = |value: &Value| value.is_null() || value == "apply";
            members.retain(|key, value| !(key.starts_with("source") || key == "intent" && says_nothing(value)));
        }
        told
    }

    fn without_ids(&self, text: &str) -> String {
        let mut told = String::new();
        let mut from = 0;
        for (at, _) in text.char_indices() {
            if at < from {
                continue;
            }
            if let Some(name) = guid_at(text, at).and_then(|id| self.guids.get(&id.to_ascii_lowercase())) {
                told.push_str(&text[from..at]);
                told.push_str(name);
                from = at + GUID;
            }
        }
        told + &text[from..]
    }
}

/// The GUID that is here, if one does.
fn guid_at(text: &str, at: usize) -> Option<&str> {
    let piece = text.get(at..at + GUID)?;
    // Cheap to ask, and false nearly everywhere.
    (piece.as_bytes()[8] == b'-' && uuid::Uuid::try_parse(piece).is_ok()).then_some(piece)
}
