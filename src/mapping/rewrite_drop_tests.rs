//! What a drop does, and what becomes of assignments whose groups are dropped, merged or created.

use serde_json::json;

use super::super::file::Decision;
use super::super::testing::{Tree, body, codes, entry, exclude, include, policy};
use super::*;

fn one(body: &Value, entries: Vec<Entry>) -> Rewritten {
    Tree::of(vec![policy("configs", body)]).first(entries)
}

fn widen(mut entry: Entry) -> Entry {
    entry.allow_widen = true;
    entry
}

#[test]
fn dropping_follows_the_rule_of_the_place() {
    let document = json!({"ownerId": "o", "roleScopeTagIds": ["7"], "appIds": ["a", "b"],
        "serverRoots@odata.bind": ["p/configs('r')"],
        "actions": [{"templateId2": "Email_t", "copyTo": ["undecided"]}, {"templateId2": "Push_u", "copyTo": ["g"]}]});
    let drop = |kind: &str, id: &str| entry(kind, id, Decision::Drop, None);
    let rewritten = one(
        &document,
        vec![
            drop("user", "O"),
            drop("tags", "7"),
            drop("apps", "a"),
            drop("configs", "r"),
            drop("templates", "t"),
            drop("group", "g"),
            entry("apps", "b", Decision::Map, Some("c")),
            entry("templates", "u", Decision::Map, Some("v")),
        ],
    );
    assert_eq!(codes(&rewritten), [""; 0], "what stands in a dropped element must not block");
    assert_eq!(
        body(&rewritten),
        json!({"ownerId": null, "roleScopeTagIds": ["0"], "appIds": ["c"],
        "serverRoots@odata.bind": [], "actions": [{"templateId2": "Push_v", "copyTo": []}]})
    );
}

#[test]
fn what_cannot_be_dropped_blocks() {
    let rewritten = one(&json!({"script": {"scriptId": "s"}}), vec![entry("scripts", "s", Decision::Drop, None)]);
    assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["drop-refused"], true));
}

#[test]
fn a_drop_that_widens_needs_permission() {
    let mut filtered = include("g");
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f");
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let document = json!({"assignments": [exclude("x"), filtered], "rootCertificate@odata.bind": "p/configs('r')"});
    let entries = |allow: bool| {
        let drops = [("group", "x"), ("filters", "f"), ("configs", "r")];
        let mut entries: Vec<_> = drops.iter().map(|(kind, id)| entry(kind, id, Decision::Drop, None)).collect();
        for entry in &mut entries {
            entry.allow_widen = allow;
        }
        entries.push(entry("group", "g", Decision::Map, Some("t")));
        entries
    };
    let rewritten = one(&document, entries(false));
    assert_eq!(codes(&rewritten), ["would-widen"; 3]);
    assert!(rewritten.blocked);
    let rewritten = one(&document, entries(true));
    assert!(!rewritten.blocked);
    let mut left = include("t");
    left["target"]["deviceAndAppManagementAssignmentFilterId"] = Value::Null;
    left["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("none");
    assert_eq!(body(&rewritten), json!({"assignments": [left]}));
}

#[test]
fn dropping_the_only_inclusion_leaves_it_unassigned() {
    let document = json!({"assignments": [exclude("x"), include("g")]});
    let rewritten =
        one(&document, vec![entry("group", "g", Decision::Drop, None), entry("group", "x", Decision::Map, Some("y"))]);
    assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["applies-to-nobody"], false));
    assert_eq!(body(&rewritten), json!({"assignments": []}));
}

#[test]
fn groups_that_become_one_are_merged() {
    let document = json!({"assignments": [include("a"), include("b")], "actions": [{"templateId2": "Email_t", "copyTo": ["a", "b", "c"]}]});
    let rewritten = one(
        &document,
        vec![
            entry("group", "a", Decision::Map, Some("T")),
            entry("group", "b", Decision::Map, Some("t")),
            entry("group", "c", Decision::Map, Some("u")),
            entry("templates", "t", Decision::Map, Some("v")),
        ],
    );
    assert!(!rewritten.blocked && rewritten.findings.is_empty());
    assert_eq!(
        body(&rewritten),
        json!({"assignments": [include("T")], "actions": [{"templateId2": "Email_v", "copyTo": ["T", "u"]}]})
    );
}

#[test]
fn groups_that_become_one_but_are_assigned_differently_are_held() {
    let mut other = include("b");
    other["intent"] = json!("available");
    let rewritten = one(
        &json!({"assignments": [include("a"), other]}),
        vec![entry("group", "a", Decision::Map, Some("t")), entry("group", "b", Decision::Map, Some("t"))],
    );
    assert_eq!(
        (codes(&rewritten), rewritten.blocked, rewritten.assignments_held),
        (vec!["merged-assignments-differ"], false, true)
    );
}

#[test]
fn included_and_excluded_blocks() {
    let entries = || vec![entry("group", "a", Decision::Map, Some("t")), entry("group", "b", Decision::Map, Some("T"))];
    let rewritten = one(&json!({"assignments": [include("a"), exclude("b")]}), entries());
    assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["excluded-and-included"], true));
    let access = policy(
        "access",
        &json!({"users": {"includeGroups": ["a"], "excludeGroups": ["x", "b"], "includeUsers": ["All"]}}),
    );
    let mut more = entries();
    more.push(entry("group", "x", Decision::Map, Some("y")));
    let rewritten = Tree::of(vec![access]).first(more);
    assert_eq!((codes(&rewritten), rewritten.blocked), (vec!["excluded-and-included"], true));
    assert_eq!(rewritten.findings[0].at.as_deref(), Some("/users/excludeGroups/1"));
}

#[test]
fn a_created_group_is_empty() {
    let document = json!({"assignments": [include("a"), exclude("b")]});
    let entries = || vec![entry("group", "a", Decision::Create, None), entry("group", "b", Decision::Create, None)];
    let rewritten = one(&document, entries());
    assert_eq!(
        (codes(&rewritten), rewritten.blocked, rewritten.assignments_held),
        (vec!["exclusion-group-empty"], false, true)
    );
    assert_eq!(rewritten.awaits.len(), 2);
    let rewritten = one(&document, entries().into_iter().map(widen).collect());
    assert_eq!((codes(&rewritten).len(), rewritten.assignments_held), (0, false));
    let access = policy("access", &json!({"users": {"excludeGroups": ["b"]}}));
    assert!(Tree::of(vec![access]).first(entries()).blocked);
}
