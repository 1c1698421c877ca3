//! Verify: is the target what the tree says? A plan read as an answer: what it would create is missing,
//! what it would change differs.

use crate::engine::error::EngineError;
use crate::engine::lint::AnySecret;
use crate::engine::outcome::{ObjectOutcome, Outcome};
use crate::engine::plan::PlanInputs;
use crate::engine::plan::plan_file::{Action, AssignmentMode, ExistingAssignments, OnConflict, Options, Step};
use crate::engine::plan::planner;
use crate::finding::{Finding, codes};

/// The result of a verification.
#[derive(Debug)]
pub struct Verified {
    /// Object by object.
    pub objects: Vec<ObjectOutcome>,
    /// What of the target may not be read, and was not compared.
    pub unread: Vec<Finding>,
}

/// Compares the target with the tree, object by object. Of the options of `inputs` only those count that
/// say what there should be: names, assignments, the gate's state, the selection.
pub async fn verify(inputs: PlanInputs<'_>) -> Result<Verified, EngineError> {
    let options = Options {
        on_conflict: OnConflict::Skip,
        existing_assignments: ExistingAssignments::Leave,
        allow_broad: true,
        restore: true,
        send_secrets: false,
        ..inputs.options.clone()
    };
    // Secrets are not compared, so none is needed.
    let prepared = planner::plan(PlanInputs { options: &options, secrets: &AnySecret, ..inputs }).await?;
    let with_assignments = options.assignments != AssignmentMode::None;
    let plan = prepared.plan;
    let objects = plan.steps.into_iter().map(|step| outcome(step, with_assignments)).collect();
    let unread = plan.findings.into_iter().filter(|finding| finding.is(&codes::NOT_READ)).collect();
    Ok(Verified { objects, unread })
}

fn outcome(step: Step, with_assignments: bool) -> ObjectOutcome {
    let mut differences = step.differences;
    differences.extend(step.assignment_differences.into_iter().filter(|_| with_assignments));
    let action = match step.action {
        Action::Blocked | Action::LeftBehind => step.action.outcome(),
        Action::Create => Outcome::Missing,
        _ if differences.is_empty() => Outcome::Equal,
        _ => Outcome::Differs,
    };
    let mut audience = step.audience_differences;
    audience.retain(|one| with_assignments || !one.is_assignment());
    if action != Outcome::Differs {
        audience.clear();
    }
    ObjectOutcome {
        type_name: step.type_name,
        id: step.key,
        name: step.name,
        action,
        target_id: step.target_id,
        differences,
        audience,
        findings: step.findings,
    }
}
