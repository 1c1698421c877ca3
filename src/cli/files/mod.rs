//! The files that a command line names: which of them a command reads and which it writes, and that none is written
//! over that is read or is of another kind.
//!
//! [`places`] is the list of all of them, [`kind`] says what a file that is there already is, [`check`] holds the
//! two against each other before anything is done, [`write`] is how a file is written.

pub(crate) mod check;
pub(crate) mod kind;
pub(crate) mod places;
pub(crate) mod write;

pub use check::check;
pub use kind::{Kind, is_object_with};
pub use places::{Place, given};
pub use write::{check_place, write_file};
