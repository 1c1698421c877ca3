//! The only place that prints. Views turn values into text ([`plan_view`], [`findings`], [`outcomes`] …), the
//! [`printer`] puts text on the right stream, [`progress`] shows what is under way, [`results`] is the one
//! JSON document that every command can give instead, [`report`] the HTML file beside it.
//!
//! Not for deciding anything. A view is a pure function from a value to a text with color codes in it;
//! the printer takes the codes out where nobody would see colors. What comes from a tenant, a tree or
//! another file goes through [`escape::clean`] before it is shown.

mod audience_view;
pub mod catalogue_view;
mod change_lines;
pub(crate) mod converted_page;
pub(crate) mod converted_view;
pub(crate) mod demo_view;
pub(crate) mod diff_view;
mod differences;
pub(crate) mod doctor_view;
pub mod documentation;
pub(crate) mod escape;
pub(crate) mod explain_view;
pub(crate) mod export_view;
pub(crate) mod figures;
pub(crate) mod findings;
pub(crate) mod layout;
pub(crate) mod lint_view;
pub(crate) mod mapping_view;
pub(crate) mod next_view;
mod open_points;
pub(crate) mod outcomes;
pub(crate) mod overview_view;
mod phases;
pub(crate) mod plan_view;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod readiness;
pub(crate) mod registration_view;
pub mod report;
pub mod results;
pub(crate) mod sandbox_view;
pub(crate) mod sign_in_view;
mod signs;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod told;
pub(crate) mod web_view;

pub use escape::clean;
pub use layout::{Look, hang, wrap};
pub use next_view::Next;
pub use printer::{Format, Printer, Verbosity};
pub use progress::Progress;
pub use results::{Document, ErrorReport};
