//! What follows the objects of an import: they are read back and compared with what was meant, then their
//! assignments are written, and read back as well. Writing the objects is `import`'s.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::assign;
use super::by_bucket::{AT_ONCE, by_bucket};
use super::parts::Owner;
use super::ready;
use super::request::{WriteError, is_refusal};
use super::run::{Importer, Problems};
use super::status::{Status, is_found};
use super::update::Done;
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::Piece;
use crate::engine::plan::assignment_merge;
use crate::engine::plan::plan_file::{Action, AssignmentAction, ExistingAssignments, Step};
use crate::engine::plan::prepared::{Earlier, PlannedStep};
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Prints;
use crate::engine::shape::display_names::Names;
use crate::engine::shape::request_body;
use crate::engine::tenant::detail_requests::Extent;
use crate::finding::{Finding, codes, count};
use crate::graph::GraphError;
use crate::policy::{Kept, Policy, unread};

/// How many objects are read back before the journal has them.
const AT_A_TIME: usize = 100;

/// Adds what was found later. What was stopped before it was written need not be said to differ as well.
pub(super) fn add(problems: &mut Problems, later: Problems) {
    for (index, findings) in later {
        let all = problems.entry(index).or_default();
        if !all.iter().any(|finding| finding.is(&codes::STOPPED)) {
            all.extend(findings);
        }
    }
}

