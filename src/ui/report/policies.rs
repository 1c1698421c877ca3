//! The policies, by type: what becomes of each, where it differs side by side, what stands in its way, and what
//! it waits for. The filter above them works with the script only and is hidden without it.

use std::collections::{BTreeSet, HashMap};

use maud::{Markup, html};
use serde_json::Value;

use super::super::audience_view::{self, says as change_says, sign as change_sign};
use super::super::change_lines::{SKIPPED, hunks, visible};
use super::super::escape::clean;
use super::super::layout::{quoted, thousands};
use super::super::told::{Told, assignment, pair};
use super::model::{Entry, Report, Word, tone};
use super::parts::{Parts, SEEN_TOGETHER};
use super::prose::prose;
use crate::engine::outcome::Sign;
use crate::finding::{Finding, Severity, codes};

/// A value longer than this is opened by hand.
const LONG: usize = 600;
/// How much of it is seen before.
const EXCERPT: usize = 120;

pub(super) fn section(report: &Report, parts: &Parts) -> Option<Markup> {
    if report.entries.is_empty() {
        return None;
    }
    let places: HashMap<&str, usize> =
        report.entries.iter().enumerate().map(|(index, entry)| (entry.reference.as_str(), index)).collect();
    let shared = shared_fixes(report);
    let mut numbered = report.entries.iter().enumerate().peekable();
    let mut types = Vec::new();
    while let Some((_, first)) = numbered.peek().copied() {
        let mut list = Vec::new();
        while let Some(one) = numbered.next_if(|(_, entry)| entry.type_name == first.type_name) {
            list.push(one);
        }
        types.push((first.type_name.as_str(), list));
    }
    Some(html! {
        section aria-labelledby="policies" {
            h2 #policies { "Policies" }
            (filter(report, parts))
            @for (type_name, list) in types {
                section .type aria-labelledby={ "type-" (type_name) } {
                    h3 id={ "type-" (type_name) } {
                        (clean(type_name)) " " span .quiet { (thousands(list.len())) }
                    }
                    @for some in list.chunks(SEEN_TOGETHER) {
                        div .many[some.len() == SEEN_TOGETHER] {
                            @for (index, entry) in some { (policy(report, *index, entry, &places, &shared, parts)) }
                        }
                    }
                }
            }
            p #none hidden { "No policy matches the filter." }
        }
    })
}

/// Fixes that several policies have: they are said with their finding, and not under each policy.
fn shared_fixes(report: &Report) -> BTreeSet<&str> {
    let mut often: HashMap<&str, usize> = HashMap::new();
    for finding in report.entries.iter().flat_map(|entry| &entry.findings) {
        *often.entry(&finding.fix).or_default() += 1;
    }
    often.into_iter().filter(|(_, number)| *number > 1).map(|(fix, _)| fix).collect()
}

fn filter(report: &Report, parts: &Parts) -> Markup {
    let types = report.types();
    let actions: BTreeSet<&str> = report.entries.iter().map(|entry| entry.action.as_str()).collect();
    html! {
        form #filter hidden role="search" aria-label="Filter the policies" {
            label .wide { span { "Text" } input #text type="search" placeholder="name, place, value …" autocomplete="off"; }
            @if types.len() > 1 {
                label { span { "Type" } select #type {
                    option value="" { "all" }
                    @for type_name in types { option value=(type_name) { (clean(type_name)) } }
                } }
            }
            label { span { "Findings" } select #severity {
                option value="" { "any" }
                option value="error" { "errors" }
                option value="warning" { "warnings and errors" }
                option value="none" { "none" }
            } }
            fieldset { legend { "Outcome" }
                @for word in report.words.iter().filter(|word| actions.contains(word.action.as_str())) {
                    label class=(word.tone) {
                        input type="checkbox" name="action" value=(word.action) checked;
                        span .sign aria-hidden="true" { (word.sign) } " " (clean(&word.says))
                    }
                }
            }
            p .tools {
                output #shown aria-live="polite" { }
                button type="button" #open { "Open all" }
                button type="button" #close { "Close all" }
                (parts.print_button())
                button type="reset" { "Reset" }
            }
        }
    }
}

fn policy(
    report: &Report,
    index: usize,
    entry: &Entry,
    places: &HashMap<&str, usize>,
    shared: &BTreeSet<&str>,
    parts: &Parts,
) -> Markup {
    let Word { sign, says, tone, .. } = report.word(entry);
    let audience = audience_view::short(&entry.audience);
    let worst = entry.severity().map_or("none", Severity::word);
    let told: Vec<&Finding> = entry.findings.iter().collect();
    let has_more =
        !entry.changes.is_empty() || !entry.audience.is_empty() || !told.is_empty() || !entry.needs.is_empty();
    // What is identical, or only has its turn, is opened by who wants to see it.
    let is_news = sign != '=' && (!entry.changes.is_empty() || entry.severity() > Some(Severity::Info));
    let head = html! {
        span .sign aria-hidden="true" { (sign) }
        span .name role="heading" aria-level="4" { (quoted(clean(&entry.name))) }
        span .quiet { (clean(&says)) @for note in &entry.notes { ", " (clean(note)) } }
        @if !audience.is_empty() { span .who { (clean(&audience)) } }
    };
    html! {
        article .policy.(tone) id={ "p" (index) } data-type=(entry.type_name) data-action=(entry.action) data-severity=(worst) {
            @if has_more {
                details open[is_news] {
                    summary { (head) }
                    div .more { (parts.later(html! {
                        @for finding in told { (one_finding(finding, !shared.contains(finding.fix.as_str()))) }
                        (waits(entry, report, places))
                        (who(entry))
                        (differences(report, entry))
                    })) }
                }
            } @else {
                p .summary { (head) }
            }
        }
    }
}

