//! The HTML report: one file that a browser shows without any network, reads well without JavaScript (where it is not
//! too large for that) and better with it, on paper, in the dark and to those who listen. Everything that comes from elsewhere is text in it,
//! never markup, and a content policy lets nothing run but the report's own script.
//!
//! [`model`] is what a report says, `from` makes one of a plan, an outcome or a comparison; `page` is the frame
//! of every report, `prose` its sentences, `parts` what a large one keeps compressed until it is seen, `summary`, `policies`, `reasons` and `waiting` are its sections. Not for deciding
//! anything, and not for the terminal.

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
use maud::html;
pub use model::Report;
use parts::Parts;

/// The report as the text of a file. `made` says when.
pub fn html(report: &Report, made: &str) -> String {
    let report = &report.in_order();
    let parts = Parts::of(report.entries.len());
    let policies = policies::section(report, &parts);
    let sections = [Some(summary::section(report)), reasons::section(report), policies, waiting::section(report)];
    let body = html! { @for section in sections.into_iter().flatten() { (section) } };
    page::page(&report.title, &report.facts, made, &body, &parts)
}
