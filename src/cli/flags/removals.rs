//! `--accept-removals`, for every command that writes a tree over an older one.

/// Whether removals are accepted.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RemovalsArg {
    /// Remove the files of policies that were not found, even many at once (for example with a less privileged account)
    #[arg(long)]
    pub accept_removals: bool,
}
