//! Whether assignments are written, left as they are, or held back because they would hit more people than anyone
//! looked at.

use super::case::{Case, Terms};
use crate::catalogue::model::TypeVerdict;
use crate::engine::plan::assignment_merge;
use crate::engine::plan::plan_file::{Action, AssignmentAction, AssignmentMode, ExistingAssignments, Step};
use crate::engine::shape::comparison;
use crate::finding::{Finding, codes};
use crate::policy::Policy;

/// Whether the assignments of an object that is there are written.
pub(super) fn of_existing(mut step: Step, found: &Policy, case: &Case<'_>, asked: &Terms<'_>) -> Step {
    let Case { policy_type, policy, .. } = *case;
    let options = asked.options;
    let wanted = comparison::is_assigned(policy);
    // What needs content is uploaded by somebody and found by what it is: its figures differ, and it is
    // there to be assigned.
    let is_found = policy_type.verdict_of(policy) == TypeVerdict::NeedsContent;
    let write = match (&options.assignments, options.existing_assignments) {
        (AssignmentMode::None, _) => false,
        _ if step.assignment_differences.is_empty() || (step.action == Action::ExistsDiffers && !is_found) => false,
        (_, ExistingAssignments::Replace) => true,
        (_, ExistingAssignments::Merge) => wanted,
        (_, ExistingAssignments::Leave) => wanted && !comparison::is_assigned(found),
    };
    if !write {
        return step;
    }
    step.assignments = AssignmentAction::Write;
    if options.existing_assignments == ExistingAssignments::Merge {
        let wanted = case.wanted(asked.catalogue);
        if assignment_merge::missing(&wanted, found, policy_type) == 0 {
            step.assignments = AssignmentAction::Keep;
            return step;
        }
        if let Some(finding) = assignment_merge::cannot_merge(&wanted, found, policy_type) {
            step.findings.push(finding);
            step.assignments = AssignmentAction::Held;
            return step;
        }
    }
    hold(step, case, asked)
}

/// Holds assignments back that would hit more people than anyone looked at.
pub(super) fn hold(mut step: Step, case: &Case<'_>, asked: &Terms<'_>) -> Step {
    if step.assignments != AssignmentAction::Write {
        return step;
    }
    if comparison::is_broad(case.policy) && !asked.options.allow_broad {
        let message = "assigned to all users or all devices; these assignments are held back";
        step.findings.push(Finding::new(&codes::BROAD_ASSIGNMENT_HELD, step.subject(), message));
        step.assignments = AssignmentAction::Held;
    }
    if let Some(finding) = case.pilot_held {
        step.findings.push(finding.clone());
        step.assignments = AssignmentAction::Held;
    }
    let is_mapped = matches!(asked.options.assignments, AssignmentMode::Mapped);
    let differing = case.differing.of(&case.original.open(), asked.catalogue, true);
    if is_mapped && !differing.is_empty() {
        step.findings.extend(differing);
        step.assignments = AssignmentAction::Held;
    }
    if case.rewritten.assignments_held {
        step.assignments = AssignmentAction::Held;
    }
    step
}
