//! Phases and restores: a pilot, then its wave, then the undo of both; a tree that goes back where it came from.

use serde_json::{Value, json};

use super::{actions, assigned, named, with};
use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, shows};
use crate::objects::{SCRIPTS, everyone, group, script, to, with_assignments};

const SALES: &str = "a1000000-0000-4000-8000-000000000901";
const TARGET_SALES: &str = "b2000000-0000-4000-8000-000000000901";
const PILOT: &str = "b2000000-0000-4000-8000-000000000903";
const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";

fn of(id: u32, name: &str, list: &[Value]) -> Value {
    with_assignments(script(id, name, "AAAA"), list)
}

fn wave(env: &Env, more: &[&str]) -> Value {
    env.run(&[&["import", "--resume", "j", "--wave", YES], more].concat())
}

fn to_one(group: &str) -> Vec<(String, String)> {
    vec![(String::from("groupAssignmentTarget"), group.to_owned())]
}

/// Three scripts, one of which the target has already, brought to the pilot group; nothing was mapped yet.
fn piloted() -> Env {
    let list = [of(1, "New", &[to(SALES)]), of(2, "There", &[to(SALES)]), of(3, "Broad", &[everyone()])];
    let source = json!({"groups": [group(SALES, "Sales")], SCRIPTS: list});
    let groups = json!([group(PILOT, "Pilot"), group(TARGET_SALES, "Sales")]);
    let env = exported(&source, &json!({"groups": groups, SCRIPTS: [script(12, "There", "AAAA")]}));
    env.ferry(&["export", "production", "--out", "before"]).exits(0);
    env.write("mapping.json", &json!({"format": 1, "entries": []}));
    let pilot = ["--assignments", "pilot=Pilot", "--mapping", "mapping.json", "--journal", "j"];
    let done = env.import(&pilot);
    assert_eq!(
        (&done["exitCode"], actions(&done)),
        (&json!(0), vec![("Broad", "created"), ("New", "created"), ("There", "assigned")])
    );
    for name in ["New", "There", "Broad"] {
        assert_eq!(assigned(&env, SCRIPTS, name), to_one(PILOT), "{name}");
    }
    env
}

/// The person decides what the group is in the target.
fn decide(env: &Env) {
    let mut mapping: Value = serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap();
    let entry = json!({"kind": "group", "source": {"id": SALES}, "decision": "map", "target": {"id": TARGET_SALES}});
    mapping["entries"].as_array_mut().unwrap().push(entry);
    env.write("mapping.json", &mapping);
}

#[test]
fn pilot_then_wave_then_undo() {
    let env = piloted();
    // While the group is not decided, what is assigned to it is blocked, and stays the pilot's.
    let early = wave(&env, &["--allow-broad"]);
    assert_eq!((&early["exitCode"], with(&early, "unknown-reference")), (&json!(4), vec!["New", "There"]), "{early:#}");
    assert_eq!(assigned(&env, SCRIPTS, "New"), to_one(PILOT));
    let all = vec![(String::from("allDevicesAssignmentTarget"), String::new())];
    assert_eq!(assigned(&env, SCRIPTS, "Broad"), all);

    decide(&env);
    let done = wave(&env, &[]);
    assert_eq!(done["exitCode"], 0, "{done:#}");
    for name in ["New", "There"] {
        assert_eq!(assigned(&env, SCRIPTS, name), to_one(TARGET_SALES), "{name}");
    }
    assert_eq!(assigned(&env, SCRIPTS, "Broad"), all);
    let writes = env.writes(PRODUCTION);
    wave(&env, &[]);
    assert_eq!(env.writes(PRODUCTION), writes);
    // The pilot itself is over: to go on with it would take the wave back.
    let resumed = env.ferry(&["import", "--resume", "j"]).exits(2);
    assert!(resumed.err.contains("--wave"), "{}", resumed.err);

    let undone = env.run(&["undo", "j", YES]);
    assert_eq!(undone["exitCode"], 0, "{undone:#}");
    assert_eq!(actions(&undone), [("Broad", "removed"), ("New", "removed"), ("There", "restored")]);
    assert!(assigned(&env, SCRIPTS, "There").is_empty());
    env.ferry(&["export", "production", "--out", "after"]).exits(0);
    assert_eq!(env.files("after"), env.files("before"));
}

#[test]
fn a_wave_leaves_what_somebody_assigned_and_holds_what_is_broad() {
    let env = piloted();
    decide(&env);
    let id = named(&env, SCRIPTS, "New")["id"].as_str().unwrap().to_owned();
    let theirs = json!({"assignments": [to(PILOT), to("b2000000-0000-4000-8000-000000000909")]});
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &id, &theirs));
    let done = wave(&env, &[]);
    assert_eq!((with(&done, "changed-since"), with(&done, "broad-assignment-held")), (vec!["New"], vec!["Broad"]));
    assert_eq!((&done["exitCode"], assigned(&env, SCRIPTS, "New").len()), (&json!(4), 2));
    assert_eq!(assigned(&env, SCRIPTS, "There"), to_one(TARGET_SALES));
}

