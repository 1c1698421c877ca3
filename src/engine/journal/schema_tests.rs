//! The journal's lines and `policies-schema/journal.schema.json` say the same. The plan's is in
//! `plan_schema_tests`.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Value, json};

use super::line::{Ending, Line};
use super::testing::{header, reply, sending};
use super::{Does, Journal, Piece, Record, RequestOutcome};
use crate::engine::content::Begun;
use crate::engine::shape::comparison::Prints;
use crate::finding::{Finding, codes};

fn validator(schema: &str) -> jsonschema::Validator {
    let schema = serde_json::from_str(schema).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

fn own() -> jsonschema::Validator {
    validator(include_str!("../../../policies-schema/journal.schema.json"))
}

/// A journal with every kind of line, as it is written.
fn lines() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/one.ndjson");
    let journal = Journal::create(&path, header()).unwrap();
    let before = json!({"id": "5", "name": "Win"});
    for (does, method, before, outcome) in [
        (Does::Create, "POST", None, RequestOutcome::Ok),
        (Does::Change, "PATCH", Some(&before), RequestOutcome::Failed),
        (Does::Link, "DELETE", None, RequestOutcome::Unknown),
        (Does::Assign, "POST", None, RequestOutcome::Pending),
    ] {
        let n = journal.intent(&sending("x/1", does, method, before)).unwrap();
        journal.result(reply(n, outcome)).unwrap();
    }
    let n = journal.intent(&sending("x/9", Does::Create, "POST", None)).unwrap();
    journal.result(reply(n, RequestOutcome::Unknown)).unwrap();
    journal.found("x/9", "9").unwrap();
    journal.end(Ending::Finished).unwrap();
    assert!(Journal::create(&path, header()).is_err(), "a journal is never written over");
    // Whoever goes on begins after the last line that was read.
    let record = || Record::read(&path).unwrap();
    let resumed = Journal::resume(&record()).unwrap();
    let prints = || Prints { object: "0e".repeat(32), assignments: "0f".repeat(32) };
    for differs in [false, false, true] {
        resumed.state("x/1", prints(), differs).unwrap();
    }
    for piece in [Piece::Object, Piece::Assignments] {
        resumed.done("x/1", piece).unwrap();
    }
    // What is already known, and that nothing was done, is not written.
    Journal::resume(&record()).unwrap().state("x/1", prints(), true).unwrap();
    let refused = Finding::new(&codes::WRITE_FAILED, "x/Eight", "POST x: 400");
    for _ in 0..2 {
        resumed.refused("x/8", Piece::Object, &refused).unwrap();
        resumed.refused("x/8", Piece::Rank, &refused).unwrap();
        resumed.place("x/1", &before).unwrap();
        resumed.place("x/7", &before).unwrap();
    }
    let begun = Begun { file: "a/files/1".into(), salt: "AAAA".into(), print: "0a".repeat(32), ..Begun::default() };
    resumed.upload("x/1", &begun).unwrap();
    resumed.block("x/1", 0).unwrap();
    assert_eq!(record().upload("x/1"), Some(&Begun { blocks: [0].into(), ..begun }));
    Journal::wave(&record()).unwrap();
    Journal::undo(&record()).unwrap();
    let text = std::fs::read_to_string(journal.path()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_fits_the_schema() {
    let lines = lines();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    let pair = ["intent", "result"];
    assert_eq!(
        kinds,
        [
            &["header"][..],
            &pair,
            &pair,
            &pair,
            &pair,
            &pair,
            &[
                "found", "end", "resume", "state", "state", "done", "done", "refused", "refused", "place", "upload",
                "block", "wave", "undo"
            ]
        ]
        .concat()
    );
    let validator = own();
    for line in &lines {
        let errors: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}\n{errors:?}");
        let read: Line = serde_json::from_value(line.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *line);
    }
    let plan = validator_of_plans();
    assert!(plan.is_valid(&lines[0]["plan"]));
}

fn validator_of_plans() -> jsonschema::Validator {
    validator(include_str!("../../../policies-schema/plan.schema.json"))
}

#[test]
fn what_no_line_holds_is_refused() {
    let (lines, validator) = (lines(), own());
    for (index, name, value) in [
        (0, "format", json!(2)),
        (0, "kind", json!("begin")),
        (0, "started", json!("yesterday")),
        (0, "plan", json!({"steps": []})),
        (0, "origin", json!({"tree": "t"})),
        (0, "known", json!({"x": "1"})),
        (1, "n", json!(0)),
        (1, "method", json!("GET")),
        (1, "does", json!("undo")),
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
        (11, "targetId", Value::Null),
        (12, "outcome", json!("killed")),
        (12, "ended", json!(12)),
        (13, "started", json!("now")),
        (15, "differs", json!(false)),
        (16, "piece", json!("all")),
        (18, "finding", json!("refused")),
        (20, "before", json!("5")),
        (21, "key", json!("x")),
        (22, "place", json!(-1)),
    ] {
        let mut bad = lines[index].clone();
        bad[name] = value.clone();
        assert!(!validator.is_valid(&bad), "{index} {name} {value}");
    }
    for (index, line) in lines.iter().enumerate() {
        for name in line
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| !["body", "before", "approval", "differs"].contains(&name.as_str()))
        {
            let mut bad = line.clone();
            bad.as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&bad), "{index} without {name}");
        }
    }
}
