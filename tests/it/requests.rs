//! The requests that the program sends, against fixtures that were written manually from the gathered facts
//! about Graph, and never from what the program sends. Where the two disagree, the fixture stays and says so
//! in `contradicts`; such a test fails as soon as the program does what the facts say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

/// One file of `tests/fixtures/requests/`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fixture {
    /// The facts it rests on.
    source: String,
    /// Objects of the source tenant by collection, as it stores them.
    seed: Value,
    /// Objects that the target has already.
    #[serde(default)]
    target: Option<Value>,
    /// Entries of the mapping.
    #[serde(default)]
    mapping: Vec<Value>,
    /// What every secret of the tree is in the target.
    #[serde(default)]
    secret: Option<String>,
    /// A change in the tree, after which it is imported again with `--on-conflict update`.
    #[serde(default)]
    change: Option<Change>,
    /// All that the import may write, in order.
    expect: Vec<Expected>,
    /// All that the second import may write, in order.
    #[serde(default)]
    after_change: Vec<Expected>,
    /// Where the program is known to do otherwise.
    #[serde(default)]
    contradicts: Option<Contradiction>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contradiction {
    /// What the program does, and where.
    what: String,
    /// What the difference then says.
    shows: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The policy's display name.
    policy: String,
    /// What is merged into its file (RFC 7396).
    patch: Value,
}

/// One request. `{id:NAME}` stands for the target's id of the object of that name,
/// `{part:NAME|LIST|POINTER|VALUE}` for the id of an element of one of its lists, `{graph}` for Graph's host.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    method: String,
    path: String,
    /// The whole body.
    #[serde(default)]
    body: Option<Value>,
    /// For types with very many properties: what the body has, each property in full.
    #[serde(default)]
    body_has: Option<Value>,
    /// And what it must not have, as JSON pointers.
    #[serde(default)]
    body_lacks: Vec<String>,
}

macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

fixtures! {
    administrative_template, app_configuration, app_configuration_managed_apps, app_protection,
    app_protection_windows, app_relationships, assignment_filter, assignment_with_filter, autopilot, autopilot_hybrid,
    compliance, compliance_script, compliance_update, conditional_access, custom_attribute, device_preparation,
    driver_update, enrollment_limit, enrollment_notification, enrollment_priority, enrollment_status_page, enterprise_wifi, feature_update, intent,
    intent_secret, intent_setting_removed, linux_compliance, named_location, notification_message_update,
    notification_template, oma_secret, oma_xml_secret, platform_restriction, platform_script,
    privacy_access_controls, quality_update, remediation, reusable_settings, scep, scope_tag,
    settings_catalog, settings_catalog_secret, shell_script, terms_and_conditions, trusted_root, update_ring,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/requests")
}

fn read(name: &str) -> Fixture {
    let path = folder().join(format!("{}.json", name.replace('_', "-")));
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_fixture_is_checked_and_names_its_facts() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".json", "").replace('-', "_"))
        .collect();
    assert_eq!(files, NAMES.iter().map(|name| (*name).to_owned()).collect());
    let fixtures: Vec<Fixture> = NAMES.iter().map(|name| read(name)).collect();
    let requests: usize = fixtures.iter().map(|fixture| fixture.expect.len() + fixture.after_change.len()).sum();
    assert!(requests >= 60, "{requests}");
    assert!(fixtures.iter().all(|fixture| fixture.source.contains(".md") || fixture.source.contains(".json")));
}

/// Runs one fixture.
fn check(name: &str) {
    let fixture = read(name);
    match (run(&fixture), &fixture.contradicts) {
        (Ok(()), None) => {}
        (Err(difference), Some(known)) if difference.contains(&known.shows) => {}
        (Err(difference), _) => panic!("{name}: {difference}"),
        (Ok(()), Some(known)) => panic!("{name}: take `contradicts` out, it is no longer so: {}", known.what),
    }
}

fn run(fixture: &Fixture) -> Result<(), String> {
    let tenant = |id, name, objects: Option<&Value>| {
        let mut tenant = empty(id, name);
        tenant.objects = objects.cloned().unwrap_or_else(|| json!({}));
        tenant
    };
    let trial = tenant(TRIAL, "Contoso Trial", Some(&fixture.seed));
    let production = tenant(PRODUCTION, "Fabrikam Production", fixture.target.as_ref());
    let env = Env::start(vec![trial, production], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let mapping = json!({
        "format": 1, "source": {"tenantId": TRIAL}, "target": {"tenantId": PRODUCTION}, "entries": fixture.mapping,
        // Where the certificate authority is is decided: it stays.
        "text": [{"find": "https://ndes.example.org/certsrv/mscep/mscep.dll", "replace": "https://ndes.example.org/certsrv/mscep/mscep.dll"}],
    });
    std::fs::write(env.path("mapping.json"), mapping.to_string()).unwrap();

    let first = import(&env, fixture, &[])?;
    let state = env.sandbox().state(PRODUCTION);
    compare(&env, &fixture.expect, &first, &[&state])?;
    let Some(change) = &fixture.change else { return Ok(()) };
    change_tree(&env, change);
    let second = import(&env, fixture, &["--on-conflict", "update"])?;
    compare(&env, &fixture.after_change, &second, &[&state, &env.sandbox().state(PRODUCTION)])
}

/// Imports the tree and gives what the target was sent.
fn import(env: &Env, fixture: &Fixture, more: &[&str]) -> Result<Vec<Value>, String> {
    let secrets = secret_keys(env);
    let variables: Vec<(&str, &str)> = secrets
        .iter()
        .zip(std::iter::repeat(fixture.secret.as_deref().unwrap_or_default()))
        .map(|(k, v)| (k.as_str(), v))
        .collect();
    let before = env.sandbox().requests(PRODUCTION).len();
    let journal = format!("{before}.ndjson");
    let command = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", &journal, YES];
    let ran = env.ferry_with(&[&command, more].concat(), &variables);
    let sent: Vec<Value> = env.sandbox().requests(PRODUCTION)[before..]
        .iter()
        .filter(|request| request.method != "GET" && !["$batch", "getByIds", "/token", "/retrieve"].iter().any(|path| request.path.contains(path)))
        .map(|request| {
            json!({"method": request.method, "path": request.path, "body": request.body, "status": request.status})
        })
        .collect();
    match ran.code {
        0 => Ok(sent),
        code => Err(format!("exit code {code}\n{}\n{}\n{}", ran.out, ran.err, Value::Array(sent))),
    }
}

/// The keys of all secrets that the tree leaves open.
fn secret_keys(env: &Env) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (name, bytes) in env.files("tree") {
        if name.contains('/') && Path::new(&name).extension().is_some_and(|end| end == "json") {
            collect_secrets(&serde_json::from_slice(&bytes).unwrap(), &mut keys);
        }
    }
    keys
}

