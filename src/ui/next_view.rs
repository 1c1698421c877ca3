//! What to do next, in a sentence and mostly a command to copy.

use std::fmt::Write as _;

use super::layout::{Look, wrap};
use super::style::{self, paint};

/// A step that the user may take now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What for, and what to do before.
    pub says: String,
    /// What to type.
    pub command: Option<String>,
}

impl Next {
    /// The lines, after an empty one. A command is never broken, so that it can be copied.
    pub fn show(&self, look: Look) -> String {
        let end = if self.command.is_some() { ":" } else { "." };
        let head = paint(style::STRONG, "Next:");
        let mut out = format!("\n{}", wrap(&format!("{head} "), &format!("{}{end}", self.says), look.prose()));
        if let Some(command) = &self.command {
            let _ = writeln!(out, "  {}", paint(style::POINTER, command));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    #[test]
    fn a_command_stands_on_its_own_line() {
        let next = Next { says: "look at the plan".into(), command: Some("intune-ferry plan trial --to b".into()) };
        let text = plain(&next.show(Look { width: Some(30), verbose: false }));
        assert_eq!(text, "\nNext: look at the plan:\n  intune-ferry plan trial --to b\n");
        let alone = Next { says: "look".into(), command: None };
        assert_eq!(plain(&alone.show(Look::default())), "\nNext: look.\n");
    }
}
