//! Undo: takes back what one run did, as its journal has it. What the run made is removed, what it changed is
//! put back as it was, in the reverse of the order in which it was done. What someone changed since, or
//! uses, stays and is named.
//!
//! - [`plan`](mod@plan): looks at each object and says what would become of it; writes nothing.
//! - [`undoing`]: one object, and what would become of it. [`usage`]: who else refers to what would be removed.
//! - [`carry_out`](mod@carry_out): does it, in the same journal, so that a killed undo is simply run again.
//! - [`put_back`]: one changed object as it was, by its type's own way of changing it.

pub(crate) mod carry_out;
mod orphans;
pub(crate) mod plan;
mod put_back;
mod undoing;
mod usage;

pub use carry_out::carry_out;
pub use plan::judge;
pub use undoing::{Undoing, What};

use crate::engine::error::EngineError;
use crate::engine::journal::Record;
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;

/// What an undo is carried out with.
#[derive(Clone, Copy)]
pub struct Undo<'a> {
    /// The tenant that the run wrote to.
    pub tenant: Tenant<'a>,
    /// The run.
    pub record: &'a Record,
    /// Where secrets come from that objects held before the run.
    pub secrets: &'a dyn SecretSource,
    /// Also what was changed since, and what others use.
    pub force: bool,
}

impl Undo<'_> {
    /// The name of a step's object, as the run knew it.
    fn name_of(&self, kind: &str, key: &str) -> String {
        let header = &self.record.header;
        let step = header.plan.steps.iter().find(|step| step.type_name == kind && step.key == key);
        let group = || header.groups.iter().find(|group| kind == crate::mapping::GROUP && group.source_id == key);
        step.map(|step| step.name.clone()).or_else(|| group().map(|group| group.name.clone())).unwrap_or_default()
    }

    /// Refuses another tenant than the one the run wrote to.
    pub async fn hold_against_tenant(&self) -> Result<(), EngineError> {
        self.record.hold_against(&crate::engine::tenant::tenant_info::who(self.tenant.client).await?)
    }
}
