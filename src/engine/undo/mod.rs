//! Undo: takes back what one run did, as its journal has it. What the run made is removed, what it changed is
//! put back as it was, in the reverse of the order in which it was done. What someone changed since, or
//! uses, stays and is named.
//!
//! - [`plan`](mod@plan): looks at each object and says what would become of it; writes nothing.
//! - [`undoing`]: one object, and what would become of it. [`usage`]: who else refers to what would be removed.
//! - [`carry_out`](mod@carry_out): does it, in the same journal, so that a killed undo is simply run again.
//! - [`put_back`]: one changed object as it was, by its type's own way of changing it.

pub(crate) mod carry_out;
mod given;
mod orphans;
pub(crate) mod plan;
mod put_back;
mod undoing;
mod usage;

pub use carry_out::carry_out;
pub use given::Undo;
pub use plan::judge;
pub use undoing::{Undoing, What};
