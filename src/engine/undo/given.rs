//! What an undo is given: the run, its tenant, and how far it goes.

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
    pub(super) fn name_of(&self, kind: &str, key: &str) -> String {
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
