//! The long operations: export, plan, import, verify. They report events and return values; they never print.

pub mod outcome;
pub mod plan;

pub use outcome::ObjectOutcome;
pub use plan::{Action, Plan, Step};
