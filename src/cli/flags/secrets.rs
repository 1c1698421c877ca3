//! `--secrets` and `--identity` of what writes: a file of secrets, and what opens it.

use std::path::PathBuf;

/// Where secrets come from, beside the environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SecretsArgs {
    /// Secrets that `export --secrets` kept; an environment variable of a secret's name comes before it
    #[arg(long, value_name = "FILE", requires = "identity", help_heading = "Secrets")]
    pub secrets: Option<PathBuf>,
    /// The file with the age key that opens it. The key itself never stands on a command line, which others can see
    #[arg(long, value_name = "KEYFILE", requires = "secrets", help_heading = "Secrets")]
    pub identity: Option<PathBuf>,
}
