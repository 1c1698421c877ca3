//! The readiness page for a browser and for paper: what blocks, what expires, what could not be checked, what is fine;
//! by platform; with who must do what where.

use std::collections::BTreeSet;

use maud::{Markup, html as markup};

use super::super::escape::clean;
use super::super::layout::count;
use super::super::report::page::page;
use super::super::report::parts::Parts;
use super::words::{becomes, capital, heading};
use crate::engine::ready::{CheckState, Item, Readiness, Row};

/// The sections of rows that someone must look at: state, id, heading, severity.
const OPEN: [(CheckState, &str, &str, &str); 3] = [
    (CheckState::Missing, "blocks", "What is missing", "error"),
    (CheckState::Soon, "expires", "What expires or degrades soon", "warning"),
    (CheckState::NotKnown, "unknown", "What could not be checked", "info"),
];

/// The page as the text of a file. `made` says when.
pub fn html(result: &Readiness, made: &str) -> String {
    let mut facts = vec![(String::from("Checked on"), result.day.clone())];
    if !result.platforms.is_empty() {
        facts.push((String::from("Platforms"), result.platforms.join(", ")));
    }
    let body = markup! {
        (summary(result))
        @for (state, id, title, severity) in OPEN {
            (section(id, title, severity, result.of(state).filter(|row| !row.hint)))
        }
        (section("hints", "Hints", "info", result.rows.iter().filter(|row| row.hint && is_open(row))))
        (fine(result))
        (addresses(result))
        (not_needed(result))
    };
    page(&heading(result), &facts, made, &body, &Parts::of(0))
}

fn is_open(row: &Row) -> bool {
    OPEN.iter().any(|(state, ..)| *state == row.state)
}

fn tone(state: CheckState) -> (&'static str, char) {
    match state {
        CheckState::Missing => ("bad", 'x'),
        CheckState::Soon => ("changed", '!'),
        CheckState::NotKnown => ("open", '?'),
        CheckState::Ready => ("new", '='),
        CheckState::NotNeeded => ("same", '.'),
    }
}

fn summary(result: &Readiness) -> Markup {
    let number = |state: CheckState| result.of(state).filter(|row| !row.hint).count();
    markup! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            ul .tiles { @for state in CheckState::ALL {
                @let (tone, sign) = tone(state);
                li class=(tone) {
                    span .sign aria-hidden="true" { (sign) }
                    strong { (number(state)) } " "
                    span { (state.title()) }
                }
            } }
            (by_platform(result))
        }
    }
}

/// A row of the table for each platform, and one for what concerns all of them.
fn by_platform(result: &Readiness) -> Markup {
    let names: BTreeSet<&str> = result.rows.iter().flat_map(|row| row.platforms.iter().map(String::as_str)).collect();
    let states = [CheckState::Missing, CheckState::Soon, CheckState::NotKnown, CheckState::Ready];
    let number = |name: Option<&str>, state: CheckState| {
        let is_of = |row: &&Row| match name {
            Some(name) => row.platforms.iter().any(|own| own == name),
            None => row.platforms.is_empty(),
        };
        result.of(state).filter(|row| !row.hint).filter(is_of).count()
    };
    // A platform that nothing is said of has no line.
    let is_shown = |name: &&str| states.iter().any(|state| number(Some(name), *state) > 0);
    let shown: Vec<&str> = names.iter().copied().filter(is_shown).collect();
    let lines = || std::iter::once(None).chain(shown.iter().copied().map(Some));
    markup! { @if !shown.is_empty() {
        div .scroll tabindex="0" role="group" aria-label="By platform" {
            table .chart {
                caption { "By platform" }
                thead { tr {
                    th scope="col" { "Platform" }
                    @for state in states {
                        @let (tone, sign) = tone(state);
                        th scope="col" .number {
                            span .sign.(tone) aria-hidden="true" { (sign) }
                            span .quiet { (state.title()) }
                        }
                    }
                } }
                tbody { @for name in lines() { tr {
                    th scope="row" { (clean(name.unwrap_or("All platforms"))) }
                    @for state in states { td .number {
                        @let number = number(name, state);
                        @if number > 0 { (number) }
                    } }
                } } }
            }
        }
    } }
}

fn section<'a>(id: &str, title: &str, severity: &str, rows: impl Iterator<Item = &'a Row>) -> Markup {
    let rows: Vec<&Row> = rows.collect();
    markup! { @if !rows.is_empty() {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @for row in rows { (in_full(row, severity)) }
        }
    } }
}

fn in_full(row: &Row, severity: &str) -> Markup {
    markup! {
        article .finding.(severity) {
            h3 {
                (clean(&capital(&row.title))) " "
                @for platform in &row.platforms { span .badge { (clean(platform)) } " " }
            }
            p { strong { (clean(&capital(&row.says))) } }
            @if !row.items.is_empty() {
                ul .subjects { @for item in row.items.iter().filter(|item| !item.name.is_empty()) {
                    li {
                        (named(item))
                        @if !item.people.is_empty() { ul { @for person in &item.people { li { (clean(person)) } } } }
                    }
                } }
            }
            @if let Some(fix) = &row.fix { p .fix { (clean(fix)) } }
            p .quiet { "Who: " (clean(&row.who)) }
            p .quiet { "Where: " (clean(&row.place)) }
            @if row.policies > 0 { p .quiet { "Needed by " (count(row.policies, "policy", "policies")) } }
        }
    }
}

/// An object with what is said of it; a name that is written from right to left leaves the rest in its order.
fn named(item: &Item) -> Markup {
    markup! { bdi { (clean(&item.name)) } ": " (clean(&item.says)) }
}

fn fine(result: &Readiness) -> Markup {
    let rows: Vec<&Row> = result.of(CheckState::Ready).collect();
    markup! { @if !rows.is_empty() {
        section aria-labelledby="fine" {
            h2 #fine { "What is ready" }
            table .differences {
                thead { tr { th scope="col" { "What" } th scope="col" { "State" } th scope="col" { "Where" } } }
                tbody { @for row in rows { tr {
                    th scope="row" {
                        (clean(&capital(&row.title))) " "
                        @for platform in &row.platforms { span .badge { (clean(platform)) } " " }
                    }
                    td data-side="State" {
                        (clean(&row.says))
                        @for item in row.items.iter().filter(|item| !item.name.is_empty()) { br; (named(item)) }
                    }
                    td data-side="Where" { (clean(&row.place)) }
                } } }
            }
        }
    } }
}

fn addresses(result: &Readiness) -> Markup {
    markup! { @if !result.addresses.is_empty() {
        section aria-labelledby="addresses" {
            h2 #addresses { "Addresses in certificate profiles" }
            p { "The addresses were never contacted. Devices must reach the address in the target." }
            table .differences {
                thead { tr { th scope="col" { "Profile" } th scope="col" { "Server address" } } }
                tbody { @for one in &result.addresses { tr {
                    th scope="row" { (clean(&one.policy)) }
                    td data-side="Server address" { (becomes(one)) }
                } } }
            }
        }
    } }
}

fn not_needed(result: &Readiness) -> Markup {
    let rows: Vec<&Row> = result.of(CheckState::NotNeeded).collect();
    markup! { @if !rows.is_empty() {
        section aria-labelledby="not-needed" {
            h2 #not-needed { "Not needed" }
            details {
                summary { (count(rows.len(), "check", "checks")) }
                ul .columns { @for row in rows { li { (clean(&capital(&row.title))) ": " (clean(&row.says)) } } }
            }
        }
    } }
}
