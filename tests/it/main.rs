//! The one integration binary: it runs the real program against the sandbox over loopback.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

mod house;
