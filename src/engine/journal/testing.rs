//! Journals for tests.

use serde_json::Value;

use super::line::{Does, Header, Origin, Reply, RequestOutcome};
use super::write::Sending;
use crate::engine::plan::opened_secrets::OpenedSecrets;
use crate::engine::plan::plan_file;
use crate::engine::plan::plan_file::{Options, Plan};
use crate::engine::plan::prepared::{EarlierWork, Prepared, StepWork};
use crate::engine::plan::target_ids::TargetIds;
use crate::policy::{Marks, TenantInfo};

/// The header of a run without steps.
pub(crate) fn header() -> Header {
    let plan = Plan {
        pilot: None,
        format: plan_file::FORMAT,
        source: None,
        target: TenantInfo { id: Some(String::from("t1")), ..TenantInfo::default() },
        tree_fingerprint: "0b".repeat(32),
        mapping_fingerprint: None,
        options: Options::default(),
        steps: Vec::new(),
        findings: Vec::new(),
    };
    let mut target_ids = TargetIds::default();
    target_ids.insert("x", "A", "9");
    let prepared = Prepared {
        plan,
        work: StepWork::default(),
        target_ids,
        known: [(String::from("x"), [String::from("9")].into())].into(),
        groups: Vec::new(),
        marks: Marks::default(),
        mapping: None,
        earlier: EarlierWork::new(),
        planned: None,
        secrets: OpenedSecrets::default(),
    };
    let origin = Origin { tree: "/trees/one".into(), tenant: "production".into(), ..Origin::default() };
    Header::new(origin, &prepared)
}

/// Something to send.
pub(crate) fn sending<'a>(step: &'a str, does: Does, method: &'a str, before: Option<&'a Value>) -> Sending<'a> {
    Sending { step, does, method, path: "a/b", body: Some("0d".repeat(32)), before }
}

/// Its result.
pub(crate) fn reply(n: u64, outcome: RequestOutcome) -> Reply {
    let error = (outcome != RequestOutcome::Ok).then(|| String::from("refused: 400"));
    let target_id = (outcome == RequestOutcome::Ok).then(|| format!("id-{n}"));
    let approval = (outcome == RequestOutcome::Pending).then(|| String::from("code-1"));
    Reply { n, outcome, target_id, error, approval }
}
