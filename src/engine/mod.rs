//! The long operations: export, plan, import, verify, lint. They report events and return values; they
//! never print.
//!
//! Start with [`export`] (a tenant becomes a snapshot) or [`planner`] (a tree becomes a plan) and
//! [`import`] (a plan becomes writes). [`read`] is the one way policies are read, [`write`](mod@write) the
//! one way anything is written.

pub mod addresses;
pub mod anew;
pub mod approvals;
mod arrange;
pub mod assign;
mod assignment_merge;
pub mod audit;
mod belongings;
mod blame;
pub mod body;
pub mod cache;
mod companions;
pub mod comparable;
mod conceal;
mod contained;
pub mod content;
mod create;
mod decide;
pub mod diff;
mod each;
pub mod error;
pub mod export;
pub mod groups;
pub mod import;
pub mod inside;
pub mod inventory;
pub mod journal;
pub mod lint;
mod listed;
mod lock_out;
mod look;
pub mod lookup;
pub mod mapped;
pub mod matching;
mod members;
pub mod names;
pub mod object;
pub mod options;
pub mod order;
pub mod outcome;
mod pairing;
pub mod parts;
mod pilot;
pub mod plan;
pub mod planner;
pub mod prepared;
mod prerequisites;
mod rank;
pub mod reach;
pub mod read;
pub mod rename;
pub mod requirement;
pub mod resolve;
pub mod restore;
pub mod resume;
pub mod reveal;
pub mod secret;
pub mod select;
mod settle;
pub mod tenant;
mod told;
pub mod undo;
pub mod unread;
pub mod verify;
pub mod wave;
pub mod write;

pub use error::EngineError;
pub use outcome::ObjectOutcome;
pub use plan::{Action, Plan, Step};
