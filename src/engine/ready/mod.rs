//! Readiness: what a tenant must have before the policies of a tree work there, and what of it expires. Reads, writes
//! nothing. The rows are data: the `check` of a prerequisite in `policies-schema/shared.toml`.
//!
//! [`examine`] asks the tenant, `judge` says what an answer means, [`demand`] what a tree needs, `groups` who is in the
//! groups, [`state`] is the result, [`announce`] what people notice. Begin with [`examine()`].

pub(crate) mod announce;
pub(crate) mod compare;
pub(crate) mod demand;
mod dns;
pub(crate) mod examine;
mod group_facts;
mod groups;
mod judge;
mod license;
mod lock_out;
mod people;
mod permissions;
mod roles;
pub(crate) mod state;

pub use demand::Wanted;
pub use examine::{Inputs, examine};
pub use state::{CheckState, Item, Readiness, Row};
