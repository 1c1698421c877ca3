//! A list that is not sound is a failed read: what it leaves out may be there. Nothing is removed, doubled or waited
//! for without an end because of it.

use intune_ferry::sandbox::{Failure, Fault, Spoilt};
use serde_json::json;

use crate::env::{Env, exported, shows, tenants};
use crate::objects::{FILTERS, SCRIPTS, filter, script};

const ALL: [Spoilt; 7] = [
    Spoilt::OnlyIds,
    Spoilt::NoList,
    Spoilt::NullEntry,
    Spoilt::NoId,
    Spoilt::Twice,
    Spoilt::SameAgain,
    Spoilt::NeverEnding,
];

fn filters() -> serde_json::Value {
    json!({FILTERS: (1..=6).map(|n| filter(n, &format!("Filter {n}"))).collect::<Vec<_>>(),
        SCRIPTS: [script(11, "Script", "AAAA")]})
}

fn spoil(env: &Env, spoilt: Spoilt, times: Option<u64>) {
    let path = String::from("/beta/deviceManagement/assignmentFilters");
    env.sandbox().fail(Fault { path, status: Failure::List(spoilt), times, ..Fault::default() });
}

#[test]
fn no_file_goes_because_of_a_list_that_is_not_sound() {
    for spoilt in ALL {
        let env = exported(&filters(), &json!({}));
        let before = env.files("tree");
        spoil(&env, spoilt, None);
        let failed = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(5).json();
        shows(&failed, &["read-failed"]);
        let after = env.files("tree");
        assert!(before.keys().all(|name| after.contains_key(name)), "{spoilt:?}");
        assert_eq!(failed["counts"]["removed"], 0, "{spoilt:?}");
    }
}

#[test]
fn a_list_that_changed_while_it_was_read_is_read_again() {
    let env = exported(&filters(), &json!({}));
    let before = env.files("tree");
    spoil(&env, Spoilt::Twice, Some(1));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(env.files("tree"), before);
}

#[test]
fn nothing_is_created_beside_what_a_spoilt_list_may_have_left_out() {
    for spoilt in [Spoilt::NullEntry, Spoilt::NoId, Spoilt::Twice, Spoilt::OnlyIds, Spoilt::NoList] {
        let env = tenants(&filters(), &filters());
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        spoil(&env, spoilt, None);
        let plan = env.plan(&["--only", "assignment-filters"]);
        let creates = plan["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "create").count();
        assert_eq!(creates, 0, "{spoilt:?}: {plan:#}");
    }
}

/// What a type failed with differs from night to night; the tree does not.
#[test]
fn a_type_that_fails_every_night_changes_nothing_every_night() {
    let env = exported(&filters(), &json!({}));
    let mut trees = Vec::new();
    let secret = "token eyJ0eXAiOiJKV1Qi at 2026-11-30T09:00:00Z";
    for (status, message) in [(400, "first"), (422, secret), (400, "second")] {
        let path = String::from("/beta/deviceManagement/assignmentFilters");
        let fault = Fault { path, status: Failure::Status(status), times: Some(1), ..Fault::default() };
        env.sandbox().fail(Fault { message: Some(message.to_owned()), ..fault });
        env.ferry(&["export", "trial", "--out", "tree"]).exits(5);
        let files = env.files("tree");
        let manifest = String::from_utf8(files["ferry-tree.json"].clone()).unwrap();
        assert!(!manifest.contains(message) && !manifest.contains("request"), "{manifest}");
        trees.push(files);
    }
    assert!(trees.windows(2).all(|nights| nights[0] == nights[1]));
}
