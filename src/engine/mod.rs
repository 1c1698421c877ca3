//! The long operations: export, plan, import, verify, lint. They report events and return values; they
//! never print.
//!
//! Each room uses only rooms above it:
//!
//! ```text
//! error · options · outcome
//! tenant      reads a tenant: Tenant · doctor  what a tenant answers
//! shape       a policy as sent and as compared
//! content     app files · describe  for reports · lint · export  tenant to snapshot
//! plan        a tree becomes a plan
//! ready       what a tenant lacks for a tree, and what expires
//! verify · diff · journal
//! import      a plan becomes writes: request is the one way anything is written
//! undo        takes back what a journal says · registration  an application in a tenant
//! ```
//!
//! Start with [`export::run`] (a tenant becomes a snapshot), [`plan::planner`] (a tree becomes a plan) or
//! [`import::run`] (a plan becomes writes).

pub(crate) mod content;
pub mod describe;
pub mod diff;
pub(crate) mod doctor;
pub(crate) mod error;
pub mod export;
pub mod import;
pub mod journal;
pub(crate) mod lint;
pub mod options;
pub mod outcome;
pub mod plan;
pub(crate) mod ready;
pub(crate) mod registration;
pub mod shape;
pub mod tenant;
pub(crate) mod undo;
pub mod verify;

pub use error::EngineError;
pub use outcome::{ObjectOutcome, Outcome};
pub use plan::{Action, Plan, Step};
