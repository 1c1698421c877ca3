//! What an export removes from a tree, judged over the whole tree: an account that sees less must not look like a
//! deletion, and a policy that was really deleted must go.

use intune_ferry::sandbox::TenantSeed;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::env::{Env, Ran, TRIAL, empty, quick, shows};
use crate::objects::{CONFIGURATIONS, FILTERS, SCRIPTS, filter, root, script};

const SHELL: &str = "deviceManagement/deviceShellScripts";

fn shell(id: u32, name: &str) -> Value {
    let mut object = script(id, name, "AAAA");
    object.as_object_mut().unwrap().remove("enforceSignatureCheck");
    object.as_object_mut().unwrap().remove("runAs32Bit");
    object
}

/// So many objects of each of four types.
fn four_types(each: u32) -> Value {
    let list = |make: &dyn Fn(u32) -> Value| (0..each).map(make).collect::<Vec<_>>();
    json!({
        FILTERS: list(&|n| filter(n, &format!("Filter {n}"))),
        SCRIPTS: list(&|n| script(1000 + n, &format!("Script {n}"), "AAAA")),
        CONFIGURATIONS: list(&|n| root(2000 + n, &format!("Root {n}"))),
        SHELL: list(&|n| shell(3000 + n, &format!("Shell {n}"))),
    })
}

fn tenant(objects: &Value) -> TenantSeed {
    TenantSeed { objects: objects.clone(), ..empty(TRIAL, "Contoso Trial") }
}

/// An export of the tenant as it is now into the tree of an earlier one.
fn export(tree: &Env, now: TenantSeed, more: &[&str]) -> Ran {
    let env = Env::start(vec![now], quick());
    let path = tree.path("tree");
    env.ferry(&[&["export", "trial", "--out", path.to_str().unwrap(), "--format", "json"], more].concat())
}

