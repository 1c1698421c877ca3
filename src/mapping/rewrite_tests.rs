//! The rules of rewriting, one by one.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use proptest::prelude::*;
use serde_json::json;

use super::super::file::{Decision, Named, TextPair};
use super::super::testing::{Tree, body, codes, entry, exclude, include, mapping, pair, policy};
use super::*;
use crate::policy::decode::to_base64;

const CERT: &str = "0f3c2a91-1b2c-4d3e-8f40-0123456789ab";
const WIFI: &str = "1a2b3c4d-1b2c-4d3e-8f40-0123456789ab";
const GROUP_ID: &str = "2a2b3c4d-1b2c-4d3e-8f40-0123456789ab";
const TARGET: &str = "7a7b3c4d-1b2c-4d3e-8f40-0123456789ab";
const TENANT: &str = "9b1c7d20-5e6f-4a1b-9c2d-3e4f50617283";

fn one(body: &Value, entries: Vec<Entry>) -> Rewritten {
    Tree::of(vec![policy("configs", body)]).first(entries)
}

fn wifi() -> Value {
    json!({"id": WIFI, "rootCertificate@odata.bind": format!("p/configs('{}')", CERT.to_uppercase())})
}

#[test]
fn a_reference_into_the_tree_needs_no_entry() {
    let tree = Tree::of(vec![policy("configs", &wifi()), policy("configs", &json!({"id": CERT}))]);
    let rewritten = tree.first(vec![]);
    assert_eq!(
        rewritten.awaits,
        [Await {
            pointer: "/rootCertificate@odata.bind".into(),
            form: Form::Bind,
            kind: "configs".into(),
            source_id: CERT.to_uppercase(),
            needs: Need::Policy { type_name: "configs".into(), key: CERT.into() },
            made_with: None,
        }]
    );
    assert!(!rewritten.blocked && rewritten.findings.is_empty());
    let created = tree.first(vec![entry("configs", CERT, Decision::Create, None)]);
    assert_eq!(created.awaits, rewritten.awaits);
}

#[test]
fn an_entry_overrides_the_tree() {
    let tree = Tree::of(vec![policy("configs", &wifi()), policy("configs", &json!({"id": CERT}))]);
    let rewritten = tree.first(vec![entry("configs", CERT, Decision::Map, Some(TARGET))]);
    assert_eq!(body(&rewritten)["rootCertificate@odata.bind"], json!(format!("p/configs('{TARGET}')")));
    assert!(rewritten.awaits.is_empty() && !rewritten.blocked);
}

#[test]
fn a_target_with_only_a_name_is_left_to_planning() {
    let mut named = entry("group", "g", Decision::Map, None);
    named.target = Some(Named { id: None, name: Some("Sales".into()) });
    let rewritten = one(&json!({"assignments": [include("g")]}), vec![named]);
    assert_eq!(rewritten.awaits[0].needs, Need::TargetName { kind: "group".into(), name: "Sales".into() });
    assert!(rewritten.awaits[0].in_assignments() && !rewritten.blocked);
}

#[test]
fn undecided_and_unknown_block_but_not_where_assignments_are_not_written() {
    let document = json!({"assignments": [include("u"), include("x")], "ownerId": "o"});
    let entries = || vec![entry("group", "u", Decision::Undecided, None), entry("user", "o", Decision::Map, Some("t"))];
    let rewritten = one(&document, entries());
    assert_eq!(codes(&rewritten), ["mapping-undecided", "unknown-reference"]);
    assert!(rewritten.blocked);
    assert_eq!(rewritten.findings[1].at.as_deref(), Some("/assignments/1/target/groupId"));
    let mut tree = Tree::of(vec![policy("configs", &document)]);
    tree.ignore_assignments = true;
    let rewritten = tree.first(entries());
    assert!(!rewritten.blocked && rewritten.findings.is_empty());
    assert_eq!(body(&rewritten), json!({"assignments": [include("u"), include("x")], "ownerId": "t"}));
    assert_eq!(codes(&tree.first(vec![])), ["unknown-reference"]);
}

