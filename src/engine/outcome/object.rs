//! The outcome of one object, with what to say about it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::words::Outcome;
use crate::finding::Finding;
use crate::policy::Difference;
use crate::policy::audience::Recipient;

/// The outcome of one object. For views and `--format json`.
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
    /// What was done, or would be.
    pub action: Outcome,
    /// Its id in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Where it differs, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Who the policy is for, and what changes about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<Recipient>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// How many objects have each outcome.
pub fn counts(objects: &[ObjectOutcome]) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for object in objects {
        *counts.entry(object.action).or_insert(0) += 1;
    }
    counts
}
