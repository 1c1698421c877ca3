//! The journal's lines and `policies-schema/journal.schema.json` say the same. The plan's is in
//! `plan_schema_tests`.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Value, json};

use super::*;
use crate::engine::plan::{self, Options};
use crate::policy::TenantInfo;

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../policies-schema/journal.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

/// A journal with every kind of line, as it is written.
fn lines() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/one.ndjson");
    let plan = Plan {
        format: plan::FORMAT,
        source: None,
        target: TenantInfo { id: Some(String::from("1")), ..TenantInfo::default() },
        tree_fingerprint: "0b".repeat(32),
        pilot: None,
        mapping_fingerprint: None,
        options: Options::default(),
        steps: Vec::new(),
        findings: Vec::new(),
    };
    let journal = Journal::create(&path, &plan).unwrap();
    let before = json!({"id": "5", "name": "Win"});
    let create = Intent { step: "x/1", method: "POST", path: "a/b", body: Some("0d".repeat(32)), before: None };
    let change =
        Intent { step: "x/2", method: "PATCH", path: "a/b/5", body: Some("0e".repeat(32)), before: Some(&before) };
    let remove = Intent { step: "x/2", method: "DELETE", path: "a/b/5/c/$ref", body: None, before: None };
    for (intent, outcome, id, error) in [
        (create, "ok", Some("9"), None),
        (change, "failed", None, Some("refused: 400")),
        (remove, "unknown", None, Some("no answer")),
    ] {
        let number = journal.intent(&intent).unwrap();
        journal.result(number, outcome, id, error).unwrap();
    }
    journal.end("finished").unwrap();
    assert!(Journal::create(&path, &plan).is_err(), "a journal is never written over");
    let text = std::fs::read_to_string(journal.path()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_fits_the_schema() {
    let lines = lines();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["header", "intent", "result", "intent", "result", "intent", "result", "end"]);
    let validator = validator();
    for line in &lines {
        let errors: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}\n{errors:?}");
    }
}

#[test]
fn what_no_line_holds_is_refused() {
    let (lines, validator) = (lines(), validator());
    for (index, name, value) in [
        (0, "format", json!(2)),
        (0, "kind", json!("begin")),
        (0, "started", json!("yesterday")),
        (0, "options", json!({"restore": true})),
        (0, "steps", json!(-1)),
        (1, "n", json!(0)),
        (1, "method", json!("GET")),
        (1, "step", json!("no type")),
        // Never the body itself.
        (1, "body", json!({"name": "Win"})),
        (1, "body", json!("{\"name\":\"Win\"}")),
        (1, "secret", json!("x")),
        (3, "before", json!("5")),
        (2, "outcome", json!("done")),
        (2, "error", json!("why")),
        (4, "error", Value::Null),
        (4, "n", json!("2")),
        (7, "outcome", json!("killed")),
        (7, "ended", json!(12)),
    ] {
        let mut bad = lines[index].clone();
        bad[name] = value.clone();
        assert!(!validator.is_valid(&bad), "{index} {name} {value}");
    }
    for (index, line) in lines.iter().enumerate() {
        for name in line.as_object().unwrap().keys().filter(|name| !["body", "before"].contains(&name.as_str())) {
            let mut bad = line.clone();
            bad.as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&bad), "{index} without {name}");
        }
    }
}
