//! `--secrets` and `--identity` of what writes: a file of secrets, and what opens it.

use std::path::PathBuf;

/// Where secrets come from, beside the environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SecretsArgs {
    /// Secrets file from `export --secrets`; environment variables with a secret's name take precedence
    #[arg(long, value_name = "FILE", requires = "identity", help_heading = "Secrets")]
    pub secrets: Option<PathBuf>,
    /// File with the age key that decrypts it (other users can see command lines, so the key itself is not accepted)
    #[arg(long, value_name = "KEYFILE", requires = "secrets", help_heading = "Secrets")]
    pub identity: Option<PathBuf>,
}
