//! What can be wrong with the configuration: which file, which line, what to do.

use std::path::PathBuf;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No `ferry.toml` anywhere.
    #[error(
        "no ferry.toml was found (looked for {}); create one with a [tenants.{tenant}] table (`intune-ferry init`), name it with --config, or name the tenant by its ID or domain",
        list(looked)
    )]
    NoFile {
        /// The tenant that was asked for.
        tenant: String,
        /// All places that were tried.
        looked: Vec<PathBuf>,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is not TOML, or has an unknown or misplaced key.
    #[error("{}:{line}:{column}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// The file has no such tenant.
    #[error(
        "{}: there is no tenant `{tenant}`{}; {}", path.display(), did_you_mean(suggestion.as_deref()), known_tenants(known)
    )]
    UnknownTenant {
        /// The file.
        path: PathBuf,
        /// The tenant that was asked for.
        tenant: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
        /// All tenants of the file.
        known: Vec<String>,
    },
    /// A value cannot be used.
    #[error("{}:{line}: tenant `{tenant}`, {key}: {reason}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The tenant.
        tenant: String,
        /// The key in the tenant's table.
        key: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// An environment variable is not set, or empty.
    #[error("the environment variable {variable} is not set; set it to {meaning}")]
    MissingVariable {
        /// The variable, or the choice of variables.
        variable: String,
        /// What it should hold.
        meaning: String,
    },
    /// An environment variable holds something unusable. Its value is not repeated.
    #[error("the environment variable {variable} cannot be used: {reason}")]
    BadVariable {
        /// The variable.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

fn known_tenants(known: &[String]) -> String {
    if known.is_empty() {
        "the file names no tenants: add a [tenants.NAME] table".to_owned()
    } else {
        format!("the file has: {}", known.join(", "))
    }
}
