//! What the configuration sees of the machine: environment variables and the current folder. A value, so
//! that tests need not change the real ones.

use std::path::PathBuf;

/// The machine as the configuration sees it.
pub(super) struct Surroundings<'a> {
    /// Gives an environment variable.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Where a relative `ferry.toml` is looked for.
    pub(super) folder: PathBuf,
}

impl Surroundings<'static> {
    /// The real ones.
    pub(super) fn real() -> Self {
        Self { variable: &|name| std::env::var(name).ok(), folder: PathBuf::from(".") }
    }
}

impl Surroundings<'_> {
    /// A variable that is set to something.
    pub(super) fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }
}
