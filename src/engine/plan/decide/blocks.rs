//! What blocks a policy that would otherwise be written.

use super::case::{Case, Terms};
use crate::engine::plan::lockout;
use crate::engine::plan::plan_file::{Action, Step};
use crate::finding::{Code, Finding, Severity, codes};
use crate::policy::Policy;

/// The step, blocked for this reason.
pub(super) fn blocked(mut step: Step, code: &Code, message: String, fix: Option<String>) -> Step {
    let mut finding = Finding::new(code, step.subject(), message);
    finding.severity = Severity::Error;
    if let Some(fix) = fix.filter(|fix| !fix.is_empty()) {
        finding = finding.fix(fix);
    }
    step.findings.push(finding);
    step.action = Action::Blocked;
    step
}

/// Blocks what cannot be written because a secret is missing, or because a policy it needs is blocked.
pub(super) fn for_want(step: &mut Step, case: &Case<'_>, missing: Vec<Finding>) {
    if !missing.is_empty() {
        step.findings.extend(missing);
        step.action = Action::Blocked;
    }
    if let Some(subject) = &case.needs_blocked {
        if !step.findings.iter().any(|finding| finding.is(&codes::BLOCKED_BY)) {
            let message = format!("required {subject} is blocked");
            step.findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
        }
        step.action = Action::Blocked;
    }
}

/// Blocks what would switch on a policy that could lock everybody out; warns where that was asked for.
pub(super) fn for_lock_out(step: &mut Step, found: Option<&Policy>, case: &Case<'_>, asked: &Terms<'_>) {
    let Case { policy_type, policy, rewritten, .. } = *case;
    if let Some(finding) = lockout::check(step, policy, &rewritten.awaits, found, policy_type, asked.options) {
        if finding.severity == Severity::Error {
            step.action = Action::Blocked;
        }
        step.findings.push(finding);
    }
}

/// Blocks what would hit more people or demand less than in the source as soon as it is in force. What arrives
/// switched off is written, and says what to do before it is switched on.
pub(super) fn in_force(step: &mut Step, found: Option<&Policy>, case: &Case<'_>, asked: &Terms<'_>) {
    let Case { policy_type, policy, rewritten, .. } = *case;
    let mut open = rewritten.in_force.clone();
    open.extend(case.differing.of(&case.original.open(), asked.catalogue, false));
    if open.is_empty() || !matches!(step.action, Action::Create | Action::Update) {
        return;
    }
    if lockout::comes_into_force(step.action, policy, found, policy_type, asked.options) == Some(false) {
        for finding in &mut open {
            finding.severity = Severity::Warning;
            finding.fix = format!("The policy is not enabled. Before you enable it: {}", finding.fix);
        }
    } else {
        step.action = Action::Blocked;
    }
    step.findings.extend(open);
}
