//! What a tenant holds: its objects, contents and secrets, its audit log, and what it begins with.

pub(crate) mod audit;
pub(crate) mod blob;
pub(crate) mod constants;
pub(crate) mod contents;
pub(crate) mod defaults;
pub(crate) mod opened;
pub(crate) mod roots;
pub(crate) mod store;