#[test]
fn a_wave_follows_a_pilot_and_takes_no_other_options() {
    let env = exported(&json!({SCRIPTS: [script(1, "A", "AAAA")]}), &json!({}));
    env.import(&["--journal", "j"]);
    let ran = env.ferry(&["import", "--resume", "j", "--wave", YES]).exits(2);
    assert!(ran.err.contains("does not record a pilot import"), "{}", ran.err);
    for other in [&["--wave", "--on-conflict", "update"][..], &["--allow-broad"], &["--yes", "x"]] {
        let ran = env.ferry(&[&["import", "--resume", "j"], other].concat()).exits(2);
        assert!(ran.err.contains("no other options"), "{}", ran.err);
    }
    env.ferry(&["import", "tree", "--to", "production", "--wave"]).exits(2);
}

#[test]
fn what_is_restored_gets_a_new_id_and_who_names_the_old_one_is_told() {
    let root = json!({"@odata.type": "#microsoft.graph.iosTrustedRootCertificate",
        "id": "a1000000-0000-4000-8000-000000000031", "displayName": "Root", "description": "",
        "certFileName": "root.cer", "trustedRootCertificate": "AAAA"});
    let scep = json!({"@odata.type": "#microsoft.graph.iosScepCertificateProfile",
        "id": "a1000000-0000-4000-8000-000000000032", "displayName": "SCEP", "description": "",
        "scepServerUrls": ["https://ndes.example.org"], "extendedKeyUsages": [],
        "rootCertificate@odata.bind": format!("{CONFIGURATIONS}('a1000000-0000-4000-8000-000000000031')")});
    let filter = json!({"id": "a1000000-0000-4000-8000-000000000021", "displayName": "Laptops", "description": "",
        "platform": "windows10AndLater", "rule": "(device.model -eq \"x\")", "roleScopeTags": ["0"],
        "assignmentFilterManagementType": "devices"});
    let mut filtered = to(SALES);
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = filter["id"].clone();
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let scripts = [of(1, "In the tree", &[filtered.clone()]), of(2, "Not in the tree", &[filtered])];
    let source = json!({"groups": [group(SALES, "Sales")], CONFIGURATIONS: [root, scep],
        "deviceManagement/assignmentFilters": [filter], SCRIPTS: scripts});
    let env = exported(&source, &json!({}));
    let files: Vec<String> = env.files("tree").into_keys().filter(|name| name.contains("Not in the tree")).collect();
    std::fs::remove_file(env.path("tree").join(&files[0])).unwrap();
    for (collection, id) in [(CONFIGURATIONS, "31"), ("deviceManagement/assignmentFilters", "21")] {
        let id = format!("a1000000-0000-4000-8000-0000000000{id}");
        assert!(env.sandbox().edit(TRIAL, collection, &id, &Value::Null));
    }

    // Without being told so, nothing goes back.
    let own = ["import", "tree", "--to", "trial", "--yes=5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903"];
    assert!(env.ferry(&own).exits(2).err.contains("--restore"));
    let planned = env.run(&["plan", "tree", "--to", "trial", "--restore"]);
    let wanted = [("In the tree", "unchanged"), ("Laptops", "create"), ("Root", "create"), ("SCEP", "exists-differs")];
    assert_eq!(actions(&planned), wanted);
    shows(&planned, &["names-old-id"]);
    let old = |document: &Value| -> Vec<String> {
        let all = document["findings"].as_array().unwrap().iter();
        let named = all.filter(|finding| finding["code"] == "names-old-id");
        let mut list: Vec<String> = named.map(|finding| finding["subject"].as_str().unwrap().to_owned()).collect();
        list.sort();
        list
    };
    assert_eq!(old(&planned), ["platform-scripts/In the tree", "platform-scripts/Not in the tree"]);
    let done =
        env.run(&[&own[..], &["--restore", "--on-conflict", "update", "--existing-assignments", "replace"]].concat());
    let wanted = [("In the tree", "assigned"), ("Laptops", "created"), ("Root", "created"), ("SCEP", "updated")];
    assert_eq!(actions(&done), wanted, "{done:#}");
    assert_eq!(old(&done), ["platform-scripts/Not in the tree"]);
    let state = env.sandbox().state(TRIAL);
    let object = |collection: &str, name: &str| {
        let list = state[collection].as_array().unwrap();
        list.iter().find(|object| object["displayName"] == name).unwrap().clone()
    };
    let root = object(CONFIGURATIONS, "Root")["id"].as_str().unwrap().to_owned();
    let scep = object(CONFIGURATIONS, "SCEP");
    assert!(scep["rootCertificate@odata.bind"].to_string().contains(&root), "{scep:#}");
    let filter = object("deviceManagement/assignmentFilters", "Laptops")["id"].clone();
    let script = object(SCRIPTS, "In the tree");
    assert_eq!(script["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterId"], filter);
    // A tree that belongs elsewhere still needs its mapping: the other tenant plans as ever.
    assert!(old(&env.plan(&[])).is_empty());
}
