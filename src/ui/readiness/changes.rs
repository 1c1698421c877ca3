//! What has changed between two readiness results, on a terminal.

use std::fmt::Write as _;

use super::super::escape::clean;
use super::super::layout::{Look, count, hang};
use super::super::style::{self, paint};
use super::words::capital;
use crate::engine::ready::Readiness;
use crate::engine::ready::compare::{RowChange, Said};

/// The changes, what got worse first.
pub fn changes(before: &Readiness, after: &Readiness, list: &[RowChange], look: Look) -> String {
    let mut out = format!("From {} to {}\n\n", clean(&before.day), clean(&after.day));
    for change in list {
        let said = |said: &Option<Said>| match said {
            Some(said) => format!("{}, {}", said.state.title().to_lowercase(), clean(&said.says)),
            None => String::from("not checked"),
        };
        let sign = if change.is_worse() { paint(style::BAD, "-") } else { paint(style::GOOD, "+") };
        let title = capital(&clean(&change.title));
        out.push_str(&hang(&format!("{sign} "), 2, &format!("{title}:"), look.prose()));
        out.push_str(&hang("    was ", 8, &said(&change.before), look.prose()));
        out.push_str(&hang("    is  ", 8, &said(&change.after), look.prose()));
    }
    let worse = list.iter().filter(|change| change.is_worse()).count();
    let _ = match list.len() {
        0 => writeln!(out, "Nothing has changed."),
        all => writeln!(out, "\n{}, {worse} for the worse.", count(all, "change", "changes")),
    };
    out
}
