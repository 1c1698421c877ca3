//! What another tool never exported although the object has it: parts that are in requests of their own.
//! Not for what it wrote and we could not use: that is said where it is found.

use super::identity::Candidate;
use crate::catalogue::model::PartWrite;
use crate::finding::{Finding, codes, count};

/// Says which parts no file speaks of.
pub(super) fn find(candidates: &[Candidate<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for candidate in candidates {
        let body = &candidate.policy.body;
        let missing: Vec<&str> = candidate
            .policy_type
            .parts
            .iter()
            .filter(|part| !matches!(part.create(), PartWrite::None) && part.is_of(body))
            .map(|part| part.name.as_str())
            .filter(|part| body.get(*part).is_none_or(serde_json::Value::is_null))
            .collect();
        if !missing.is_empty() {
            let message = format!("the files contain nothing about {}", missing.join(", "));
            let finding = Finding::new(&codes::PART_NOT_EXPORTED, candidate.policy.subject(), message);
            findings.push(finding.at(candidate.place()));
        }
    }
    let silent = candidates.iter().filter(|candidate| {
        candidate.policy_type.assignments.is_some() && !candidate.policy.body.contains_key("assignments")
    });
    let silent = silent.count();
    if silent > 0 {
        let message = format!("{} without assignments", count(silent, "policy comes", "policies come"));
        findings.push(Finding::new(&codes::ASSIGNMENTS_NOT_EXPORTED, "the folder", message));
    }
    findings
}