fn collect_secrets(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if name.ends_with("@ferry.secret") {
                    keys.insert(value.as_str().unwrap().to_owned());
                }
                collect_secrets(value, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_secrets(value, keys)),
        _ => {}
    }
}

fn change_tree(env: &Env, change: &Change) {
    for (name, bytes) in env.files("tree") {
        let Ok(mut policy) = serde_json::from_slice::<Value>(&bytes) else { continue };
        if named(&policy, &change.policy) {
            merge(&mut policy, &change.patch);
            return std::fs::write(env.path("tree").join(name), policy.to_string()).unwrap();
        }
    }
    panic!("the tree has no policy called {}", change.policy);
}

fn merge(into: &mut Value, patch: &Value) {
    match (into.as_object_mut(), patch.as_object()) {
        (Some(map), Some(patch)) => {
            for (name, value) in patch {
                if value.is_null() {
                    map.remove(name);
                } else {
                    merge(map.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        _ => *into = patch.clone(),
    }
}

fn named(object: &Value, name: &str) -> bool {
    ["displayName", "name"].iter().any(|property| object[property] == *name)
}

fn compare(env: &Env, expected: &[Expected], sent: &[Value], states: &[&Value]) -> Result<(), String> {
    let mut lines = Vec::new();
    for (index, wanted) in expected.iter().enumerate() {
        let Some(found) = sent.get(index) else {
            lines.push(format!("not sent: {} {}", wanted.method, wanted.path));
            continue;
        };
        let fill = |value: &Value| fill_in(value, &env.sandbox().url, states);
        let path = fill(&json!(wanted.path));
        if found["method"] != *wanted.method || found["path"] != path {
            lines.push(format!("expected {} {path}, found {} {}", wanted.method, found["method"], found["path"]));
            continue;
        }
        if found["status"].as_u64().is_none_or(|status| status >= 300) {
            lines.push(format!("{} {path} was answered {}", wanted.method, found["status"]));
        }
        if let Some(body) = &wanted.body_has {
            let body = fill(body);
            let differing =
                body.as_object().unwrap().iter().filter(|(name, value)| found["body"].get(*name) != Some(*value));
            lines.extend(
                differing.map(|(name, value)| format!("{path}: {name} is {}, not {value}", found["body"][name])),
            );
            let there = wanted.body_lacks.iter().filter(|pointer| found["body"].pointer(pointer).is_some());
            lines.extend(there.map(|pointer| format!("{path}: {pointer} must not be sent")));
            continue;
        }
        let body = wanted.body.as_ref().map_or(Value::Null, fill);
        if found["body"] != body {
            lines.push(format!("{path}\nexpected {body:#}\nfound {:#}", found["body"]));
        }
    }
    lines.extend(sent.iter().skip(expected.len()).map(|more| format!("not expected: {more:#}")));
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
}

/// Puts the target's ids in. The states are those before and after the import: what it deletes is in the first.
fn fill_in(value: &Value, url: &str, states: &[&Value]) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.replace("{graph}", url);
            while let Some((start, end)) = text
                .match_indices('{')
                .map(|(start, _)| start)
                .find(|start| is_placeholder(&text[*start..]))
                .and_then(|start| Some((start, start + text[start..].find('}')?)))
            {
                let id = look_up(&text[start + 1..end], states);
                text.replace_range(start..=end, &id);
            }
            Value::String(text)
        }
        Value::Array(list) => list.iter().map(|value| fill_in(value, url, states)).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), fill_in(value, url, states))).collect(),
        other => other.clone(),
    }
}

fn is_placeholder(text: &str) -> bool {
    text.starts_with("{id:") || text.starts_with("{part:")
}

fn look_up(placeholder: &str, states: &[&Value]) -> String {
    let (kind, rest) = placeholder.split_once(':').unwrap();
    let words: Vec<&str> = rest.split('|').collect();
    let objects = |state: &Value| -> Vec<Value> {
        let all = state.as_object().unwrap().values().filter_map(Value::as_array).flatten();
        all.filter(|object| named(object, words[0])).cloned().collect()
    };
    let found = states.iter().map(|state| objects(state)).find(|found| !found.is_empty()).unwrap_or_default();
    let [object] = found.as_slice() else { return format!("<{} objects called {}>", found.len(), words[0]) };
    let holder = match (kind, words.as_slice()) {
        ("part", [_, list, pointer, value]) => object[list]
            .as_array()
            .and_then(|list| list.iter().find(|element| element.pointer(pointer) == Some(&json!(value)))),
        _ => Some(object),
    };
    holder.and_then(|holder| holder["id"].as_str()).map_or_else(|| format!("<no {placeholder}>"), str::to_owned)
}
