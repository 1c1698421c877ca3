//! What does not depend on each other is written at once, and still in the right order: at no moment does the
//! target hold an assigned policy whose references do not exist. The sandbox's log is the witness.

use std::collections::{BTreeMap, BTreeSet};

use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, Request};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};
use crate::killed::{IMPORT, ready};

fn is_write(request: &Request) -> bool {
    request.method != "GET" && !["$batch", "getByIds"].iter().any(|path| request.path.contains(path))
}

fn assigns(request: &Request) -> bool {
    request.path.ends_with("/assign") || request.path.ends_with("/assignments")
}

/// All texts of a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Object(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// The ids of `known` that the value names, in whatever form.
fn named<'a>(value: &Value, known: &BTreeMap<&'a str, usize>) -> BTreeSet<&'a str> {
    let mut found = Vec::new();
    texts(value, &mut found);
    // Short ids, as of scope tags, only where they stand alone.
    let names = |text: &str, id: &str| if id.len() < 8 { text == id } else { text.contains(id) };
    known.keys().filter(|id| found.iter().any(|text| names(text, id))).copied().collect()
}

#[test]
fn no_policy_is_assigned_before_what_it_needs_exists() {
    let env = ready();
    let before: BTreeSet<String> = ids(&env.sandbox().state(PRODUCTION)).into_keys().collect();
    let ran = env.ferry(&IMPORT);
    assert!([0, 3, 4].contains(&ran.code), "{}", ran.err);
    let state = env.sandbox().state(PRODUCTION);
    let objects = ids(&state);
    let log: Vec<Request> = env.sandbox().requests(PRODUCTION).into_iter().filter(is_write).collect();
    // The objects appear in the log in the order of their creation; each is found by the first request that
    // names it, which cannot stand before the one that made it.
    let made: Vec<&str> = objects.keys().filter(|id| !before.contains(*id)).map(String::as_str).collect();
    let by_name = |name: &str| {
        log.iter().position(|request| {
            let own = request.body.as_ref().and_then(|body| body["displayName"].as_str().or(body["name"].as_str()));
            request.method == "POST" && request.status < 300 && own == Some(name)
        })
    };
    let mut created: BTreeMap<&str, usize> = BTreeMap::new();
    for id in &made {
        let object = &objects[*id];
        let name = object["displayName"].as_str().or(object["name"].as_str()).unwrap_or_default();
        created.insert(id, by_name(name).unwrap_or_else(|| panic!("nothing made {name}")));
    }
    assert!(created.len() >= 40, "{}", created.len());
    let mut checked = 0;
    for (at, request) in log.iter().enumerate() {
        let Some(body) = &request.body else { continue };
        let owner = created.keys().find(|id| id.len() > 8 && request.path.contains(**id)).copied();
        let mut needs = named(body, &created);
        let assigns = assigns(request);
        if let Some(owner) = owner.filter(|_| assigns) {
            // All that the assigned policy names, not only its assignments.
            needs.extend(named(&objects[owner], &created));
            needs.insert(owner);
        }
        for id in needs {
            if owner.is_none() && by_name(body["displayName"].as_str().unwrap_or_default()) == Some(created[id]) {
                continue;
            }
            assert!(created[id] < at, "{} {} needs {id}, made later", request.method, request.path);
            checked += usize::from(assigns);
        }
    }
    assert!(checked >= 40, "{checked}");
    // Objects come first, and assignments last of all.
    let first_assign = log.iter().position(assigns).unwrap();
    assert!(created.values().all(|at| *at < first_assign), "something was made after the first assignment");
}

const PROFILES: &str = "deviceManagement/deviceConfigurations";

fn guid(id: usize) -> String {
    format!("a1000000-0000-4000-8000-{id:012}")
}

/// A profile, assigned to everybody.
fn assigned(id: usize, mut profile: Value) -> Value {
    let target = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"});
    profile["id"] = json!(guid(id));
    profile["displayName"] = json!(format!("P {id}"));
    profile["assignments"] = json!([{"id": format!("as-{id}"), "target": target}]);
    profile
}

/// A root certificate.
fn root(id: usize) -> Value {
    let kind = "#microsoft.graph.iosTrustedRootCertificate";
    assigned(id, json!({"@odata.type": kind, "certFileName": "ca.cer", "trustedRootCertificate": "MAo="}))
}

/// A certificate that is issued by another one.
fn issued(id: usize, by: usize) -> Value {
    let kind = "#microsoft.graph.iosScepCertificateProfile";
    let bind = format!("{PROFILES}('{}')", guid(by));
    assigned(
        id,
        json!({"@odata.type": kind, "scepServerUrls": [], "extendedKeyUsages": [], "rootCertificate@odata.bind": bind}),
    )
}

#[test]
fn what_depends_is_written_link_by_link_and_the_rest_at_once() {
    let mut trial = empty(TRIAL, "Contoso Trial");
    let pairs = (0..6).flat_map(|id| [issued(id, 20 + id), root(20 + id)]);
    // A cycle beside it stops nothing but itself.
    let cycle = [issued(90, 91), issued(91, 90)];
    trial.objects = json!({PROFILES: pairs.chain((40..50).map(root)).chain(cycle).collect::<Vec<_>>()});
    let behaviour = Behaviour { latency: Duration::from_millis(20), ..quick() };
    let env = Env::start(vec![trial, empty(PRODUCTION, "Fabrikam Production")], behaviour);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.sandbox().go_on();
    env.ferry(&["import", "tree", "--to", "production", "--only", "device-configurations", "--allow-broad", YES])
        .exits(4);
    let log: Vec<Request> = env.sandbox().requests(PRODUCTION).into_iter().filter(is_write).collect();
    let made = |id: usize| {
        let name = format!("P {id}");
        log.iter().position(|request| request.body.as_ref().is_some_and(|body| body["displayName"] == name.as_str()))
    };
    for id in 0..6 {
        assert!(made(20 + id).unwrap() < made(id).unwrap(), "{id}");
    }
    assert_eq!((made(90), made(91)), (None, None));
    let first_assign = log.iter().position(assigns).unwrap();
    assert_eq!((first_assign, log.len()), (22, 44), "objects first, then assignments");
    assert!(env.sandbox().most_at_once() >= 4, "{}", env.sandbox().most_at_once());
}

/// Every object of a tenant by its id.
fn ids(state: &Value) -> BTreeMap<String, Value> {
    let collections = state.as_object().unwrap().iter().filter(|(root, _)| {
        root.starts_with("deviceManagement/")
            || root.starts_with("identity/")
            || root.starts_with("deviceAppManagement/")
    });
    let objects = collections.flat_map(|(_, objects)| objects.as_array().unwrap());
    objects.filter_map(|object| Some((object["id"].as_str()?.to_owned(), object.clone()))).collect()
}
