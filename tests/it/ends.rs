//! How commands end: exit codes that count what was left out, results that are shown whatever cannot be recorded, files
//! that nothing is written over, and nothing of a secret or a token in what is shown.

use std::collections::BTreeMap;

use intune_ferry::cli::ends;
use intune_ferry::finding::{Finding, codes};
use intune_ferry::sandbox::{Failure, Fault};
use serde_json::json;

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, exported, quick, sample, shows};
use crate::objects::{self, FILTERS, SCRIPTS, everyone, filter, with_assignments};

fn two() -> Env {
    Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial"), empty(PRODUCTION, "Production")], quick())
}

/// A small tree with a mapping, a plan, a journal and a file of each other kind, in one folder.
fn furnished() -> Env {
    let env = exported(&json!({FILTERS: [filter(1, "One")]}), &json!({}));
    env.write_mapping(&[], &[]);
    let import = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--journal", "run.ndjson"];
    env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--out", "plan.json"]).exits(3);
    env.ferry(&[&import[..], &["--html", "page.html", "--log-file", "log.ndjson"]].concat()).exits(0);
    env.ferry(&["report", "tree", "--markdown", "page.md"]).exits(0);
    std::fs::write(env.path("notes.txt"), "of my own").unwrap();
    std::fs::write(env.path("secrets.age"), "age-encryption.org/v1\nnothing").unwrap();
    env
}

const ALL_KINDS: [&str; 9] = [
    "mapping.json",
    "plan.json",
    "run.ndjson",
    "page.html",
    "page.md",
    "log.ndjson",
    "notes.txt",
    "secrets.age",
    "ferry.toml",
];

/// Every flag that names a file to write, with the commands that have it and the kinds of files it may replace.
#[test]
fn nothing_is_written_over_that_is_read_or_of_another_kind() {
    let env = furnished();
    let tree_file = env.files("tree").into_keys().find(|name| name.starts_with("assignment-filters/")).unwrap();
    let tree_file = format!("tree/{tree_file}");
    let before: BTreeMap<String, Vec<u8>> = env.files("");
    let to = ["--to", "production"];
    let with =
        |command: &[&str], more: &[&str]| [command, more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let commands: Vec<(Vec<String>, &str, &[&str])> = vec![
        (with(&["plan", "tree"], &to), "--out", &["plan.json"]),
        (with(&["plan", "tree"], &to), "--html", &["page.html"]),
        (with(&["lint", "tree"], &[]), "--html", &["page.html"]),
        (with(&["verify", "tree"], &to), "--html", &["page.html"]),
        (with(&["diff", "tree", "tenant:trial"], &[]), "--html", &["page.html"]),
        (with(&["import", "tree", YES], &to), "--html", &["page.html"]),
        (with(&["import", "tree", YES], &to), "--journal", &[]),
        (with(&["report", "tree"], &[]), "--html", &["page.html"]),
        (with(&["report", "run.ndjson"], &[]), "--html", &["page.html"]),
        (with(&["report", "tree"], &[]), "--markdown", &["page.md"]),
        (with(&["types"], &[]), "--log-file", &["log.ndjson"]),
        (with(&["lint", "tree"], &[]), "--log-file", &["log.ndjson"]),
        (with(&["export", "trial", "--out", "other", "--recipient", "age1x"], &[]), "--secrets", &["secrets.age"]),
        (with(&["map", "tree"], &to), "--out", &["mapping.json"]),
        (with(&["rewrite", "tree", "--mapping", "mapping.json"], &[]), "--out", &[]),
        (with(&["adopt", "tree"], &[]), "--out", &[]),
        (with(&["export", "trial"], &[]), "--out", &[]),
        (with(&["man"], &[]), "--out", &[]),
        (with(&["demo"], &[]), "--dir", &[]),
    ];
    let mut files: Vec<&str> = ALL_KINDS.to_vec();
    files.extend([tree_file.as_str(), "tree/ferry-tree.json"]);
    for (command, flag, own) in &commands {
        for file in files.iter().filter(|file| !own.contains(file)) {
            let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
            words.extend([*flag, *file]);
            let ran = env.ferry(&[&words[..], &["--format", "json"]].concat());
            assert_eq!(ran.code, 2, "{words:?}\n{}{}", ran.out, ran.err);
            assert_eq!(ran.json()["outcome"], "usage", "{words:?}");
            let after = env.files("");
            let changed: Vec<_> = before.iter().filter(|(name, bytes)| after.get(*name) != Some(bytes)).collect();
            assert!(
                changed.is_empty(),
                "{words:?} changed {:?}",
                changed.iter().map(|(name, _)| name).collect::<Vec<_>>()
            );
        }
    }
    // What is of its own kind is replaced.
    env.ferry(&["plan", "tree", "--to", "production", "--out", "plan.json", "--html", "page.html"]).exits(0);
    env.ferry(&["report", "tree", "--markdown", "page.md", "--html", "page.html"]).exits(0);
    env.ferry(&["lint", "tree", "--log-file", "log.ndjson"]).exits(0);
    assert!(env.writes(PRODUCTION) == 1, "nothing else was imported");
}

#[test]
fn another_spelling_of_a_name_does_not_help() {
    let env = furnished();
    let before = std::fs::read(env.path("plan.json")).unwrap();
    std::fs::create_dir(env.path("sub")).unwrap();
    let import = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--plan", "plan.json"];
    let mut names = vec!["./plan.json", "sub/../plan.json", "tree/../plan.json"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(env.path("plan.json"), env.path("soft.json")).unwrap();
        std::fs::hard_link(env.path("plan.json"), env.path("hard.json")).unwrap();
        names.extend(["soft.json", "hard.json"]);
    }
    for name in names {
        let ran = env.ferry(&[&import[..], &["--html", name]].concat()).exits(2);
        assert!(ran.err.contains("would write over"), "{}", ran.err);
        assert_eq!(std::fs::read(env.path("plan.json")).unwrap(), before, "{name}");
    }
    let twice = env.ferry(&["plan", "tree", "--to", "production", "--out", "x", "--html", "sub/../X"]).exits(2);
    assert!(twice.err.contains("--out and --html both name"), "{}", twice.err);
    let sheet = env.ferry(&["map", "tree", "--to", "production", "--out", "m.csv", "--csv"]).exits(2);
    assert!(sheet.err.contains("both name"), "{}", sheet.err);
    let inside =
        env.ferry(&["plan", "tree", "--to", "production", "--out", "tree/assignment-filters/plan.json"]).exits(2);
    assert!(inside.err.contains("among the files of the tree"), "{}", inside.err);
    let own = env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "sub/../tree"]).exits(2);
    assert!(own.err.contains("this command reads"), "{}", own.err);
}

