//! The few colors there are. A view always writes them; the printer's streams take them out again where
//! they are not wanted.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::engine::outcome::Sign;
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

/// The style of a sign.
pub fn sign(sign: Sign) -> Style {
    match sign {
        Sign::New | Sign::Moves => GOOD,
        Sign::Changed | Sign::Assigned | Sign::Differs | Sign::NotStarted | Sign::Needs => LOOK,
        Sign::Removed => GONE,
        Sign::Same | Sign::LeftBehind => FAINT,
        Sign::Missing | Sign::Blocked | Sign::Failed => BAD,
    }
}

/// The text without any codes, as it is in a file or a pipe.
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
