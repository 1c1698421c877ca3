//! What a plan is computed from.

use super::plan_file::Options;
use crate::catalogue::Selection;
use crate::engine::content;
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::mapping::Mapping;
use crate::tree::Tree;

/// What a plan is computed from.
#[derive(Clone, Copy)]
pub struct PlanInputs<'a> {
    /// The target tenant.
    pub tenant: Tenant<'a>,
    /// What is to be imported.
    pub tree: &'a Tree,
    /// What the source's ids are in the target.
    pub mapping: Option<&'a Mapping>,
    /// What was asked for.
    pub options: &'a Options,
    /// Which policies.
    pub selection: &'a Selection,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// Where the contents are that Graph does not give.
    pub content: Option<&'a content::Folder>,
}
