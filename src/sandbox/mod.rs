//! Emulated tenants served over HTTP, for rehearsal and tests.

pub mod model;
pub mod validate;
