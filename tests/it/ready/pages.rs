//! The files that `ready` writes: a result that is compared with a later one, a page, a list to tick off, a letter; and
//! the line in a plan.

use serde_json::json;

use super::seeds::{bad, good};
use super::{HEALTH, TREE, seed, with_tree};
use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

#[test]
fn two_results_are_compared_and_what_got_worse_comes_first() {
    let env = Env::start(vec![empty(TRIAL, "Trial"), seed(good())], quick());
    env.ferry(&[&HEALTH[..], &["--out", "monday.json"]].concat()).exits(0);
    env.ferry(&["diff", "monday.json", "monday.json"]).exits(0);
    let worse = Env::start(vec![empty(TRIAL, "Trial"), seed(bad())], quick());
    worse.ferry(&[&HEALTH[..], &["--out", "friday.json"]].concat()).exits(4);
    std::fs::copy(worse.path("friday.json"), env.path("friday.json")).unwrap();
    let ran = env.ferry(&["diff", "monday.json", "friday.json"]).exits(3);
    assert!(ran.out.contains("- An Apple MDM push certificate:") && ran.out.contains("for the worse"), "{}", ran.out);
    let document = env.run(&["diff", "monday.json", "friday.json"]);
    let first = &document["details"]["checks"][0];
    assert_eq!((&first["before"]["state"], &first["after"]["state"]), (&json!("ready"), &json!("missing")));
    assert!(document["counts"]["worse"].as_u64().unwrap() > 10, "{document:#}");
    // A result is compared with a result of the same tenant, and with nothing else.
    env.ferry(&["diff", "monday.json", "tenant:production"]).exits(2);
    let other = std::fs::read_to_string(env.path("monday.json")).unwrap().replace(PRODUCTION, TRIAL);
    std::fs::write(env.path("other.json"), other).unwrap();
    let ran = env.ferry(&["diff", "monday.json", "other.json"]).exits(2);
    assert!(ran.err.contains("different tenants"), "{}", ran.err);
    // A result is written over by a result, and nothing else is.
    env.ferry(&[&HEALTH[..], &["--out", "monday.json"]].concat()).exits(0);
    env.ferry(&[&HEALTH[..], &["--out", "ferry.toml"]].concat()).exits(2);
}

#[test]
fn the_page_and_the_list_say_who_does_what_where() {
    let mut target = bad();
    target["deviceManagement/mobileThreatDefenseConnectors"][1]["partnerDisplayName"] =
        json!("<script>alert(1)</script>");
    let env = with_tree(target);
    env.ferry(&[&TREE[..], &["--html", "ready.html", "--markdown", "ready.md"]].concat()).exits(4);
    let page = std::fs::read_to_string(env.path("ready.html")).unwrap();
    for wanted in [
        "What is missing",
        "By platform",
        "Renew",
        "Who: Intune Administrator",
        "Where: Intune admin center",
        "iOS and iPadOS",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert_eq!(page.matches("<script").count(), 1, "what comes from a tenant is text");
    let list = std::fs::read_to_string(env.path("ready.md")).unwrap();
    assert!(list.contains("- [ ] **An Apple MDM push certificate"), "{list}");
    assert!(!list.contains("<script>"), "{list}");
}

#[test]
fn a_letter_says_what_people_notice_and_a_worksheet_what_is_empty() {
    let env = with_tree(good());
    env.ferry(&[&TREE[..], &["--announce", "letter.md"]].concat()).exits(3);
    let letter = std::fs::read_to_string(env.path("letter.md")).unwrap();
    for wanted in [
        "[COMPANY]",
        "## Windows",
        "## iOS and iPadOS",
        "## Android",
        "second factor",
        "Company Portal",
        "| Area | Android |",
    ] {
        let escaped = wanted.replace('[', "\\[");
        assert!(letter.contains(wanted) || letter.contains(&escaped), "{wanted}: {letter}");
    }
    assert!(!letter.contains("## macOS"), "the tree has nothing for it: {letter}");
    env.ferry(&["ready", "--to", "production", "--announce", "x.md"]).exits(2);
}

#[test]
fn a_plan_and_an_import_say_how_ready_the_target_is() {
    let env = with_tree(bad());
    let plan = ["plan", "tree", "--to", "production", "--mapping", "mapping.json"];
    let ran = env.ferry(&plan);
    assert!(
        ran.err.contains("The target lacks") && ran.err.contains("intune-ferry ready tree --to production"),
        "{}",
        ran.err
    );
    let args = [
        "import",
        "tree",
        "--to",
        "production",
        "--mapping",
        "mapping.json",
        "--only",
        "scope-tags,feature-update-profiles",
        YES,
    ];
    let ran = env.ferry(&args);
    assert!(ran.err.contains("The target lacks"), "{}", ran.err);
    let env = with_tree(good());
    let ran = env.ferry(&plan);
    assert!(ran.err.contains("The target has what the plan checks."), "{}", ran.err);
}
