//! What lies between two sides, for people: the counts first, then policy by policy what came, went and
//! changed; a text of several lines as the lines that changed.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::escape::clean;
use super::findings;
use super::layout::{Look, count, hang, named};
use super::style::{self, paint};
use super::told::{Told, tell, value};
use crate::engine::diff::{Compared, Differing, Fate};
use crate::finding::Finding;
use crate::policy::Change;

/// How many changes of one policy are listed.
const FEW: usize = 20;
/// How many lines of one text.
const FEW_LINES: usize = 40;
/// The longest value on a line of its own.
const LONGEST: usize = 200;
const LONGEST_VERBOSE: usize = 4000;
/// Unchanged lines around changed ones.
const AROUND: usize = 2;

/// The comparison of two sides by their labels.
pub fn diff(labels: [&str; 2], compared: &Compared, list: &[Finding], look: Look) -> String {
    let [left, right] = labels.map(|label| paint(style::STRONG, clean(label)));
    let mut out = format!("Compared {left} with {right}\n\n");
    for (fate, number) in compared.counts() {
        let _ = writeln!(out, "  {} {number:>4} {}", paint(style_of(fate), sign(fate)), clean(&says(fate, labels)));
    }
    if compared.equal == 0 && compared.differing.is_empty() {
        out.push_str("  neither holds any of the policies\n");
    }
    let mut type_name = "";
    for one in &compared.differing {
        if one.type_name != type_name {
            type_name = &one.type_name;
            let _ = writeln!(out, "\n{}", paint(style::STRONG, clean(type_name)));
        }
        out.push_str(&policy(one, look));
    }
    let beside = findings::findings(list, look);
    if !beside.is_empty() {
        out.push('\n');
        out.push_str(&beside);
    }
    out
}

/// The sign of a fate.
pub fn sign(fate: Fate) -> char {
    fate.outcome().sign()
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

fn style_of(fate: Fate) -> Style {
    style::outcome(fate.outcome())
}

fn policy(one: &Differing, look: Look) -> String {
    let mut out = format!("  {} {}\n", paint(style_of(one.fate), sign(one.fate)), named(&one.name, look));
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
    tell(change).iter().map(|told| told_lines(told, look)).collect()
}

fn told_lines(told: &Told, look: Look) -> String {
    const INDENT: &str = "      ";
    let longest = if look.verbose { LONGEST_VERBOSE } else { LONGEST };
    let place =
        if told.place.is_empty() { String::from("(the whole object)") } else { clean(&told.place).into_owned() };
    let (fate, only) = match (&told.left, &told.right) {
        (None, only) => (Fate::Added, only),
        (only, None) => (Fate::Removed, only),
        _ => (Fate::Changed, &None),
    };
    let head = format!("{INDENT}{} {}:", paint(style_of(fate), sign(fate)), paint(style::POINTER, &place));
    if let Some(hunks) = text_lines(told, look) {
        return format!("{head}\n{hunks}");
    }
    if let Some(only) = only {
        return hang(&format!("{head} "), INDENT.len() + 4, &value(Some(only), longest), look.prose());
    }
    let (left, right) = (value(told.left.as_ref(), longest), value(told.right.as_ref(), longest));
    let length = INDENT.len() + place.chars().count() + left.chars().count() + right.chars().count() + 7;
    let (gone, new) = (paint(style::GONE, &left), paint(style::GOOD, &right));
    if length <= look.prose() {
        return format!("{head} {gone} → {new}\n");
    }
    let line = |sign: String, text: &str| hang(&format!("{INDENT}    {sign} "), INDENT.len() + 6, text, look.prose());
    format!("{head}\n{}{}", line(paint(style::GONE, '-'), &left), line(paint(style::GOOD, '+'), &right))
}

/// The changed lines of a text of several lines; none where there is none.
fn text_lines(told: &Told, look: Look) -> Option<String> {
    let text = |value: &Option<Value>| match value {
        None => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => None,
    };
    let (left, right) = (text(&told.left)?, text(&told.right)?);
    if !left.contains('\n') && !right.contains('\n') {
        return None;
    }
    let all = hunks(&left, &right);
    let limit = look.limit(all.len(), FEW_LINES);
    let mut out = String::new();
    for line in &all[..limit] {
        let text = format!("{} {}", line.sign, visible(&line.text));
        let painted = match line.sign {
            '-' => paint(style::GONE, text),
            '+' => paint(style::GOOD, text),
            _ => paint(style::FAINT, text),
        };
        let _ = writeln!(out, "          {painted}");
    }
    if limit < all.len() {
        let _ = writeln!(out, "          … and {}; -v shows all", count(all.len() - limit, "more line", "more lines"));
    }
    Some(out)
}

/// A line of a text diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `-`, `+`, a space, or `@` for a place that was left out.
    pub sign: char,
    /// Without its end.
    pub text: String,
}

/// The lines that changed, with some around them. An end of line that changed alone is made visible.
pub fn hunks(left: &str, right: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(left, right);
    let mut list = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        let begin = group.first().map_or(0, |op| op.new_range().start);
        if begin > 0 {
            list.push(Line { sign: '@', text: format!("line {}", begin + 1) });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            list.push(Line { sign, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    let ends = |line: &Line| line.text.ends_with('\r');
    // Where every line ends alike, the ends say nothing.
    if list.iter().filter(|line| line.sign != '@').all(ends) {
        for line in &mut list {
            line.text.truncate(line.text.trim_end_matches('\r').len());
        }
    }
    list
}

/// Harmless, with tabs as the spaces they look like.
pub(super) fn visible(text: &str) -> String {
    clean(&text.replace('\t', "    ")).into_owned()
}

#[cfg(test)]
#[path = "diff_view_tests.rs"]
mod tests;
