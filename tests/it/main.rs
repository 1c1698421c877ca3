//! The one integration binary: it runs the real program against the sandbox over loopback.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
#![expect(clippy::print_stdout, reason = "a skipped test says so, and the corpus its figures")]

mod admx;
mod app_content;
mod approvals;
mod bad_input;
mod between;
mod browser;
mod chain;
mod citations;
mod codes;
mod companions;
mod content_killed;
mod contents;
mod corpus;
mod crossing;
mod diff;
mod env;
mod exclusions;
mod findings;
mod foreign;
mod git;
mod guards;
mod hostile;
mod house;
mod identity;
mod incomplete;
mod killed;
mod least;
mod lists;
mod mapping;
mod objects;
mod ordering;
mod packages;
mod pipelines;
mod portability;
mod prerequisites;
mod produced;
mod records;
mod reference;
mod references;
mod refusals;
mod regressions;
mod removals;
mod reports;
mod requests;
mod round_trip;
mod secrets;
mod sign_in;
mod speed;
mod stopped;
mod storms;
mod tree_safety;
mod two_users;
mod undone;