/// What each command says of a tree in which a policy is left out.
#[test]
fn what_is_left_out_counts_in_every_command() {
    for (code, spoil) in
        [("damaged-file", "broken.json"), ("duplicate-id", "twice.json"), ("sidecar-refused", "sidecar.json")]
    {
        let env = exported(&json!({FILTERS: [filter(1, "One")]}), &json!({}));
        env.write_mapping(&[], &[]);
        let name = env.files("tree").into_keys().find(|name| name.starts_with("assignment-filters/")).unwrap();
        let text = std::fs::read_to_string(env.path("tree").join(name)).unwrap();
        let text = match code {
            "damaged-file" => String::from("{ no json"),
            "duplicate-id" => text,
            _ => text.replacen("\"id\": \"a1", "\"rule@ferry.file\": \"../../x\", \"id\": \"b1", 1),
        };
        std::fs::write(env.path("tree/assignment-filters").join(spoil), text).unwrap();
        for words in [
            &["lint", "tree"][..],
            &["map", "tree", "--to", "production", "--out", "m.json"],
            &["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"],
            &["plan", "tree", "--to", "production"],
            &["verify", "tree", "--to", "production"],
            &["diff", "tree", "tenant:trial"],
            &["report", "tree", "--html", "r.html"],
            &["import", "tree", "--to", "production", YES],
            &["import", "tree", "--to", "production", YES],
        ] {
            let document = env.ferry(&[words, &["--format", "json"]].concat()).json();
            let finding = Finding::new(codes::ALL.iter().find(|known| known.name == code).unwrap(), "x", "y");
            let wanted = ends::by_findings(words[0], &[finding]).code();
            assert!(wanted >= 4, "{code} of {}", words[0]);
            shows(&document, &[code]);
            assert_eq!(document["exitCode"], json!(wanted), "{code} of {words:?}: {document:#}");
        }
    }
}

