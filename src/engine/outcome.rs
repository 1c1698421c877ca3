//! What came of an import, an export or a verification, object by object. For views and `--format json`.

use serde::Serialize;

use crate::finding::Finding;
use crate::policy::Difference;

/// What came of one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectOutcome {
    /// The policy type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its id, or key, in the tree.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// What was done: `created`, `updated`, `unchanged`, `assigned`, `exists-differs`, `blocked`, `failed`,
    /// `stale`, `not-started`, `equal`, `differs`, `missing`, `written`, `removed` …
    pub action: String,
    /// Its id in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Where it differs, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}
