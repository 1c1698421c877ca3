//! What a report says of a tree: which group gets what, what the policies hold.
//!
//! In: a tree. Out: values that `ui` shows. Begin with [`tree_summary`].

pub mod audience;
pub mod tree_summary;