impl Importer<'_> {
    /// Reads back what was written and compares it with what was meant: an answer of 200 does not prove it. Of what was
    /// read back whole before, only the assignments are read again: whole, many policies would be more than the
    /// service's limits let pass at once. Piece by piece, so that whoever is stopped meanwhile goes on from there.
    pub(crate) async fn read_back(&self, which: impl Fn(&Step) -> bool, assignments: bool) -> Problems {
        let mut by_type: BTreeMap<(&str, Extent), Vec<(usize, String)>> = BTreeMap::new();
        if self.state().ended.is_some() {
            return Problems::new();
        }
        let is_wanted = |index: usize| which(&self.steps[index].step) && !self.was_read_back(index, assignments);
        for (index, step) in
            self.steps.iter().map(|planned| &planned.step).enumerate().filter(|(index, _)| is_wanted(*index))
        {
            let state = self.state();
            if let Some(Status::Done(Done { id: Some(id), .. })) = state.status.get(&index) {
                let known = assignments && state.objects.contains_key(&index);
                let extent = if known { Extent::Assignments } else { Extent::Whole };
                by_type.entry((&step.type_name, extent)).or_default().push((index, id.clone()));
            }
        }
        let pieces = by_type.into_iter().filter_map(|((name, extent), list)| {
            let policy_type = self.run.tenant.catalogue.get(name)?;
            // What is only listed is read by one list, however many are wanted.
            let size = if policy_type.is_only_listed() { list.len() } else { AT_A_TIME };
            let pieces: Vec<Vec<(usize, String)>> = list.chunks(size).map(<[_]>::to_vec).collect();
            Some(pieces.into_iter().map(move |piece| (policy_type, extent, piece)))
        });
        let bars = self.begin("reading", is_wanted);
        let tenant = self.quiet();
        let reads = stream::iter(pieces.flatten()).map(|(policy_type, extent, piece)| async move {
            let ids: Vec<String> = piece.iter().map(|(_, id)| id.clone()).collect();
            (piece, tenant.by_id_of(policy_type, &ids, extent).await)
        });
        let mut problems = Problems::new();
        let mut reads = reads.buffer_unordered(AT_ONCE);
        while let Some((piece, found)) = reads.next().await {
            for ((index, _), found) in piece.into_iter().zip(found) {
                self.advance("reading", index);
                problems.entry(index).or_default().extend(self.judge(index, found, assignments));
            }
        }
        self.finish(bars);
        problems.retain(|_, findings| !findings.is_empty());
        problems
    }

    /// What is ready need not be waited for before it is assigned.
    fn is_ready(&self, index: usize, found: &Policy) {
        let policy_type = self.run.tenant.catalogue.get(&self.steps[index].step.type_name);
        let rule = policy_type.and_then(|policy_type| policy_type.ready.as_ref());
        if rule.is_some_and(|rule| ready::is_ready(rule, found.text(&rule.property))) {
            self.state().ready.insert(index);
        }
    }

    /// Whether the journal says how it is, and that it is as meant, and nothing was sent for it since.
    fn was_read_back(&self, index: usize, assignments: bool) -> bool {
        let Some(past) = self.past(&self.steps[index].step.reference()).filter(|past| past.object || assignments)
        else {
            return false;
        };
        if let Some(object) = &past.read {
            self.state().objects.entry(index).or_insert_with(|| object.clone());
        }
        if assignments { past.assignments && past.read_assignments } else { past.read.is_some() }
    }

    /// What is wrong with what was read back; how it is goes into the journal.
    fn judge(&self, index: usize, found: Result<Policy, GraphError>, assignments: bool) -> Option<Finding> {
        let subject = || self.steps[index].step.subject();
        match found {
            Ok(found) => {
                self.is_ready(index, &found);
                let difference = self.difference(index, &found, assignments);
                self.write_down(index, &found, difference.is_some());
                match difference {
                    Some(message) => Some(Finding::new(&codes::VERIFY_DIFFERS, subject(), message)),
                    None if assignments => None,
                    None => self.unseen(index, &found).map(|message| not_read_back(subject(), message)),
                }
            }
            Err(error) if ends_run(&error) => {
                self.end(error.into());
                None
            }
            Err(error) => Some(not_read_back(subject(), format!("the object cannot be read back: {error}"))),
        }
    }

    /// What of the object cannot be compared with what was sent, because it cannot be read back.
    fn unseen(&self, index: usize, found: &Policy) -> Option<String> {
        let work = &self.steps[index].work;
        let wanted = work.rewritten.policy.open().body;
        let before = work.before.as_ref().map(|before| before.open().body).unwrap_or_default();
        let (part, permission) = unread::unseen(&found.body, &wanted, &before)?;
        Some(format!(
            "its {part} cannot be read back without {permission}, so it cannot be compared with what was sent"
        ))
    }

    /// How the object is now stands in the journal, so that an undo can tell what somebody changed later. Where a part
    /// could not be read, nobody knows how it is.
    fn write_down(&self, index: usize, found: &Policy, differs: bool) {
        if unread::parts(&found.body).next().is_some() {
            return;
        }
        let step = &self.steps[index].step;
        let Some(policy_type) = self.run.tenant.catalogue.get(&step.type_name) else { return };
        let Prints { object, assignments } = comparison::prints(found, policy_type, self.run.tenant.catalogue);
        // Where only the assignments were read, the object is as it was read before.
        let object = self.state().objects.entry(index).or_insert(object).clone();
        let prints = Prints { object, assignments };
        if let Err(error) = self.run.journal.state(&step.reference(), prints, differs) {
            self.end(error);
        }
    }

    /// How what was read back differs from what was meant, in words.
    pub(crate) fn difference(&self, index: usize, found: &Policy, assignments: bool) -> Option<String> {
        let PlannedStep { step, work } = &self.steps[index];
        let policy_type = self.run.tenant.catalogue.get(&step.type_name)?;
        let wanted = self.state().target_ids.apply(&work.rewritten, self.run.tenant.catalogue).policy;
        let merged = self.options.existing_assignments == ExistingAssignments::Merge;
        if assignments && merged {
            let missing = assignment_merge::missing(&wanted, found, policy_type);
            return (missing > 0).then(|| format!("{missing} of its assignments are missing"));
        }
        let gate = (step.action == Action::Create).then(|| self.options.gate_state.unwrap_or_default());
        let gate = gate.or(self.options.gate_state);
        let mut differences = comparison::compare(&wanted, found, policy_type, self.run.tenant.catalogue, gate);
        if step.action == Action::Update {
            // The plan says that it stays different.
            differences.object.retain(|difference| !request_body::is_create_only(&difference.at, policy_type, &wanted));
        }
        let own = if assignments { &differences.assignments } else { &differences.object };
        if own.is_empty() {
            return None;
        }
        let words = [&wanted, found];
        let told =
            comparison::in_words(&differences, words, policy_type, self.run.tenant.catalogue, gate, &Names::default());
        let list = if assignments { told.assignments } else { told.object };
        let first = list.first()?;
        Some(format!("{}, the first at {}", count(list.len(), "place differs", "places differ"), first.at))
    }

    /// Assignments of everything that is there as meant.
    pub(crate) async fn assignments(&self, problems: &mut Problems) {
        let is_wanted = |index: usize| {
            self.steps[index].step.assignments == AssignmentAction::Write && !problems.contains_key(&index)
        };
        let wanted: Vec<usize> = (0..self.steps.len()).filter(|index| is_wanted(*index)).collect();
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
        let PlannedStep { step, work } = &self.steps[index];
        let id = match self.state().status.get(&index) {
            Some(Status::Done(Done { id: Some(id), .. })) => id.clone(),
            _ => return Ok(None),
        };
        let Some(policy_type) = self.run.tenant.catalogue.get(&step.type_name) else { return Ok(None) };
        let reference = step.reference();
        let past = self.past(&reference);
        if past.is_some_and(|past| past.assignments) {
            return Ok(None);
        }
        if let Some(refused) = past.and_then(|past| past.assignments_refused.clone()) {
            return Ok(Some((index, refused)));
        }
        let subject = step.subject();
        let refused = |message: String| Ok(Some((index, Finding::new(&codes::WRITE_FAILED, subject.clone(), message))));
        if self.is_ending() {
            return Ok(Some((index, Finding::new(&codes::STOPPED, subject, "its assignments are not written yet"))));
        }
        let resolved = self.state().target_ids.apply(&work.rewritten, self.run.tenant.catalogue);
        if let Some(place) = resolved.left.first() {
            return refused(format!("not assigned: {} {} does not exist in the target", place.kind, place.source_id));
        }
        if let Some(finding) = resolved.findings.into_iter().find(|_| resolved.blocked || resolved.assignments_held) {
            return Ok(Some((index, finding)));
        }
        let policy = resolved.policy;
        let before = match self.before_assigning(index, policy_type, &id, &policy).await? {
            Before::As(before) => before,
            Before::Assigned => return Ok(None),
            Before::Changed(why) => return Ok(Some((index, Finding::new(&codes::STALE_STEP, subject, why)))),
        };
        let image = before.as_ref().map(Policy::to_value);
        let owner = Owner {
            policy_type,
            policy: &policy,
            id: &id,
            step: &reference,
            subject: &subject,
            before: image.as_ref(),
        };
        let existing = self.options.existing_assignments;
        let written = async {
            if !self.state().ready.contains(&index) {
                ready::until_ready(self.writer(), owner).await?;
            }
            assign::write(self.writer(), owner, before.as_ref(), existing).await
        };
        match written.await {
            Ok(()) => self.run.journal.done(&reference, Piece::Assignments).map(|()| None),
            Err(WriteError::Run(error)) => Err(error),
            Err(WriteError::Object(finding)) => Ok(Some((index, *finding))),
            Err(WriteError::Graph(error)) => {
                let finding = Finding::new(&codes::WRITE_FAILED, subject, format!("not assigned: {error}"));
                if is_refusal(&error) {
                    self.run.journal.refused(&reference, Piece::Assignments, &finding)?;
                }
                Ok(Some((index, finding)))
            }
        }
    }

    /// Looks once more at an object that was there before the run: its assignments are replaced as a whole,
    /// so nobody may have changed them since the plan, and an object left alone must still be the same. What was
    /// made by somebody else since the plan is assigned only if nobody assigned it.
    async fn before_assigning(
        &self,
        index: usize,
        policy_type: &PolicyType,
        id: &str,
        wanted: &Policy,
    ) -> Result<Before, EngineError> {
        let PlannedStep { step, work } = &self.steps[index];
        let is_found = self.state().status.get(&index).is_some_and(|status| is_found(step, status));
        if step.action == Action::Create && !is_found {
            return Ok(Before::As(None));
        }
        let changed = || {
            Before::Changed(String::from("not assigned: the object in the target has changed since the plan was made"))
        };
        if work.before.is_none() && !is_found {
            return Ok(changed());
        }
        let found = match self.quiet().one(policy_type, id).await {
            Err(error) if ends_run(&error) => return Err(error.into()),
            Err(error) => return Ok(Before::Changed(format!("not assigned: {error}"))),
            Ok(found) => found,
        };
        let Some(before) = work.before.as_ref().map(Kept::open) else {
            return Ok(match comparison::is_assigned(&found) {
                false => Before::As(Some(found)),
                true if comparison::is_assigned_alike(wanted, &found) => Before::Assigned,
                true => Before::Changed(String::from(
                    "not assigned: the object was created and assigned by someone else after the plan was made",
                )),
            });
        };
        // Assignments that an earlier part of this run wrote are as meant, not as before.
        let written = *self.earlier(&step.reference()) == Earlier::Touched
            && assignment_merge::missing(wanted, &found, policy_type) == 0;
        let same = comparison::is_assigned_alike(&before, &found) || written;
        let object = match step.action {
            Action::Unchanged => comparison::is_as_before(&unassigned(&before), &unassigned(&found)),
            _ => true,
        };
        Ok(match object {
            true if same => Before::As(Some(before)),
            // Somebody else assigned it exactly as it is to be.
            true if comparison::is_assigned_alike(wanted, &found) => Before::Assigned,
            _ => changed(),
        })
    }
}

/// What an object is right before its assignments are written.
enum Before {
    /// They may be written; with the object as it was, where it was there.
    As(Option<Policy>),
    /// They are identical.
    Assigned,
    /// Somebody changed it: why it is left alone.
    Changed(String),
}

/// Nobody knows whether the target has what was sent: what depends on that waits.
fn not_read_back(subject: String, message: String) -> Finding {
    Finding::new(&codes::READ_FAILED, subject, message)
        .fix("Solve what the message says, then continue with import --resume JOURNAL, which reads it again.")
}

/// The policy without its assignments.
fn unassigned(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.body.remove("assignments");
    policy
}
