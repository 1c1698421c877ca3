//! Folders that other tools exported, read into policies. Not for writing them: the tree does that.
//!
//! Start with [`adopt()`]. The way of a file: `files` reads it (`yaml`), `unwrap` takes the objects out of
//! it, `recognise` says what each is, `normalize` cleans it, `identity` gives ids and finds copies, `names`,
//! `links` and `people` tie the objects together, `losses` and `payloads` say what the tool left out.
//! `group_policy` finds group policy objects among the files and has them converted, with what `templates` reads;
//! `apple` does so for configuration profiles, and `origins` says of each what became of what it sets.
//! `mobility` does so for Basic Mobility and Security. `of_tree` has policies of a tree converted in the same way. `archive` unpacks a ZIP file first. [`layouts`] writes what other programs import.

mod adopt;
#[cfg(test)]
mod adopt_tests;
mod apple;
mod archive;
#[cfg(test)]
mod corpus_tests;
mod definition_values;
mod error;
mod files;
mod group_policy;
mod group_policy_findings;
mod identity;
pub(crate) mod layouts;
mod ledger;
mod links;
mod losses;
mod mobility;
mod names;
mod normalize;
mod object;
mod of_tree;
mod options;
mod origins;
mod payloads;
mod people;
mod recognise;
mod shape;
mod side_files;
mod templates;
#[cfg(test)]
mod tests_fixture;
mod unwrap;
mod yaml;

pub use adopt::{Adopted, adopt};
pub use error::ForeignError;
#[cfg(test)]
pub use ledger::Fate;
pub use of_tree::convert;
pub use options::Options;
