//! The client against a server on this machine that gives canned answers.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

mod batches;
mod canned;
mod reads;
mod signing_in;
mod writes;
