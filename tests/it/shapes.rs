//! What is not understood is not nothing: a policy with assignments, parts or references of another shape than they
//! must have is held back by every command, on both sides.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, YES, exported, shows};
use crate::objects::{SCRIPTS, group, guid, script, targets, to, with_assignments};

const STAFF: &str = "b2000000-0000-4000-8000-000000000001";

/// A script that is assigned, in both tenants, and a second one that nothing is wrong with.
fn tenants() -> Env {
    let scripts = |group: &str| {
        [
            with_assignments(script(1, "Odd", "AAAA"), &[to(group)]),
            with_assignments(script(2, "Sound", "AAAA"), &[to(group)]),
        ]
    };
    let source = json!({"groups": [group(&guid(901), "Staff")], SCRIPTS: scripts(&guid(901))});
    let env = exported(&source, &json!({"groups": [group(STAFF, "Staff")], SCRIPTS: scripts(STAFF)[..1].to_vec()}));
    env.write_mapping(
        &[json!({"kind": "group", "source": {"id": guid(901)}, "decision": "map", "target": {"id": STAFF}})],
        &[],
    );
    env
}

/// Changes the tree's file of the odd script.
fn spoil(env: &Env, change: &dyn Fn(&mut Value)) {
    let files = env.files("tree");
    let (name, bytes) =
        files.iter().find(|(name, _)| name.starts_with("platform-scripts/Odd.") && !name.contains(".ps1")).unwrap();
    let mut policy: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut policy);
    std::fs::write(env.path("tree").join(name), policy.to_string()).unwrap();
}

fn odd(document: &Value) -> &Value {
    document["objects"].as_array().unwrap().iter().find(|object| object["name"] == "Odd").unwrap()
}

const REPLACE: [&str; 6] =
    ["--mapping", "mapping.json", "--existing-assignments", "replace", "--on-conflict", "update"];

#[test]
fn what_is_of_another_shape_in_a_tree_is_held_by_every_command() {
    let target = |kind: &str| json!([{"target": {"@odata.type": format!("#microsoft.graph.{kind}")}}]);
    for value in [
        json!({"target": {}}),
        json!("all devices"),
        json!(7),
        json!([{"intent": "required"}]),
        target("exclusionGroupAssignmentTarget"),
        target("groupAssignmentTarget"),
        json!([{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
            "deviceAndAppManagementAssignmentFilterType": "include"}}]),
    ] {
        let env = tenants();
        spoil(&env, &|policy| policy["assignments"] = value.clone());
        let planned = env.plan(&REPLACE);
        shows(&planned, &["wrong-shape"]);
        assert_eq!(odd(&planned)["action"], "blocked", "{value}: {planned:#}");
        let before = env.sandbox().state(PRODUCTION);
        shows(&env.import(&REPLACE), &["wrong-shape"]);
        let (before, after) = (&before[SCRIPTS][0], &env.sandbox().state(PRODUCTION)[SCRIPTS][0]);
        assert_eq!(targets(before), targets(after), "{value}");
        assert_eq!(targets(after).len(), 1);
    }
}

#[test]
fn every_command_that_reads_the_tree_says_so() {
    let env = tenants();
    spoil(&env, &|policy| policy["roleScopeTagIds"] = json!("7"));
    let json = |ran: &Ran| ran.json();
    let run = |args: &[&str]| env.ferry(&[args, &["--format", "json"]].concat());
    let mapping = ["--mapping", "mapping.json"];
    shows(&json(&run(&["lint", "tree"]).exits(4)), &["wrong-shape"]);
    shows(&json(&run(&["map", "tree", "--to", "production", "--out", "other.json"]).exits(4)), &["wrong-shape"]);
    shows(&json(&run(&[&["rewrite", "tree", "--out", "rewritten"], &mapping[..]].concat()).exits(4)), &["wrong-shape"]);
    shows(&json(&run(&[&["plan", "tree", "--to", "production"], &mapping[..]].concat()).exits(4)), &["wrong-shape"]);
    shows(&json(&run(&[&["verify", "tree", "--to", "production"], &mapping[..]].concat())), &["wrong-shape"]);
    shows(&json(&run(&["diff", "tree", "tenant:production"])), &["wrong-shape"]);
    shows(&json(&run(&["report", "tree", "--html", "report.html"])), &["wrong-shape"]);
    let done = run(&[&["import", "tree", "--to", "production", YES], &mapping[..]].concat());
    shows(&json(&done), &["wrong-shape"]);
    let sound = done.json();
    let sound = sound["objects"].as_array().unwrap().iter().find(|object| object["name"] == "Sound").unwrap().clone();
    assert_eq!(sound["action"], "created", "{sound:#}");
}

#[test]
fn what_is_of_another_shape_in_the_target_is_not_overwritten() {
    let source = json!({"groups": [group(&guid(901), "Staff")],
        SCRIPTS: [with_assignments(script(1, "Odd", "AAAA"), &[to(&guid(901))])]});
    let mut theirs = script(1, "Odd", "BBBB");
    theirs["assignments"] =
        json!([{"id": "1", "target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget"}}]);
    let env = exported(&source, &json!({"groups": [group(STAFF, "Staff")], SCRIPTS: [theirs]}));
    env.write_mapping(
        &[json!({"kind": "group", "source": {"id": guid(901)}, "decision": "map", "target": {"id": STAFF}})],
        &[],
    );
    let planned = env.plan(&REPLACE);
    shows(&planned, &["wrong-shape"]);
    assert_eq!(odd(&planned)["action"], "blocked", "{planned:#}");
    let writes = env.writes(PRODUCTION);
    shows(&env.import(&REPLACE), &["wrong-shape"]);
    let verified = env.run(&["verify", "tree", "--to", "production", "--mapping", "mapping.json"]);
    shows(&verified, &["wrong-shape"]);
    shows(&env.run(&["diff", "tree", "tenant:production"]), &["wrong-shape"]);
    assert_eq!(env.writes(PRODUCTION), writes);
}
