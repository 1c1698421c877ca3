//! What is proposed, and what is left to a person.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Value, json};

use super::super::testing::{Tree, entry, include, mapping, policy};
use super::*;
use crate::policy::TenantInfo;

fn inventory(objects: &[(&str, Value)]) -> Inventory {
    let mut inventory = Inventory {
        tenant: TenantInfo {
            id: Some("T".into()),
            display_name: Some("Contoso".into()),
            default_domain: Some("contoso.com".into()),
            domains: vec![],
        },
        ..Inventory::default()
    };
    for (kind, list) in objects {
        let list = list.as_array().unwrap().iter().map(|facts| facts.as_object().unwrap().clone()).collect();
        inventory.objects.insert((*kind).to_owned(), list);
    }
    inventory
}

fn tree() -> Tree {
    let assignments: Vec<Value> =
        ["sid", "name", "two", "case", "none", "gone", "synced", "nick"].iter().map(|id| include(id)).collect();
    Tree::of(vec![
        policy("configs", &json!({"id": "c", "assignments": assignments, "ownerId": "eve", "appIds": ["app"], "roleScopeTagIds": ["0", "5", "6"]})),
        policy("tags", &json!({"id": "6", "displayName": "in the tree"})),
    ])
    .knows("group", "sid", &json!({"displayName": "Old name", "onPremisesSecurityIdentifier": "S-1-5-21-1"}))
    .knows("group", "name", &json!({"displayName": "All laptops"}))
    .knows("group", "two", &json!({"displayName": "Sales"}))
    .knows("group", "case", &json!({"displayName": "pilot"}))
    .knows("group", "none", &json!({"displayName": "Nowhere", "securityEnabled": true, "mailEnabled": false}))
    .knows("group", "gone", &json!({"state": "missing"}))
    .knows("group", "synced", &json!({"displayName": "Synced", "onPremisesSecurityIdentifier": "S-1-5-21-9"}))
    .knows("group", "nick", &json!({"displayName": "Sales", "mailNickname": "sales2"}))
    .knows("user", "eve", &json!({"userPrincipalName": "eve@trial.example"}))
    .knows("apps", "app", &json!({"@odata.type": "#a", "displayName": "Edge", "packageIdentifier": "x.edge"}))
    .knows("tags", "5", &json!({"displayName": "Berlin"}))
}

fn target() -> Inventory {
    inventory(&[
        (
            "group",
            json!([
                {"id": "t-sid", "displayName": "New name", "onPremisesSecurityIdentifier": "S-1-5-21-1"},
                {"id": "t-name", "displayName": "All laptops"},
                {"id": "t-s1", "displayName": "Sales", "mailNickname": "sales1"}, {"id": "t-s2", "displayName": "Sales", "mailNickname": "sales2"},
                {"id": "t-case", "displayName": "Pilot"},
            ]),
        ),
        ("user", json!([{"id": "t-eve", "userPrincipalName": "Eve@contoso.com"}])),
        (
            "apps",
            json!([{"id": "t-app", "@odata.type": "#a", "displayName": "Microsoft Edge", "packageIdentifier": "x.edge"},
            {"id": "t-other", "@odata.type": "#b", "packageIdentifier": "x.edge"}]),
        ),
        ("tags", json!([{"id": "9", "displayName": "Berlin"}])),
    ])
}

fn bulk(accept: &[(&str, &str)], create: &[&str]) -> Bulk {
    Bulk {
        accept: accept.iter().map(|(kind, how)| ((*kind).to_owned(), (*how).to_owned())).collect(),
        create_missing: create.iter().map(|kind| (*kind).to_owned()).collect(),
    }
}

