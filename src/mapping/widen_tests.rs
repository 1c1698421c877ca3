//! Nothing ever widens by itself: with the built-in catalogue, everything that narrows is tried to be dropped.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Value, json};

use super::file::{Decision, Entry};
use super::rewritten::Rewritten;
use super::testing::{body, codes, entry, exclude, include, mapping, policy, rewritten};
use crate::catalogue::{Catalogue, references};
use crate::policy::Policy;

const GUEST: &str = "0a0b3c4d-1b2c-4d3e-8f40-0123456789ab";

fn one(policy: &Policy, entries: Vec<Entry>) -> Rewritten {
    rewritten(policy, &Catalogue::built_in().unwrap(), &mapping(entries))
}

fn dropped(kind: &str, id: &str, allow_widen: bool) -> Entry {
    let mut entry = entry(kind, id, Decision::Drop, None);
    entry.allow_widen = allow_widen;
    entry
}

fn filtered(group: &str, word: &str) -> Value {
    let mut target = include(group);
    target["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f");
    target["target"]["deviceAndAppManagementAssignmentFilterType"] = json!(word);
    target
}

fn assigned(list: &Value) -> Policy {
    policy("platform-scripts", &json!({"id": "p", "displayName": "P", "assignments": list}))
}

/// An access policy for everyone and everything, with something more.
fn access(more: &Value) -> Policy {
    let mut body = json!({"id": "p", "displayName": "P", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    merge(&mut body, more);
    policy("conditional-access", &body)
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

/// Everything that narrows: what it is, the policy, and kind and id of what is dropped.
fn narrowing() -> Vec<(&'static str, Policy, &'static str, &'static str)> {
    let users = |lists: Value| access(&json!({"conditions": {"users": lists}}));
    let applications = |lists: Value| access(&json!({"conditions": {"applications": lists}}));
    let locations = |lists: Value| access(&json!({"conditions": {"locations": lists}}));
    let clients = |lists: Value| access(&json!({"conditions": {"clientApplications": lists}}));
    vec![
        ("exclusion group", assigned(&json!([include("a"), exclude("x")])), "group", "x"),
        ("include filter", assigned(&json!([filtered("a", "include")])), "assignment-filters", "f"),
        ("exclude filter", assigned(&json!([filtered("a", "exclude")])), "assignment-filters", "f"),
        ("excluded user", users(json!({"excludeUsers": ["x"]})), "user", "x"),
        ("excluded group", users(json!({"excludeGroups": ["x"]})), "group", "x"),
        (
            "excluded location",
            locations(json!({"includeLocations": ["All"], "excludeLocations": ["x"]})),
            "named-locations",
            "x",
        ),
        ("included location", locations(json!({"includeLocations": ["x"]})), "named-locations", "x"),
        ("excluded application", applications(json!({"excludeApplications": ["x"]})), "application", "x"),
        (
            "excluded workload",
            clients(
                json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": ["x"]}),
            ),
            "service-principal",
            "x",
        ),
        ("terms of use", access(&json!({"grantControls": {"termsOfUse": ["x"]}})), "terms-of-use", "x"),
        (
            "custom control",
            access(&json!({"grantControls": {"customAuthenticationFactors": ["x"]}})),
            "custom-authentication-factor",
            "x",
        ),
        (
            "strength",
            access(&json!({"grantControls": {"authenticationStrength": {"id": "x"}}})),
            "authentication-strengths",
            "x",
        ),
    ]
}

fn others() -> Vec<Entry> {
    vec![entry("group", "a", Decision::Map, Some("t"))]
}

#[test]
fn what_narrows_is_not_dropped_without_permission() {
    for (what, policy, kind, id) in narrowing() {
        let mut entries = others();
        entries.push(dropped(kind, id, false));
        let rewritten = one(&policy, entries);
        assert!(rewritten.blocked, "{what}");
        assert!(["would-widen", "drop-refused"].contains(&codes(&rewritten)[0]), "{what}: {:?}", rewritten.findings);
    }
}

#[test]
fn with_permission_only_that_goes() {
    for (what, policy, kind, id) in narrowing().into_iter().filter(|(what, ..)| *what != "strength") {
        let mut entries = others();
        entries.push(dropped(kind, id, true));
        let rewritten = one(&policy, entries);
        assert!(!rewritten.blocked, "{what}: {:?}", rewritten.findings);
        let text = body(&rewritten).to_string();
        assert!(!text.contains(&format!("\"{id}\"")), "{what}: {text}");
    }
}

/// A policy without its grant control would demand nothing, so no permission helps.
#[test]
fn an_authentication_strength_is_never_dropped() {
    let (_, policy, kind, id) = narrowing().pop().unwrap();
    let rewritten = one(&policy, vec![dropped(kind, id, true)]);
    assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["drop-refused"], true));
}

/// Roles are named by templates that are the same in every tenant: nothing is asked and nothing changes.
#[test]
fn excluded_roles_stay() {
    let roles = json!({"conditions": {"users": {"excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}}});
    let policy = access(&roles);
    assert_eq!(references(&policy, &Catalogue::built_in().unwrap()).len(), 0);
    let rewritten = one(&policy, vec![dropped("role", "62e90394-69f5-4237-9190-012177145e10", true)]);
    assert_eq!((body(&rewritten), rewritten.blocked), (policy.to_value(), false));
}

#[test]
fn an_exclusion_group_that_is_only_just_created_excludes_nobody() {
    let created = |allow: bool| {
        let mut created = entry("group", "x", Decision::Create, None);
        created.allow_widen = allow;
        vec![created, entry("group", "a", Decision::Map, Some("t"))]
    };
    let policy = assigned(&json!([include("a"), exclude("x")]));
    let held = one(&policy, created(false));
    assert_eq!((codes(&held), held.blocked, held.assignments_held), (vec!["exclusion-group-empty"], false, true));
    assert!(!one(&policy, created(true)).assignments_held);
    let policy = access(&json!({"conditions": {"users": {"excludeGroups": ["x"]}}}));
    // It may be there, but not be in force.
    let off = one(&policy, created(false));
    assert_eq!((codes(&off), off.blocked, off.in_force[0].code.as_str()), (vec![], false, "exclusion-group-empty"));
}

#[test]
fn two_groups_that_become_one_are_never_on_both_sides() {
    let both = || vec![entry("group", "a", Decision::Map, Some("t")), entry("group", "x", Decision::Map, Some("t"))];
    let users = json!({"conditions": {"users": {"includeUsers": [], "includeGroups": ["a"], "excludeGroups": ["x"]}}});
    for policy in [assigned(&json!([include("a"), exclude("x")])), access(&users)] {
        let rewritten = one(&policy, both());
        assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["excluded-and-included"], true));
    }
    // On one side they are one, unless they were assigned in two ways: then no one knows which is meant.
    let merged = one(&assigned(&json!([include("a"), include("x")])), both());
    assert_eq!((merged.blocked, body(&merged)["assignments"].as_array().unwrap().len()), (false, 1));
    let mut entries = both();
    entries.push(entry("assignment-filters", "f", Decision::Map, Some("tf")));
    let differing = one(&assigned(&json!([include("a"), filtered("x", "exclude")])), entries);
    assert_eq!((codes(&differing), differing.assignments_held), (vec!["merged-assignments-differ"], true));
}

#[test]
fn without_its_only_inclusion_a_policy_is_left_unassigned() {
    for list in [json!([include("a")]), json!([include("a"), exclude("x")]), json!([filtered("a", "include")])] {
        let entries = vec![
            dropped("group", "a", false),
            entry("group", "x", Decision::Map, Some("t")),
            entry("assignment-filters", "f", Decision::Map, Some("tf")),
        ];
        let rewritten = one(&assigned(&list), entries);
        assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["applies-to-nobody"], false), "{list}");
        assert_eq!(body(&rewritten)["assignments"], json!([]), "{list}");
    }
    let users = access(&json!({"conditions": {"users": {"includeUsers": [GUEST]}}}));
    let rewritten = one(&users, vec![dropped("user", GUEST, false)]);
    assert_eq!(body(&rewritten)["conditions"]["users"]["includeUsers"], json!(["None"]));
}
