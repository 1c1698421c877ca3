//! OData, without any tenant: what a call asks, which route it takes, filters and pages, and the forms of answers.

pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod filter;
pub(crate) mod filter_tokens;
pub(crate) mod link;
pub(crate) mod paths;
pub(crate) mod query;
pub(crate) mod render;
pub(crate) mod route;
pub(crate) mod value;