fn shown(mapping: &Mapping) -> Vec<String> {
    mapping
        .entries
        .iter()
        .map(|entry| {
            let decided = entry.target_id().unwrap_or(entry.why.as_deref().unwrap_or("-"));
            format!(
                "{} {} {:?} {decided} {}",
                entry.kind,
                entry.source_id(),
                entry.decision,
                entry.how.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

#[test]
fn only_what_is_beyond_doubt_is_decided() {
    let tree = tree();
    let (mapping, findings) = suggest(&tree.source(), &target(), None, &Bulk::default());
    assert_eq!(
        shown(&mapping),
        [
            "apps app Map t-app same package id",
            "group gone Undecided the source tenant no longer has this object -",
            "group name Map t-name same name",
            "group none Undecided no group of this name in the target -",
            "group sid Map t-sid same on-premises SID",
            "group nick Undecided 2 objects in the target have the same name; only this candidate has the same name and mail nickname same name and mail nickname",
            "group two Undecided 2 objects in the target have the same name -",
            "group synced Undecided no group of this name in the target -",
            "group case Undecided the candidate has the same name except for case, but nothing else identifies it same name except for case",
            "tags 5 Map 9 same name",
            "user eve Undecided the candidate has the same local part, but nothing else identifies it same local part",
        ]
    );
    assert_eq!(mapping.entry("group", "two").unwrap().candidates.len(), 2);
    assert_eq!(mapping.entry("user", "eve").unwrap().candidates, [Named::new("t-eve", Some("Eve@contoso.com"))]);
    assert_eq!(mapping.entry("group", "name").unwrap().target, Some(Named::new("t-name", Some("All laptops"))));
    assert_eq!((mapping.target.tenant_id.as_deref(), mapping.target.name.as_deref()), (Some("T"), Some("Contoso")));
    assert_eq!(findings.len(), 7);
    let known = super::super::identity::hows(&tree.catalogue);
    assert!(mapping.entries.iter().filter_map(|entry| entry.how.as_deref()).all(|how| known.contains(how)));
    let text = mapping.to_text();
    assert_eq!(Mapping::parse(&text, "m", &tree.catalogue).unwrap(), mapping);
}

#[test]
fn bulk_decisions_take_single_candidates_and_create_what_can_be_created() {
    let tree = tree();
    let accept = [("user", "same-local-part"), ("group", "same name"), ("group", "same-name-and-mail-nickname")];
    let (mapping, findings) = suggest(&tree.source(), &target(), None, &bulk(&accept, &["group", "user"]));
    let decision = |kind: &str, id: &str| mapping.entry(kind, id).unwrap().decision;
    assert_eq!((decision("user", "eve"), decision("group", "nick")), (Decision::Map, Decision::Map));
    assert_eq!(decision("group", "none"), Decision::Create);
    for id in ["two", "case", "gone", "synced"] {
        assert_eq!(decision("group", id), Decision::Undecided, "{id}");
    }
    assert!(mapping.entry("group", "synced").unwrap().why.as_deref().unwrap().contains("on-premises"));
    assert_eq!(findings.len(), 4);
}

#[test]
fn decisions_that_were_made_stay() {
    let tree = tree();
    let mut made = mapping(vec![
        entry("group", "NAME", Decision::Drop, None),
        entry("group", "none", Decision::Undecided, None),
        entry("group", "long ago", Decision::Map, Some("x")),
    ]);
    made.entries[1].allow_widen = true;
    made.text = vec![super::super::testing::pair("a", "b")];
    let (again, _) = suggest(&tree.source(), &target(), Some(made.clone()), &bulk(&[], &["group"]));
    assert_eq!(again.entry("group", "name"), Some(&made.entries[0]));
    assert_eq!(again.entry("group", "long ago"), Some(&made.entries[2]));
    assert_eq!(
        again.entry("group", "none").map(|entry| (entry.decision, entry.allow_widen)),
        Some((Decision::Create, true))
    );
    assert_eq!(again.text, made.text);
    let (twice, _) = suggest(&tree.source(), &target(), Some(again.clone()), &bulk(&[], &["group"]));
    assert_eq!(twice, again);
}

#[test]
fn a_name_that_two_source_objects_have_is_no_match() {
    let tree = Tree::of(vec![policy("configs", &json!({"assignments": [include("a"), include("b")]}))])
        .knows("group", "a", &json!({"displayName": "Same"}))
        .knows("group", "b", &json!({"displayName": "Same"}));
    let target = inventory(&[("group", json!([{"id": "t", "displayName": "Same"}]))]);
    let (mapping, _) = suggest(&tree.source(), &target, None, &bulk(&[("group", "same name")], &[]));
    assert!(mapping.entries.iter().all(|entry| entry.decision == Decision::Undecided && entry.candidates.len() == 1));
}

#[test]
fn what_was_not_read_or_cannot_be_looked_up_says_so() {
    let collection = json!({"target": {"@odata.type": "#c", "collectionId": "SMS1"}});
    let tree = Tree::of(vec![policy("configs", &json!({"assignments": [include("a"), collection]}))]);
    let (mapping, _) = suggest(&tree.source(), &Inventory::default(), None, &Bulk::default());
    let why: Vec<_> = mapping.entries.iter().map(|entry| entry.why.clone().unwrap()).collect();
    assert_eq!(
        why,
        [
            "objects of kind config-manager-collection cannot be looked up in the target",
            "no group was read from the target"
        ]
    );
}

#[test]
fn security_identifiers_of_the_companys_directory_are_paired_and_never_left() {
    use super::super::testing::{body, codes};
    let (own, theirs) = ("S-1-5-21-1004336348-1177238915-682003330-1105", "S-1-5-21-9-9-9-42");
    let note = format!("O:{own};; {own}1 S-1-5-32-544");
    let config = json!({"id": "c", "assignments": [include("a"), include("b")], "note": note});
    let tree = Tree::of(vec![policy("configs", &config)])
        .knows("group", "a", &json!({"displayName": "A", "onPremisesSecurityIdentifier": own}))
        .knows("group", "b", &json!({"displayName": "B", "onPremisesSecurityIdentifier": "S-1-5-21-1-2-3-77"}));
    let groups = |sid: Option<&str>| {
        inventory(&[(
            "group",
            json!([{"id": "t-a", "displayName": "A", "onPremisesSecurityIdentifier": sid},
            {"id": "t-b", "displayName": "B"}]),
        )])
    };
    let (mut found, _) = suggest(&tree.source(), &groups(Some(theirs)), None, &Bulk::default());
    let pairs: Vec<_> = found.text.iter().map(|pair| (pair.find.as_str(), pair.replace.as_deref())).collect();
    assert_eq!(pairs, [(own, Some(theirs))]);
    let rewritten = tree.rewrite(&found).swap_remove(0);
    assert!(!rewritten.blocked, "{:?}", rewritten.findings);
    assert_eq!(body(&rewritten)["note"], format!("O:{theirs};; {own}1 S-1-5-32-544"));

    // No one knows what it is in the target, or no one said anything of it: the policy waits.
    let (open, findings) = suggest(&tree.source(), &groups(None), None, &Bulk::default());
    assert_eq!(open.text[0].replace, None);
    assert!(findings.iter().any(|finding| finding.subject.contains(own)), "{findings:?}");
    assert!(codes(&tree.rewrite(&open)[0]).contains(&"mapping-undecided"));
    found.text.clear();
    let left = tree.rewrite(&found).swap_remove(0);
    assert!(left.blocked && left.findings[0].message.contains("security identifier"), "{:?}", left.findings);
    assert_eq!(codes(&left), ["source-id-left"]);
}
