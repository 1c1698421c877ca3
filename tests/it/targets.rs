//! What an assignment's target is, whether its type is written with `#` or without (IntuneManagement#261, #125).

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, shows, tenants};
use crate::objects::{SCRIPTS, everyone, group, guid, not_to, script, targets, to, with_assignments};

const SETTINGS: &str = "deviceManagement/virtualEndpoint/userSettings";
const STAFF: &str = "b2000000-0000-4000-8000-000000000001";
const GUESTS: &str = "b2000000-0000-4000-8000-000000000002";

/// The assignment with its type spelled as some answers spell it.
fn bare(mut assignment: Value) -> Value {
    let name = assignment["target"]["@odata.type"].as_str().unwrap().trim_start_matches('#').to_owned();
    assignment["target"]["@odata.type"] = json!(name);
    assignment
}

fn cloud_pc(group: &str) -> Value {
    json!({"id": "1", "target": {"@odata.type": "microsoft.graph.cloudPcManagementGroupAssignmentTarget",
        "groupId": group, "servicePlanId": null}})
}

fn source() -> Value {
    let settings = json!({"@odata.type": "#microsoft.graph.cloudPcUserSetting", "id": guid(3), "displayName": "Cloud PC",
        "localAdminEnabled": false, "resetEnabled": true, "selfServiceEnabled": false,
        "restorePointSetting": {"frequencyInHours": 12, "frequencyType": "twelveHours", "userRestoreEnabled": true}});
    json!({
        "groups": [group(&guid(901), "Staff"), group(&guid(902), "Guests")],
        SCRIPTS: [
            with_assignments(script(1, "Guarded", "AAAA"), &[bare(to(&guid(901))), bare(not_to(&guid(902)))]),
            with_assignments(script(2, "Broad", "AAAA"), &[bare(everyone())]),
        ],
        SETTINGS: [with_assignments(settings, &[cloud_pc(&guid(901))])],
    })
}

fn mapped(env: &Env, guests: &Value) {
    let mut entries =
        vec![json!({"kind": "group", "source": {"id": guid(901)}, "decision": "map", "target": {"id": STAFF}})];
    let mut excluded = json!({"kind": "group", "source": {"id": guid(902)}});
    excluded.as_object_mut().unwrap().extend(guests.as_object().unwrap().clone());
    entries.push(excluded);
    env.write_mapping(&entries, &[]);
}

fn staff() -> Value {
    json!({"groups": [group(STAFF, "Staff"), group(GUESTS, "Guests")]})
}

fn assigned(env: &Env, tenant: &str, collection: &str, name: &str) -> Vec<(String, String)> {
    let state = env.sandbox().state(tenant);
    let object = state[collection].as_array().unwrap().iter().find(|object| object["displayName"] == name).cloned();
    let object = object.unwrap();
    for entry in object["assignments"].as_array().into_iter().flatten() {
        assert!(entry["target"]["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."), "{object:#}");
    }
    targets(&object)
}

#[test]
fn targets_without_a_number_sign_are_read_as_what_they_are_and_written_with_it() {
    let env = exported(&source(), &staff());
    for (file, bytes) in env.files("tree") {
        assert!(!String::from_utf8_lossy(&bytes).contains("\"microsoft.graph."), "{file}");
    }
    mapped(&env, &json!({"decision": "map", "target": {"id": GUESTS}}));
    let args = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--format", "json"];
    shows(&env.ferry(&args).json(), &["broad-assignment-held"]);
    let pair = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    assert_eq!(
        assigned(&env, PRODUCTION, SCRIPTS, "Guarded"),
        [pair("exclusionGroupAssignmentTarget", GUESTS), pair("groupAssignmentTarget", STAFF)]
    );
    assert_eq!(assigned(&env, PRODUCTION, SCRIPTS, "Broad"), []);
    assert_eq!(
        assigned(&env, PRODUCTION, SETTINGS, "Cloud PC"),
        [pair("cloudPcManagementGroupAssignmentTarget", STAFF)]
    );
    // A second import finds everything as it is wanted.
    let writes = env.writes(PRODUCTION);
    env.ferry(&args);
    assert_eq!(env.writes(PRODUCTION), writes);
    assert_eq!(env.writes(TRIAL), 0);
}

#[test]
fn an_exclusion_without_a_number_sign_cannot_be_dropped_by_accident() {
    let env = tenants(&source(), &staff());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    // As a person or another tool may have written it.
    for (file, bytes) in env.files("tree") {
        let text = String::from_utf8_lossy(&bytes)
            .replace("#microsoft.graph.exclusionGroup", "Microsoft.Graph.ExclusionGroup");
        std::fs::write(env.path("tree").join(file), text).unwrap();
    }
    mapped(&env, &json!({"decision": "drop"}));
    let planned = env.plan(&["--mapping", "mapping.json"]);
    shows(&planned, &["would-widen", "edited-since-export"]);
    let guarded = planned["objects"].as_array().unwrap().iter().find(|object| object["name"] == "Guarded").unwrap();
    assert_eq!(guarded["action"], "blocked", "{planned:#}");
}
