//! The one integration binary: it runs the real program against the sandbox over loopback.