#[test]
fn a_mapping_that_cannot_be_written_does_not_hide_the_result() {
    let env = exported(&json!({FILTERS: [filter(1, "One")]}), &json!({}));
    std::fs::create_dir(env.path("kept")).unwrap();
    std::fs::write(env.path("kept/mapping.json"), r#"{"format": 1, "entries": []}"#).unwrap();
    let import =
        ["import", "tree", "--to", "production", "--mapping", "kept/mapping.json", YES, "--journal", "run.ndjson"];
    // A folder that takes no further file: the mapping is written beside itself first, and root may write anywhere.
    let closed = |closed: bool| {
        let (from, to) = if closed { ("kept", "gone") } else { ("gone", "kept") };
        std::fs::rename(env.path(from), env.path(to)).unwrap();
    };
    let ran = std::thread::scope(|scope| {
        let running = scope.spawn(|| env.ferry(&[&import[..], &["--format", "json"]].concat()));
        while !env.path("run.ndjson").exists() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        closed(true);
        running.join().unwrap()
    });
    let document = ran.exits(5).json();
    shows(&document, &["not-recorded"]);
    assert_eq!(document["counts"]["created"], 1, "{document:#}");
    let told = document["findings"].as_array().unwrap().iter().find(|it| it["code"] == "not-recorded").unwrap();
    let fix = told["fix"].as_str().unwrap();
    assert!(fix.contains("import --resume run.ndjson"), "{fix}");
    closed(false);
    env.ferry(&["import", "--resume", "run.ndjson"]).exits(0);
    let mapping = std::fs::read_to_string(env.path("kept/mapping.json")).unwrap();
    assert!(mapping.contains("\"imported\""), "{mapping}");
    assert_eq!(env.writes(PRODUCTION), 1);
}

#[test]
fn a_commit_that_fails_keeps_the_counts() {
    let env = two();
    let git = |words: &[&str]| {
        let ran = std::process::Command::new("git").current_dir(env.path("tree")).args(words).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    std::fs::create_dir(env.path("tree")).unwrap();
    git(&["init", "--quiet"]);
    std::fs::write(env.path("tree/.git/hooks/pre-commit"), "#!/bin/sh\necho refused by a hook >&2\nexit 1\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = env.path("tree/.git/hooks/pre-commit");
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let name = [
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@x.example"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@x.example"),
    ];
    let words = ["export", "trial", "--out", "tree", "--commit", "--format", "json"];
    let document = env.ferry_with(&words, &name).exits(5).json();
    shows(&document, &["not-committed"]);
    assert!(document["counts"]["written"].as_u64().unwrap() > 10, "{document:#}");
    assert!(document.to_string().contains("refused by a hook"), "{document:#}");
    assert_eq!(document["details"]["commit"], json!(null));
}

#[test]
fn what_only_gets_assignments_is_not_unchanged() {
    let script = objects::script(1, "Map drives", "bWFw");
    let source = json!({SCRIPTS: [with_assignments(script.clone(), &[everyone()])]});
    let mut there = script;
    there["id"] = json!("b2000000-0000-4000-8000-000000000001");
    let env = exported(&source, &json!({SCRIPTS: [there]}));
    let plan = env.plan(&["--allow-broad"]);
    assert_eq!(plan["counts"]["assign"], 1, "{plan:#}");
    let done = env.import(&["--allow-broad"]);
    assert_eq!(done["counts"]["assigned"], 1, "{done:#}");
    let again = env.plan(&["--allow-broad"]);
    let script = again["objects"].as_array().unwrap().iter().find(|object| object["type"] == "platform-scripts");
    assert_eq!(script.unwrap()["action"], "unchanged", "{again:#}");
}

#[test]
fn a_panic_is_a_finding_and_whole_json() {
    let env = two();
    let ran = env.ferry_with(&["types", "--format", "json"], &[("FERRY_TEST_PANIC", "1")]).exits(1);
    let document = ran.json();
    shows(&document, &["internal-error"]);
    assert_eq!(document["outcome"], "unexpected");
    let text = env.ferry_with(&["types"], &[("FERRY_TEST_PANIC", "1")]).exits(1);
    assert!(text.out.contains("a defect that was asked for"), "{}", text.out);
}

#[test]
fn a_wait_that_nobody_sits_through_is_said_and_not_waited() {
    for wait in ["18446744073709551614", "1e18", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let env = two();
        let fault = Fault { path: "/beta/deviceManagement/".into(), status: Failure::Status(429), ..Fault::default() };
        env.sandbox().fail(Fault { retry_after: Some(wait.into()), ..fault });
        let ran = env.ferry(&["export", "trial", "--out", "tree", "--only", "assignment-filters", "--format", "json"]);
        assert!([5, 7].contains(&ran.code), "{wait}: {}{}", ran.out, ran.err);
        assert!(ran.json()["exitCode"].is_u64());
    }
}
