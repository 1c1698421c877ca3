//! The report as Markdown, for a pull request or a wiki: the counts, what is to be decided, and policy by policy who gets
//! it and what changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::audience_view;
use super::super::change_lines::hunks;
use super::super::documentation::text;
use super::super::escape::clean;
use super::super::told::{Told, pair};
use super::model::{Entry, Report};
use super::summary::signs;
use crate::finding::{Finding, Severity, codes};

/// The longest value on a line.
const LONGEST: usize = 200;

/// The report as the text of a file. `made` says when.
pub fn markdown(report: &Report, made: &str) -> String {
    let report = &report.in_order();
    let mut out = format!("# {}\n\n", text(&report.title));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &report.entries {
        *counts.entry(&entry.action).or_default() += 1;
    }
    let words = report.words.iter().filter(|word| counts.contains_key(word.action.as_str()));
    out.push_str("| | Policies | |\n| --- | ---: | --- |\n");
    for word in words.clone() {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            text(&word.sign.to_string()),
            counts[word.action.as_str()],
            text(&word.says)
        );
    }
    let signs: Vec<String> = signs(words).iter().map(|sign| text(sign)).collect();
    let _ = writeln!(out, "\n{}", signs.join(" · "));
    if !report.facts.is_empty() {
        out.push('\n');
    }
    for (name, value) in &report.facts {
        let _ = writeln!(out, "- {}: {}", text(name), text(value));
    }
    findings(report, &mut out);
    let mut type_name = "";
    for entry in &report.entries {
        if entry.type_name != type_name {
            type_name = &entry.type_name;
            let _ = writeln!(out, "\n## {}", text(type_name));
        }
        policy(report, entry, &mut out);
    }
    let _ = writeln!(out, "\nMade {made} by intune-ferry {}.", env!("CARGO_PKG_VERSION"));
    out
}

/// What must be decided or known, each once with the policies that have it.
fn findings(report: &Report, out: &mut String) {
    let all = report.entries.iter().flat_map(|entry| &entry.findings).chain(&report.findings);
    let mut groups: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in all.filter(|finding| finding.severity > Severity::Info) {
        groups.entry((std::cmp::Reverse(finding.severity), &finding.code)).or_default().push(finding);
    }
    if groups.is_empty() {
        return;
    }
    out.push_str("\n## Findings and decisions\n");
    for ((_, name), list) in groups {
        let code = codes::find(name);
        let title = code.map_or(name, |code| code.title);
        let _ = writeln!(out, "\n### {} ({}, {})\n", text(title), text(name), list.len());
        if let Some(code) = code {
            let _ = writeln!(out, "{}\n", text(code.reason));
        }
        let mut fixes: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in list {
            fixes.entry(&finding.fix).or_default().push(finding);
        }
        for (fix, list) in fixes {
            if !fix.is_empty() {
                let _ = writeln!(out, "{}\n", text(fix));
            }
            for finding in list {
                let at = finding.at.as_deref().map(|at| format!(" ({})", text(at))).unwrap_or_default();
                let _ = writeln!(out, "- {}: {}{at}", text(&finding.subject), text(&finding.message));
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
}

fn policy(report: &Report, entry: &Entry, out: &mut String) {
    let word = report.word(entry);
    let notes = entry.notes.iter().fold(String::new(), |all, note| all + ", " + &text(note));
    let _ =
        writeln!(out, "\n### {} {}\n\n{}{notes}", text(&word.sign.to_string()), text(&entry.name), text(&word.says));
    let codes: Vec<String> = entry
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| format!("{}: {}", text(&finding.code), text(&finding.message)))
        .collect();
    if !codes.is_empty() {
        let _ = writeln!(out, "\n- {}", codes.join("\n- "));
    }
    if !entry.audience.is_empty() {
        out.push_str("\n| Who | How | Change | Id |\n| --- | --- | --- | --- |\n");
        for row in audience_view::rows(&entry.audience) {
            let change = format!("{} {}", audience_view::sign(row.change).mark(), audience_view::says(row.change));
            let id = row.id.as_deref().map(text).unwrap_or_default();
            let _ = writeln!(out, "| {} | {} | {} | {id} |", text(&row.who), text(&row.how), text(&change));
        }
    }
    if !entry.changes.is_empty() {
        let [left, right] = report.columns.each_ref().map(|column| text(column));
        let _ = write!(out, "\n| Setting | {left} | {right} |\n| --- | --- | --- |\n");
        for told in &entry.changes {
            let [left, right] = cells(told);
            let _ = writeln!(out, "| {} | {} | {} |", text(&told.place), text(&left), text(&right));
        }
    }
}

/// The two values; of texts of several lines those that changed.
fn cells(told: &Told) -> [String; 2] {
    if let (Some(serde_json::Value::String(left)), Some(serde_json::Value::String(right))) = (&told.left, &told.right)
        && (left.contains('\n') || right.contains('\n'))
    {
        let lines = hunks(left, right);
        let side = |sign: char| {
            let own = lines.iter().filter(|line| line.sign == sign).map(|line| clean(&line.text).into_owned());
            own.collect::<Vec<_>>().join(" ⏎ ")
        };
        return [side('-'), side('+')];
    }
    pair(told.left.as_ref(), told.right.as_ref(), LONGEST)
}
