//! Which tenant a command talks to.

/// The tenant that is read, or signed in to.
#[derive(Debug, Clone, clap::Args)]
pub struct SourceArg {
    /// Tenant: a table of ferry.toml, a tenant's ID or domain, or `env` for the AZURE_* variables
    #[arg(value_name = "TENANT")]
    pub tenant: String,
}

/// The tenant that is compared with, or written to.
#[derive(Debug, Clone, clap::Args)]
pub struct TargetArg {
    /// Target tenant: a table of ferry.toml, a tenant's ID or domain, or `env` for the AZURE_* variables
    #[arg(long = "to", value_name = "TENANT")]
    pub tenant: String,
}
