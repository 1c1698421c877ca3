//! `ferry.toml`, the environment, and where secrets come from.
