//! The policy types, which are data in `policies-schema/types/`. Not for reading or writing a tenant:
//! the engine does that with what is here.
//!
//! [`model`], [`requests`], [`rule`], [`content`], [`secret_rule`] and [`kind`] say what a type's file may hold, [`validate`] what it must
//! not say; [`references`] finds the tenant-bound ids of a policy; [`entities`] knows Graph's own types,
//! [`spelling`] and [`typed`] what values of them mean the same.

pub(crate) mod actions;
mod adopt;
mod api;
pub(crate) mod blank;
pub(crate) mod built_in;
pub(crate) mod check;
mod check_mistakes;
pub(crate) mod cleared;
pub(crate) mod content;
pub(crate) mod entities;
pub(crate) mod facts;
pub(crate) mod id_form;
pub mod json_schema;
pub(crate) mod kind;
pub(crate) mod known_names;
pub(crate) mod load;
pub(crate) mod meaning;
pub(crate) mod misfit;
pub mod model;
pub(crate) mod part;
mod paths;
pub(crate) mod permissions;
mod portability;
pub(crate) mod predicate;
pub(crate) mod prerequisite;
pub mod references;
pub(crate) mod requests;
pub(crate) mod rule;
pub(crate) mod schema;
pub(crate) mod sealing;
pub(crate) mod secret_rule;
pub(crate) mod selection;
mod shared;
mod sign_in;
pub(crate) mod spelling;
pub(crate) mod stub;
pub(crate) mod typed;
pub mod validate;

#[cfg(test)]
mod graph_facts;
#[cfg(test)]
mod portability_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod type_file_schema;

pub use entities::Entities;
pub use kind::{DirectoryKind, Likeness};
pub use load::{Catalogue, CatalogueError};
pub use misfit::misfits;
pub use model::{PolicyType, Variant};
pub use paths::TENANT;
pub use predicate::Predicate;
pub use references::{
    Found, Unread, accounts, narrowing, references, scripts_with_carriage_returns, tenant_ids, unread,
};
pub use rule::{Form, OnDrop, ReferenceRule};
pub use selection::{Selection, SelectionError};
pub use shared::TenantFact;
