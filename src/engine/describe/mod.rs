//! What a report says of a tree: which group gets what, what the policies hold.
//!
//! In: a tree. Out: values that `ui` and `web` show. Begin with [`tree_summary`].

pub mod audience;
pub(crate) mod texts;
pub mod tree_summary;
