//! What no one asked for is not done: more changes than allowed, or a policy that locks everyone out.

use serde_json::{Value, json};

use super::{actions, named, with};
use crate::env::{PRODUCTION, exported, shows};
use crate::objects::{SCRIPTS, script};

const CONDITIONAL_ACCESS: &str = "identity/conditionalAccess/policies";

#[test]
fn more_changes_than_allowed_are_none() {
    let source = json!({SCRIPTS: [script(1, "A", "AAAA"), script(2, "B", "AAAA"), script(3, "C", "AAAA")]});
    let env = exported(&source, &json!({SCRIPTS: [script(13, "C", "BBBB")]}));
    for over in [&["--max-creates", "1"][..], &["--max-updates", "0", "--on-conflict", "update"]] {
        let planned = env.plan(over);
        shows(&planned, &["too-many-changes"]);
        assert_eq!(planned["exitCode"], 4);
        let refused = env.import(over);
        assert_eq!(refused["exitCode"], 4, "{refused:#}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(over[0]), "{refused:#}");
    }
    assert_eq!(env.writes(PRODUCTION), 0);
    assert!(!env.path("ferry-runs").exists());
    let within = ["--max-creates", "2", "--max-updates", "1", "--on-conflict", "update"];
    assert_eq!(actions(&env.import(&within)), [("A", "created"), ("B", "created"), ("C", "updated")]);
}

fn access(id: &str, state: &str, users: &Value) -> Value {
    json!({"id": id, "displayName": "Everybody", "state": state,
        "conditions": {"clientAppTypes": ["all"], "users": users, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}})
}

#[test]
fn a_policy_that_could_lock_everybody_out_arrives_disabled_unless_it_is_kept() {
    let all = json!({"includeUsers": ["All"]});
    let source = json!({CONDITIONAL_ACCESS: [access("a1000000-0000-4000-8000-000000000051", "enabled", &all)]});
    for (more, state, warned) in
        [(&[][..], "disabled", false), (&["--ca-state", "report-only"], "enabledForReportingButNotEnforced", false)]
            .into_iter()
            .chain([(&["--ca-state", "keep"][..], "enabled", true)])
    {
        let env = exported(&source, &json!({}));
        let done = env.import(more);
        assert_eq!(with(&done, "could-lock-out").len(), usize::from(warned), "{done:#}");
        assert_eq!(named(&env, CONDITIONAL_ACCESS, "Everybody")["state"], state);
        assert_eq!(done["exitCode"], 0);
    }
}

#[test]
fn an_enabled_policy_is_not_changed_into_one_that_locks_everybody_out() {
    let all = json!({"includeUsers": ["All"]});
    let some = json!({"includeUsers": ["All"], "excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]});
    let source = json!({CONDITIONAL_ACCESS: [access("a1000000-0000-4000-8000-000000000051", "disabled", &all)]});
    let target = json!({CONDITIONAL_ACCESS: [access("b2000000-0000-4000-8000-000000000051", "enabled", &some)]});
    let env = exported(&source, &target);
    let done = env.import(&["--on-conflict", "update"]);
    assert_eq!((actions(&done), with(&done, "could-lock-out")), (vec![("Everybody", "blocked")], vec!["Everybody"]));
    assert_eq!((&done["exitCode"], env.writes(PRODUCTION)), (&json!(4), 0));
    // Switched off, as the tree has it, it is harmless.
    let done = env.import(&["--on-conflict", "update", "--ca-state", "keep"]);
    assert_eq!(actions(&done), [("Everybody", "updated")]);
    assert_eq!(named(&env, CONDITIONAL_ACCESS, "Everybody")["state"], "disabled");
}
