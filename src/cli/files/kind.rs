//! What a file is that is there already, by a look at its content: whether a command may write over it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::config::secrets_file;

/// So much of a file is enough to know what it is.
const HEAD: u64 = 16 * 1024;
/// How every page for a browser names its maker, in its head.
const MADE_HERE: &str = "intune-ferry</title>";
/// How the documentation of a tenant, a report, a readiness page and a letter begin below their titles.
const FIRST_TABLES: [&str; 4] = ["| Type | Policies |", "| | Policies | |", "| State | Checks |", "| Fill in | |"];
/// What every completion script asks the program with.
const COMPLETING: &str = "INTUNE_FERRY_COMPLETE";
/// How a page of the manual begins.
const MANUAL: [&str; 2] = [".ie ", ".TH "];

/// A kind of files that commands write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page for a browser.
    Page,
    /// The documentation of a tenant, or a report, as Markdown.
    Markdown,
    /// A plan.
    Plan,
    /// A line per request.
    Log,
    /// The record of a run, which is always a new file.
    Journal,
    /// Encrypted secrets.
    Secrets,
    /// A page of the manual.
    Manual,
    /// What a tenant answers.
    Examination,
    /// What a tenant has of what it needs.
    Readiness,
    /// The result of a command, as JSON.
    Results,
    /// What an editor checks files with.
    Schema,
    /// What a shell completes words with.
    Completions,
    /// Any new file.
    New,
}

impl Kind {
    /// What a file of this kind is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Page => "a report",
            Self::Markdown => "a report in Markdown",
            Self::Plan => "a plan",
            Self::Log => "a log of requests",
            Self::Journal | Self::New => "a new file",
            Self::Secrets => "a file that age encrypted",
            Self::Manual => "a page of the manual",
            Self::Examination => "what doctor wrote",
            Self::Readiness => "what ready wrote",
            Self::Results => "the result of a command",
            Self::Schema => "a JSON Schema of a policy type",
            Self::Completions => "a completion script",
        }
    }

    /// Whether a file is of this kind, or empty. A log may also go to a device, such as /dev/stderr.
    pub fn is_kind_of(self, path: &Path) -> bool {
        let Ok(about) = std::fs::metadata(path) else { return false };
        if !about.is_file() {
            return self == Self::Log && !about.is_dir();
        }
        match self {
            Self::Journal | Self::New => false,
            _ if about.len() == 0 => true,
            Self::Plan => is_object_with::<AnyPlan>(path),
            Self::Secrets => secrets_file::check_target(path).is_ok(),
            Self::Page => {
                head(path).is_some_and(|text| text.starts_with("<!DOCTYPE html>") && text.contains(MADE_HERE))
            }
            Self::Markdown => head(path).is_some_and(|text| {
                text.starts_with("# ") && text.lines().nth(2).is_some_and(|line| FIRST_TABLES.contains(&line))
            }),
            Self::Manual => head(path).is_some_and(|text| MANUAL.iter().any(|start| text.starts_with(start))),
            Self::Examination => is_object_with::<AnyExamination>(path),
            Self::Readiness => is_object_with::<AnyReadiness>(path),
            Self::Results => is_object_with::<AnyResults>(path),
            Self::Schema => is_object_with::<AnySchema>(path),
            Self::Completions => head(path).is_some_and(|text| text.contains(COMPLETING)),
            Self::Log => head(path).is_some_and(|text| text.lines().next().is_some_and(is_log_line)),
        }
    }
}

/// The beginning of a file, as text.
fn head(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What only a plan has. It can be large: nothing of it is kept.
#[derive(Deserialize)]
struct AnyPlan {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "treeFingerprint")]
    _tree: IgnoredAny,
    #[serde(rename = "steps")]
    _steps: IgnoredAny,
}

/// What only the line of a request has.
#[derive(Deserialize)]
struct AnyLine {
    #[serde(rename = "timestamp")]
    _timestamp: IgnoredAny,
    #[serde(rename = "method")]
    _method: IgnoredAny,
    #[serde(rename = "path")]
    _path: IgnoredAny,
    #[serde(rename = "status")]
    _status: IgnoredAny,
}

/// What only the result of `doctor` has.
#[derive(Deserialize)]
struct AnyExamination {
    #[serde(rename = "doctor")]
    _doctor: IgnoredAny,
    #[serde(rename = "signIn")]
    _sign_in: IgnoredAny,
}

