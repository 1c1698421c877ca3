//! A folder of exported policies on disk.
pub mod foreign;
pub mod json;
pub mod text;
