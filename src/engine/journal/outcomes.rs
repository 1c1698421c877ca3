//! The outcome of a run, read from its journal alone: the tenant is not read, so this is what the run knew.

use super::line;
use super::line::Does;
use super::record::{Record, Write};
use crate::engine::plan::plan_file::{Action, AssignmentAction, Step};
use crate::engine::{ObjectOutcome, Outcome};
use crate::finding::{Finding, codes};

/// Step by step, in the order of the plan.
pub fn outcomes(record: &Record) -> Vec<ObjectOutcome> {
    record.header.plan.steps.iter().map(|step| outcome(record, step)).collect()
}

fn outcome(record: &Record, step: &Step) -> ObjectOutcome {
    let reference = step.reference();
    let writes: Vec<&Write> = record.writes_of(&reference).collect();
    let mut findings = step.findings.clone();
    let open = writes.iter().filter(|write| !record.is_settled(write));
    findings.extend(open.filter_map(|write| failure(step, write)));
    let action = action(record, step, &writes);
    let target_id = record.created(&reference).map(str::to_owned).or_else(|| step.target_id.clone());
    ObjectOutcome { audience: step.audience_after(action, true), ..step.object(action, target_id, findings) }
}

fn failure(step: &Step, write: &Write) -> Option<Finding> {
    let intent = &write.intent;
    let what = match write.outcome() {
        line::RequestOutcome::Ok => return None,
        line::RequestOutcome::Failed => "was refused",
        line::RequestOutcome::Unknown => "has no recorded answer, so its result is unknown",
        line::RequestOutcome::Pending => "is waiting for a second administrator",
    };
    let why = write.reply.as_ref().and_then(|reply| reply.error.as_deref()).map(|why| format!(": {why}"));
    let message = format!("{} {} {what}{}", intent.method, intent.path, why.unwrap_or_default());
    Some(Finding::new(&codes::WRITE_FAILED, step.subject(), message))
}

fn action(record: &Record, step: &Step, writes: &[&Write]) -> Outcome {
    if let Some(last) = record.undoing_of(&step.reference()).next_back() {
        let removes = |write: &Write| write.intent.does == Does::Remove;
        return match last.is_done() || record.is_settled(last) {
            false => Outcome::Failed,
            true if record.undoing_of(&step.reference()).any(removes) => Outcome::Removed,
            true => Outcome::Restored,
        };
    }
    match step.action {
        action if action.is_absent() || !step.writes() => action.outcome(),
        _ if writes.is_empty() => Outcome::NotStarted,
        // What was refused once and done later is done.
        _ if writes.last().is_some_and(|write| !write.is_done() && !record.is_settled(write)) => Outcome::Failed,
        Action::Create => Outcome::Created,
        Action::Update => Outcome::Updated,
        _ if step.assignments == AssignmentAction::Write
            && writes.iter().any(|write| write.intent.does == Does::Assign) =>
        {
            Outcome::Assigned
        }
        _ => Outcome::Updated,
    }
}
