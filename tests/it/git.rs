//! `export --commit` in repositories that are not as one would wish.

use std::path::Path;
use std::process::Command;

use intune_ferry::sandbox::{Failure, Fault, Spoilt};
use serde_json::json;

use crate::env::{Env, Ran, shows, tenants};
use crate::objects::{FILTERS, SCRIPTS, filter, script};

const WHO: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Test"),
    ("GIT_AUTHOR_EMAIL", "test@example.com"),
    ("GIT_COMMITTER_NAME", "Test"),
    ("GIT_COMMITTER_EMAIL", "test@example.com"),
];

fn git(env: &Env, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(words).current_dir(env.path("repo")).env("HOME", env.path("."));
    let output = command.envs(WHO).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A repository, and a tenant with filters and a script.
fn repository() -> Env {
    let filters: Vec<_> = (1..=6).map(|n| filter(n, &format!("Filter {n}"))).collect();
    let env = tenants(&json!({FILTERS: filters, SCRIPTS: [script(11, "Script", "AAAA")]}), &json!({}));
    std::fs::create_dir(env.path("repo")).unwrap();
    git(&env, &["init", "--quiet", "--initial-branch=main"]);
    env
}

fn export(env: &Env, more: &[(&str, &str)]) -> Ran {
    let words = ["export", "trial", "--out", "repo/tree", "--commit", "--format", "json"];
    env.ferry_with(&words, &[&WHO[..], more].concat())
}

fn commits(env: &Env) -> usize {
    git(env, &["log", "--format=%h"]).lines().count()
}

#[test]
fn a_tree_of_which_git_ignores_a_file_is_not_committed() {
    let env = repository();
    std::fs::write(env.path("repo/.gitignore"), "*.ps1\n").unwrap();
    git(&env, &["add", "."]);
    git(&env, &["commit", "--quiet", "--message=begin"]);
    let told = export(&env, &[]).exits(4).json();
    shows(&told, &["ignored-by-git"]);
    let findings = told["findings"].as_array().unwrap();
    let ignored = findings.iter().find(|finding| finding["code"] == "ignored-by-git").unwrap();
    let file = ignored["subject"].as_str().unwrap();
    assert!(
        Path::new(file).extension().is_some_and(|it| it == "ps1") && env.path("repo/tree").join(file).is_file(),
        "{told:#}"
    );
    assert_eq!((commits(&env), &told["details"]["commit"]), (1, &json!(null)));
    std::fs::write(env.path("repo/.gitignore"), "*.ps1\n!tree/**\n").unwrap();
    export(&env, &[]).exits(0);
    assert_eq!(commits(&env), 2);
    // What was committed reads back.
    git(&env, &["clone", "--quiet", ".", "../clone"]);
    env.ferry(&["lint", "clone/tree"]).exits(0);
}

#[test]
fn a_removal_that_is_held_is_never_committed() {
    let env = repository();
    export(&env, &[]).exits(0);
    let path = String::from("/beta/deviceManagement/assignmentFilters");
    env.sandbox().fail(Fault { path, status: Failure::List(Spoilt::Emptied), ..Fault::default() });
    shows(&export(&env, &[]).exits(4).json(), &["removal-held"]);
    assert_eq!(git(&env, &["log", "--format=", "--name-only", "--diff-filter=D"]), "");
    assert_eq!(git(&env, &["ls-files", "tree/assignment-filters"]).lines().count(), 6);
    // Nor where the files are not there when the export begins.
    std::fs::remove_dir_all(env.path("repo/tree")).unwrap();
    let before = commits(&env);
    let refused = export(&env, &[]).exits(2);
    assert!(
        refused.out.contains("git restore") || refused.err.contains("git restore"),
        "{}{}",
        refused.out,
        refused.err
    );
    assert_eq!(commits(&env), before);
}

#[test]
fn a_repository_of_another_user_is_not_taken_for_none() {
    let env = repository();
    // What git itself uses to test this.
    let refused = export(&env, &[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")]).exits(2);
    let said = format!("{}{}", refused.out, refused.err);
    assert!(said.contains("another user") && said.contains("safe.directory"), "{said}");
    assert!(!said.contains("git init"), "{said}");
    assert_eq!(env.sandbox().requests(crate::env::TRIAL).len(), 0, "nobody waits for a refusal");
}
