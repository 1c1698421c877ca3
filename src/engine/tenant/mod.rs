//! Reads a tenant in the catalogue's words: policies with all that belongs to them, complete and canonical.
//!
//! In: a client and the catalogue. Out: policies, lists, what the directory says of referenced objects. Writes nothing.
//! Begin with [`reader`].

pub mod access_gaps;
pub mod addresses;
pub mod audit_log;
pub(crate) mod detail_requests;
pub mod directory_lookup;
mod forms;
pub(crate) mod group_members;
pub mod inventory;
pub(crate) mod nested_objects;
pub mod reader;
pub mod tenant_info;

pub use tenant_info::who;
