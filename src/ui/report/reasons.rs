//! What must be decided or known, by code: why, what to do, and which policies it is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use maud::{Markup, html};

use super::super::escape::clean;
use super::super::layout::thousands;
use super::model::Report;
use super::prose::prose;
use crate::finding::{Finding, Severity, codes};
use crate::policy::Subject;

/// The number of subjects that are shown at once; more are opened.
const FEW: usize = 12;
/// More fixes of one code than this are not listed one by one.
const FEW_FIXES: usize = 3;

pub(super) fn section(report: &Report) -> Option<Markup> {
    // By subject rather than by entry: a finding may be about a file.
    let places: HashMap<String, usize> = report
        .entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (Subject { kind: &entry.type_name, name: &entry.name }.to_string(), index))
        .collect();
    let mut groups: BTreeMap<(std::cmp::Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    let all = report.entries.iter().flat_map(|entry| &entry.findings).chain(&report.findings);
    for finding in all {
        let list = groups.entry((std::cmp::Reverse(finding.severity), &finding.code)).or_default();
        if list.len() > 500 || !list.contains(&finding) {
            list.push(finding);
        }
    }
    if groups.is_empty() {
        return None;
    }
    Some(html! {
        section aria-labelledby="findings" {
            h2 #findings { "Findings and decisions" }
            @for ((level, code), list) in groups { (group(level.0, code, &list, &places)) }
        }
    })
}

fn group(level: Severity, name: &str, list: &[&Finding], places: &HashMap<String, usize>) -> Markup {
    let code = codes::find(name);
    let fixes: BTreeSet<&str> = list.iter().map(|finding| finding.fix.as_str()).collect();
    // Many that differ only in a word or two are said in the words that are true of all.
    let usual = code.map(|code| code.fix).filter(|_| fixes.len() > FEW_FIXES);
    let above = match (usual, fixes.len()) {
        (Some(usual), _) => vec![usual],
        (None, 1) => fixes.into_iter().collect(),
        _ => repeated_fixes(list),
    };
    let subjects = html! {
        ul .subjects { @for finding in list { li {
            @match places.get(&finding.subject) {
                Some(index) => a href={ "#p" (index) } { (clean(&finding.subject)) },
                None => strong { (clean(&finding.subject)) },
            }
            ": " (prose(&finding.message))
            @if let Some(at) = &finding.at { " " code { (clean(at)) } }
            @if usual.is_none() && !above.contains(&finding.fix.as_str()) { p .fix { (prose(&finding.fix)) } }
        } } }
    };
    let open = level > Severity::Info && list.len() <= FEW;
    html! {
        article .finding.(level.word()) {
            h3 {
                span .badge { (level.word()) } " "
                (code.map_or("", |code| code.title)) " "
                code { (clean(name)) }
            }
            @if let Some(code) = code { p { (prose(code.reason)) } }
            @for fix in &above { p .fix { (prose(fix)) } }
            details open[open] {
                summary { (thousands(list.len())) @if list.len() == 1 { " place" } @else { " places" } }
                (subjects)
            }
        }
    }
}

/// Fixes that several have, each once.
fn repeated_fixes<'a>(list: &[&'a Finding]) -> Vec<&'a str> {
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in list {
        *often.entry(&finding.fix).or_default() += 1;
    }
    often.into_iter().filter(|(_, number)| *number > 1).map(|(fix, _)| fix).collect()
}