#[test]
fn a_kind_nobody_can_map_needs_an_explicit_entry() {
    let document = json!({"assignments": [{"target": {"@odata.type": "#c", "collectionId": "SMS1"}}]});
    assert_eq!(codes(&one(&document, vec![])), ["unsupported-reference"]);
    let kept = one(&document, vec![entry("config-manager-collection", "sms1", Decision::Keep, None)]);
    assert_eq!((codes(&kept).len(), body(&kept)), (0, document));
}

#[test]
fn keep_and_constants_stay() {
    let document = json!({"ownerId": GROUP_ID, "note": GROUP_ID, "roleScopeTagIds": ["0"],
        "actions": [{"templateId2": "Email_00000000-0000-0000-0000-000000000000"}]});
    let rewritten = one(&document, vec![entry("user", GROUP_ID, Decision::Keep, None)]);
    assert_eq!((codes(&rewritten).len(), body(&rewritten)), (0, document));
}

#[test]
fn only_what_is_in_the_tree_or_a_group_can_be_created() {
    let rewritten = one(&json!({"script": {"scriptId": "s"}}), vec![entry("scripts", "s", Decision::Create, None)]);
    assert_eq!(codes(&rewritten), ["unknown-reference"]);
}

#[test]
fn what_needs_a_blocked_policy_is_blocked_with_its_name() {
    let chain = |id: &str, needs: &str| json!({"id": id, "displayName": id, "rootCertificate@odata.bind": format!("p/configs('{needs}')")});
    let tree = Tree::of(vec![
        policy("configs", &chain("a", "b")),
        policy("configs", &chain("b", "c")),
        policy("configs", &json!({"id": "c", "displayName": "C", "ownerId": "nobody"})),
        policy("configs", &json!({"id": "d"})),
        policy("configs", &chain("e", "e")),
    ]);
    let all = tree.rewrite(&mapping(vec![]));
    assert_eq!(all.iter().map(|one| one.blocked).collect::<Vec<_>>(), [true, true, true, false, false]);
    assert_eq!(codes(&all[0]), ["blocked-by"]);
    assert!(all[0].findings[0].message.contains("configs/b"));
    let mut again = all.clone();
    block_dependents(&mut again);
    assert_eq!(again, all);
    let mut alone = vec![all[4].clone(), tree.rewrite(&mapping(vec![])).swap_remove(0)];
    alone[1].blocked = false;
    alone[1].findings.clear();
    block_dependents(&mut alone);
    assert!(alone[1].findings[0].message.contains("not in the tree"));
}

#[test]
fn what_is_left_of_the_source_blocks_with_place_and_name() {
    let script = to_base64(format!("$g = '{GROUP_ID}'\n# SIG # Begin signature block").as_bytes());
    let document = json!({"id": WIFI, "steps": [{"id": WIFI}], "version": GROUP_ID, "templateId": GROUP_ID,
        "parts@odata.context": WIFI, "#graph.assign": {"target": GROUP_ID},
        "body": script, "url": "https://ContosoTrial.sharepoint.com", "t": TENANT, "other": TARGET});
    let mut tree =
        Tree::of(vec![policy("configs", &document)]).knows("group", GROUP_ID, &json!({"displayName": "Sales"}));
    tree.tenant.id = Some(TENANT.into());
    tree.tenant.default_domain = Some("contosotrial.onmicrosoft.com".into());
    let rewritten = tree.first(vec![entry("group", GROUP_ID, Decision::Map, Some(TARGET))]);
    let told: Vec<_> =
        rewritten.findings.iter().map(|finding| (finding.at.as_deref().unwrap(), finding.message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/body", format!("the source tenant's group `Sales` ({GROUP_ID}) is left, inside base64").as_str()),
            ("/t", &format!("the source tenant's ID {TENANT} is left")),
            ("/url", "the source tenant's domain contosotrial.sharepoint.com is left"),
        ]
    );
    assert!(rewritten.blocked && rewritten.findings[0].fix.contains(TARGET));
    let mut solved = mapping(vec![entry("group", GROUP_ID, Decision::Map, Some(TARGET))]);
    let mut first = tree.policies[0].open();
    first.body.insert("body".into(), json!(to_base64(format!("$g = '{GROUP_ID}'").as_bytes())));
    tree.policies[0] = first.keep();
    solved.text = vec![pair(TENANT, "new"), pair("ContosoTrial.sharepoint.com", "contosotrial.sharepoint.com")];
    let rewritten = &tree.rewrite(&solved)[0];
    assert_eq!(codes(rewritten), [""; 0]);
    assert_eq!(body(rewritten)["body"], json!(to_base64(format!("$g = '{TARGET}'").as_bytes())));
    tree.same_tenant = true;
    assert!(!tree.first(vec![]).blocked);
}

