//! The journal: an append-only record of one import, written before each request and after it, so that a
//! run can be killed at any moment, gone on with and undone.
//!
//! - [`line`](mod@line): what the file holds, line by line; written and read by the same types.
//! - [`write`](mod@write): [`Journal`], a file that is being written.
//! - [`record`]: [`Record`], a file that was written, read back whole. `--resume` and `undo` begin there:
//!   [`Record::read`], then [`Record::writes`] in the order in which they were sent, each with what came
//!   of it; [`Record::before`] is an object as it was before the run touched it.
//!
//! What a journal never holds: bodies (only their fingerprints), tokens, or a secret's value.

pub(crate) mod line;
mod outcomes;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod write;

pub use line::{Does, EndLine, FORMAT, Header, Intent, Origin, Piece, Reply, RequestOutcome};
pub use outcomes::outcomes;
pub use record::{Record, Write};
pub use write::Journal;

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
pub(crate) mod testing;
