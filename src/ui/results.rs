//! The one JSON document that every command gives with `--format json`. Its schema is
//! `policies-schema/results.schema.json`: a part of the program's promise, changed with care.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::figures::Requests;
use crate::engine::{ObjectOutcome, outcome};
use crate::exit::Exit;
use crate::finding::Finding;

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The command's name.
    pub command: String,
    /// How it ended, as [`outcome_word`] says it.
    pub outcome: &'static str,
    /// The number that the shell sees.
    pub exit_code: u8,
    /// How many of what, by the words of the objects' actions or the command's own.
    pub counts: BTreeMap<String, usize>,
    /// Object by object.
    pub objects: Vec<ObjectOutcome>,
    /// What a person should know beside the objects' own findings.
    pub findings: Vec<Finding>,
    /// What was sent to Graph.
    pub requests: Requests,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Why it did not come to an end, where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// What only this command has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// Why a command did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Document {
    /// A document without anything in it yet.
    pub fn new(command: &str, exit: Exit) -> Self {
        Self {
            command: command.to_owned(),
            outcome: outcome_word(exit),
            exit_code: exit.code(),
            counts: BTreeMap::new(),
            objects: Vec::new(),
            findings: Vec::new(),
            requests: Requests::default(),
            elapsed_ms: 0,
            error: None,
            details: None,
        }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        Exit::ALL.into_iter().find(|exit| exit.code() == self.exit_code).unwrap_or(Exit::Unexpected)
    }

    /// With another end.
    #[must_use]
    pub fn ends(mut self, exit: Exit) -> Self {
        (self.outcome, self.exit_code) = (outcome_word(exit), exit.code());
        self
    }
}

/// How many objects have each action.
pub fn counts_of(objects: &[ObjectOutcome]) -> BTreeMap<String, usize> {
    outcome::counts(objects).into_iter().map(|(outcome, number)| (outcome.word().into_owned(), number)).collect()
}

/// The word of an outcome in the document.
pub fn outcome_word(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Unexpected => "unexpected",
        Exit::Usage => "usage",
        Exit::Differences => "differences",
        Exit::Blocked => "blocked",
        Exit::SomeFailed => "some-failed",
        Exit::SignIn => "sign-in",
        Exit::Unreachable => "unreachable",
        Exit::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::super::figures::Bucket;
    use super::*;
    use crate::finding::codes;
    use crate::policy::Difference;

    fn schema() -> Value {
        serde_json::from_str(include_str!("../../policies-schema/results.schema.json")).unwrap()
    }

    fn full() -> Document {
        let finding = Finding::new(&codes::EXISTS_DIFFERS, "settings-catalog/Win", "it differs").at("/name");
        let difference = Difference { at: "/name".into(), wanted: Some(json!("a")), found: None };
        let object = ObjectOutcome {
            type_name: "settings-catalog".into(),
            id: "1".into(),
            name: "Win".into(),
            action: outcome::Outcome::ExistsDiffers,
            target_id: Some("2".into()),
            differences: vec![difference],
            audience: crate::policy::audience::testing::every_kind(),
            findings: vec![finding.clone()],
        };
        let mut document = Document::new("plan", Exit::Blocked);
        document.counts = counts_of(std::slice::from_ref(&object));
        document.objects = vec![object];
        document.findings = vec![finding];
        let bucket = Bucket { name: "devices".into(), requests: 3, writes: 1, fullest: 0.5 };
        document.requests =
            Requests { sent: 3, throttled: 1, retried: 1, buckets: vec![bucket], ..Requests::default() };
        document.error = Some(ErrorReport { message: "no".into(), fix: None });
        document.details = Some(json!({"journal": "x"}));
        document
    }

    #[test]
    fn a_full_document_and_an_empty_one_fit_the_schema() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for document in [full(), Document::new("lint", Exit::Done)] {
            let value = serde_json::to_value(document).unwrap();
            let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }

    #[test]
    fn the_schema_refuses_what_the_document_never_holds() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let good = serde_json::to_value(full()).unwrap();
        for (pointer, value) in [
            ("/outcome", json!("fine")),
            ("/objects/0/type", json!(null)),
            ("/findings/0/severity", json!("fatal")),
            ("/requests", json!({"sent": 1})),
            ("/counts/exists-differs", json!(-1)),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(!validator.is_valid(&bad), "{pointer}");
        }
        let mut bad = good;
        bad["extra"] = json!(1);
        assert!(!validator.is_valid(&bad));
    }

    #[test]
    fn the_schema_knows_every_outcome_with_its_number() {
        let known = schema()["properties"]["outcome"]["enum"].clone();
        let mut words: Vec<_> = Exit::ALL.iter().map(|exit| outcome_word(*exit)).collect();
        let mut known: Vec<&str> = known.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        words.sort_unstable();
        known.sort_unstable();
        assert_eq!(words, known);
    }
}
