//! The journal: an append-only record of one import, written before each request and after it. A killed
//! import can be told from a finished one by it. It never holds a body: only fingerprints, ids, and the
//! object as it was before it is changed, with its secrets sealed.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::error::EngineError;
use super::plan::Plan;

/// The journal's format number.
pub const FORMAT: u32 = 1;

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    next: u64,
    /// Steps whose object is in the journal as it was.
    imaged: BTreeSet<String>,
}

/// What is about to be sent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent<'a> {
    /// The step, as `type/key`.
    pub step: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// Path below the version root.
    pub path: &'a str,
    /// Fingerprint of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The object as it was, where it is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<&'a Value>,
}

impl Journal {
    /// The default place of a new journal: `ferry-runs/<UTC>-<target>.ndjson`.
    pub fn default_path(target: &str) -> PathBuf {
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let safe: String =
            target.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' }).collect();
        Path::new("ferry-runs").join(format!("{now}-{safe}.ndjson"))
    }

    /// Starts a journal; the file must not exist yet.
    pub fn create(path: &Path, plan: &Plan) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Journal { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(failed)?;
        let journal =
            Self { path: path.to_owned(), inner: Mutex::new(Inner { file, next: 1, imaged: BTreeSet::new() }) };
        journal.append(&json!({
            "kind": "header", "format": FORMAT, "started": jiff::Timestamp::now().to_string(),
            "program": env!("CARGO_PKG_VERSION"), "source": plan.source, "target": plan.target,
            "treeFingerprint": plan.tree_fingerprint, "mappingFingerprint": plan.mapping_fingerprint,
            "options": plan.options, "steps": plan.steps.len(),
        }))?;
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what is about to be sent, and waits until the disk has it. The number ties the result to it.
    pub fn intent(&self, intent: &Intent<'_>) -> Result<u64, EngineError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let number = inner.next;
        inner.next += 1;
        let mut line = serde_json::to_value(intent).unwrap_or_default();
        // How it was before the first write is how it was.
        if intent.before.is_some() && !inner.imaged.insert(intent.step.to_owned()) {
            line.as_object_mut().map(|line| line.remove("before"));
        }
        line["kind"] = json!("intent");
        line["n"] = json!(number);
        self.write(&mut inner.file, &line)?;
        Ok(number)
    }

    /// Writes down what came of it.
    pub fn result(
        &self,
        number: u64,
        outcome: &str,
        target_id: Option<&str>,
        error: Option<&str>,
    ) -> Result<(), EngineError> {
        self.append(&json!({"kind": "result", "n": number, "outcome": outcome, "targetId": target_id, "error": error}))
    }

    /// Ends the journal.
    pub fn end(&self, outcome: &str) -> Result<(), EngineError> {
        self.append(&json!({"kind": "end", "outcome": outcome, "ended": jiff::Timestamp::now().to_string()}))
    }

    fn append(&self, line: &Value) -> Result<(), EngineError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&mut inner.file, line)
    }

    fn write(&self, file: &mut File, line: &Value) -> Result<(), EngineError> {
        let failed = |source| EngineError::Journal { path: self.path.clone(), source };
        file.write_all(format!("{line}\n").as_bytes()).map_err(failed)?;
        file.sync_data().map_err(failed)
    }
}

#[cfg(test)]
#[path = "journal_schema_tests.rs"]
mod schema_tests;
