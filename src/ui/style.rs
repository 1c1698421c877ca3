//! The few colors there are. A view always writes them; the printer's streams take them out again where
//! they are not wanted.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::engine::Outcome;
use crate::finding::Severity;

/// A heading, or a number that matters.
pub const STRONG: Style = Style::new().bold();
/// What is good: it is new, or equal.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What deserves a look.
pub const LOOK: Style = AnsiColor::Yellow.on_default();
/// What is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is no longer there.
pub const GONE: Style = AnsiColor::Red.on_default();
/// What stands back.
pub const FAINT: Style = Style::new().dimmed();
/// A thing to type or to read on.
pub const POINTER: Style = AnsiColor::Cyan.on_default();

/// The text in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of a severity's word.
pub fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD,
        Severity::Warning => LOOK,
        Severity::Info => POINTER,
    }
}

/// The style of an outcome's sign.
pub fn outcome(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Create | Outcome::Created | Outcome::OnlyRight | Outcome::Equal | Outcome::Portable => GOOD,
        Outcome::Update
        | Outcome::Updated
        | Outcome::Assign
        | Outcome::Assigned
        | Outcome::Changed
        | Outcome::Remove
        | Outcome::Restore
        | Outcome::Removed
        | Outcome::Restored
        | Outcome::Differs
        | Outcome::ExistsDiffers
        | Outcome::NotStarted
        | Outcome::Needs(_) => LOOK,
        Outcome::OnlyLeft => GONE,
        Outcome::Unchanged | Outcome::LeftBehind | Outcome::Gone => FAINT,
        Outcome::Missing | Outcome::Stays | Outcome::Blocked | Outcome::Pending | Outcome::Stale | Outcome::Failed => {
            BAD
        }
    }
}

/// The text without any codes, as it is in a file or a pipe.
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
