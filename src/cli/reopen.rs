//! Opens the journal of an earlier run, with the tenant that the run wrote into: what going on, the next phase
//! and an undo begin with. What each of them then does is its own file's.

use std::path::Path;

use super::connect::{Connected, connect_by};
use super::context::Context;
use super::error::CliError;
use super::lock::{self, Lock};
use super::source::{self, Loaded};
use crate::catalogue::Catalogue;
use crate::engine::import::approvals::Approvals;
use crate::engine::journal::Record;

/// A journal, and the tenant it speaks of.
pub struct Reopened {
    /// Keeps others out of the tenant as long as it lives.
    pub lock: Lock,
    /// What the journal holds.
    pub record: Record,
    /// What the types are.
    pub catalogue: Catalogue,
    /// The tenant.
    pub connected: Connected,
}

impl Reopened {
    /// Opens it; nothing is asked of the tenant yet.
    pub fn open(journal: &Path, context: &Context) -> Result<Self, CliError> {
        let first = Record::read(journal)?;
        let origin = &first.header.origin;
        let config = context.config.as_deref().or(origin.config.as_deref());
        let connected = connect_by(context, config, &origin.tenant)?;
        let lock = lock::take(&first.header.plan.target, &connected, context)?;
        // Read once more under the lock: whoever had it may have gone on with this very run.
        let record = Record::read(journal)?;
        Ok(Self { lock, record, catalogue: context.catalogue()?, connected })
    }

    /// The tree and the mapping of the run, as they are now.
    pub fn load(&self) -> Result<Loaded, CliError> {
        let origin = &self.record.header.origin;
        source::load(&origin.tree, origin.mapping.as_deref(), &self.catalogue)
    }

    /// What is said about approval: the reason given now, or the run's, and the codes that the run was given.
    pub fn approvals(&self, justification: Option<&str>) -> Approvals {
        let reason = justification.or(self.record.header.justification.as_deref());
        Approvals::new(reason, Some(&self.record))
    }
}
