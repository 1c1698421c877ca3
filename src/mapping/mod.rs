//! What each source id is in the target, and the pure rewriter. Reads and writes nothing but the
//! mapping file; knows no tenant: what the target holds comes in as an [`Inventory`].
//!
//! [`file`] is the mapping, [`parse`] reads it, [`suggest`] proposes one; [`rewrite`] applies it to
//! policies, and [`resolve`] fills in the ids that only planning or the import learns.

mod apply;
mod conflicts;
mod controls;
mod decide;
mod dependents;
mod embedded;
pub(crate) mod file;
mod identity;
pub(crate) mod inventory;
pub(crate) mod kinds;
#[cfg(test)]
mod leak_tests;
mod leftovers;
pub(crate) mod parse;
mod place;
mod proposed_text;
mod remake;
mod replacement;
pub(crate) mod resolve;
pub mod rewrite;
mod rewritten;
pub(crate) mod sheet;
pub(crate) mod source;
pub(crate) mod suggest;
#[cfg(test)]
mod testing;
mod text;
mod text_ids;
mod text_places;
#[cfg(test)]
mod widen_tests;

pub use conflicts::excludes;
pub use dependents::block_dependents;
pub use file::{Decision, Entry, IMPORTED, Mapping, Named, Side, TextPair};
pub use identity::{addresses, hows, same_how};
pub use inventory::{Inventory, SIGN_IN, check, made_for_others};
pub use kinds::{DIRECTORY_OBJECT, GROUP, IN_SECRETS, USER, can_create, creatable_kinds, known_kinds, not_creatable};
pub use leftovers::marks;
pub use parse::MappingError;
pub use remake::Makeable;
pub use resolve::{Resolved, resolve};
pub use rewrite::{Rewriting, rewrite, rewrite_beside};
pub use rewritten::{Await, Need, Rewritten, TextHit};
pub use source::Source;
pub use suggest::{Bulk, suggest};
pub use text_ids::{TextIds, ids_in_texts, ids_in_texts_of, ids_outside_scripts};