fn one_finding(finding: &Finding, is_own: bool) -> Markup {
    let usual = codes::find(&finding.code).is_some_and(|code| code.fix == finding.fix);
    html! {
        p .finding.(finding.severity.word()) {
            span .badge { (finding.severity.word()) } " "
            code { (clean(&finding.code)) } " " (prose(&finding.message))
            @if let Some(at) = &finding.at { " " code .quiet { (clean(at)) } }
            @if !usual && is_own && finding.severity > Severity::Info && !finding.fix.is_empty() { span .fix { (prose(&finding.fix)) } }
        }
    }
}

fn waits(entry: &Entry, report: &Report, places: &HashMap<&str, usize>) -> Markup {
    html! {
        @if !entry.needs.is_empty() {
            p .waits { "Depends on "
                @for (place, need) in entry.needs.iter().enumerate() {
                    @if place > 0 { ", " }
                    @match places.get(need.as_str()) {
                        Some(index) => a href={ "#p" (index) } { (quoted(clean(&report.entries[*index].name))) },
                        None => (clean(need)),
                    }
                }
            }
        }
    }
}

/// Who gets it, and what changes about it.
fn who(entry: &Entry) -> Markup {
    html! {
        @if !entry.audience.is_empty() {
            table .differences.audience {
                caption .unseen { "Who gets " (quoted(clean(&entry.name))) }
                thead { tr { th scope="col" { "Who" } th scope="col" { "How" } th scope="col" { "Change" } } }
                tbody { @for row in audience_view::rows(&entry.audience) {
                    @let sign = change_sign(row.change);
                    tr {
                        th scope="row" { (clean(&row.who)) @if let Some(id) = &row.id { " " code .quiet { (clean(id)) } } }
                        td data-side="How" { (clean(&row.how)) }
                        td data-side="Change" { span .sign.(tone(sign)) aria-hidden="true" { (sign.mark()) } " " (change_says(row.change)) }
                    }
                } }
            }
        }
    }
}

fn differences(report: &Report, entry: &Entry) -> Markup {
    html! {
        @if !entry.changes.is_empty() {
            table .differences {
                caption .unseen { "Where " (quoted(clean(&entry.name))) " differs" }
                thead { tr {
                    th scope="col" { "Setting" }
                    @for column in &report.columns { th scope="col" { (clean(column)) } }
                } }
                tbody { @for told in &entry.changes { (difference(told, &report.columns)) } }
            }
        }
    }
}

fn difference(told: &Told, columns: &[String; 2]) -> Markup {
    let place = if told.place.is_empty() { "(the whole object)" } else { &told.place };
    let [left, right] = side_by_side(told).unwrap_or_else(|| values(told));
    html! {
        tr {
            th scope="row" { (clean(place)) }
            td .left data-side=(clean(&columns[0])) { (left) }
            td .right data-side=(clean(&columns[1])) { (right) }
        }
    }
}

/// Two values. Of one that is too long, the part around the place where the two part is shown until it is opened.
fn values(told: &Told) -> [Markup; 2] {
    let excerpts = pair(told.left.as_ref(), told.right.as_ref(), EXCERPT);
    let [left, right] = excerpts;
    [value(told.left.as_ref(), &left), value(told.right.as_ref(), &right)]
}

fn value(value: Option<&Value>, excerpt: &str) -> Markup {
    let Some(value) = value else { return html! { span .quiet { "nothing" } } };
    let text = match value {
        Value::String(text) if text.is_empty() => String::from("\"\""),
        Value::String(text) => text.strip_prefix("#microsoft.graph.").unwrap_or(text).to_owned(),
        other => assignment(other).unwrap_or_else(|| serde_json::to_string_pretty(other).unwrap_or_default()),
    };
    let lines = lines(&text);
    html! {
        @if text.chars().count() > LONG {
            details { summary { code { (excerpt) } " " span .quiet { (thousands(text.chars().count())) " characters" } } pre { (lines) } }
        } @else { pre { (lines) } }
    }
}

/// Harmless, but in the lines it has.
fn lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// The changed lines of a text of several lines, opposite each other; none where there is none.
fn side_by_side(told: &Told) -> Option<[Markup; 2]> {
    let (Some(Value::String(left)), Some(Value::String(right))) = (&told.left, &told.right) else { return None };
    if !left.contains('\n') && !right.contains('\n') {
        return None;
    }
    let mut rows: [Vec<(char, String)>; 2] = Default::default();
    for line in hunks(left, right) {
        match line.sign {
            '-' => rows[0].push(('-', line.text)),
            '+' => rows[1].push(('+', line.text)),
            sign => {
                level(&mut rows);
                for side in &mut rows {
                    side.push((sign, line.text.clone()));
                }
            }
        }
    }
    level(&mut rows);
    Some(rows.map(|side| {
        html! { pre .lines { @for (sign, text) in side { span .line.(line_tone(sign)) {
            span .sign { (sign) } (lines(&text)) "\n"
        } } } }
    }))
}

/// Fills the shorter side up, so that what follows stands on one height.
fn level(rows: &mut [Vec<(char, String)>; 2]) {
    let most = rows[0].len().max(rows[1].len());
    for side in rows {
        side.resize(most, (' ', String::new()));
    }
}

fn line_tone(sign: char) -> &'static str {
    match sign {
        SKIPPED => "skipped",
        '+' => tone(Sign::New),
        '-' => tone(Sign::Removed),
        _ => "same",
    }
}
