//! A `directory.json` that is lost or damaged has looked up nothing: no ID of the source crosses in a text, and only an
//! export of everything writes the file again.

use serde_json::{Value, json};

use super::{SCRIPTS, action, entry, group, holds, id, of_target, script};
use crate::env::{Env, PRODUCTION, exported, has_ending, shows};
use crate::objects::{FILTERS, filter};

const WORKERS: u32 = 2;
const FINANCE: u32 = 3;
const NOBODYS: &str = "3f2a9d10-5b6c-4e7f-8a1b-2c3d4e5f6071";
const NAMES: &str = "names a group";
const PLAIN: &str = "names nobody";

fn source() -> Env {
    let objects = json!({
        "groups": [group(WORKERS, "Field workers"), group(FINANCE, "Finance")],
        SCRIPTS: [
            script(20, NAMES, format!("$group = '{}'\r\n", id(WORKERS)).as_bytes()),
            script(21, PLAIN, format!("# {NOBODYS}\r\n").as_bytes()),
        ],
        FILTERS: [filter(1, "Laptops")],
    });
    let env = exported(&objects, &json!({"groups": [group(101, "Field workers")]}));
    env.write_mapping(&[], &[]);
    env
}

/// What may become of the file; none where it is deleted.
const DAMAGES: [Option<&str>; 5] = [None, Some("<<<<<<< HEAD"), Some(""), Some("[]"), Some("{\"format\": 1}")];

fn damage(env: &Env, file: Option<&str>) {
    let path = env.path("tree/directory.json");
    match file {
        Some(text) => std::fs::write(path, text).unwrap(),
        None => std::fs::remove_file(path).unwrap(),
    }
}

fn code(file: Option<&str>) -> &'static str {
    if file.is_some() { "damaged-file" } else { "tree-incomplete" }
}

fn fix<'a>(document: &'a Value, subject: &str) -> &'a str {
    let finding = document["findings"].as_array().unwrap().iter().find(|it| it["subject"] == subject).unwrap();
    finding["fix"].as_str().unwrap()
}

#[test]
fn no_id_of_the_source_crosses_in_a_text_when_the_directory_is_lost() {
    for file in DAMAGES {
        let env = source();
        damage(&env, file);
        for words in [
            &["lint", "tree"][..],
            &["plan", "tree", "--to", "production", "--mapping", "mapping.json"],
            &["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"],
        ] {
            let document = env.run(words);
            shows(&document, &[code(file)]);
            assert!(fix(&document, "directory.json").contains("Export everything again"), "{document:#}");
        }
        let rewritten = env.run(&["import", "rewritten", "--to", "production", crate::env::YES]);
        assert_eq!([action(&rewritten, NAMES), action(&rewritten, PLAIN)], ["blocked"; 2], "{file:?}: {rewritten:#}");
        let imported = env.import(&["--mapping", "mapping.json"]);
        assert_eq!([action(&imported, NAMES), action(&imported, PLAIN)], ["blocked"; 2], "{file:?}: {imported:#}");
        shows(&imported, &["unknown-reference"]);
        assert!(!holds(&env.sandbox().state(PRODUCTION), &id(WORKERS)), "{file:?}");
        // A person can still decide.
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(if file.is_some() {
            5
        } else {
            4
        });
        for named in [id(WORKERS), String::from(NOBODYS)] {
            let entry = entry(&env, &named);
            assert_eq!((&entry["kind"], &entry["decision"]), (&json!("directory-object"), &json!("undecided")));
            assert!(entry["why"].as_str().unwrap().contains("export again"), "{entry:#}");
        }
        assert_eq!(action(&env.import(&["--mapping", "mapping.json"]), NAMES), "blocked");
        // An export of everything looks everything up again.
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        std::fs::remove_file(env.path("mapping.json")).unwrap();
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(0);
        let imported = env.import(&["--mapping", "mapping.json"]);
        assert_eq!([action(&imported, NAMES), action(&imported, PLAIN)], ["created"; 2], "{imported:#}");
        assert!(holds(&of_target(&env, SCRIPTS, NAMES), &id(101)) && holds(&of_target(&env, SCRIPTS, PLAIN), NOBODYS));
    }
}

#[test]
fn an_id_that_somebody_typed_into_a_text_after_the_export_is_unknown() {
    let env = source();
    let files = env.files("tree").into_keys();
    let file = files.into_iter().find(|name| name.contains(PLAIN) && has_ending(name, "ps1")).unwrap();
    let path = env.path("tree").join(file);
    let before = std::fs::read_to_string(&path).unwrap();
    // What an export has seen in a text may be anywhere in one; an edit alone makes nothing unknown.
    std::fs::write(&path, format!("{before}# edited, {NOBODYS}\r\n")).unwrap();
    assert_eq!(action(&env.plan(&["--mapping", "mapping.json"]), PLAIN), "create");
    for typed in [id(FINANCE), id(FINANCE).to_uppercase().replace('-', "")] {
        std::fs::write(&path, format!("{before}$other = '{typed}'\r\n")).unwrap();
        shows(&env.run(&["lint", "tree"]), &["reference-unreadable"]);
        let plan = env.plan(&["--mapping", "mapping.json"]);
        assert_eq!(action(&plan, PLAIN), "blocked", "{plan:#}");
        shows(&plan, &["unknown-reference"]);
    }
    let keep = json!({"kind": "directory-object", "source": {"id": id(FINANCE)}, "decision": "keep", "why": "test"});
    env.write_mapping(&[keep], &[]);
    assert_eq!(action(&env.plan(&["--mapping", "mapping.json"]), PLAIN), "create");
}

#[test]
fn an_export_of_a_part_leaves_a_directory_that_it_cannot_write_whole_as_it_is() {
    for file in DAMAGES {
        let env = source();
        let whole = env.files("tree");
        damage(&env, file);
        for _ in 0..2 {
            let part = ["export", "trial", "--out", "tree", "--only", "assignment-filters", "--format", "json"];
            let document = env.ferry(&part).exits(5).json();
            shows(&document, &["damaged-file"]);
            assert!(fix(&document, "directory.json").contains("without --only"), "{document:#}");
            let now = env.files("tree").remove("directory.json");
            assert_eq!(now.as_deref(), file.map(str::as_bytes), "{file:?}");
        }
        assert_eq!(action(&env.plan(&["--mapping", "mapping.json"]), NAMES), "blocked");
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        assert_eq!(env.files("tree"), whole, "{file:?}");
    }
}

#[test]
fn parts_that_were_exported_one_after_the_other_know_what_a_whole_export_knows() {
    let env = source();
    for only in ["assignment-filters", "platform-scripts", "assignment-filters"] {
        env.ferry(&["export", "trial", "--out", "parts", "--only", only]).exits(0);
    }
    assert_eq!(env.files("parts")["directory.json"], env.files("tree")["directory.json"]);
}
