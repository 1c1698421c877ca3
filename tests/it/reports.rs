//! Reports that the real program writes: beside a result, of a tree, of a run.

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, sample};

/// The file as text, if it is a whole page.
#[track_caller]
fn page(env: &Env, name: &str) -> String {
    let text = std::fs::read_to_string(env.path(name)).unwrap();
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>"), "{name}");
    text
}

#[test]
fn every_command_that_shows_policies_writes_a_report_too() {
    let env = Env::start(
        vec![sample("contoso-trial", TRIAL, "Contoso Trial"), empty(PRODUCTION, "Fabrikam Production")],
        quick(),
    );
    let only = ["--only", "compliance-scripts,scope-tags", "--html"];
    let with = |words: &[&str], file: &str| {
        let words: Vec<String> = words.iter().chain(&only).chain(&[file]).map(|word| (*word).to_owned()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        env.ferry(&words)
    };
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    with(&["lint", "tree"], "lint.html").exits(0);
    assert!(page(&env, "lint.html").contains("data-action=\"portable\""));
    with(&["diff", "tree", "tenant:production"], "diff.html").exits(3);
    assert!(page(&env, "diff.html").contains("only in tree"));
    let plan = with(&["plan", "tree", "--to", "production"], "plan.html").exits(3);
    assert!(plan.err.contains("Wrote plan.html."), "{}", plan.err);
    assert!(page(&env, "plan.html").contains("data-action=\"create\""));
    with(&["import", "tree", "--to", "production", "--journal", "run.ndjson", YES], "import.html").exits(0);
    assert!(page(&env, "import.html").contains("data-action=\"created\""));
    with(&["import", "tree", "--to", "production", YES], "again.html").exits(0);
    assert!(page(&env, "again.html").contains("data-action=\"unchanged\""));
    with(&["verify", "tree", "--to", "production"], "verify.html").exits(0);
    assert!(page(&env, "verify.html").contains("data-action=\"equal\""));

    env.ferry(&["report", "run.ndjson", "--html", "run.html"]).exits(0);
    let run = page(&env, "run.html");
    assert!(run.contains("Write requests") && run.contains("data-action=\"created\"") && !run.contains("failed"));
    env.ferry(&["report", "run.ndjson", "--markdown", "run.md"]).exits(0);
    assert!(std::fs::read_to_string(env.path("run.md")).unwrap().contains("- Imported: "));

    // Where no report can be written, nothing is done that it would tell of.
    let refused = with(&["import", "tree", "--to", "production", YES], "nowhere/import.html").exits(2);
    assert!(refused.err.contains("no folder nowhere") && !refused.err.contains("requests"), "{refused:?}");
    // Where the report cannot be written, the result is still shown.
    let lost = with(&["lint", "tree"], &"x".repeat(300)).exits(5);
    assert!(lost.out.contains("policies") && lost.out.contains("not-recorded"), "{lost:?}");
}

#[test]
fn the_report_of_a_run_that_was_taken_back_says_so() {
    let script = |id, name| crate::objects::script(id, name, "AAAA");
    let env = crate::env::exported(
        &serde_json::json!({crate::objects::SCRIPTS: [script(1, "A"), script(2, "B")]}),
        &serde_json::json!({}),
    );
    env.ferry(&["import", "tree", "--to", "production", "--journal", "run.ndjson", YES]).exits(0);
    env.ferry(&["report", "run.ndjson", "--html", "done.html", "--format", "json"]).exits(0);
    let done = page(&env, "done.html");
    assert_eq!(done.matches("data-action=\"created\"").count(), 2, "{done}");
    assert!(done.contains("Imported") && !done.contains(", undone"), "{done}");
    env.ferry(&["undo", "run.ndjson", "--html", "undo.html", YES]).exits(0);
    assert!(page(&env, "undo.html").contains("data-action=\"removed\""));
    let report = env.run(&["report", "run.ndjson", "--html", "undone.html"]);
    // The scope tag and the like that every tenant has were never created.
    let written = |object: &&serde_json::Value| object["type"] == "platform-scripts";
    let objects = report["objects"].as_array().unwrap().iter().filter(written);
    let actions: Vec<_> = objects.map(|object| object["action"].clone()).collect();
    assert_eq!(actions, ["removed", "removed"], "{report:#}");
    let undone = page(&env, "undone.html");
    assert!(undone.contains(", undone") && !undone.contains("data-action=\"created\""), "{undone}");
}

#[test]
fn a_tree_is_written_down_for_people() {
    let env = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.ferry(&["report", "tree"]).exits(2);
    env.ferry(&["report", "tree", "--html", "tenant.html", "--markdown", "tenant.md"]).exits(0);
    let text = std::fs::read_to_string(env.path("tenant.md")).unwrap();
    for wanted in [
        "# What \"Contoso Trial\"",
        "### All laptops",
        "| Win - Compliance | Compliance policies | included |",
        // A word that means everyone is everyone.
        "| CA001 - Everybody: multifactor | Conditional Access policies | included |",
        "| [All users](#all-users) |",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    assert!(page(&env, "tenant.html").contains("All laptops"));
    let broken = env.files("tree").into_keys().find(|name| name.starts_with("compliance-policies/")).unwrap();
    std::fs::write(env.path("tree").join(broken), "{").unwrap();
    let ran = env.ferry(&["report", "tree", "--markdown", "tenant.md"]).exits(5);
    assert!(ran.out.contains("damaged-file"), "{}", ran.out);
}
