//! What the benchmarks share: tenants of any size, and programs run and measured.

pub mod lab;
pub mod large;
pub mod measure;
pub mod tenant;