/// A tree of these objects.
fn tree(objects: &Value) -> Env {
    let env = Env::start(vec![tenant(objects)], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env
}

/// The files of policies.
fn policies(env: &Env) -> Vec<String> {
    env.files("tree").into_keys().filter(|name| name.contains('/')).collect()
}

fn named(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    let held = findings.filter(|finding| finding["code"] == "removal-held" && finding["subject"] != "tree");
    held.map(|finding| finding["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn four_types_that_vanish_at_once_are_kept_and_named() {
    let before = tree(&four_types(4));
    let files = before.files("tree");
    let held = export(&before, tenant(&json!({})), &[]).exits(4).json();
    shows(&held, &["removal-held"]);
    assert_eq!((named(&held).len(), &held["counts"]["kept"]), (16, &json!(16)), "{held:#}");
    assert_eq!(held["counts"]["removed"], 0);
    assert!(files.keys().all(|name| before.files("tree").contains_key(name)));
    // The next night is the same, and writes nothing.
    let files = before.files("tree");
    export(&before, tenant(&json!({})), &[]).exits(4);
    assert_eq!(before.files("tree"), files);
    export(&before, tenant(&json!({})), &["--accept-removals"]).exits(0);
    let ours = |file: &&String| ["Filter ", "Script ", "Root ", "Shell "].iter().any(|name| file.contains(name));
    assert_eq!(policies(&before).iter().filter(ours).count(), 0);
}

#[test]
fn types_that_shrink_together_are_kept() {
    let before = tree(&four_types(24));
    let mut less = four_types(24);
    for list in less.as_object_mut().unwrap().values_mut() {
        list.as_array_mut().unwrap().truncate(20);
    }
    let held = export(&before, tenant(&less), &[]).exits(4).json();
    assert_eq!((named(&held).len(), &held["counts"]["removed"]), (16, &json!(0)), "{held:#}");
}

#[test]
fn one_deleted_policy_goes_in_the_night() {
    let before = tree(&four_types(4));
    let mut less = four_types(4);
    less[FILTERS].as_array_mut().unwrap().remove(1);
    let done = export(&before, tenant(&less), &[]).exits(0).json();
    assert_eq!((&done["counts"]["removed"], &done["counts"]["kept"]), (&json!(1), &json!(0)), "{done:#}");
    assert!(!policies(&before).iter().any(|file| file.contains("Filter 1")));
}

#[test]
fn the_last_of_its_type_or_of_its_scope_tag_is_kept() {
    let mut objects = four_types(3);
    objects[SCRIPTS][2]["roleScopeTagIds"] = json!(["7"]);
    objects[SHELL].as_array_mut().unwrap().truncate(1);
    let before = tree(&objects);
    for (collection, place, name) in [(SCRIPTS, 2, "Script 2"), (SHELL, 0, "Shell 0")] {
        let mut less = objects.clone();
        less[collection].as_array_mut().unwrap().remove(place);
        let held = export(&before, tenant(&less), &[]).exits(4).json();
        let named = named(&held);
        assert!(named.len() == 1 && named[0].contains(name), "{named:?}");
    }
    // Another one of its scope tag is still seen.
    let mut less = objects.clone();
    less[SCRIPTS].as_array_mut().unwrap().remove(0);
    assert_eq!(export(&before, tenant(&less), &[]).exits(0).json()["counts"]["removed"], 1);
}

#[test]
fn an_account_with_fewer_permissions_removes_nothing() {
    let objects = four_types(4);
    let before = tree(&objects);
    let account = |env: &Env| -> Value {
        serde_json::from_slice::<Value>(&env.files("tree")["ferry-tree.json"]).unwrap()["account"].clone()
    };
    let all = account(&before);
    assert_eq!(all["kind"], "application", "{all}");
    assert!(all["reads"].as_array().unwrap().contains(&json!("DeviceManagementApps.Read.All")), "{all}");
    let mut less = objects.clone();
    less[FILTERS].as_array_mut().unwrap().remove(1);
    let permissions = ["DeviceManagementConfiguration.Read.All", "DeviceManagementScripts.Read.All"];
    let now = TenantSeed { permissions: permissions.map(String::from).into(), ..tenant(&less) };
    // Others of its types may not be read: that fails, and nothing is removed anywhere.
    let held = export(&before, now.clone(), &[]).exits(5).json();
    shows(&held, &["removal-held", "read-failed"]);
    let why = held["findings"].as_array().unwrap().iter().find(|finding| finding["subject"] == "tree");
    assert!(why.unwrap()["message"].as_str().unwrap().contains("DeviceManagementApps.Read.All"), "{held:#}");
    assert_eq!(account(&before), all, "who saw it all is not forgotten");
    export(&before, now, &["--accept-removals"]).exits(5);
    assert_ne!(account(&before), all);
    assert!(!policies(&before).iter().any(|file| file.contains("Filter 1")));
}

#[test]
fn a_rewritten_tree_takes_removals_that_are_accepted() {
    let before = tree(&four_types(4));
    before.write_mapping(&[], &[]);
    let rewrite = ["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"];
    before.ferry(&rewrite);
    for folder in ["assignment-filters", "platform-scripts"] {
        std::fs::remove_dir_all(before.path("tree").join(folder)).unwrap();
    }
    let is_left = || before.files("rewritten").keys().any(|file| file.starts_with("assignment-filters/"));
    let held = before.run(&rewrite);
    shows(&held, &["removal-held"]);
    assert!(is_left());
    before.ferry(&[&rewrite[..], &["--accept-removals"]].concat());
    assert!(!is_left());
}

/// What a person of Intune's own roles sees: of the types that may be read, what has one of the scope tags.
fn seen(objects: &Value, types: &[bool], tags: &[String]) -> Value {
    let mut seen = objects.clone();
    for (list, may) in seen.as_object_mut().unwrap().values_mut().zip(types) {
        list.as_array_mut().unwrap().retain(|object| {
            let own = object["roleScopeTagIds"].as_array().or(object["roleScopeTags"].as_array()).unwrap();
            *may && own.iter().any(|tag| tags.iter().any(|other| tag == other))
        });
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random tenants, random deletions, random loss of sight: what the account may have been unable to see stays.
    #[test]
    fn nothing_is_removed_that_the_account_may_have_been_unable_to_see(
        tags in prop::collection::vec(prop::collection::btree_set("[0-2]", 1..3), 18..40),
        deleted in prop::collection::vec(prop::bool::weighted(0.06), 40),
        types in prop::array::uniform3(prop::bool::weighted(0.8)),
        own in prop::collection::btree_set("[0-2]", 1..4),
    ) {
        let make = |all: bool| {
            let mut lists = [vec![], vec![], vec![]];
            for (n, tags) in tags.iter().enumerate().filter(|(n, _)| all || !deleted[*n]) {
                let id = u32::try_from(n).unwrap();
                let (mut object, tagged) = match n % 3 {
                    0 => (filter(id, &format!("F {n}")), "roleScopeTags"),
                    1 => (script(id, &format!("S {n}"), "AAAA"), "roleScopeTagIds"),
                    _ => (shell(id, &format!("M {n}")), "roleScopeTagIds"),
                };
                object[tagged] = json!(tags);
                lists[n % 3].push(object);
            }
            let [filters, scripts, shells] = lists;
            json!({FILTERS: filters, SCRIPTS: scripts, SHELL: shells})
        };
        let before = tree(&make(true));
        let own: Vec<String> = own.into_iter().collect();
        let now = make(false);
        // Which of the types is which: the keys of an object are sorted.
        let less = seen(&now, &types, &own);
        let ran = export(&before, tenant(&less), &[]);
        let left = policies(&before).join("\n");
        for list in now.as_object().unwrap().values() {
            for object in list.as_array().unwrap() {
                let name = format!("/{}.", object["displayName"].as_str().unwrap());
                prop_assert!(left.contains(&name), "{name} is gone: {left}\n{}", ran.out);
            }
        }
    }
}
