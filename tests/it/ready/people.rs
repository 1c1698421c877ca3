//! People and roles: counted, and named only where someone asks for it.

use intune_ferry::sandbox::{Failure, Fault, TenantSeed};
use serde_json::{Value, json};

use super::seeds::{GROUP, good, id, policies, user};
use super::{HEALTH, TREE, rows, seed, with_tree};
use crate::env::{Env, TRIAL, empty, quick};

fn read(env: &Env, name: &str) -> String {
    std::fs::read_to_string(env.path(name)).unwrap()
}

/// Everyone of the tenant, where a policy is for all users.
#[test]
fn of_all_users_those_without_a_license_are_named_where_that_is_asked() {
    let mut source = policies();
    source["deviceManagement/deviceCompliancePolicies"][0]["assignments"] =
        json!([{"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}]);
    let mut target = good();
    target["users"] = json!([user(60, true), user(61, false)]);
    let trial = TenantSeed { objects: source, ..empty(TRIAL, "Trial") };
    let env = Env::start(vec![trial, seed(target)], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let args = ["ready", "tree", "--to", "production", "--names"];
    let item = &rows(&env, &args, 4)["people-licensed"]["items"][0].clone();
    assert_eq!(item["says"], "1 of 2 people do not have a license", "{item:#}");
    assert_eq!(item["people"], json!(["Person 61 (p61@production.example)"]));
    assert_eq!(rows(&env, &args[..4], 4)["people-licensed"]["items"][0].get("people"), None);
}

/// A role that no one has, one without a group to apply to, and one whose group is gone.
#[test]
fn role_assignments_of_a_tenant_are_looked_at() {
    let mut target = good();
    let assignment = |number: u32, name: &str, members: Value, scope: Value| {
        json!({"@odata.type": "#microsoft.graph.deviceAndAppManagementRoleAssignment", "id": id(number), "displayName": name,
            "members": members, "scopeMembers": scope, "scopeType": "resourceScope"})
    };
    target["deviceManagement/roleAssignments"] = json!([
        assignment(91, "Good", json!([GROUP]), json!([GROUP])),
        assignment(92, "No one", json!([]), json!([GROUP])),
        assignment(93, "Nowhere", json!([GROUP]), json!([])),
        assignment(94, "Lost", json!([id(99)]), json!([GROUP])),
    ]);
    let env = Env::start(vec![empty(TRIAL, "Trial"), seed(target)], quick());
    let row = rows(&env, &[&HEALTH[..], &["--names"]].concat(), 0)["role-assignments"].clone();
    assert_eq!((&row["state"], &row["hint"]), (&json!("missing"), &json!(true)), "{row:#}");
    let says = |name: &str| {
        let items = row["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{row:#}")).clone()
    };
    assert_eq!(says("Good")["people"], json!(["Person 60 (p60@production.example)"]));
    assert_eq!(says("No one")["says"], "no group has this role");
    assert_eq!(says("Nowhere")["state"], "soon");
    assert_eq!(says("Lost")["state"], "missing");
    // Where it may not be read, it is not known, and nothing else fails.
    env.sandbox().fail(Fault { path: "/roleAssignments".into(), status: Failure::Status(403), ..Fault::default() });
    let row = rows(&env, &HEALTH, 0)["role-assignments"].clone();
    assert_eq!((&row["state"], &row["permission"]), (&json!("not-known"), &json!("DeviceManagementRBAC.Read.All")));
}

#[test]
fn people_are_counted_and_never_named() {
    let mut target = good();
    let device = json!({"id": id(80), "displayName": "PC-80"});
    let nested = id(81);
    target["users"] = json!([user(60, true), user(61, false), user(62, false)]);
    target["devices"] = json!([device]);
    target["groups"] = json!([
        {"id": GROUP, "displayName": "Pilot", "securityEnabled": true, "members": [{"id": id(60)}, {"id": nested}]},
        {"id": nested, "displayName": "Inner", "members": [{"id": id(61)}, {"id": id(62)}, {"id": id(60)}]},
    ]);
    let env = with_tree(target);
    let ran = env
        .ferry(&[&TREE[..], &["--format", "json", "--html", "ready.html", "--markdown", "ready.md"]].concat())
        .exits(4);
    for text in [
        ran.out.clone(),
        std::fs::read_to_string(env.path("ready.html")).unwrap(),
        std::fs::read_to_string(env.path("ready.md")).unwrap(),
    ] {
        assert!(!text.contains("Person 6") && !text.contains("p61@") && !text.contains(&id(61)), "{text}");
        assert!(text.contains("2 of 3 people do not have a license"), "{text}");
    }
    let all = rows(&env, &TREE, 4);
    // A policy for devices goes to a group of people: a hint.
    assert_eq!((&all["groups-kinds"]["state"], &all["groups-kinds"]["hint"]), (&json!("missing"), &json!(true)));
    // Where the tenant does not count so, the members are read, without names.
    env.sandbox().fail(Fault { path: "assignedPlans%2Fany".into(), status: Failure::Status(400), ..Fault::default() });
    env.sandbox().fail(Fault { path: "assignedPlans/any".into(), status: Failure::Status(400), ..Fault::default() });
    let all = rows(&env, &TREE, 4);
    assert_eq!(all["people-licensed"]["items"][0]["says"], "2 of 3 people do not have a license");
    // Names are read, shown and written where someone asks for them.
    let named = [&TREE[..], &["--names", "--html", "named.html", "--markdown", "named.md"]].concat();
    let ran = env.ferry(&named).exits(4);
    let people = rows(&env, &[&TREE[..], &["--names"]].concat(), 4)["people-licensed"]["items"][0]["people"].clone();
    assert_eq!(people, json!(["Person 61 (p61@production.example)", "Person 62 (p62@production.example)"]));
    for text in [ran.out, read(&env, "named.html"), read(&env, "named.md")] {
        let text = text.replace('\\', "");
        assert!(text.contains("Person 61 (p61@production.example)") && !text.contains("Person 60"), "{text}");
    }
    // Who may not read people does not know.
    env.sandbox().fail(Fault { path: "microsoft.graph.user".into(), status: Failure::Status(403), ..Fault::default() });
    assert_eq!(rows(&env, &TREE, 5)["people-licensed"]["state"], "not-known");
}