#[test]
fn an_open_text_is_told_once() {
    let signed = to_base64(b"copy //Files.ContosoTrial.onmicrosoft.com/x .\n# SIG # Begin signature block");
    let document = json!({"id": WIFI, "url": "https://Files.ContosoTrial.onmicrosoft.com", "note": signed,
        "other": "eve@contosotrial.onmicrosoft.com"});
    let mut tree = Tree::of(vec![policy("configs", &document)]);
    tree.tenant.default_domain = Some("contosotrial.onmicrosoft.com".into());
    let find = "Files.ContosoTrial.onmicrosoft.com";
    let told = |pair: TextPair| {
        let mut mapping = mapping(vec![]);
        mapping.text = vec![pair];
        let rewritten = tree.rewrite(&mapping).swap_remove(0);
        let told = |finding: &Finding| (finding.at.clone().unwrap(), finding.code.clone());
        rewritten.findings.iter().map(told).collect::<Vec<_>>()
    };
    let places = |codes: [(&str, &str); 3]| codes.map(|(at, code)| (at.to_owned(), code.to_owned())).to_vec();
    let (open, left) = ("mapping-undecided", ("/other", "source-id-left"));
    assert_eq!(
        told(TextPair { find: find.into(), replace: None, why: None }),
        places([("/note", open), ("/url", open), left])
    );
    let decided = told(pair(find, "files.fabrikam.com"));
    assert_eq!(decided[..], places([("/note", "text-in-signed-payload"), left, left])[..2]);
}

#[test]
fn restoring_keeps_what_is_not_in_the_tree() {
    let document = json!({"id": WIFI, "assignments": [include(GROUP_ID)], "rootCertificate@odata.bind": format!("p/configs('{CERT}')")});
    let mut tree = Tree::of(vec![policy("configs", &document), policy("configs", &json!({"id": CERT}))]);
    tree.same_tenant = true;
    let rewritten = tree.first(vec![]);
    assert_eq!((rewritten.blocked, rewritten.awaits.len(), body(&rewritten)), (false, 1, document));
}

#[test]
fn texts_are_replaced_and_signed_payloads_block() {
    let document =
        json!({"displayName": "old.example", "payload": to_base64(b"h=old.example"), "ownerId": "old.example"});
    let mut with_text = mapping(vec![entry("user", "old.example", Decision::Keep, None)]);
    with_text.text = vec![pair("old.example", "new.example")];
    let mut tree = Tree::of(vec![policy("configs", &document)]);
    let rewritten = &tree.rewrite(&with_text)[0];
    assert_eq!(
        body(rewritten),
        json!({"displayName": "new.example", "payload": to_base64(b"h=new.example"), "ownerId": "old.example"})
    );
    assert_eq!(
        rewritten.text_hits.iter().map(|hit| hit.pointer.as_str()).collect::<Vec<_>>(),
        ["/displayName", "/payload"]
    );
    let signed = json!({"payload": to_base64(b"\x00\x01old.example")});
    tree.policies = vec![policy("configs", &signed).keep()];
    let rewritten = &tree.rewrite(&with_text)[0];
    assert_eq!((codes(rewritten), rewritten.blocked), (vec!["text-in-signed-payload"], true));
}

