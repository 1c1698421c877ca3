//! What a command that writes a tree over an older one may remove or write over.

use crate::tree::{Consent, Edited};

/// What may be lost.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RemovalsArg {
    /// Remove the files of policies that were not found, even many at once (for example with a less privileged account)
    #[arg(long)]
    pub accept_removals: bool,
    /// Keep files that somebody edited by hand where there is something else now; without this or the next one they are
    /// kept as well, and the exit code is 4
    #[arg(long)]
    pub keep_edited: bool,
    /// Write over files that somebody edited by hand, and remove them where their policy is gone
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
        Consent { removals: self.accept_removals, edited }
    }
}
