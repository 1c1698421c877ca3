//! A failed or partial fetch is never a deletion, and an unchanged tenant gives an identical tree.

use intune_ferry::sandbox::{Behaviour, Failure, Fault};
use serde_json::json;

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, sample, shows};

fn trial(behaviour: Behaviour) -> Env {
    Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], behaviour)
}

#[test]
fn an_unchanged_tenant_gives_a_byte_identical_tree() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "one"]).exits(0);
    env.ferry(&["export", "trial", "--out", "two"]).exits(0);
    let (one, two) = (env.files("one"), env.files("two"));
    assert!(one.len() > 60, "only {} files", one.len());
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert_eq!(bytes, &two[name], "{name} differs");
    }
    // Into the same tree: nothing is written again.
    let again = env.ferry(&["export", "trial", "--out", "one", "--format", "json"]).exits(0).json();
    assert_eq!(again["counts"]["written"], 0, "{again}");
}

#[test]
fn the_checksums_hold() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let check = std::process::Command::new("sha256sum")
        .args(["-c", "--quiet", "SHA256SUMS"])
        .current_dir(env.path("tree"))
        .output();
    match check {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => println!("skipped: sha256sum is not here ({error})"),
    }
}

#[test]
fn a_filtered_export_into_a_full_tree_loses_nothing() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = env.files("tree");
    env.ferry(&["export", "trial", "--out", "tree", "--only", "platform-scripts", "--name", "Map*"]).exits(0);
    assert_kept(&before, &env);
}

#[test]
fn a_type_that_may_not_be_read_keeps_its_files() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = env.files("tree");
    env.sandbox().fail(Fault {
        path: "/beta/deviceManagement/deviceConfigurations?".into(),
        status: Failure::Status(403),
        ..Fault::default()
    });
    let ran = env.ferry(&["export", "trial", "--out", "tree"]).exits(5);
    assert!(ran.out.contains("device-configurations") || ran.err.contains("device-configurations"), "{}", ran.out);
    assert_kept(&before, &env);
}

#[test]
fn a_type_whose_third_page_fails_keeps_its_files() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = env.files("tree");
    // The first two pages come, the third does not, however often it is asked for.
    env.sandbox().fail(Fault {
        path: "/beta/deviceManagement/configurationPolicies?".into(),
        status: Failure::Status(403),
        after: 2,
        ..Fault::default()
    });
    env.ferry(&["export", "trial", "--out", "tree"]).exits(5);
    assert_kept(&before, &env);
}

#[test]
fn an_account_that_sees_less_is_no_deletion() {
    let mut less = sample("contoso-trial", TRIAL, "Contoso Trial");
    let full = Env::start(vec![less.clone()], quick());
    full.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = full.files("tree");
    less.objects["deviceManagement/configurationPolicies"] = serde_json::json!([]);
    let env = Env::start(vec![less, empty(PRODUCTION, "Other")], quick());
    let tree = full.path("tree");
    let tree = tree.to_str().unwrap();
    let held = env.ferry(&["export", "trial", "--out", tree, "--format", "json"]).exits(4);
    shows(&held.json(), &["removal-held"]);
    assert_kept(&before, &full);
    env.ferry(&["export", "trial", "--out", tree, "--accept-removals"]).exits(0);
    assert!(!full.files("tree").keys().any(|name| name.starts_with("settings-catalog/")));
}

fn assert_kept(before: &std::collections::BTreeMap<String, Vec<u8>>, env: &Env) {
    let after = env.files("tree");
    let lost: Vec<_> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
}

/// A rewriting takes one policy after the other, and one that is damaged inside shows only when it is its turn.
#[test]
fn a_policy_damaged_inside_costs_a_rewriting_only_that_policy() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--only", "settings-catalog", "--out", "tree", "--without-dependencies"]).exits(0);
    std::fs::write(env.path("mapping.json"), r#"{"format": 1, "source": {}, "target": {}, "entries": []}"#).unwrap();
    let rewrite = ["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten", "--format", "json"];
    env.ferry(&rewrite).exits(4);
    let before = env.files("rewritten");
    let policies: Vec<&String> = before.keys().filter(|name| name.starts_with("settings-catalog/")).collect();
    let (damaged, changed) = (policies[0], policies[1]);
    let edit = |name: &str, from: &str, to: &str| {
        let path = env.path("tree").join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    edit(damaged, "\"settings\": [", "\"settings\": [\"\\ud800\",");
    edit(changed, "\"description\": ", "\"description\": \"new\", \"was\": ");
    let again = env.ferry(&rewrite).exits(5).json();
    let told = again["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "damaged-file");
    assert!(told.is_some_and(|finding| finding["subject"] == json!(damaged)), "{again}");
    let after = env.files("rewritten");
    assert_eq!(after[damaged], before[damaged], "what was written before stays");
    assert_ne!(after[changed], before[changed]);
    let others = policies.iter().filter(|name| **name != changed);
    assert!(others.clone().count() > 2 && others.clone().all(|name| after[*name] == before[*name]));
}

#[test]
fn a_folder_in_other_capitals_gets_its_name_and_no_second_one() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = env.files("tree");
    std::fs::rename(env.path("tree/settings-catalog"), env.path("tree/Settings-Catalog")).unwrap();
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(env.files("tree"), before);
}

#[test]
fn a_folder_where_a_file_must_be_is_said_with_what_to_do() {
    for name in ["SHA256SUMS", "directory.json"] {
        let env = trial(quick());
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        std::fs::remove_file(env.path("tree").join(name)).unwrap();
        std::fs::create_dir(env.path("tree").join(name)).unwrap();
        let ran = env.ferry(&["export", "trial", "--out", "tree"]);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(name) && said.contains("fix: "), "{name}: {said}");
        assert_ne!(ran.code, 0, "{name}");
    }
}

#[test]
fn a_file_of_somebody_elses_in_the_place_of_an_overview_is_a_finding() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    std::fs::write(env.path("tree/settings-catalog/assignments.txt"), "my notes").unwrap();
    let document = env.run(&["export", "trial", "--out", "tree"]);
    let findings = document["findings"].as_array().unwrap();
    let own = findings.iter().find(|it| it["subject"] == "settings-catalog/assignments.txt").unwrap();
    assert_eq!(own["code"], "not-recognized", "{document:#}");
}

#[test]
fn a_number_with_more_digits_than_can_be_kept_is_refused_with_its_place() {
    let env = trial(quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.write("mapping.json", &json!({"format": 1, "entries": [], "text": []}));
    std::fs::create_dir_all(env.path("tree/settings-catalog")).unwrap();
    for (number, is_refused) in [
        ("12345678901234567890123", true),
        ("-0.123456789012345678901", true),
        ("18446744073709551615", false),
        ("1.5", false),
        ("1e300", false),
        ("100000000000000000000000", false),
    ] {
        std::fs::write(
            env.path("tree/settings-catalog/Mine.json"),
            format!("{{\n  \"name\": \"12345678901234567890123.5\",\n  \"settingCount\": {number}\n}}"),
        )
        .unwrap();
        let document = env.run(&["lint", "tree"]);
        let all = document.to_string();
        assert_eq!(all.contains("more digits than can be kept"), is_refused, "{number}: {document:#}");
        assert!(!is_refused || all.contains("line 3, column 19"), "{number}: {document:#}");
    }
}
