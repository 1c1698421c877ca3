//! A policy that the target does not have: it is created, unless something is in the way.

use super::blocks::{self, blocked};
use super::case::{Case, Terms};
use super::{assignments, content};
use crate::catalogue::model::TypeVerdict;
use crate::engine::content::source::Look;
use crate::engine::lint;
use crate::engine::plan::plan_file::{Action, AssignmentAction, AssignmentMode, Step};
use crate::engine::plan::prerequisites;
use crate::engine::shape::{comparison, secrets};
use crate::finding::{Finding, Severity, codes};

/// Decides whether and how it is created.
pub(super) fn decide(mut step: Step, case: &Case<'_>, asked: &Terms<'_>) -> Step {
    let Case { policy_type, policy, .. } = *case;
    if policy_type.verdict_of(policy) == TypeVerdict::NeedsContent {
        match case.content {
            Some(Look::Given(source)) => content::give(&mut step, source),
            Some(Look::Unusable(finding)) => {
                step.findings.push((**finding).clone());
                step.action = Action::Blocked;
                return step;
            }
            Some(Look::Nothing) | None => {
                let portability = policy_type.portability_of(policy);
                let (reason, fix) = (portability.reason_for(policy), portability.fix.clone());
                return blocked(step, &codes::NEEDS_CONTENT, reason, Some(fix));
            }
        }
    }
    if let Some(finding) = case.unmet {
        step.findings.push(finding.clone());
        step.action = Action::Blocked;
        return step;
    }
    if policy_type.default_rule(policy).is_some() {
        let message = "the object is a default of its tenant, and the target has no matching one";
        return blocked(step, &codes::MATCHED_DEFAULT, message.to_owned(), None);
    }
    blocks::for_want(&mut step, case, secrets::missing(policy, policy_type, asked.secrets));
    if step.action == Action::Create {
        for finding in lint::schema(policy, policy_type, asked.catalogue, asked.tree) {
            if finding.severity == Severity::Error {
                step.action = Action::Blocked;
            }
            step.findings.push(finding);
        }
    }
    for finding in prerequisites::passed(policy_type, policy, asked.now) {
        if finding.severity == Severity::Error {
            step.action = Action::Blocked;
        }
        step.findings.push(finding);
    }
    blocks::for_lock_out(&mut step, None, case, asked);
    blocks::in_force(&mut step, None, case, asked);
    if comparison::is_assigned(policy) && step.action == Action::Create {
        match asked.options.assignments {
            AssignmentMode::Mapped | AssignmentMode::Pilot(_) => step.assignments = AssignmentAction::Write,
            AssignmentMode::None => {
                let message = "created without its assignments";
                step.findings.push(Finding::new(&codes::ASSIGNMENTS_NOT_WRITTEN, step.subject(), message));
            }
        }
    }
    assignments::hold(step, case, asked)
}
