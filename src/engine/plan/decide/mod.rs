//! What happens to one policy: created, changed, left alone, blocked or held back, and why. The decisions
//! of a plan, one by one.

use jiff::Timestamp;

use super::assignment_merge;
use super::leave_out;
use super::lockout;
use super::matching::Match;
use super::plan_file;
use super::plan_file::{Action, AssignmentAction, AssignmentMode, ExistingAssignments, OnConflict, Step};
use super::planner::Planner;
use super::prerequisites;
use super::target_ids::identity;
use crate::catalogue::model::{TypeVerdict, UpdateMethod};
use crate::catalogue::{PolicyType, misfits};
use crate::engine::content::source::{Look, Source};
use crate::engine::lint;
use crate::engine::shape::comparison;
use crate::engine::shape::request_body;
use crate::engine::shape::secrets;
use crate::finding::{Code, Finding, Severity, codes, count};
use crate::mapping::{Await, Need, Rewritten};
use crate::policy::path::top;
use crate::policy::{Difference, ObjectKey, Policy, fingerprint};

impl Planner<'_> {
    pub(crate) fn step(&self, index: usize, policy_type: &PolicyType) -> Step {
        let item = &self.rewritten[index];
        let policy = &item.policy.open();
        let mut step = Step {
            needs: self.needs[index].iter().map(|need| self.rewritten[*need].policy.reference()).collect(),
            needed_by: self.chosen[index].needed_by.clone(),
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
        step.findings.extend(leave_out::told(policy, &step.reference(), self.inputs.options));
        let original = self.chosen[index].policy;
        let widens = leave_out::widens(original, &step.reference(), self.inputs.options, self.inputs.tenant.catalogue);
        let is_there = matches!(self.matches.get(&index), Some(Match::Found(_) | Match::Ambiguous(_)));
        if !is_there && let Some(finding) = self.stays(index, policy, policy_type, &step) {
            // No decision here would move it, so whatever else is open about it is not asked for.
            return Step { action: Action::LeftBehind, findings: vec![finding], ..step };
        }
        if item.blocked || widens.is_some() {
            step.action = Action::Blocked;
            step.findings.extend(widens);
        }
        if let Some(missing) = self.not_selected(item) {
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
        if let Some(Err(error)) = self.listed.get(&policy_type.name) {
            let message = format!("the target's objects of this type cannot be read: {error}");
            return blocked(step, &codes::READ_FAILED, message, None);
        }
        if let Some(lost) = self.lost.get(&ObjectKey::of(&item.policy)) {
            step.findings.push(Finding { subject: step.subject(), ..lost.clone() });
            return Step { action: Action::Blocked, ..step };
        }
        match self.matches.get(&index) {
            Some(Match::Ambiguous(ids)) => {
                let message = match ids.as_slice() {
                    [only] => format!("the target's object {only} matches, or may match, another policy in the tree"),
                    several => {
                        format!("{} objects in the target have this name: {}", several.len(), several.join(", "))
                    }
                };
                blocked(step, &codes::AMBIGUOUS_MATCH, message, None)
            }
            Some(Match::Found(id)) => match self.other_identity(index, policy_type, id) {
                Some(message) => blocked(step, &codes::IDENTITY_CHANGED, message, None),
                None => self.existing(step, index, policy, policy_type, id),
            },
            Some(Match::Absent) | None => self.absent(step, index, policy, policy_type),
        }
    }

    /// Why a policy that the target does not have stays where it is: it is bound to its tenant, or nobody takes
    /// such policies any more.
    fn stays(&self, index: usize, policy: &Policy, policy_type: &PolicyType, step: &Step) -> Option<Finding> {
        let code = match policy_type.verdict_of(policy) {
            TypeVerdict::TenantBound => &codes::TENANT_BOUND,
            TypeVerdict::Retired => &codes::RETIRED,
            TypeVerdict::Portable | TypeVerdict::NeedsContent => {
                return self.unmet.get(&index).filter(|finding| finding.is(&codes::RETIRED)).cloned();
            }
        };
        let portability = policy_type.portability_of(policy);
        let mut message = portability.reason.clone();
        if let Some(Err(_)) = self.listed.get(&policy_type.name) {
            message
                .push_str(" The target's list cannot be read, so it is unknown whether the target has such an object.");
        }
        Some(Finding::new(code, step.subject(), message).fix(portability.fix.clone()))
    }

    /// Something of the tree that the policy needs and that takes no part.
    fn not_selected(&self, item: &Rewritten) -> Option<String> {
        let needed = item.awaits.iter().filter(|wanted| matches!(wanted.needs, Need::Policy { .. }));
        needed.map(identity).find_map(|(kind, key)| {
            (!self.selected.contains(&ObjectKey::new(kind, key))).then(|| format!("{kind}/{key}"))
        })
    }

    fn absent(&self, mut step: Step, index: usize, policy: &Policy, policy_type: &PolicyType) -> Step {
        if policy_type.verdict_of(policy) == TypeVerdict::NeedsContent {
            match self.contents.get(&index) {
                Some(Look::Given(source)) => give(&mut step, source),
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
        if let Some(finding) = self.unmet.get(&index) {
            step.findings.push(finding.clone());
            step.action = Action::Blocked;
            return step;
        }
        if policy_type.default_rule(policy).is_some() {
            let message = "the object is a default of its tenant, and the target has no matching one";
            return blocked(step, &codes::MATCHED_DEFAULT, message.to_owned(), None);
        }
        self.block_for_want(&mut step, index, secrets::missing(policy, policy_type, self.inputs.secrets));
        if step.action == Action::Create {
            for finding in lint::schema(policy, policy_type, self.inputs.tenant.catalogue, self.inputs.tree) {
                if finding.severity == Severity::Error {
                    step.action = Action::Blocked;
                }
                step.findings.push(finding);
            }
        }
        for finding in prerequisites::passed(policy_type, policy, Timestamp::now()) {
            if finding.severity == Severity::Error {
                step.action = Action::Blocked;
            }
            step.findings.push(finding);
        }
        self.block_for_lock_out(&mut step, index, policy, policy_type, None);
        self.block_in_force(&mut step, index, policy, policy_type, None);
        if comparison::is_assigned(policy) && step.action == Action::Create {
            match self.inputs.options.assignments {
                AssignmentMode::Mapped | AssignmentMode::Pilot(_) => step.assignments = AssignmentAction::Write,
                AssignmentMode::None => {
                    let message = "created without its assignments";
                    step.findings.push(Finding::new(&codes::ASSIGNMENTS_NOT_WRITTEN, step.subject(), message));
                }
            }
        }
        self.hold(step, index, policy)
    }

    fn existing(&self, mut step: Step, index: usize, policy: &Policy, policy_type: &PolicyType, id: &str) -> Step {
        step.target_id = Some(id.to_owned());
        let details = self.details.get(&(policy_type.name.clone(), id.to_owned()));
        let (Some(Ok(found)), Some(differences)) = (details, self.compare(index, policy_type, id)) else {
            let why = details.and_then(|details| details.as_ref().err()).cloned().unwrap_or_default();
            return blocked(step, &codes::READ_FAILED, format!("the target's object {id} cannot be read: {why}"), None);
        };
        let found = &found.open();
        let odd = misfits(found, self.inputs.tenant.catalogue);
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
        self.point_to_what_is_restored(&mut step, index);
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
        step.action = match (step.differences.is_empty(), self.inputs.options.conflict_of(&step.reference())) {
            (true, _) => Action::Unchanged,
            (false, _) if is_default => {
                if self.inputs.options.include_defaults.contains(&policy_type.name) {
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
        self.send_secrets_again(&mut step, policy, policy_type);
        self.bring_content(&mut step, index, policy, policy_type, found);
        if step.action == Action::Update {
            let variant = policy_type.variant(policy);
            let fixed = request_body::create_only(policy_type, variant).find(|path| {
                path.root().is_some_and(|root| step.differences.iter().any(|difference| top(&difference.at) == root))
            });
            if let Some(path) = fixed {
                let message = format!("`{path}` differs, and Graph accepts it only at creation");
                return blocked(step, &codes::PLATFORM_DIFFERS, message, None);
            }
            if policy_type.update_of(policy).method == UpdateMethod::None {
                return blocked(step, &codes::PLATFORM_DIFFERS, "objects of this type cannot be changed".into(), None);
            }
            let changed = step.differences.iter().map(|difference| top(&difference.at)).collect();
            let (again, secrets) = (self.inputs.options.send_secrets, self.inputs.secrets);
            let missing = secrets::missing_to_change(policy, policy_type, &changed, again, secrets);
            self.block_for_want(&mut step, index, missing);
            self.block_for_lock_out(&mut step, index, policy, policy_type, Some(found));
            self.block_in_force(&mut step, index, policy, policy_type, Some(found));
            if step.action == Action::Blocked {
                return step;
            }
        }
        let step = self.assign_existing(step, index, policy, found);
        if step.content.is_some() || !is_without_content(found) { step } else { hold_unpublished(step) }
    }

    /// An object that is there without its content, as a killed import leaves it, gets it, unless it is not to be
    /// touched.
    fn bring_content(&self, step: &mut Step, index: usize, policy: &Policy, policy_type: &PolicyType, found: &Policy) {
        let Some(look) = self.contents.get(&index).filter(|_| is_without_content(found)) else { return };
        match look {
            Look::Given(source) if matches!(step.action, Action::Unchanged | Action::Update) => {
                give(step, source);
                step.action = Action::Update;
            }
            Look::Given(source) => {
                let message = format!(
                    "the target has the app without its content ({}), and the import does not change it",
                    source.file.file
                );
                let finding = Finding::new(&codes::NEEDS_CONTENT, step.subject(), message);
                step.findings
                    .push(finding.fix("Import with --on-conflict update to update the app and upload its content."));
            }
            Look::Unusable(finding) => step.findings.push((**finding).clone()),
            Look::Nothing => {
                let portability = policy_type.portability_of(policy);
                let message = format!("The target has the app without its content. {}", portability.reason_for(policy));
                let finding = Finding::new(&codes::NEEDS_CONTENT, step.subject(), message);
                step.findings.push(finding.fix(portability.fix.clone()));
            }
        }
    }

    /// Within one tenant, what is restored gets a new id: what names it by the old one has to change there,
    /// although tree and tenant read alike so far.
    fn point_to_what_is_restored(&self, step: &mut Step, index: usize) {
        let waits = |place: &&Await| {
            matches!(place.needs, Need::Policy { .. }) && self.target_ids.of(place).is_none() && self.match_by_id
        };
        for place in self.rewritten[index].awaits.iter().filter(waits) {
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
    fn send_secrets_again(&self, step: &mut Step, policy: &Policy, policy_type: &PolicyType) {
        let places = secrets::secrets_of(policy);
        let is_left =
            plan_file::is_default(&step.findings) && !self.inputs.options.include_defaults.contains(&step.type_name);
        let is_bound = policy_type.verdict_of(policy) == TypeVerdict::TenantBound;
        if !self.inputs.options.send_secrets || places.is_empty() || is_left || is_bound {
            return;
        }
        if step.action == Action::Unchanged {
            let missing = secrets::missing(policy, policy_type, self.inputs.secrets);
            if missing.is_empty() {
                step.action = Action::Update;
            }
            step.findings.extend(missing.into_iter().map(|finding| Finding { severity: Severity::Warning, ..finding }));
        }
        if step.action == Action::Update {
            step.differences.extend(places.into_iter().map(|(at, _)| Difference {
                at,
                found: Some("(a secret)".into()),
                wanted: Some("(the supplied secret)".into()),
            }));
        }
    }

    /// Blocks what cannot be written because a secret is missing, or because a policy it needs is blocked.
    fn block_for_want(&self, step: &mut Step, index: usize, missing: Vec<Finding>) {
        if !missing.is_empty() {
            step.findings.extend(missing);
            step.action = Action::Blocked;
        }
        if let Some(needed) = self.needs[index].iter().find(|need| self.blocked.contains(need)) {
            let subject = self.rewritten[*needed].policy.subject();
            if !step.findings.iter().any(|finding| finding.is(&codes::BLOCKED_BY)) {
                let message = format!("required {subject} is blocked");
                step.findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
            }
            step.action = Action::Blocked;
        }
    }

    /// Blocks what would switch on a policy that could lock everybody out; warns where that was asked for.
    fn block_for_lock_out(
        &self,
        step: &mut Step,
        index: usize,
        policy: &Policy,
        policy_type: &PolicyType,
        found: Option<&Policy>,
    ) {
        let awaits = &self.rewritten[index].awaits;
        let checked = lockout::check(step, policy, awaits, found, policy_type, self.inputs.options);
        if let Some(finding) = checked {
            if finding.severity == Severity::Error {
                step.action = Action::Blocked;
            }
            step.findings.push(finding);
        }
    }

    /// Blocks what would hit more people or demand less than in the source as soon as it is in force. What arrives
    /// switched off is written, and says what to do before it is switched on.
    fn block_in_force(
        &self,
        step: &mut Step,
        index: usize,
        policy: &Policy,
        policy_type: &PolicyType,
        found: Option<&Policy>,
    ) {
        let (item, options) = (&self.rewritten[index], self.inputs.options);
        let mut open = item.in_force.clone();
        open.extend(self.differing.of(&self.chosen[index].policy.open(), self.inputs.tenant.catalogue, false));
        if open.is_empty() || !matches!(step.action, Action::Create | Action::Update) {
            return;
        }
        if lockout::comes_into_force(step.action, policy, found, policy_type, options) == Some(false) {
            for finding in &mut open {
                finding.severity = Severity::Warning;
                finding.fix = format!("The policy is not enabled. Before you enable it: {}", finding.fix);
            }
        } else {
            step.action = Action::Blocked;
        }
        step.findings.extend(open);
    }

    fn assign_existing(&self, mut step: Step, index: usize, policy: &Policy, found: &Policy) -> Step {
        let options = self.inputs.options;
        let wanted = comparison::is_assigned(policy);
        // What needs content is uploaded by somebody and found by what it is: its figures differ, and it is
        // there to be assigned.
        let is_found = self
            .policy_type(index)
            .is_some_and(|policy_type| policy_type.verdict_of(policy) == TypeVerdict::NeedsContent);
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
        if let (ExistingAssignments::Merge, Some(policy_type)) = (options.existing_assignments, self.policy_type(index))
        {
            let wanted = self.target_ids.apply(&self.rewritten[index], self.inputs.tenant.catalogue).policy;
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
        self.hold(step, index, policy)
    }

    /// Holds assignments back that would hit more people than anyone looked at.
    fn hold(&self, mut step: Step, index: usize, policy: &Policy) -> Step {
        let item = &self.rewritten[index];
        if step.assignments != AssignmentAction::Write {
            return step;
        }
        if comparison::is_broad(policy) && !self.inputs.options.allow_broad {
            let message = "assigned to all users or all devices; these assignments are held back";
            step.findings.push(Finding::new(&codes::BROAD_ASSIGNMENT_HELD, step.subject(), message));
            step.assignments = AssignmentAction::Held;
        }
        if let Some(finding) = self.pilot_held.get(&index) {
            step.findings.push(finding.clone());
            step.assignments = AssignmentAction::Held;
        }
        let is_mapped = matches!(self.inputs.options.assignments, AssignmentMode::Mapped);
        let differing = self.differing.of(&self.chosen[index].policy.open(), self.inputs.tenant.catalogue, true);
        if is_mapped && !differing.is_empty() {
            step.findings.extend(differing);
            step.assignments = AssignmentAction::Held;
        }
        if item.assignments_held {
            step.assignments = AssignmentAction::Held;
        }
        step
    }
}

/// The step uploads this file.
fn give(step: &mut Step, source: &Source) {
    let message = format!("its content is {} from the content folder, {}", source.file.file, source.file.told_size());
    step.findings.push(Finding::new(&codes::CONTENT_GIVEN, step.subject(), message));
    step.content = Some(source.file.clone());
}

/// Whether an object of the target waits for a content that never came (api-behaviour.md section 9).
fn is_without_content(found: &Policy) -> bool {
    found.text("publishingState") == Some("notPublished")
        && found.text("committedContentVersion").is_none_or(str::is_empty)
}

/// What is not published cannot be assigned (api-behaviour.md section 9).
fn hold_unpublished(mut step: Step) -> Step {
    if step.assignments == AssignmentAction::Write {
        step.assignments = AssignmentAction::Held;
    }
    step
}

fn blocked(mut step: Step, code: &Code, message: String, fix: Option<String>) -> Step {
    let mut finding = Finding::new(code, step.subject(), message);
    finding.severity = Severity::Error;
    if let Some(fix) = fix.filter(|fix| !fix.is_empty()) {
        finding = finding.fix(fix);
    }
    step.findings.push(finding);
    step.action = Action::Blocked;
    step
}
