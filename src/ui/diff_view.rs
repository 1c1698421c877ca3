//! What is between two sides, for people: the counts first, then policy by policy what came, went and
//! changed; a text of several lines as the lines that changed.

use std::fmt::Write as _;

use super::change_lines::{self, Limits};
use super::escape::clean;
use super::findings;
use super::layout::{Look, count, wrap};
use super::open_points;
use super::plan_view::policy_line;
use super::signs::{legend, signed};
use super::style::{self, paint};
use super::told::tell;
use crate::engine::diff::{Compared, Differing, Fate};
use crate::finding::Finding;
use crate::policy::Change;

/// How many changes of one policy are listed.
const FEW: usize = 20;
/// How much of one change.
const LIMITS: Limits = Limits { lines: 40, longest: 200 };

/// The comparison of two sides by their labels.
pub fn diff(labels: [&str; 2], compared: &Compared, list: &[Finding], look: Look) -> String {
    let [left, right] = labels.map(|label| paint(style::STRONG, clean(label)));
    let mut head = format!("{}\n", wrap("", &format!("Compared {left} with {right}"), look.prose()));
    for (fate, number) in compared.counts() {
        let _ = writeln!(head, "  {} {number:>4} {}", signed(fate.outcome()), clean(&says(fate, labels)));
    }
    if compared.equal == 0 && compared.differing.is_empty() {
        head.push_str("  neither side has any of the policies\n");
    }
    let mut out = String::new();
    let mut type_name = "";
    out.push_str(&legend(compared.differing.iter().map(|one| one.fate.outcome()), look));
    for one in &compared.differing {
        if one.type_name != type_name {
            type_name = &one.type_name;
            let _ = writeln!(out, "\n{}", paint(style::STRONG, clean(type_name)));
        }
        out.push_str(&policy(one, labels, look));
    }
    let beside = findings::findings(list, look);
    if !beside.is_empty() {
        out.push('\n');
        out.push_str(&beside);
    }
    format!("{head}{}", open_points::at_the_end(out, &head, &[], look))
}

/// A fate in words that follow a number.
pub(super) fn says(fate: Fate, labels: [&str; 2]) -> String {
    match fate {
        Fate::Added => format!("only in {}", labels[1]),
        Fate::Changed => String::from("changed"),
        Fate::Removed => format!("only in {}", labels[0]),
        Fate::Equal => String::from("the same"),
    }
}

fn policy(one: &Differing, labels: [&str; 2], look: Look) -> String {
    let mut out = policy_line(one.fate.outcome(), &one.name, &clean(&says(one.fate, labels)), look);
    if let Some(made_of) = &one.made_of {
        let _ = writeln!(out, "      {}", paint(style::FAINT, format!("made of {}", clean(made_of))));
    }
    let limit = look.limit(one.changes.len(), FEW);
    for change in &one.changes[..limit] {
        out.push_str(&lines(change, look));
    }
    if limit < one.changes.len() {
        let more = count(one.changes.len() - limit, "more change", "more changes");
        let _ = writeln!(out, "      … and {more}; -v lists all");
    }
    out
}

fn lines(change: &Change, look: Look) -> String {
    tell(change).iter().map(|told| change_lines::lines(told, "      ", LIMITS, look)).collect()
}

#[cfg(test)]
#[path = "diff_view_tests.rs"]
mod tests;