/// What only the result of `ready` has.
#[derive(Deserialize)]
struct AnyReadiness {
    #[serde(rename = "ready")]
    _ready: IgnoredAny,
    #[serde(rename = "rows")]
    _rows: IgnoredAny,
}

/// What only the result of a command has.
#[derive(Deserialize)]
struct AnyResults {
    #[serde(rename = "command")]
    _command: IgnoredAny,
    #[serde(rename = "outcome")]
    _outcome: IgnoredAny,
    #[serde(rename = "exitCode")]
    _exit_code: IgnoredAny,
}

/// What only the schema of a policy type has.
#[derive(Deserialize)]
struct AnySchema {
    #[serde(rename = "$schema")]
    _schema: IgnoredAny,
    #[serde(rename = "title")]
    _title: IgnoredAny,
}

/// Whether a file is a JSON object with what only this kind has. A list of as many values would be taken for it as well.
pub fn is_object_with<T: DeserializeOwned>(path: &Path) -> bool {
    let Ok(mut file) = File::open(path).map(BufReader::new) else { return false };
    let is_object = file.fill_buf().is_ok_and(|start| start.trim_ascii_start().starts_with(b"{"));
    is_object && serde_json::from_reader::<_, T>(file).is_ok()
}

fn is_log_line(line: &str) -> bool {
    line.starts_with('{') && serde_json::from_str::<AnyLine>(line).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    const KINDS: [Kind; 13] = [
        Kind::Page,
        Kind::Markdown,
        Kind::Plan,
        Kind::Log,
        Kind::Journal,
        Kind::Secrets,
        Kind::Manual,
        Kind::Examination,
        Kind::Readiness,
        Kind::Results,
        Kind::Schema,
        Kind::Completions,
        Kind::New,
    ];

    #[test]
    fn each_kind_knows_its_own_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let log = r#"{"timestamp":"2026","method":"GET","path":"beta/x","status":200}"#;
        for (text, kind) in [
            ("<!DOCTYPE html><html><head><title>T – intune-ferry</title>", Some(Kind::Page)),
            ("<!DOCTYPE html><html><head><title>My own</title>", None),
            ("# T\n\n| Type | Policies |\n", Some(Kind::Markdown)),
            ("# T\n\n| | Policies | |\n", Some(Kind::Markdown)),
            ("# T\n\n| State | Checks |\n", Some(Kind::Markdown)),
            ("# Notes\n\nnothing\n", None),
            (r#"{"format": 1, "treeFingerprint": "", "steps": []}"#, Some(Kind::Plan)),
            (r#"{"format": 1, "entries": []}"#, None),
            (log, Some(Kind::Log)),
            (r#"{"line":"header","format":1}"#, None),
            ("age-encryption.org/v1\n", Some(Kind::Secrets)),
            ("[tenants.trial]\n", None),
            (".ie \\n(.g .ds", Some(Kind::Manual)),
            (r#"{"doctor": 1, "signIn": {}}"#, Some(Kind::Examination)),
            (r#"{"ready": 1, "rows": []}"#, Some(Kind::Readiness)),
            (r#"{"command": "lint", "outcome": "done", "exitCode": 0}"#, Some(Kind::Results)),
            (r#"{"$schema": "", "title": "", "properties": {}}"#, Some(Kind::Schema)),
            ("complete -c x -a (INTUNE_FERRY_COMPLETE=fish x)", Some(Kind::Completions)),
            // A list of anything.
            ("[1, 2]", None),
            (r#"[{"id": 1}, {"id": 2}, {"id": 3}]"#, None),
            ("[1, 2, 3, 4]", None),
        ] {
            std::fs::write(&path, text).unwrap();
            let found: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.is_kind_of(&path)).collect();
            assert_eq!(found, kind.into_iter().collect::<Vec<_>>(), "{text}");
        }
        std::fs::write(&path, "").unwrap();
        assert!(
            KINDS.iter().all(|kind| kind.is_kind_of(&path) != matches!(kind, Kind::Journal | Kind::New)),
            "an empty file"
        );
        assert!(KINDS.iter().all(|kind| !kind.is_kind_of(folder.path())), "a folder");
    }
}
