//! What is to be written into a tree, and the result. Plain values; `write.rs` works on them.

use std::collections::BTreeMap;

use super::account::Account;
use super::origin::Origins;
use crate::catalogue::Selection;
use crate::finding::Finding;
use crate::policy::{Directory, Kept, TenantInfo};

/// How a type's list was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeRead {
    /// To its end: what is not in it, the tenant does not have.
    Complete,
    /// Not, or not to its end, and why: in this program's words. What a service says differs from night to night,
    /// and may hold what nobody should keep.
    Failed(&'static str),
    /// Not, because this account may not, as is meant, or the tenant does not have it; and what it takes.
    NotRead(String),
}

/// What a tenant, an adopted folder or a rewriting gave.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The tenant the policies come from.
    pub tenant: Option<TenantInfo>,
    /// Who read it; none where no tenant was asked.
    pub account: Option<Account>,
    /// Its cloud.
    pub cloud: Option<String>,
    /// What was asked for.
    pub selection: Selection,
    /// How each type that was looked at was read. A type that is not here was not looked at.
    pub types: BTreeMap<String, TypeRead>,
    /// The policies, payloads in base64.
    pub policies: Vec<Kept>,
    /// Referenced objects that are not among them.
    pub directory: Directory,
    /// The tenant the policies were rewritten for.
    pub rewritten_for: Option<TenantInfo>,
    /// Where the policies come from; none where they were exported.
    pub origins: Option<Origins>,
    /// The text of the mapping that was applied.
    pub mapping: Option<String>,
}

/// The result of writing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Policies of which some file was written.
    pub written: usize,
    /// Policies whose files were not touched.
    pub unchanged: usize,
    /// Files of policies the tenant no longer has.
    pub removed: Vec<String>,
    /// Files of policies that were not found and may not be removed: the type failed, or too many.
    pub kept: Vec<String>,
    /// Files that somebody edited by hand and that stay as they are.
    pub edited: Vec<String>,
    /// Files that got another name, old and new, because the policy did.
    pub moved: Vec<(String, String)>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}
