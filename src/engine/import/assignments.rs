//! Writes the assignments of an import: last, when all that is assigned is there as meant. What is sent for one object
//! is `assign`'s.

use super::assign;
use super::bars::Bars;
use super::by_bucket::by_bucket;
use super::importer::Importer;
use super::parts::Owner;
use super::ready;
use super::request::{WriteError, is_refusal};
use super::status::{Problems, is_found};
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::Piece;
use crate::engine::plan::assignment_merge;
use crate::engine::plan::plan_file::{Action, AssignmentAction};
use crate::engine::plan::prepared::{Earlier, PlannedStep};
use crate::engine::shape::comparison;
use crate::engine::tenant::reader;
use crate::finding::{Finding, codes};
use crate::policy::{Kept, Policy};

/// Assignments of everything that is there as meant.
pub(super) async fn write(importer: &Importer<'_>, problems: &mut Problems) {
    let is_wanted = |index: usize| {
        importer.steps[index].step.assignments == AssignmentAction::Write && !problems.contains_key(&index)
    };
    let wanted: Vec<usize> = (0..importer.steps.len()).filter(|index| is_wanted(*index)).collect();
    let bars = Bars::begin(importer, "assigning", is_wanted);
    let work =
        wanted.into_iter().map(|index| (importer.bucket(index), async move { (index, one(importer, index).await) }));
    by_bucket(work, |(index, outcome)| {
        bars.advance(index);
        match outcome {
            Ok(Some((index, finding))) => problems.entry(index).or_default().push(finding),
            Ok(None) => {}
            Err(error) => importer.end(error),
        }
    })
    .await;
    bars.finish();
}

async fn one(importer: &Importer<'_>, index: usize) -> Result<Option<(usize, Finding)>, EngineError> {
    let step = &importer.steps[index].step;
    let Some(id) = importer.done_id(index) else { return Ok(None) };
    let Some(policy_type) = importer.policy_type(index) else { return Ok(None) };
    let reference = step.reference();
    let past = importer.past(&reference);
    if past.is_some_and(|past| past.assignments) {
        return Ok(None);
    }
    if let Some(refused) = past.and_then(|past| past.assignments_refused.clone()) {
        return Ok(Some((index, refused)));
    }
    let subject = step.subject();
    let refused = |message: String| Ok(Some((index, Finding::new(&codes::WRITE_FAILED, subject.clone(), message))));
    if importer.is_ending() {
        return Ok(Some((index, Finding::new(&codes::STOPPED, subject, "its assignments are not written yet"))));
    }
    let resolved = importer.resolved(index);
    if let Some(place) = resolved.left.first() {
        return refused(format!("not assigned: {} {} does not exist in the target", place.kind, place.source_id));
    }
    if let Some(finding) = resolved.findings.into_iter().find(|_| resolved.blocked || resolved.assignments_held) {
        return Ok(Some((index, finding)));
    }
    let policy = resolved.policy;
    let before = match before_assigning(importer, index, policy_type, &id, &policy).await? {
        Before::As(before) => before,
        Before::Assigned => return Ok(None),
        Before::Changed(why) => return Ok(Some((index, Finding::new(&codes::STALE_STEP, subject, why)))),
    };
    let image = before.as_ref().map(Policy::to_value);
    let owner =
        Owner { policy_type, policy: &policy, id: &id, step: &reference, subject: &subject, before: image.as_ref() };
    let existing = importer.options.existing_assignments;
    let written = async {
        if !importer.state().ready.contains(&index) {
            ready::until_ready(importer.writer(), owner).await?;
        }
        assign::write(importer.writer(), owner, before.as_ref(), existing).await
    };
    match written.await {
        Ok(()) => importer.run.journal.done(&reference, Piece::Assignments).map(|()| None),
        Err(WriteError::Run(error)) => Err(error),
        Err(WriteError::Object(finding)) => Ok(Some((index, *finding))),
        Err(WriteError::Graph(error)) => {
            let finding = Finding::new(&codes::WRITE_FAILED, subject, format!("not assigned: {error}"));
            if is_refusal(&error) {
                importer.run.journal.refused(&reference, Piece::Assignments, &finding)?;
            }
            Ok(Some((index, finding)))
        }
    }
}

/// Looks once more at an object that was there before the run: its assignments are replaced as a whole,
/// so nobody may have changed them since the plan, and an object left alone must still be the same. What was
/// made by somebody else since the plan is assigned only if nobody assigned it. What has exactly the wanted assignments
/// needs nothing more.
async fn before_assigning(
    importer: &Importer<'_>,
    index: usize,
    policy_type: &PolicyType,
    id: &str,
    wanted: &Policy,
) -> Result<Before, EngineError> {
    let PlannedStep { step, work } = &importer.steps[index];
    let is_found = importer.state().status.get(&index).is_some_and(|status| is_found(step, status));
    if step.action == Action::Create && !is_found {
        return Ok(Before::As(None));
    }
    let changed =
        || Before::Changed(String::from("not assigned: the object in the target has changed since the plan was made"));
    let found = match reader::one(importer.quiet(), policy_type, id).await {
        Err(error) if ends_run(&error) => return Err(error.into()),
        Err(error) => return Ok(Before::Changed(format!("not assigned: {error}"))),
        Ok(found) => found,
    };
    let is_alike = comparison::is_assigned_alike(wanted, &found);
    let Some(before) = work.before.as_ref().map(Kept::open) else {
        // It is not as the plan saw it, so a run that is resumed did not keep how it was.
        if !is_found {
            let gate = importer.options.gate_state;
            let differences = || comparison::compare(wanted, &found, policy_type, importer.catalogue(), gate).object;
            let is_left = step.action != Action::Unchanged || differences().is_empty();
            return Ok(if is_alike && is_left { Before::Assigned } else { changed() });
        }
        return Ok(match comparison::is_assigned(&found) {
            false => Before::As(Some(found)),
            true if is_alike => Before::Assigned,
            true => Before::Changed(String::from(
                "not assigned: the object was created and assigned by someone else after the plan was made",
            )),
        });
    };
    // Assignments that an earlier part of this run wrote are as meant, not as before.
    let written = *importer.earlier(&step.reference()) == Earlier::Touched
        && assignment_merge::missing(wanted, &found, policy_type) == 0;
    let same = comparison::is_assigned_alike(&before, &found) || written;
    let object = match step.action {
        Action::Unchanged => comparison::is_as_before(&unassigned(&before), &unassigned(&found)),
        _ => true,
    };
    Ok(match object {
        true if same => Before::As(Some(before)),
        // Somebody else assigned it exactly as it is to be.
        true if is_alike => Before::Assigned,
        _ => changed(),
    })
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

/// The policy without its assignments.
fn unassigned(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.body.remove("assignments");
    policy
}
