//! Grids: who gets how much of which type, and within a type, who gets which policy. Headings stay in sight while a
//! grid is scrolled, and stand upright so that many columns fit on a page.

use std::collections::BTreeMap;

use maud::{Markup, html as markup};

use super::super::escape::clean;
use super::super::layout::{quoted, thousands};
use super::super::report::parts::Parts;
use super::marks::{legend, mark};
use super::{Reach, policy_anchor, sums, sums_in_words, who_anchor};
use crate::engine::describe::audience::{Audience, How};
use crate::engine::describe::tree_summary::{Described, OfType};

/// A grid of more columns is printed on a page that is on its side.
const UPRIGHT: usize = 20;
/// A grid of more rows comes in several: a browser lays a table out whole.
const TALL: usize = 300;

/// Groups by types, with how many policies of each they get.
pub(super) fn overview(types: &[OfType], reach: &Reach<'_>) -> Markup {
    let columns: Vec<&OfType> =
        types.iter().filter(|of| of.policies.iter().any(|policy| !policy.reaches.is_empty())).collect();
    markup! {
        div .scroll.tall.wide[columns.len() > UPRIGHT] tabindex="0" role="group" aria-label="How many policies of each type a group gets" {
            table .grid {
                caption { "How many policies of each type they get" }
                thead { tr {
                    td { }
                    @for of in &columns { th scope="col" { a href={ "#type-" (of.name) } { (clean(&of.title)) } } }
                } }
                tbody { @for (place, (who, list)) in reach.iter().enumerate() { tr {
                    th scope="row" { a href={ "#" (who_anchor(place)) } { (clean(who.words())) } }
                    @for of in &columns {
                        @let (included, excluded) = sums(list.iter().filter(|one| one.of.name == of.name).map(|one| one.how));
                        @if included + excluded == 0 { td { } } @else {
                            td title=(sums_in_words(included, excluded)) {
                                @if included > 0 { (thousands(included)) }
                                @if excluded > 0 { span .gone { "✕" (thousands(excluded)) } }
                            }
                        }
                    }
                } } }
            }
        }
        p .legend { "12: number of policies; " span .gone { "✕" } "3: excluded from this many. Click a name for the list of its policies." }
    }
}

/// Policies of a type by those who get them; nothing where no one does.
pub(super) fn of_type(of: &OfType, place: usize, reach: &Reach<'_>, parts: &Parts) -> Option<Markup> {
    let columns: Vec<(usize, &Audience)> = reach
        .iter()
        .enumerate()
        .filter(|(_, (_, list))| list.iter().any(|one| one.of.name == of.name))
        .map(|(index, (who, _))| (index, *who))
        .collect();
    if columns.is_empty() {
        return None;
    }
    let rows: Vec<_> = of.policies.iter().enumerate().filter(|(_, policy)| !policy.reaches.is_empty()).collect();
    Some(markup! {
        @if rows.len() <= TALL { (table(of, place, &columns, &rows)) } @else {
            // Of a long grid a part is opened by who wants to see it.
            @for rows in rows.chunks(TALL) {
                details .policy {
                    summary { span .name role="heading" aria-level="4" { "Who gets which: " (from_to(rows)) } }
                    div .more { (parts.later(table(of, place, &columns, rows))) }
                }
            }
        }
        (symbols(of.policies.iter().flat_map(|policy| policy.reaches.iter().map(|(_, how)| how))))
    })
}

/// The first and the last of some policies.
fn from_to(rows: &[(usize, &Described)]) -> String {
    let name = |row: Option<&(usize, &Described)>| row.map(|(_, policy)| clean(&policy.name).into_owned());
    [name(rows.first()), name(rows.last())].into_iter().flatten().collect::<Vec<_>>().join(" – ")
}

fn table(of: &OfType, place: usize, columns: &[(usize, &Audience)], rows: &[(usize, &Described)]) -> Markup {
    let column = |(index, who): &(usize, &'_ Audience)| (format!("#{}", who_anchor(*index)), (*who).clone());
    let row = |(index, policy): &(usize, &'_ Described)| GridRow {
        address: format!("#{}", policy_anchor(place, *index)),
        name: policy.name.clone(),
        reaches: policy.reaches.clone(),
        anchor: Some(policy_anchor(place, *index)),
    };
    let label = format!("Who gets which: {}", clean(&of.title));
    who_gets_which(&label, &columns.iter().map(column).collect::<Vec<_>>(), &rows.iter().map(row).collect::<Vec<_>>())
}

/// A policy in a grid.
#[derive(Debug, Clone)]
pub(crate) struct GridRow {
    /// Where its name leads.
    pub(crate) address: String,
    /// Its name.
    pub(crate) name: String,
    /// Who gets it.
    pub(crate) reaches: Vec<(Audience, How)>,
    /// Its place in the page, where a filter hides it with that.
    pub(crate) anchor: Option<String>,
}

/// Policies by those who get them; the columns are where a name leads, and who.
pub(crate) fn who_gets_which(label: &str, columns: &[(String, Audience)], rows: &[GridRow]) -> Markup {
    markup! {
        div .scroll.tall.wide[columns.len() > UPRIGHT] tabindex="0" role="group" aria-label=(label) {
            table .grid {
                caption .unseen { (label) }
                thead { tr {
                    td { }
                    @for (address, who) in columns { th scope="col" { a href=(address) { (clean(who.words())) } } }
                } }
                tbody { @for row in rows {
                    @let cells = cells(&row.reaches);
                    tr data-policy=[row.anchor.as_ref()] {
                        th scope="row" { a href=(row.address) { (quoted(clean(&row.name))) } }
                        @for (_, who) in columns { (cell(cells.get(who).map_or(&[], Vec::as_slice))) }
                    }
                } }
            }
        }
    }
}

/// What the symbols in a grid mean, as far as they occur.
pub(crate) fn symbols<'a>(hows: impl Iterator<Item = &'a How>) -> Markup {
    markup! {
        p .legend { @for (index, (mark, means)) in legend(hows).iter().enumerate() {
            @if index > 0 { "; " }
            span .mark.(tone(*mark)) { (mark) } " " (clean(means))
        } }
    }
}

fn cells(reaches: &[(Audience, How)]) -> BTreeMap<&Audience, Vec<&How>> {
    let mut cells: BTreeMap<&Audience, Vec<&How>> = BTreeMap::new();
    for (who, how) in reaches {
        cells.entry(who).or_default().push(how);
    }
    cells
}

fn cell(hows: &[&How]) -> Markup {
    let words: Vec<String> = hows.iter().map(|how| how.words()).collect();
    let words = words.join("; ");
    markup! {
        @if hows.is_empty() { td { } } @else {
            td title=(clean(&words)) {
                @for how in hows {
                    @let mark = mark(how);
                    span .mark.(tone(mark.chars().next().unwrap_or_default())) aria-hidden="true" { (mark) }
                }
                span .unseen { (clean(&words)) }
            }
        }
    }
}

fn tone(mark: char) -> &'static str {
    match mark {
        '✕' => "gone",
        '○' | '◇' => "same",
        '*' => "changed",
        _ => "new",
    }
}
