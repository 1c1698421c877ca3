//! `assignments.txt`: a person who reads `git diff` sees by name who gets what, branches merge line by line, and
//! nothing else depends on it.

use std::process::Command;

use serde_json::{Value, json};

use crate::env::{Env, TRIAL, tenants};
use crate::objects::{FILTERS, SCRIPTS, everyone, filter, filtered, group, guid, not_to, script, to, with_assignments};

const PILOT: &str = "b2000000-0000-4000-8000-000000000001";
const SALES: &str = "b2000000-0000-4000-8000-000000000002";
const OVERVIEW: &str = "platform-scripts/assignments.txt";

fn git(env: &Env, words: &[&str]) -> String {
    let done = Command::new("git").args(words).current_dir(env.path("tree")).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{words:?}: {said}{}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stdout).unwrap()
}

fn commit(env: &Env) {
    git(env, &["add", "--all"]);
    git(env, &["commit", "--quiet", "--message=export"]);
}

fn export(env: &Env, more: &[&str]) {
    env.ferry(&[&["export", "trial", "--out", "tree"], more].concat()).exits(0);
}

fn assign(env: &Env, number: u32, assignments: &[Value]) {
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(number), &json!({"assignments": assignments})));
}

/// Six scripts, the third and the fifth assigned, in a repository.
fn repository() -> Env {
    let mut scripts: Vec<Value> = (1..=6).map(|number| script(number, &format!("Script {number}"), "AAAA")).collect();
    scripts[2] = with_assignments(scripts[2].clone(), &[everyone(), not_to(SALES)]);
    scripts[4] = with_assignments(scripts[4].clone(), &[filtered(to(SALES), &guid(50))]);
    let seed = json!({SCRIPTS: scripts, FILTERS: [filter(50, "Corporate")],
        "groups": [group(PILOT, "SG_Pilot"), group(SALES, "Sales")]});
    let env = tenants(&seed, &json!({}));
    export(&env, &[]);
    git(&env, &["init", "--quiet", "--initial-branch=main"]);
    git(&env, &["config", "user.name", "t"]);
    git(&env, &["config", "user.email", "t@example.com"]);
    commit(&env);
    env
}

fn overview(env: &Env) -> String {
    std::fs::read_to_string(env.path("tree").join(OVERVIEW)).unwrap()
}

#[test]
fn a_changed_assignment_is_a_name_in_git_diff() {
    let env = repository();
    insta::assert_snapshot!(overview(&env), @r#"
    Platform scripts for Windows: who gets what

    Written by intune-ferry for reviews, from the policies in this folder. No command reads this file.
    A policy that is not listed is assigned to no one.

    Script 3 (a1000000)
      included: All devices
      excluded: Sales (b2000000)

    Script 5 (a1000000)
      included: Sales (b2000000), only devices that match the filter "Corporate (a1000000)"
    "#);
    export(&env, &[]);
    assert_eq!(git(&env, &["status", "--porcelain"]), "", "an unchanged tenant changes nothing");
    assign(&env, 5, &[to(PILOT)]);
    export(&env, &[]);
    let diff = git(&env, &["diff", "--unified=0"]);
    for line in [
        "+  included: SG_Pilot (b2000000)",
        "-  included: Sales (b2000000), only devices that match the filter \"Corporate (a1000000)\"",
    ] {
        assert!(diff.lines().any(|own| own == line), "{diff}");
    }
    assert!(diff.lines().any(|line| line.starts_with("@@") && line.ends_with("@@ Script 5 (a1000000)")), "{diff}");
    // A tree without the file reads as before, and a commit counts no policy for it.
    std::fs::remove_file(env.path("tree").join(OVERVIEW)).unwrap();
    let linted = env.run(&["lint", "tree"]);
    assert!(!linted.to_string().contains("edited-since-export"), "{linted:#}");
    git(&env, &["commit", "--quiet", "-m", "Without the overview", "--", OVERVIEW]);
    let committed = env.ferry(&["export", "trial", "--out", "tree", "--commit"]).exits(0);
    assert!(committed.out.contains(": 1 changed"), "{}", committed.out);
    assert!(git(&env, &["show", "--stat", "HEAD"]).contains(OVERVIEW));
}

#[test]
fn a_group_with_a_new_name_changes_no_policy() {
    let env = repository();
    assert!(env.sandbox().edit(TRIAL, "groups", SALES, &json!({"displayName": "Sales EMEA"})));
    // Also where only other types are read: the name is what the tree knows of the group.
    let mut changed = Vec::new();
    for more in [&[][..], &["--only", "assignment-filters"]] {
        export(&env, more);
        let files = git(&env, &["diff", "--name-only"]);
        changed.push(files.lines().map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(changed[0], ["SHA256SUMS", "directory.json", OVERVIEW]);
    assert_eq!(changed[1], changed[0]);
    assert!(overview(&env).contains("excluded: Sales EMEA (b2000000)"), "{}", overview(&env));
}

#[test]
fn branches_that_change_different_policies_merge() {
    let env = repository();
    git(&env, &["checkout", "--quiet", "-b", "one"]);
    assign(&env, 2, &[to(SALES)]);
    export(&env, &[]);
    commit(&env);
    git(&env, &["checkout", "--quiet", "main"]);
    assign(&env, 2, &[]);
    assign(&env, 5, &[everyone()]);
    export(&env, &[]);
    commit(&env);
    git(&env, &["merge", "--quiet", "--message=both", "one"]);
    let merged = overview(&env);
    assert_eq!(env.run(&["lint", "tree"])["findings"], json!([]), "nothing in the tree is odd");
    assign(&env, 2, &[to(SALES)]);
    export(&env, &[]);
    assert_eq!(overview(&env), merged, "an export would have written the same");
    assert_eq!(git(&env, &["status", "--porcelain"]), "");
}

#[test]
fn a_rewritten_tree_has_the_targets_names() {
    let env = repository();
    let made = json!({"kind": "group", "source": {"id": SALES, "name": "Sales"}, "decision": "map",
        "target": {"id": PILOT.replace("b2", "c3"), "name": "Vertrieb"}});
    env.write_mapping(&[made], &[]);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]).exits(0);
    let text = std::fs::read_to_string(env.path("rewritten").join(OVERVIEW)).unwrap();
    assert!(text.contains("excluded: Vertrieb (c3000000)") && !text.contains("Sales"), "{text}");
}
