//! A tree that an export did not end well: every command that reads it says so, and what it lacks is not gone.

use serde_json::{Value, json};

use crate::env::{Env, exported, shows};
use crate::objects::{FILTERS, SCRIPTS, filter, script};

/// A whole tree, and the same as an interrupted export would have left it.
fn trees() -> Env {
    let filters: Vec<_> = (1..=4).map(|n| filter(n, &format!("Filter {n}"))).collect();
    let env = exported(&json!({FILTERS: filters, SCRIPTS: [script(11, "Script", "AAAA")]}), &json!({}));
    env.ferry(&["export", "trial", "--out", "part"]).exits(0);
    let mut manifest: Value = serde_json::from_slice(&env.files("part")["ferry-tree.json"]).unwrap();
    manifest["types"]["assignment-filters"] =
        json!({"status": "partial", "reason": "the last export into it was interrupted"});
    env.write("part/ferry-tree.json", &manifest);
    let lost = env.files("part").into_keys().filter(|name| name.starts_with("assignment-filters/"));
    for name in lost.take(2) {
        std::fs::remove_file(env.path("part").join(name)).unwrap();
    }
    env
}

#[test]
fn what_an_interrupted_export_had_not_written_is_not_compared() {
    let env = trees();
    for sides in [["tree", "part"], ["part", "tree"], ["tenant:trial", "part"], ["part", "tenant:trial"]] {
        let document = env.ferry(&["diff", sides[0], sides[1], "--format", "json"]).exits(5).json();
        shows(&document, &["tree-incomplete", "not-compared"]);
        assert_eq!(document["counts"].get("removed"), None, "{document:#}");
        assert_eq!(document["counts"].get("added"), None, "{document:#}");
    }
}

#[test]
fn every_command_says_that_a_tree_is_not_whole() {
    let env = trees();
    env.write_mapping(&[], &[]);
    let mapping = ["--mapping", "mapping.json"];
    for words in [
        &["lint", "part"][..],
        &["rewrite", "part", mapping[0], mapping[1], "--out", "rewritten"],
        &["plan", "part", "--to", "production"],
        &["verify", "part", "--to", "production"],
        &["report", "part", "--markdown", "part.md", "--html", "part.html"],
        // What was made of it is no more whole than it was.
        &["plan", "rewritten", "--to", "production"],
        &["map", "part", "--to", "production", "--out", "made.json"],
    ] {
        shows(&env.run(words), &["tree-incomplete"]);
    }
    for file in ["part.md", "part.html"] {
        let text = std::fs::read_to_string(env.path(file)).unwrap();
        assert!(text.contains("incomplete tree") && text.contains("assignment-filters: the last export"), "{file}");
    }
    // And none says it of a whole one.
    let whole = env.run(&["lint", "tree"]);
    assert!(!whole["findings"].to_string().contains("tree-incomplete"), "{whole:#}");
}
