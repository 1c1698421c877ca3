//! The counts, and how they are spread over the types: a table with bars in it, so that there is nothing in the
//! picture that is not in the text.

use maud::{Markup, html};

use super::super::escape::clean;
use super::super::layout::thousands;
use super::bar::{Part, bar};
use super::model::{Counts, Report, Word};

pub(super) fn section(report: &Report) -> Markup {
    let by_type = report.counts();
    let all = |action: &str| by_type.values().filter_map(|counts| counts.get(action)).sum::<usize>();
    let counts: Vec<_> =
        report.words.iter().map(|word| (word, all(&word.action))).filter(|(_, count)| *count > 0).collect();
    let largest = by_type.values().map(|counts| counts.values().sum()).max().unwrap_or(1).max(1);
    html! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            @if counts.is_empty() { p { "There are no policies to list." } }
            ul .tiles {
                @for (word, count) in &counts {
                    li class=(word.tone) {
                        span .sign aria-hidden="true" { (word.sign) }
                        strong { (thousands(*count)) } " "
                        span { (clean(&word.says)) }
                    }
                }
            }
            @let signs: Vec<String> = signs(counts.iter().map(|(word, _)| *word));
            @if !signs.is_empty() { p .legend { (signs.join("\u{a0}\u{a0} ")) } }
            @if by_type.len() > 1 {
                div .scroll tabindex="0" role="group" aria-label="Policies by type" {
                    table .chart {
                        caption { "Policies by type" }
                        thead { tr {
                            th scope="col" { "Type" }
                            th scope="col" aria-hidden="true" .bar { }
                            @for (word, _) in &counts { th scope="col" .number {
                                span .sign.(word.tone) aria-hidden="true" { (word.sign) }
                                span .quiet { (clean(&word.says)) }
                            } }
                        } }
                        tbody { @for (type_name, own) in &by_type { tr {
                            th scope="row" { a href={ "#type-" (type_name) } { (clean(type_name)) } }
                            td .bar aria-hidden="true" { (bar(parts(report, own), largest)) }
                            @for (word, _) in &counts {
                                td .number { @if let Some(count) = own.get(word.action.as_str()) { (thousands(*count)) } }
                            }
                        } } }
                    }
                }
            }
        }
    }
}

/// What the signs mean, each once.
pub(super) fn signs<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<String> {
    let mut signs: Vec<String> = Vec::new();
    for word in words.filter(|word| !word.means.is_empty()) {
        let sign = format!("{}\u{a0}{}", word.sign, word.means);
        if !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    signs
}

/// The parts of a type's bar, one for each action.
fn parts<'a>(report: &'a Report, counts: &'a Counts<'_>) -> impl Iterator<Item = Part<'a>> {
    let number = |word: &Word| counts.get(word.action.as_str()).copied().unwrap_or_default();
    report.words.iter().map(move |word| (word.tone, number(word), word.says.as_str()))
}
