//! One change as lines: `~ place: old → new`, a long value around the place where the two part, a text of several
//! lines as the lines that changed. The same in plans, results and comparisons.

use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::escape::clean;
use super::layout::{Look, count, hang};
use super::style::{self, paint};
use super::told::{Told, pair};
use crate::engine::outcome::Sign;

/// Unchanged lines around changed ones.
const AROUND: usize = 2;
/// The longest value with `-v`.
const LONGEST_VERBOSE: usize = 4000;

/// How much of a change is shown without `-v`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How many lines of one text.
    pub(super) lines: usize,
    /// The longest value.
    pub(super) longest: usize,
}

/// What changed at one place. At the left is what was, or what the target has; at the right what is, or what is wanted.
pub(super) fn lines(told: &Told, indent: &str, limits: Limits, look: Look) -> String {
    let longest = if look.verbose { LONGEST_VERBOSE } else { limits.longest };
    let place =
        if told.place.is_empty() { String::from("(the whole object)") } else { clean(&told.place).into_owned() };
    let sign = match (&told.left, &told.right) {
        (None, _) => Sign::New,
        (_, None) => Sign::Removed,
        _ => Sign::Changed,
    };
    let head = format!("{indent}{} {}:", paint(style::sign(sign), sign.mark()), paint(style::POINTER, &place));
    if let Some(hunks) = text_lines(told, indent, limits, look) {
        return format!("{head}\n{hunks}");
    }
    let [left, right] = pair(told.left.as_ref(), told.right.as_ref(), longest);
    if sign != Sign::Changed {
        let only = if sign == Sign::New { right } else { left };
        return hang(&format!("{head} "), indent.len() + 4, &only, look.prose());
    }
    let length = indent.len() + place.chars().count() + left.chars().count() + right.chars().count() + 7;
    let (gone, new) = (paint(style::sign(Sign::Removed), &left), paint(style::sign(Sign::New), &right));
    if length <= look.prose() {
        return format!("{head} {gone} → {new}\n");
    }
    let line = |sign: Sign, text: &str| {
        let sign = paint(style::sign(sign), sign.mark());
        hang(&format!("{indent}    {sign} "), indent.len() + 6, text, look.prose())
    };
    format!("{head}\n{}{}", line(Sign::Removed, &left), line(Sign::New, &right))
}

/// The changed lines of a text of several lines; none where there is none.
fn text_lines(told: &Told, indent: &str, limits: Limits, look: Look) -> Option<String> {
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
    let limit = look.limit(all.len(), limits.lines);
    let mut out = String::new();
    for line in &all[..limit] {
        let text = format!("{} {}", line.sign, visible(&line.text));
        let painted = match line.sign {
            '-' => paint(style::sign(Sign::Removed), text),
            '+' => paint(style::sign(Sign::New), text),
            _ => paint(style::FAINT, text),
        };
        let _ = writeln!(out, "{indent}    {painted}");
    }
    if limit < all.len() {
        let more = count(all.len() - limit, "more line", "more lines");
        let _ = writeln!(out, "{indent}    … and {more}; -v shows all");
    }
    Some(out)
}

/// A line of a text diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `-`, `+`, a space, or [`SKIPPED`] for a place that was left out.
    pub sign: char,
    /// Without its end.
    pub text: String,
}

/// What stands before a line that says where the text goes on.
pub(super) const SKIPPED: char = '⋮';

/// The lines that changed, with some around them. An end of line that changed alone is made visible.
pub fn hunks(left: &str, right: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(left, right);
    let mut list = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        let begin = group.first().map_or(0, |op| op.new_range().start);
        if begin > 0 {
            list.push(Line { sign: SKIPPED, text: format!("line {}", begin + 1) });
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
    if list.iter().filter(|line| line.sign != SKIPPED).all(ends) {
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
