//! Export: a tenant becomes a snapshot that a tree is written from.
//!
//! In: a client, the catalogue and a selection. Out: a snapshot with a status per type. Begin with [`run`].

pub(crate) mod incremental_cache;
mod references;
pub mod run;
pub(crate) mod secret_ids;
pub(crate) mod secret_values;

pub use run::{Exported, export};
