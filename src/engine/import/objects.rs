//! Writes the objects of an import, level by level, each when all that it needs is there. How one is written is
//! `write_object`'s; its assignments are `assignments`'.

use super::bars::Bars;
use super::by_bucket::by_bucket;
use super::importer::Importer;
use super::lanes::{lanes, levels};
use super::service_created;
use super::status::{Status, is_found};
use super::upload_steps::Upload;
use super::write_object::write_object;
use super::written::{Done, FOUND, Failure, JobError};
use crate::catalogue::PolicyType;
use crate::engine::content;
use crate::engine::error::EngineError;
use crate::engine::journal::Piece;
use crate::engine::outcome::Outcome;
use crate::engine::plan::plan_file::{Action, Step};
use crate::engine::plan::prepared::{Earlier, PlannedStep};
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::mapping::Await;

/// Writes them all: everything in one level needs only what is in the levels before.
pub(super) async fn write(importer: &Importer<'_>) {
    let bars = Bars::begin(importer, "writing", |_| true);
    for level in levels(importer.steps, &importer.index) {
        let lanes = lanes(importer.steps, importer.catalogue(), &level).into_iter();
        by_bucket(lanes.map(|lane| (importer.bucket(lane[0]), one_by_one(importer, &bars, lane))), drop).await;
    }
    bars.finish();
}

/// Writes some objects one after another.
async fn one_by_one(importer: &Importer<'_>, bars: &Bars<'_>, lane: Vec<usize>) {
    for index in lane {
        let status = one(importer, index).await.unwrap_or_else(|error| {
            importer.end(error);
            Status::NotStarted(None)
        });
        if let Status::Done(Done { id: Some(id), .. }) = &status {
            let step = &importer.steps[index].step;
            importer.state().target_ids.insert(&step.type_name, &step.key, id);
            if step.action == Action::Create
                && !is_found(step, &status)
                && let Err(error) = service_created::adopt(importer, index, id).await
            {
                importer.end(error);
            }
        }
        importer.state().status.insert(index, status);
        bars.advance(index);
    }
}

async fn one(importer: &Importer<'_>, index: usize) -> Result<Status, EngineError> {
    let PlannedStep { step, work } = &importer.steps[index];
    let Some(policy_type) = importer.policy_type(index) else { return Ok(Status::NotStarted(None)) };
    if !matches!(step.action, Action::Create | Action::Update) {
        let id = step.target_id.clone().filter(|_| !step.action.is_absent());
        return Ok(Status::Done(Done { id, outcome: step.action.outcome() }));
    }
    if importer.is_ending() {
        return Ok(Status::NotStarted(None));
    }
    if let Some(done) = done_before(importer, step, policy_type).await {
        return Ok(Status::Done(done));
    }
    if let Some(failure) = refused_before(importer, step) {
        return Ok(Status::Failed(failure));
    }
    if let Some(need) = step.needs.iter().find(|need| !is_there(importer, need)) {
        let state = importer.state();
        let status = importer.index.get(need).and_then(|index| state.status.get(index));
        return Ok(match status.and_then(Status::waits) {
            Some(outcome) => Status::Waits(need.clone(), outcome),
            None => Status::NotStarted(Some(need.clone())),
        });
    }
    let resolved = importer.resolved(index);
    // A group that could not be created holds back the assignments, not the object.
    // What is made together with a new object cannot be there before it.
    let later = |place: &&Await| place.in_assignments() || (step.action == Action::Create && place.made_with.is_some());
    let missing = resolved.left.iter().find(|place| !later(place)).map(|place| {
        let message = format!("required {} {} does not exist in the target", place.kind, place.source_id);
        Finding::new(&codes::BLOCKED_BY, step.subject(), message)
    });
    let contradiction = resolved.findings.into_iter().find(|_| resolved.blocked);
    if let Some(finding) = missing.or(contradiction) {
        return Ok(Status::Failed(Failure { finding, stale: false, refused: false, id: None }));
    }
    let given =
        work.content.as_ref().map(|given| content::source::as_planned(given, step.content.as_ref(), &step.subject()));
    let content = given.as_ref().map(|given| Upload {
        source: given.as_ref().copied().map_err(AsRef::as_ref),
        reporter: importer.run.tenant.reporter,
        stop: importer.run.stop,
        past: importer.past(&step.reference()),
    });
    let made = importer.state().made.get(&step.reference()).cloned().map(Earlier::Made);
    let earlier = made.as_ref().unwrap_or_else(|| importer.earlier(&step.reference()));
    let job = importer.job(index, policy_type, earlier, content);
    match write_object(&job, &resolved.policy).await {
        Ok(done) => {
            if done.outcome == FOUND && step.action == Action::Create {
                let note = format!(
                    "{} was created by someone else after the plan was made; it is not created again",
                    step.subject()
                );
                importer.run.tenant.reporter.report(Event::Note(note));
            } else {
                importer.run.journal.done(&step.reference(), Piece::Object)?;
            }
            Ok(Status::Done(done))
        }
        Err(JobError::Object(failure)) => {
            if failure.refused {
                importer.run.journal.refused(&step.reference(), Piece::Object, &failure.finding)?;
            }
            Ok(Status::Failed(*failure))
        }
        Err(JobError::Run(error)) => Err(error),
    }
}

/// What an earlier part of the run did completely is not looked into again. An object that is not in the list is:
/// it may be new, and somebody may have removed it.
async fn done_before(importer: &Importer<'_>, step: &Step, policy_type: &PolicyType) -> Option<Done> {
    let past = importer.past(&step.reference()).filter(|past| past.object)?;
    match (step.action, past.did.clone()) {
        (Action::Create, Earlier::Created(id)) => {
            let listed = importer.arrivals.now(importer.quiet(), policy_type).await.ok()??;
            listed.has(&id).then_some(Done { id: Some(id), outcome: Outcome::Created })
        }
        (Action::Update, _) => Some(Done { id: step.target_id.clone(), outcome: Outcome::Updated }),
        _ => None,
    }
}

/// What an earlier part of the run was refused is not sent again before the run has ended: many refusals
/// must not keep it from getting on.
fn refused_before(importer: &Importer<'_>, step: &Step) -> Option<Failure> {
    let past = importer.past(&step.reference())?;
    let id = match &past.did {
        Earlier::Created(id) => Some(id.clone()),
        _ => None,
    };
    past.refused.clone().map(|finding| Failure { finding, stale: false, refused: true, id })
}

fn is_there(importer: &Importer<'_>, reference: &str) -> bool {
    importer.index.get(reference).is_some_and(|index| importer.done_id(*index).is_some())
}
