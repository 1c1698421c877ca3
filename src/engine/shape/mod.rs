//! A policy as it is sent and as it is compared. Pure: nothing is read and nothing written.
//!
//! In: a policy and its type. Out: a request body, differences, the names that people read.
//! Begin with [`request_body`] and [`comparison`].

pub mod comparison;
pub(crate) mod display_names;
pub(crate) mod payloads;
pub(crate) mod request_body;
pub mod secrets;
