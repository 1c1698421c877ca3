//! Pure checks of a request body against Graph's model: what Graph would refuse before it stores anything.
//!
//! As strict as the facts say, and strict where nothing is known: a lenient emulator hides every mistake of a
//! client. `body` walks a body along its types, `primitive` checks single values, `rules` and `known` hold what
//! is known of single properties, each with its source.
//!
//! Not here: what depends on the tenant's content (does that group exist?) or on a collection's behaviour (a block
//! action is needed): that is the sandbox's behaviour. The types themselves are in [`crate::metadata::model`].

mod body;
#[cfg(test)]
mod fixtures;
mod known;
mod primitive;
mod refusal;
mod rules;
mod treatment;

pub use body::{action, entity};
pub use refusal::Refusal;
pub use treatment::Purpose;
