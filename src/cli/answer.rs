//! What a command gives back: the text for people and the parts of the JSON document. The program prints
//! one of the two; a command never asks which.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::error::CliError;
use super::files::write_file;
use super::flags::PageArgs;
use crate::engine::ObjectOutcome;
use crate::exit::Exit;
use crate::finding::{Finding, codes};
use crate::graph::{BucketFigures, Figures};
use crate::ui::figures::{Bucket, Requests};
use crate::ui::report::Report;
use crate::ui::{Document, Look, Next, findings, results};

/// The result of a command.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How it ended.
    pub exit: Exit,
    /// For people, with color codes.
    pub text: String,
    /// How many of what.
    pub counts: BTreeMap<String, usize>,
    /// Object by object.
    pub objects: Vec<ObjectOutcome>,
    /// What a person should know beside the objects' own findings.
    pub findings: Vec<Finding>,
    /// What was sent to Graph.
    pub requests: Requests,
    /// What only this command has to say.
    pub details: Option<Value>,
    /// What the user may do next: for people.
    pub next: Option<Next>,
    /// Files of the tree that somebody edited by hand and that stay as they are: a commit leaves them out.
    pub kept_apart: Vec<String>,
    /// The report beside it, and where it is to be written.
    pub report: Option<(PageArgs, Report)>,
}

impl Answer {
    /// An answer of a text alone.
    pub fn new(exit: Exit, text: String) -> Self {
        Self {
            exit,
            text,
            counts: BTreeMap::new(),
            objects: Vec::new(),
            findings: Vec::new(),
            requests: Requests::default(),
            details: None,
            next: None,
            kept_apart: Vec::new(),
            report: None,
        }
    }

    /// An answer that is a text to keep: it is written to the file where one is named, so that no shell encodes it in another way.
    pub fn of_a_text(text: String, out: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = out else { return Ok(Self::new(Exit::Done, text)) };
        write_file(path, text.as_bytes())?;
        Ok(Self::new(Exit::Done, format!("wrote {}\n", crate::ui::clean(&path.display().to_string()))))
    }

    /// With objects, counted by their actions.
    #[must_use]
    pub fn objects(mut self, objects: Vec<ObjectOutcome>) -> Self {
        self.counts = results::counts_of(&objects);
        self.objects = objects;
        self
    }

    /// With findings.
    #[must_use]
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// With what a client sent.
    #[must_use]
    pub fn requests(mut self, figures: Figures) -> Self {
        self.requests = requests(figures);
        self
    }

    /// With what only this command has to say.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// With what the user may do next.
    #[must_use]
    pub fn next(mut self, next: Next) -> Self {
        self.next = Some(next);
        self
    }

    /// With a report, where one was asked for.
    #[must_use]
    pub fn report(mut self, asked: &PageArgs, report: impl FnOnce() -> Report) -> Self {
        self.report = asked.files().next().is_some().then(|| (asked.clone(), report()));
        self
    }

    /// With a finding that a person has to see below the command's result.
    #[must_use]
    pub fn beside(mut self, finding: Finding, look: Look) -> Self {
        self.text.push('\n');
        self.text.push_str(&findings::findings(std::slice::from_ref(&finding), look));
        self.findings.push(finding);
        self
    }

    /// With what could not be written, as a finding: the result counts all the same. `fix` says how to record it.
    #[must_use]
    pub fn not_recorded(self, file: &Path, error: &CliError, fix: Option<String>, look: Look) -> Self {
        let finding = Finding::new(&codes::NOT_RECORDED, file.display().to_string(), error.message.clone());
        self.beside(
            match fix.or_else(|| error.hint.clone()) {
                Some(fix) => finding.fix(fix),
                None => finding,
            },
            look,
        )
    }

    /// As the JSON document.
    pub fn into_document(self, command: &str, elapsed: Duration) -> Document {
        Document {
            counts: self.counts,
            objects: self.objects,
            findings: self.findings,
            requests: self.requests,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            details: self.details,
            ..Document::new(command, self.exit)
        }
    }
}

/// What a client sent, as the JSON document says it.
pub fn requests(figures: Figures) -> Requests {
    let bucket = |bucket: BucketFigures| Bucket {
        name: bucket.name,
        requests: bucket.requests,
        writes: bucket.writes,
        // Percent are precise enough.
        fullest: (bucket.fullest * 100.0).round() / 100.0,
    };
    Requests {
        sent: figures.sent,
        batched: figures.batched,
        throttled: figures.throttled,
        retried: figures.retried,
        bytes_sent: figures.bytes_sent,
        bytes_received: figures.bytes_received,
        buckets: figures.buckets.into_iter().map(bucket).collect(),
    }
}
