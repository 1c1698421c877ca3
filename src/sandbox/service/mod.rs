//! What every collection does: reading, writing, actions, assignments, references and permissions. What one collection
//! does otherwise is in [`behaviours`](crate::behaviours), by the trait [`Rules`](rules::Rules).

pub(crate) mod actions;
pub(crate) mod assign;
pub(crate) mod check;
pub(crate) mod content;
pub(crate) mod core;
pub(crate) mod directory;
pub(crate) mod expand;
pub(crate) mod pages;
mod people;
pub(crate) mod permission;
pub(crate) mod present;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod rules;
pub(crate) mod secrets;
pub(crate) mod write;
