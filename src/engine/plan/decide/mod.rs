//! What happens to one policy: created, changed, left alone, blocked or held back, and why. Pure: of what is known of it
//! ([`Case`]) and what was asked for ([`Terms`]) comes the step.

mod assignments;
mod blocks;
mod case;
mod content;
mod create_only;
mod creation;
mod existing;

use std::collections::BTreeSet;

pub(crate) use case::{Case, Counterpart, Terms, There};

use self::blocks::blocked;
use super::leave_out;
use super::plan_file::{Action, AssignmentAction, Step};
use super::target_ids::identity;
use crate::catalogue::model::TypeVerdict;
use crate::engine::lint;
use crate::finding::{Finding, codes};
use crate::mapping::{Need, Rewritten};
use crate::policy::ObjectKey;

/// What happens to a policy, and why.
pub(crate) fn decide(case: &Case<'_>, asked: &Terms<'_>) -> Step {
    let mut step = judge(case, asked);
    if case.is_circular && step.action != Action::LeftBehind {
        let message = "the policy refers to itself, directly or through others";
        step.findings.push(Finding::new(&codes::CYCLE, step.subject(), message));
        step.action = Action::Blocked;
    }
    if step.action.is_absent() {
        step.assignments = AssignmentAction::Keep;
    }
    step
}

fn judge(case: &Case<'_>, asked: &Terms<'_>) -> Step {
    let Case { policy_type, policy, rewritten: item, .. } = *case;
    let mut step = Step {
        needs: case.needs.clone(),
        needed_by: case.needed_by.clone(),
        findings: item.findings.clone(),
        ..Step::new(&policy_type.name, item.policy.key(), policy_type.name_of(&item.policy))
    };
    step.findings.extend(item.text_hits.iter().filter(|hit| hit.find != hit.replace).map(|hit| {
        let often = if hit.count == 1 { String::new() } else { format!(", {} times", hit.count) };
        let message = format!("{} became {}{often}", hit.find, hit.replace);
        Finding::new(&codes::TEXT_REPLACED, item.policy.subject(), message).at(&hit.pointer)
    }));
    step.findings.extend(lint::lost(policy, policy_type));
    step.findings.extend(lint::line_ends(policy, policy_type));
    step.findings.extend(leave_out::told(policy, &step.reference(), asked.options));
    let widens = leave_out::widens(case.original, &step.reference(), asked.options, asked.catalogue);
    if matches!(case.there, There::Nothing)
        && let Some(finding) = stays(case, &step)
    {
        // No decision here would move it, so whatever else is open about it is not asked for.
        return Step { action: Action::LeftBehind, findings: vec![finding], ..step };
    }
    if item.blocked || widens.is_some() {
        step.action = Action::Blocked;
        step.findings.extend(widens);
    }
    if let Some(missing) = not_selected(item, asked.selected) {
        let message = format!("required {missing} is not selected");
        let fix = "Omit --without-dependencies, or add an entry for the object to the mapping.";
        return blocked(step, &codes::BLOCKED_BY, message, Some(fix.to_owned()));
    }
    if let Some(Need::TargetName { kind, name }) =
        item.awaits.iter().map(|place| &place.needs).find(|need| matches!(need, Need::TargetName { .. }))
    {
        let message = format!("no {kind} in the target is known to have the name \"{name}\"");
        return blocked(step, &codes::MAPPING_TARGET_MISSING, message, None);
    }
    if let Some(error) = case.unread {
        let message = format!("the target's objects of this type cannot be read: {error}");
        return blocked(step, &codes::READ_FAILED, message, None);
    }
    if let Some(lost) = case.lost {
        step.findings.push(Finding { subject: step.subject(), ..lost.clone() });
        return Step { action: Action::Blocked, ..step };
    }
    match &case.there {
        There::Several(ids) => {
            let message = match ids {
                [only] => format!("the target's object {only} matches, or may match, another policy in the tree"),
                several => {
                    format!("{} objects in the target have this name: {}", several.len(), several.join(", "))
                }
            };
            blocked(step, &codes::AMBIGUOUS_MATCH, message, None)
        }
        There::One(there) => match &there.other_identity {
            Some(message) => blocked(step, &codes::IDENTITY_CHANGED, message.clone(), None),
            None => existing::decide(step, there, case, asked),
        },
        There::Nothing => creation::decide(step, case, asked),
    }
}

/// Why a policy that the target does not have stays where it is: it is bound to its tenant, or nobody takes
/// such policies any more.
fn stays(case: &Case<'_>, step: &Step) -> Option<Finding> {
    let Case { policy_type, policy, .. } = *case;
    let code = match policy_type.verdict_of(policy) {
        TypeVerdict::TenantBound => &codes::TENANT_BOUND,
        TypeVerdict::Retired => &codes::RETIRED,
        TypeVerdict::Portable | TypeVerdict::NeedsContent => {
            return case.unmet.filter(|finding| finding.is(&codes::RETIRED)).cloned();
        }
    };
    let portability = policy_type.portability_of(policy);
    let mut message = portability.reason.clone();
    if case.unread.is_some() {
        message.push_str(" The target's list cannot be read, so it is unknown whether the target has such an object.");
    }
    Some(Finding::new(code, step.subject(), message).fix(portability.fix.clone()))
}

/// Something of the tree that the policy needs and that takes no part.
fn not_selected(item: &Rewritten, selected: &BTreeSet<ObjectKey>) -> Option<String> {
    let needed = item.awaits.iter().filter(|wanted| matches!(wanted.needs, Need::Policy { .. }));
    needed
        .map(identity)
        .find_map(|(kind, key)| (!selected.contains(&ObjectKey::new(kind, key))).then(|| format!("{kind}/{key}")))
}

#[cfg(test)]
mod tests;
