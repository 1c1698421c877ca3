//! A folder of exported policies on disk.

pub mod foreign;
