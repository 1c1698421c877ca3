//! Groups in the target without members: excluding one has no effect.

use intune_ferry::sandbox::{Failure, Fault};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, YES, exported};
use crate::objects::{SCRIPTS, group, guid, not_to, script, to, with_assignments};

const STAFF: &str = "b2000000-0000-4000-8000-000000000001";
const GUESTS: &str = "b2000000-0000-4000-8000-000000000002";
const ACCESS: &str = "identity/conditionalAccess/policies";

/// A script and an access policy that exclude the guests, and a script that is for them, with a mapping; `guests` is
/// what the target's group says beside its name.
fn tenants(guests: &Value, allow_widen: bool) -> Env {
    tenants_with(&json!({}), guests, allow_widen)
}

/// The same, with what the source's group says.
fn tenants_with(ours: &Value, guests: &Value, allow_widen: bool) -> Env {
    let access = json!({"id": guid(41), "displayName": "Access", "state": "enabled",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": [guid(902)]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    let mut own = group(&guid(902), "Guests");
    own.as_object_mut().unwrap().extend(ours.as_object().unwrap().clone());
    let source = json!({
        "groups": [group(&guid(901), "Staff"), own],
        SCRIPTS: [
            with_assignments(script(1, "Guarded", "AAAA"), &[to(&guid(901)), not_to(&guid(902))]),
            with_assignments(script(2, "For guests", "AAAA"), &[to(&guid(902))]),
        ],
        ACCESS: [access],
    });
    let mut theirs = group(GUESTS, "Guests");
    theirs.as_object_mut().unwrap().extend(guests.as_object().unwrap().clone());
    let mut nobody = group(STAFF, "Staff");
    nobody["members"] = json!([]);
    let env = exported(&source, &json!({"groups": [nobody, theirs]}));
    let entry = |source: u32, target: &str, name: &str| {
        json!({"kind": "group", "source": {"id": guid(source), "name": name}, "decision": "map",
            "target": {"id": target, "name": name}, "how": "same name"})
    };
    let mut excluded = entry(902, GUESTS, "Guests");
    if allow_widen {
        excluded["allowWiden"] = json!(true);
    }
    env.write_mapping(&[entry(901, STAFF, "Staff"), excluded], &[]);
    env
}

/// Of each of the three what becomes of it, and whether an empty exclusion is why.
fn told(document: &Value) -> Vec<(&str, &str, bool)> {
    let objects = document["objects"].as_array().unwrap().iter();
    let empty = |finding: &Value| finding["code"] == "exclusion-group-empty";
    let told = objects.map(|object| {
        let findings = object["findings"].as_array().unwrap();
        (object["name"].as_str().unwrap(), object["action"].as_str().unwrap(), findings.iter().any(empty))
    });
    let mut told: Vec<_> = told.filter(|(name, ..)| FREE.iter().any(|(own, ..)| own == name)).collect();
    told.sort_unstable();
    told
}

const FREE: [(&str, &str, bool); 3] =
    [("Access", "create", false), ("For guests", "create", false), ("Guarded", "create", false)];
const HELD: [(&str, &str, bool); 3] =
    [("Access", "create", true), ("For guests", "create", false), ("Guarded", "create", true)];

#[test]
fn a_group_that_nobody_is_in_excludes_nobody() {
    let env = tenants(&json!({"members": []}), false);
    let planned = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(told(&planned), HELD, "{planned:#}");
    let words = planned.to_string();
    assert!(words.contains("has no members") && words.contains("allowWiden"), "{planned:#}");
    // It is created, and reaches no one until the group is filled.
    env.ferry(&["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "j", YES]);
    let state = env.sandbox().state(PRODUCTION);
    let scripts = state[SCRIPTS].as_array().unwrap();
    let reached = |name: &str| {
        let script = scripts.iter().find(|script| script["displayName"] == name).unwrap();
        script["assignments"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((reached("Guarded"), reached("For guests")), (0, 1));
    // It arrives switched off, and says what to do before that changes.
    assert_eq!(state[ACCESS][0]["state"], "disabled", "{state:#}");
    assert!(words.contains("Before you enable it"), "{planned:#}");
    let kept = tenants(&json!({"members": []}), false).plan(&["--mapping", "mapping.json", "--ca-state", "keep"]);
    assert_eq!(told(&kept)[0], ("Access", "blocked", true), "{kept:#}");
}

#[test]
fn nothing_is_held_where_nobody_was_in_it_in_the_source_either() {
    let nobody = json!({"members": []});
    let env = tenants_with(&nobody, &nobody, false);
    let directory = || std::fs::read_to_string(env.path("tree/directory.json")).unwrap();
    let first = directory();
    assert!(first.contains("\"hasMembers\": false"), "{first}");
    assert_eq!(told(&env.plan(&["--mapping", "mapping.json"])), FREE);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]).exits(0);
    assert_eq!(told(&env.run(&["plan", "rewritten", "--to", "production"])), FREE);
    // A group that the import makes is as empty as the source's.
    let staff = json!({"kind": "group", "source": {"id": guid(901)}, "decision": "map", "target": {"id": STAFF}});
    let made = json!({"kind": "group", "source": {"id": guid(902), "name": "New guests"}, "decision": "create"});
    env.write_mapping(&[staff, made], &[]);
    assert_eq!(told(&env.plan(&["--mapping", "mapping.json"])), FREE);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(directory(), first);
}

#[test]
fn where_the_sources_members_cannot_be_read_the_targets_empty_group_counts() {
    let env = tenants(&json!({"members": []}), false);
    let fault =
        Fault { path: format!("/groups/{}/members", guid(902)), status: Failure::Status(403), ..Fault::default() };
    env.sandbox().fail(fault);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let directory = std::fs::read_to_string(env.path("tree/directory.json")).unwrap();
    assert!(!directory.contains("hasMembers"), "{directory}");
    assert_eq!(told(&env.plan(&["--mapping", "mapping.json"])), HELD);
}

#[test]
fn a_rewritten_tree_is_held_in_the_same_way() {
    let env = tenants(&json!({"members": []}), false);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]).exits(0);
    let planned = env.run(&["plan", "rewritten", "--to", "production"]);
    assert_eq!(told(&planned), HELD, "{planned:#}");
}

#[test]
fn nothing_is_held_where_somebody_is_in_it_or_comes_by_a_rule_or_it_may_be_empty() {
    let ruled = |state: &str| {
        json!({"members": [], "groupTypes": ["DynamicMembership"], "membershipRule": "(user.userType -eq \"Guest\")",
            "membershipRuleProcessingState": state})
    };
    for (guests, allow_widen, wanted) in [
        (json!({}), false, FREE),
        (ruled("On"), false, FREE),
        (ruled("Paused"), false, HELD),
        (json!({"members": []}), true, FREE),
    ] {
        let rule = guests.get("membershipRule").map_or(json!({}), |rule| {
            json!({"groupTypes": ["DynamicMembership"], "membershipRule": rule, "membershipRuleProcessingState": "On",
                "members": [{"id": guid(990)}]})
        });
        let planned = tenants_with(&rule, &guests, allow_widen).plan(&["--mapping", "mapping.json"]);
        assert_eq!(told(&planned), wanted, "{guests} {planned:#}");
    }
}

#[test]
fn where_members_cannot_be_read_nothing_is_held_and_that_is_said() {
    let env = tenants(&json!({"members": []}), false);
    let fault = Fault { path: format!("/groups/{GUESTS}/members"), status: Failure::Status(403), ..Fault::default() };
    env.sandbox().fail(fault);
    let planned = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(told(&planned), FREE, "{planned:#}");
    let findings = planned["findings"].as_array().unwrap();
    let said = findings.iter().find(|finding| finding["code"] == "prerequisite-unknown");
    let message = said.unwrap()["message"].as_str().unwrap();
    assert!(message.contains("members cannot be read"), "{planned:#}");
}
