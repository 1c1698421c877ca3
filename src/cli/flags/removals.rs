//! `--accept-removals`, for every command that writes a tree over an older one.

/// Whether removals are accepted.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RemovalsArg {
    /// Remove the files of policies that were not found, also where an account that sees less would look the same
    #[arg(long)]
    pub accept_removals: bool,
}
