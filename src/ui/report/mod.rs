//! The HTML report: one file that a browser shows without any network, reads well without JavaScript (where it is not
//! too large for that) and better with it, on paper, in the dark and to those who listen. Everything that comes from elsewhere is text in it,
//! never markup, and a content policy lets nothing run but the report's own script.
//!
//! [`model`] is what a report says, `from` makes one of a plan, an outcome or a comparison; `page` is the frame
//! of every report, `prose` its sentences, `bar` its pictures of numbers, `parts` what a large one keeps compressed until it is seen, `summary`, `policies`, `reasons` and `waiting` are its sections. Not for deciding
//! anything, and not for the terminal.

pub(super) mod bar;
mod from;
mod markdown;
pub mod model;
pub(super) mod page;
pub(super) mod parts;
mod policies;
mod prose;
mod reasons;
mod summary;
#[cfg(test)]
mod tests;
mod waiting;

pub use markdown::markdown;
use maud::{Markup, html};
pub use model::Report;
pub(crate) use page::{SCRIPT, STYLE};
use parts::Parts;

/// The report as the text of a file. `made` says when.
pub fn html(report: &Report, made: &str) -> String {
    let report = &report.in_order();
    let parts = Parts::of(report.entries.len());
    let body = sections(report, &parts);
    page::page(&report.title, &report.facts, made, &body, &parts)
}

/// What is inside of the frame, for a page that has its own frame, and serves [`STYLE`] and [`SCRIPT`] beside itself.
pub(crate) fn body(report: &Report) -> Markup {
    let report = &report.in_order();
    let parts = Parts::of(report.entries.len());
    html! { (parts.print_note()) (sections(report, &parts)) (parts.kept()) }
}

fn sections(report: &Report, parts: &Parts) -> Markup {
    let policies = policies::section(report, parts);
    let sections = [Some(summary::section(report)), reasons::section(report), policies, waiting::section(report)];
    html! { @for section in sections.into_iter().flatten() { (section) } }
}
