//! What does not depend on each other is written at once, and still in the right order: at no moment does the
//! target hold an assigned policy whose references do not exist. The sandbox's log is the witness.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, Request, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, sample};
use crate::killed::{IMPORT, ended, ready};
use crate::objects::{CONFIGURATIONS as PROFILES, guid};

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

/// What the log of an import shows.
struct Shown {
    /// Place in the log of the request that made an object, by the object's name.
    made: BTreeMap<String, usize>,
    /// How often an assignment was held against what its policy needs.
    checked: usize,
}

/// Goes through the writes of an import into the production tenant, which held `before`: nothing names what was
/// made later, nothing is assigned before all it names exists, and objects come before all assignments.
fn in_order(env: &Env, before: &BTreeSet<String>) -> Shown {
    let state = env.sandbox().state(PRODUCTION);
    let objects = ids(&state);
    let log: Vec<Request> = env.sandbox().requests(PRODUCTION).into_iter().filter(is_write).collect();
    // The objects appear in the log in the order of their creation; each is found by the first request that
    // names it, which cannot stand before the one that made it.
    let new: Vec<&str> = objects.keys().filter(|id| !before.contains(*id)).map(String::as_str).collect();
    let by_name = |name: &str| {
        log.iter().position(|request| {
            let own = request.body.as_ref().and_then(|body| body["displayName"].as_str().or(body["name"].as_str()));
            request.method == "POST" && request.status < 300 && own == Some(name)
        })
    };
    let name = |id: &str| objects[id]["displayName"].as_str().or(objects[id]["name"].as_str()).unwrap_or_default();
    let created: BTreeMap<&str, usize> =
        new.iter().map(|id| (*id, by_name(name(id)).unwrap_or_else(|| panic!("nothing made {}", name(id))))).collect();
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
    let first_assign = log.iter().position(assigns).unwrap();
    assert!(created.values().all(|at| *at < first_assign), "something was made after the first assignment");
    Shown { made: created.iter().map(|(id, at)| (name(id).to_owned(), *at)).collect(), checked }
}

#[test]
fn no_policy_is_assigned_before_what_it_needs_exists() {
    let env = ready();
    let before: BTreeSet<String> = ids(&env.sandbox().state(PRODUCTION)).into_keys().collect();
    assert!(ended(&env.ferry(&IMPORT)));
    let shown = in_order(&env, &before);
    assert!(shown.made.len() >= 40 && shown.checked >= 40, "{} {}", shown.made.len(), shown.checked);
}

/// Scope tag, root certificate, SCEP, Wi-Fi, domain join, Autopilot profile, policy set: each needs the one before,
/// as Graph has it. The names sort the other way round.
#[test]
fn a_chain_of_seven_is_written_from_its_end() {
    let chain = ["Europe", "Win - Device certificate (SCEP)", "Win - Office Wi-Fi", "Win - Hybrid join"];
    let mut trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let list = |trial: &mut TenantSeed, collection: &str| trial.objects[collection].as_array().cloned().unwrap();
    let everyone = json!([{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}]);
    let id = |objects: &[Value], name: &str| {
        objects.iter().find(|object| object["displayName"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mut profiles = list(&mut trial, PROFILES);
    let wifi = id(&profiles, chain[2]);
    let mut root_name = String::new();
    let scep = profiles.iter().find(|profile| profile["displayName"] == chain[1]).unwrap();
    let root = scep["rootCertificate@odata.bind"].as_str().unwrap().to_owned();
    for profile in &mut profiles {
        profile["assignments"] = everyone.clone();
        if profile["displayName"] == chain[1] {
            profile["scepServerUrls"] = json!([]);
        }
        if profile["displayName"] == chain[3] {
            profile["networkAccessConfigurations@odata.bind"] = json!([format!("{PROFILES}('{wifi}')")]);
        }
        if root.contains(profile["id"].as_str().unwrap()) {
            root_name = profile["displayName"].as_str().unwrap().to_owned();
            profile["roleScopeTagIds"] = json!(["1"]);
        }
    }
    // Names of servers are text pairs' affair.
    let text = json!(profiles).to_string().replace("contoso-trial.example", "corp.example");
    trial.objects[PROFILES] = serde_json::from_str(&text).unwrap();
    let autopilot = "deviceManagement/windowsAutopilotDeploymentProfiles";
    let mut autopilots = list(&mut trial, autopilot);
    for profile in &mut autopilots {
        profile["assignments"] = everyone.clone();
    }
    let factory = "Autopilot - Factory (hybrid)";
    let item = json!({"@odata.type": "#microsoft.graph.windowsAutopilotDeploymentProfilePolicySetItem",
        "payloadId": id(&autopilots, factory)});
    trial.objects[autopilot] = json!(autopilots);
    trial.objects["deviceAppManagement/policySets"] = json!([{"id": guid(7), "displayName": "A set", "description": "",
        "roleScopeTags": ["0"], "items": [item], "assignments": everyone}]);
    let env = Env::start(vec![trial, empty(PRODUCTION, "Fabrikam Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "policy-sets"]).exits(0);
    let before: BTreeSet<String> = ids(&env.sandbox().state(PRODUCTION)).into_keys().collect();
    let done = env.run(&["import", "tree", "--to", "production", "--allow-broad", YES]);
    assert_eq!(done["exitCode"], 0, "{done:#}");
    let shown = in_order(&env, &before);
    let links = [chain[0], &root_name, chain[1], chain[2], chain[3], factory, "A set"];
    let places: Vec<usize> = links.iter().map(|link| shown.made[*link]).collect();
    assert!(places.is_sorted() && places.len() == 7 && shown.checked >= 6, "{places:?} {}", shown.checked);
}

/// A profile, assigned to everyone.
fn assigned(id: u32, mut profile: Value) -> Value {
    let target = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"});
    profile["id"] = json!(guid(id));
    profile["displayName"] = json!(format!("P {id}"));
    profile["assignments"] = json!([{"id": format!("as-{id}"), "target": target}]);
    profile
}

/// A root certificate.
fn root(id: u32) -> Value {
    let kind = "#microsoft.graph.iosTrustedRootCertificate";
    assigned(id, json!({"@odata.type": kind, "certFileName": "ca.cer", "trustedRootCertificate": "MAo="}))
}

/// A certificate that is issued by another one.
fn issued(id: u32, by: u32) -> Value {
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
    let made = |id: u32| {
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