#[test]
fn a_rewritten_tree_is_accepted_as_it_stands() {
    let tags = json!({"id": WIFI, "roleScopeTagIds": ["1", "2"], "assignments": [include(GROUP_ID)], "note": "old"});
    let mut tree = Tree::of(vec![policy("configs", &tags)]);
    let mut entries = mapping(vec![
        entry("tags", "1", Decision::Map, Some("2")),
        entry("tags", "2", Decision::Map, Some("3")),
        entry("group", GROUP_ID, Decision::Map, Some(TARGET)),
    ]);
    entries.text = vec![pair("old", "older old")];
    let first = tree.rewrite(&entries);
    assert_eq!(
        body(&first[0]),
        json!({"id": WIFI, "roleScopeTagIds": ["2", "3"], "assignments": [include(TARGET)], "note": "older old"})
    );
    tree.policies = vec![first[0].policy.clone()];
    tree.already_rewritten = true;
    let again = tree.rewrite(&entries);
    assert_eq!((&again[0].policy, again[0].blocked), (&first[0].policy, false));
    tree.policies.push(policy("tags", &json!({"id": "3"})).keep());
    entries.entries.retain(|entry| entry.source_id() != "3");
    assert_eq!(codes(&tree.rewrite(&entries)[0]), ["ambiguous-reference"]);
}

#[test]
fn ids_that_are_equal_everywhere_mark_no_tenant() {
    let tree = Tree::of(vec![
        policy("tags", &json!({"id": CERT, "isBuiltIn": true})),
        policy("configs", &json!({"id": WIFI, "note": CERT})),
    ]);
    assert!(tree.rewrite(&mapping(vec![])).iter().all(|one| !one.blocked));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~äß]{0,40}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z/~@.]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn without_references_and_mapping_nothing_changes(value in any_json()) {
        let before = policy("configs", &json!({"id": WIFI, "x": value}));
        let tree = Tree::of(vec![before.clone()]);
        let rewritten = tree.rewrite(&mapping(vec![]));
        prop_assert_eq!(&rewritten[0].policy.open(), &before);
        prop_assert!(!rewritten[0].blocked && rewritten[0].findings.is_empty());
    }

    #[test]
    fn every_source_group_is_gone_or_told(groups in proptest::collection::vec((0..4_u8, any::<bool>()), 0..6), decisions in proptest::collection::vec(0..5_u8, 4)) {
        let id = |n: u8| format!("{n}a2b3c4d-1b2c-4d3e-8f40-0123456789ab");
        let list: Vec<Value> = groups.iter().map(|(n, out)| if *out { exclude(&id(*n)) } else { include(&id(*n)) }).collect();
        let entries = decisions.iter().enumerate().filter_map(|(n, decision)| {
            let id = id(u8::try_from(n).unwrap());
            Some(match decision {
                0 => entry("group", &id, Decision::Map, Some(TARGET)),
                1 => entry("group", &id, Decision::Drop, None),
                2 => entry("group", &id, Decision::Undecided, None),
                3 => entry("group", &id, Decision::Create, None),
                _ => return None,
            })
        }).collect::<Vec<_>>();
        let tree = Tree::of(vec![policy("configs", &json!({"id": CERT, "assignments": list}))]);
        let rewritten = tree.first(entries.clone());
        let after = body(&rewritten);
        let text = after.to_string();
        if !rewritten.blocked {
            for n in 0..4_u8 {
                let awaited = rewritten.awaits.iter().any(|place| place.source_id == id(n));
                prop_assert!(awaited || !text.contains(&id(n)));
            }
            let before = list.iter().filter(|one| one.to_string().contains("exclusion")).count();
            prop_assert!(before == 0 || text.contains("exclusion") || body(&rewritten)["assignments"] == json!([]), "an exclusion was lost: {}", text);
        }
        for place in &rewritten.awaits {
            prop_assert_eq!(after.pointer(&place.pointer), Some(&json!(place.source_id)));
        }
        prop_assert_eq!(tree.first(entries), rewritten);
    }
}
