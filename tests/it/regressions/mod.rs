//! Faults that were found by reading the engine, each with the test that showed it.

mod exporting;
mod importing;
pub mod lab;
mod planning;
