//! Doctor: reads, changing nothing, a page of every type with the account at hand, and what export reads below the
//! objects, to find out where a tenant answers otherwise than is known. What comes of it can be shown to anyone: shapes
//! of requests, statuses and error codes, and nothing of the tenant. Begin with [`examine`].

mod examine;
mod probe;
mod result;
mod shapes;

pub use examine::examine;
pub use result::{Examined, Probe, Verdict};
