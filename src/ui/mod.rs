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
pub mod demo_view;
pub mod diff_view;
mod differences;
pub mod doctor_view;
pub mod documentation;
pub mod escape;
pub mod explain_view;
pub mod export_view;
pub mod figures;
pub mod findings;
pub mod layout;
pub mod lint_view;
pub mod mapping_view;
pub mod next_view;
mod open_points;
pub mod outcomes;
pub mod overview_view;
mod phases;
pub mod plan_view;
pub mod printer;
pub mod progress;
pub mod report;
pub mod results;
pub mod sandbox_view;
pub mod sign_in_view;
mod signs;
pub mod style;
pub mod table;
pub mod told;

pub use escape::clean;
pub use layout::{Look, wrap};
pub use next_view::Next;
pub use printer::{Format, Printer, Verbosity};
pub use progress::Progress;
pub use results::{Document, ErrorReport};
