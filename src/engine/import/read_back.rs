//! What follows the objects of an import: they are read back and compared with what was meant, then their
//! assignments are written, and read back as well. Writing the objects is `import`'s.

use std::collections::BTreeMap;

use super::assign;
use super::parts::Owner;
use super::request::WriteError;
use super::run::{Importer, Problems, Status, by_bucket};
use super::update::Done;
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::plan::assignment_merge;
use crate::engine::plan::plan_file::{Action, AssignmentAction, ExistingAssignments, Step};
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Prints;
use crate::engine::shape::display_names::Names;
use crate::engine::tenant::reader::{Extent, Reader};
use crate::finding::{Finding, codes, count};
use crate::policy::Policy;

impl Importer<'_> {
    /// Reads back what was written and compares it with what was meant: an answer of 200 is no proof. Of what was
    /// read back whole before, only the assignments are read again: whole, many policies would be more than the
    /// service's limits let pass at once.
    pub(crate) async fn read_back(&self, which: impl Fn(&Step) -> bool, assignments: bool) -> Problems {
        let reader = Reader { reporter: self.run.reporter, ..self.reader() };
        let mut by_type: BTreeMap<(&str, Extent), Vec<(usize, String)>> = BTreeMap::new();
        if self.state().ended.is_some() {
            return Problems::new();
        }
        for (index, step) in self.plan.steps.iter().enumerate().filter(|(_, step)| which(step)) {
            let state = self.state();
            if let Some(Status::Done(Done { id: Some(id), .. })) = state.status.get(&index) {
                let known = assignments && state.objects.contains_key(&index);
                let extent = if known { Extent::Assignments } else { Extent::Whole };
                by_type.entry((&step.type_name, extent)).or_default().push((index, id.clone()));
            }
        }
        let reads = by_type.into_iter().filter_map(|((name, extent), list)| {
            let policy_type = self.run.catalogue.get(name)?;
            Some(async move {
                let ids: Vec<String> = list.iter().map(|(_, id)| id.clone()).collect();
                (list, reader.by_id_of(policy_type, &ids, extent).await)
            })
        });
        let mut problems = Problems::new();
        for (list, found) in futures_util::future::join_all(reads).await {
            for ((index, _), found) in list.into_iter().zip(found) {
                let finding = match found {
                    Ok(found) => {
                        self.write_down(index, &found);
                        self.difference(index, &found, assignments)
                    }
                    Err(error) if ends_run(&error) => {
                        self.end(error.into());
                        None
                    }
                    Err(error) => Some(format!("it cannot be read back: {error}")),
                };
                if let Some(message) = finding {
                    let finding = Finding::new(&codes::VERIFY_DIFFERS, self.plan.steps[index].subject(), message);
                    problems.entry(index).or_default().push(finding);
                }
            }
        }
        problems
    }

    /// How the object is now stands in the journal, so that an undo can tell what somebody changed later.
    fn write_down(&self, index: usize, found: &Policy) {
        let step = &self.plan.steps[index];
        let Some(policy_type) = self.run.catalogue.get(&step.type_name) else { return };
        let Prints { object, assignments } = comparison::prints(found, policy_type, self.run.catalogue);
        // Where only the assignments were read, the object is as it was read before.
        let object = self.state().objects.entry(index).or_insert(object).clone();
        let prints = Prints { object, assignments };
        if let Err(error) = self.run.journal.state(&step.reference(), prints) {
            self.end(error);
        }
    }

    fn difference(&self, index: usize, found: &Policy, assignments: bool) -> Option<String> {
        let (step, work) = (&self.plan.steps[index], &self.work[index]);
        let policy_type = self.run.catalogue.get(&step.type_name)?;
        let wanted = self.state().target_ids.apply(&work.rewritten, self.run.catalogue).policy;
        let merged = self.plan.options.existing_assignments == ExistingAssignments::Merge;
        if assignments && merged {
            let missing = assignment_merge::missing(&wanted, found, policy_type);
            return (missing > 0).then(|| format!("{missing} of its assignments are not there"));
        }
        let gate = (step.action == Action::Create).then(|| self.plan.options.gate_state.unwrap_or_default());
        let gate = gate.or(self.plan.options.gate_state);
        let differences = comparison::compare(&wanted, found, policy_type, self.run.catalogue, gate);
        let own = if assignments { &differences.assignments } else { &differences.object };
        if own.is_empty() {
            return None;
        }
        let words = [&wanted, found];
        let told = comparison::in_words(&differences, words, policy_type, self.run.catalogue, gate, &Names::default());
        let list = if assignments { told.assignments } else { told.object };
        let first = list.first()?;
        Some(format!("{}, the first is {}", count(list.len(), "place differs", "places differ"), first.at))
    }

    /// Assignments of everything that is there as meant.
    pub(crate) async fn assignments(&self, problems: &mut Problems) {
        let is_wanted = |index: usize| {
            self.plan.steps[index].assignments == AssignmentAction::Write && !problems.contains_key(&index)
        };
        let wanted: Vec<usize> = (0..self.plan.steps.len()).filter(|index| is_wanted(*index)).collect();
        let bars = self.begin("assigning", is_wanted);
        let work =
            wanted.into_iter().map(|index| (self.bucket(index), async move { (index, self.assign(index).await) }));
        by_bucket(work, |(index, outcome)| {
            self.advance("assigning", index);
            match outcome {
                Ok(Some((index, finding))) => problems.entry(index).or_default().push(finding),
                Ok(None) => {}
                Err(error) => self.end(error),
            }
        })
        .await;
        self.finish(bars);
    }

    async fn assign(&self, index: usize) -> Result<Option<(usize, Finding)>, EngineError> {
        let (step, work) = (&self.plan.steps[index], &self.work[index]);
        let id = match self.state().status.get(&index) {
            Some(Status::Done(Done { id: Some(id), .. })) => id.clone(),
            _ => return Ok(None),
        };
        let Some(policy_type) = self.run.catalogue.get(&step.type_name) else { return Ok(None) };
        let subject = step.subject();
        let refused = |message: String| Ok(Some((index, Finding::new(&codes::WRITE_FAILED, subject.clone(), message))));
        if self.is_ending() {
            return refused(String::from("stopped before its assignments were written"));
        }
        let resolved = self.state().target_ids.apply(&work.rewritten, self.run.catalogue);
        if let Some(place) = resolved.left.first() {
            return refused(format!("not assigned: {} {} is not there", place.kind, place.source_id));
        }
        if let Some(finding) = resolved.findings.into_iter().find(|_| resolved.blocked || resolved.assignments_held) {
            return Ok(Some((index, finding)));
        }
        let policy = resolved.policy;
        if let Some(finding) = self.changed_since(index, policy_type, &id, &policy).await? {
            return Ok(Some((index, finding)));
        }
        let reference = step.reference();
        let before = work.before.as_ref().map(Policy::to_value);
        let owner = Owner {
            policy_type,
            policy: &policy,
            id: &id,
            step: &reference,
            subject: &subject,
            before: before.as_ref(),
        };
        let existing = self.plan.options.existing_assignments;
        match assign::write(self.writer(), owner, work.before.as_ref(), existing).await {
            Ok(()) => Ok(None),
            Err(WriteError::Run(error)) => Err(error),
            Err(WriteError::Object(finding)) => Ok(Some((index, *finding))),
            Err(WriteError::Graph(error)) => refused(format!("not assigned: {error}")),
        }
    }
    /// Looks once more at an object that was there before the run: its assignments are replaced as a whole,
    /// so nobody may have changed them since the plan, and an object left alone must still be the same.
    async fn changed_since(
        &self,
        index: usize,
        policy_type: &PolicyType,
        id: &str,
        wanted: &Policy,
    ) -> Result<Option<Finding>, EngineError> {
        let (step, work) = (&self.plan.steps[index], &self.work[index]);
        if step.action == Action::Create {
            return Ok(None);
        }
        let stale = |why: &str| Ok(Some(Finding::new(&codes::STALE_STEP, step.subject(), why)));
        let Some(before) = &work.before else { return stale("not assigned: it is not as the plan saw it") };
        // Assignments that an earlier part of this run wrote are as meant, not as before.
        let written = |found: &Policy| {
            *self.earlier(&step.reference()) == Earlier::Touched
                && assignment_merge::missing(wanted, found, policy_type) == 0
        };
        let why = match self.reader().one(policy_type, id).await {
            Err(error) if ends_run(&error) => return Err(error.into()),
            Err(error) => format!("not assigned: {error}"),
            Ok(found) => {
                let same = comparison::is_assigned_alike(before, &found) || written(&found);
                let object = match step.action {
                    Action::Unchanged => comparison::is_as_before(&unassigned(before), &unassigned(&found)),
                    _ => true,
                };
                if same && object {
                    return Ok(None);
                }
                String::from("not assigned: it is not as the plan saw it")
            }
        };
        stale(&why)
    }
}

/// The policy without its assignments.
fn unassigned(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.body.remove("assignments");
    policy
}
