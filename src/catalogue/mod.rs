//! The policy types, which are data in `policies-schema/types/`. Not for reading or writing a tenant:
//! the engine does that with what is here.
//!
//! [`model`], [`requests`], [`rule`], [`content`], [`secret_rule`] and [`kind`] say what a type's file may hold, [`validate`] what it must
//! not say; [`references`] finds the tenant-bound ids of a policy; [`entities`] knows Graph's own types,
//! [`spelling`] and [`typed`] what values of them mean the same.

mod actions;
mod adopt;
mod api;
pub mod blank;
pub mod built_in;
pub mod cleared;
pub mod content;
pub mod entities;
pub mod facts;
pub mod id_form;
pub mod json_schema;
pub mod kind;
pub mod known_names;
pub mod load;
pub mod meaning;
pub mod misfit;
pub mod model;
pub mod part;
mod paths;
pub mod permissions;
mod portability;
pub mod predicate;
pub mod prerequisite;
pub mod references;
pub mod requests;
pub mod rule;
pub mod schema;
pub mod sealing;
pub mod secret_rule;
pub mod selection;
mod shared;
pub mod spelling;
pub mod typed;
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
pub use references::{Found, accounts, narrowing, references, scripts_with_carriage_returns, tenant_ids};
pub use rule::{Form, OnDrop, ReferenceRule};
pub use selection::{Selection, SelectionError};
pub use shared::TenantFact;
