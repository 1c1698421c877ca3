//! The one integration binary: it runs the real program against the sandbox over loopback.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
#![expect(clippy::print_stdout, reason = "a skipped test says so, and the corpus its figures")]

mod bad_input;
mod codes;
mod corpus;
mod crossing;
mod diff;
mod env;
mod findings;
mod guards;
mod hostile;
mod house;
mod records;
mod regressions;
mod requests;
mod round_trip;
mod sign_in;
mod speed;
mod tree_safety;
