//! Reads a tenant in the catalogue's words: policies with all that belongs to them, complete and canonical.
//!
//! In: a client and the catalogue. Out: policies, lists, what the directory says of referenced objects. Writes nothing.
//! Begin with [`Tenant`], which everything in the engine that asks a tenant gets; [`lists`] and [`reader`] read its policies.

pub(crate) mod access_gaps;
pub mod addresses;
pub(crate) mod answers;
pub(crate) mod audit_log;
pub(crate) mod detail_requests;
pub(crate) mod directory_lookup;
mod forms;
pub(crate) mod group_members;
pub(crate) mod inventory;
pub(crate) mod lists;
pub(crate) mod nested_objects;
pub(crate) mod of_any_kind;
pub(crate) mod reader;
mod signed_in;
pub(crate) mod tenant_info;

pub use signed_in::Tenant;
pub use tenant_info::{unread, who};
