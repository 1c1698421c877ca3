//! A policy that the target has: left alone, changed, or blocked.

use super::blocks::{self, blocked};
use super::case::{Case, Counterpart, Terms};
use super::{assignments, content, create_only};
use crate::catalogue::misfits;
use crate::catalogue::model::{TypeVerdict, UpdateMethod};
use crate::engine::plan::plan_file::{self, Action, OnConflict, Step};
use crate::engine::shape::secrets;
use crate::finding::{Finding, Severity, codes, count};
use crate::mapping::{Await, Need};
use crate::policy::path::top;
use crate::policy::{Difference, fingerprint, sealed};

/// Decides what happens to it.
pub(super) fn decide(mut step: Step, there: &Counterpart<'_>, case: &Case<'_>, asked: &Terms<'_>) -> Step {
    let Case { policy_type, policy, .. } = *case;
    let id = there.id;
    step.target_id = Some(id.to_owned());
    let (Some(Ok(found)), Some(differences)) = (there.object, there.differences.clone()) else {
        let why = there.object.and_then(Result::err).unwrap_or_default();
        return blocked(step, &codes::READ_FAILED, format!("the target's object {id} cannot be read: {why}"), None);
    };
    let found = &found.open();
    let odd = misfits(found, asked.catalogue);
    if !odd.is_empty() {
        let subject = step.subject();
        step.findings.extend(odd.into_iter().map(|finding| Finding {
            subject: subject.clone(),
            message: format!("in the target's object {id}: {}", finding.message),
            ..finding
        }));
        return Step { action: Action::Blocked, ..step };
    }
    step.target_fingerprint = Some(fingerprint(&found.to_value()));
    // What is bound to its tenant is the target's own: it is what others refer to, never what is changed.
    let is_bound = policy_type.verdict_of(policy) == TypeVerdict::TenantBound;
    step.differences = if is_bound { Vec::new() } else { differences.object };
    step.assignment_differences = differences.assignments;
    point_to_what_is_restored(&mut step, case, asked);
    let is_default = policy_type.default_rule(policy).is_some();
    if is_default {
        let word = if step.differences.is_empty() { "identical to the tree's" } else { "different from the tree" };
        let message = format!("every tenant has this object; the target's is {word}");
        let mut finding = Finding::new(&codes::MATCHED_DEFAULT, step.subject(), message);
        if !step.differences.is_empty() {
            finding = finding.fix(match policy_type.update.method {
                UpdateMethod::None => policy_type.portability_of(policy).fix.clone(),
                _ => format!("To change it too, add --include-defaults {}.", policy_type.name),
            });
        }
        step.findings.push(finding);
    }
    if step.action == Action::Blocked {
        return step;
    }
    step.action = match (step.differences.is_empty(), asked.options.conflict_of(&step.reference())) {
        (true, _) => Action::Unchanged,
        (false, _) if is_default => {
            if asked.options.include_defaults.contains(&policy_type.name) {
                Action::Update
            } else {
                Action::ExistsDiffers
            }
        }
        (false, OnConflict::Update) => Action::Update,
        (false, conflict) => {
            let message =
                format!("the target's object differs at {}", count(step.differences.len(), "place", "places"));
            step.findings.push(Finding::new(&codes::EXISTS_DIFFERS, step.subject(), message));
            if conflict == OnConflict::Fail { Action::Blocked } else { Action::ExistsDiffers }
        }
    };
    send_secrets_again(&mut step, case, asked);
    content::bring(&mut step, found, case);
    create_only::judge(&mut step, policy, policy_type);
    if step.action == Action::Blocked {
        return step;
    }
    if step.action == Action::Update {
        if policy_type.update_of(policy).method == UpdateMethod::None {
            return blocked(step, &codes::PLATFORM_DIFFERS, "objects of this type cannot be changed".into(), None);
        }
        let changed = step.differences.iter().map(|difference| top(&difference.at)).collect();
        let (again, secrets) = (asked.options.send_secrets, asked.secrets);
        let missing = secrets::missing_to_change(policy, policy_type, &changed, again, secrets);
        blocks::for_want(&mut step, case, missing);
        blocks::for_lock_out(&mut step, Some(found), case, asked);
        blocks::in_force(&mut step, Some(found), case, asked);
        if step.action == Action::Blocked {
            return step;
        }
    }
    let step = assignments::of_existing(step, found, case, asked);
    if step.content.is_some() || !content::is_lacking(found) { step } else { content::hold_unpublished(step) }
}

/// Within one tenant, what is restored gets a new id: what names it by the old one has to change there,
/// although tree and tenant read alike so far.
fn point_to_what_is_restored(step: &mut Step, case: &Case<'_>, asked: &Terms<'_>) {
    let waits = |place: &&Await| {
        matches!(place.needs, Need::Policy { .. }) && case.ids.of(place).is_none() && asked.within_tenant
    };
    for place in case.rewritten.awaits.iter().filter(waits) {
        let list = if place.in_assignments() { &mut step.assignment_differences } else { &mut step.differences };
        list.push(Difference {
            at: place.pointer.clone(),
            found: Some(place.source_id.clone().into()),
            wanted: Some(format!("the new ID of {} {}", place.kind, place.source_id).into()),
        });
    }
}

/// Where that was asked for, what is equal as far as can be seen gets its secrets once more. Secrets that are
/// not given stay as the target has them.
fn send_secrets_again(step: &mut Step, case: &Case<'_>, asked: &Terms<'_>) {
    let Case { policy_type, policy, .. } = *case;
    let places = secrets::secrets_of(policy);
    let is_left = plan_file::is_default(&step.findings) && !asked.options.include_defaults.contains(&step.type_name);
    let is_bound = policy_type.verdict_of(policy) == TypeVerdict::TenantBound;
    if !asked.options.send_secrets || places.is_empty() || is_left || is_bound {
        return;
    }
    if step.action == Action::Unchanged {
        let missing = secrets::missing(policy, policy_type, asked.secrets);
        if missing.is_empty() {
            step.action = Action::Update;
        }
        step.findings.extend(missing.into_iter().map(|finding| Finding { severity: Severity::Warning, ..finding }));
    }
    if step.action == Action::Update {
        step.differences.extend(places.into_iter().map(|(at, _)| Difference {
            at: sealed::written_at(&at).to_owned(),
            found: Some("(a secret)".into()),
            wanted: Some("(the supplied secret)".into()),
        }));
    }
}
