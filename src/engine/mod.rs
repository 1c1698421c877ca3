//! The long operations: export, plan, import, verify.
