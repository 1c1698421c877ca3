//! Import: a prepared plan becomes writes, each recorded in the journal before it is sent and read back after.
//!
//! In: a prepared plan and a journal. Out: the outcome of each object. Begin with [`run`]; [`request`] is the one way
//! anything is written, `assign` writes assignments, [`resume`] goes on with an earlier run.

pub mod approvals;
pub(crate) mod arrivals;
pub(crate) mod assign;
mod by_bucket;
mod create;
mod error_location;
pub(crate) mod groups;
pub(crate) mod parts;
pub(crate) mod patience;
pub(crate) mod ranking;
mod read_back;
mod ready;
mod redact;
pub(crate) mod request;
pub(crate) mod resume;
pub mod run;
mod service_created;
mod settle;
mod status;
pub(crate) mod uncertain_create;
pub(crate) mod update;
pub(crate) mod upload;
mod upload_address;
mod upload_place;
mod upload_steps;
mod upload_wait;
mod wait_until_listed;
pub(crate) mod wave;
