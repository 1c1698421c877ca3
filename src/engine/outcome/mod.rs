//! The outcome of an object: in a plan, an import, a verification, an undo, a comparison, a lint.
//! Each outcome's word, sign, sentence and exit code are in [`words`] and nowhere else; [`sign`] says what the signs
//! mean, [`need`] what a policy needs to move, [`object`] what else is said of one object.

pub(crate) mod need;
pub(crate) mod object;
pub(crate) mod sign;
pub(crate) mod words;

pub use need::{Need, Needs};
pub use object::{ObjectOutcome, counts};
pub use sign::Sign;
pub use words::Outcome;
