//! What a command that writes a tree over an older one may remove or write over.

use crate::cli::git;
use crate::tree::{Consent, Edited};

/// What may be lost.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RemovalsArg {
    /// Remove the files of policies that were not found, even many at once (for example with a less privileged account)
    #[arg(long)]
    pub accept_removals: bool,
    /// Keep edited files whose new content is different; without this option or the next one they are also kept, with
    /// exit code 4, unless the last git commit has them as they are
    #[arg(long)]
    pub keep_edited: bool,
    /// Overwrite edited files, and remove them if their policy no longer exists
    #[arg(long, conflicts_with = "keep_edited")]
    pub overwrite_edited: bool,
}

impl RemovalsArg {
    /// What a person agreed to.
    pub fn consent(self) -> Consent {
        let edited = match (self.keep_edited, self.overwrite_edited) {
            (true, _) => Edited::Kept,
            (_, true) => Edited::Overwritten,
            _ => Edited::Held,
        };
        Consent { removals: self.accept_removals, edited, recorded: Some(git::committed) }
    }
}
