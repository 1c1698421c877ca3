//! Import: a prepared plan becomes writes, each recorded in the journal before it is sent and read back after.
//!
//! In: a prepared plan and a journal. Out: the outcome of each object. Begin with [`run`], which has the order of the
//! phases; each phase is a file of functions that take the one value of `importer`. [`request`] is the one way anything
//! is written, `assign` writes the assignments of one object (`assignments` says of which, in which order), [`resume`]
//! goes on with an earlier run.

pub mod approvals;
pub(crate) mod arrivals;
pub(crate) mod assign;
mod assignments;
mod bars;
mod by_bucket;
mod create;
mod error_location;
mod groups;
mod importer;
pub(crate) mod job;
mod lanes;
mod objects;
pub(crate) mod parts;
pub(crate) mod patience;
pub(crate) mod ranking;
mod ranks;
mod read_back;
mod ready;
mod redact;
pub(crate) mod request;
pub(crate) mod resume;
pub mod run;
mod service_created;
mod settle;
mod status;
mod twins;
pub(crate) mod uncertain_create;
mod update;
mod upload;
mod upload_address;
mod upload_place;
mod upload_steps;
mod upload_wait;
mod wait_until_listed;
pub(crate) mod wave;
pub(crate) mod write_object;
pub(crate) mod written;
