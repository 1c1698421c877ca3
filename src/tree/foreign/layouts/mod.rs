//! Folders that other programs import: the admin center's own settings catalog import, and IntuneManagement.
//! The way back from [`adopt`](super::adopt()). Not for our own tree: that is `tree::write`.

mod admin_center;
mod intunemanagement;
mod layout;
mod writing;

pub use layout::{Program, write};
