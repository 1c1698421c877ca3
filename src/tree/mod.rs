//! A folder of exported policies on disk.
mod disk;
pub mod error;
#[cfg(test)]
mod fixture;
pub mod foreign;
pub mod json;
pub mod manifest;
pub mod secrets;
mod sidecars;
pub mod text;
pub use error::TreeError;
