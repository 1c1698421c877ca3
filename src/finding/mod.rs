//! Findings: something a person should know. Many can be collected beside a result, so that one bad
//! file never hides the next. The codes are in `codes.rs`; `explain CODE` prints them.

pub mod codes;

use serde::{Deserialize, Serialize};

pub use codes::Code;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know, nothing to do.
    Info,
    /// Worth a look; the object still goes through.
    Warning,
    /// The object, or a part of it, does not go through as it is.
    Error,
}

impl Severity {
    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something a person should know: where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Stable kebab-case code, one of [`codes::ALL`].
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about: a policy as `type/name`, a file, a mapping entry.
    pub subject: String,
    /// Where in the subject: a JSON path, a line and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What was found, with the facts.
    pub message: String,
    /// What to do next.
    pub fix: String,
}

impl Finding {
    /// A finding with the severity and the fix that its code's table row gives.
    pub fn new(code: &Code, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.name.to_owned(),
            severity: code.severity,
            subject: subject.into(),
            at: None,
            message: message.into(),
            fix: code.fix.to_owned(),
        }
    }

    /// Says where in the subject.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// Replaces the table's fix with a more exact one.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Whether this finding has the given code.
    pub fn is(&self, code: &Code) -> bool {
        self.code == code.name
    }
}

/// A number in a message: `1 policy`, `2 policies`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
