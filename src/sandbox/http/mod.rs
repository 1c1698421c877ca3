//! Transport and trouble: the server and its connections, batches, faults and storms, limits, the storage that takes
//! contents, and the world of all tenants, which is where a request finds its own.

pub(crate) mod admin;
pub(crate) mod approval;
pub(crate) mod batch;
pub(crate) mod connection;
pub(crate) mod fault;
pub(crate) mod faults;
pub(crate) mod halt;
pub(crate) mod server;
pub(crate) mod spoilt;
pub(crate) mod storage;
pub(crate) mod storm;
pub(crate) mod throttle;
pub(crate) mod world;
