//! Before a run that is gone on with sends anything, it finds out what became of the requests whose answer never came,
//! and writes that into the journal. So however soon it is stopped again, it knows more than before, and only what was
//! under way at the last stop is of unknown fate. Not for sending what is missing: that is `create`'s, `update`'s and
//! `assign`'s.

use std::collections::BTreeMap;

use super::by_bucket::by_bucket;
use super::create::look_several_times;
use super::importer::Importer;
use super::lanes::lanes;
use super::read_back::difference;
use super::request::WriteError;
use super::status::Problems;
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::Piece;
use crate::engine::plan::plan_file::{Action, AssignmentAction};
use crate::engine::plan::prepared::{Earlier, Past, PlannedStep};
use crate::engine::shape::comparison;
use crate::engine::tenant::detail_requests::Extent;
use crate::engine::tenant::reader;
use crate::policy::{Policy, unread};

/// Settles what earlier parts of the run sent for objects. What remains unknown here is looked at again, and
/// spoken of, where it is written.
pub(super) async fn objects(importer: &mut Importer<'_>) {
    for (index, id) in creates(importer).await {
        past_mut(importer, index).did = match id {
            Some(id) => {
                importer.patience.is_new(&id);
                Earlier::Created(id)
            }
            None => Earlier::Absent,
        };
    }
    for index in as_wanted(importer).await {
        past_mut(importer, index).object = true;
        if let Err(error) = importer.run.journal.done(&importer.steps[index].step.reference(), Piece::Object) {
            importer.end(error);
        }
    }
}

/// Settles what earlier parts of the run sent for assignments.
pub(super) async fn assignments(importer: &mut Importer<'_>, problems: &Problems) {
    let sent = |index: usize| {
        let step = &importer.steps[index].step;
        let is_open = |past: &Past| past.assigning && !past.assignments;
        if step.assignments != AssignmentAction::Write
            || problems.contains_key(&index)
            || !importer.past(&step.reference()).is_some_and(is_open)
        {
            return None;
        }
        importer.done_id(index)
    };
    let found = read(importer, sent, Extent::Assignments).await;
    for (index, found) in found {
        let resolved = importer.resolved(index);
        let is_held = !resolved.left.is_empty() || resolved.blocked || resolved.assignments_held;
        if is_held || difference(importer, index, &found, true).is_some() {
            continue;
        }
        past_mut(importer, index).assignments = true;
        if let Err(error) = importer.run.journal.done(&importer.steps[index].step.reference(), Piece::Assignments) {
            importer.end(error);
        }
    }
}

fn past_mut<'i>(importer: &'i mut Importer<'_>, index: usize) -> &'i mut Past {
    importer.earlier.entry(importer.steps[index].step.reference()).or_default()
}

/// The creates of unknown fate, and what they made, if they made anything.
async fn creates(importer: &Importer<'_>) -> Vec<(usize, Option<String>)> {
    let is_open = |index: &usize| {
        let step = &importer.steps[*index].step;
        step.action == Action::Create && *importer.earlier(&step.reference()) == Earlier::Perhaps
    };
    let open: Vec<usize> = (0..importer.steps.len()).filter(is_open).collect();
    let mut found = Vec::new();
    let looks = lanes(importer.steps, importer.catalogue(), &open).into_iter().map(|lane| {
        (importer.bucket(lane[0]), async move {
            let mut found = Vec::new();
            for index in lane {
                found.extend(created_by(importer, index).await.map(|id| (index, id)));
            }
            found
        })
    });
    by_bucket(looks, |some: Vec<(usize, Option<String>)>| found.extend(some)).await;
    found
}

/// What a create of unknown fate made, if anything; nothing at all where that is unknown.
async fn created_by(importer: &Importer<'_>, index: usize) -> Option<Option<String>> {
    let step = &importer.steps[index].step;
    let policy_type = importer.catalogue().get(&step.type_name).filter(|_| !importer.is_ending())?;
    let wanted = importer.resolved(index).policy;
    let job = importer.job(index, policy_type, &Earlier::Perhaps, None);
    match look_several_times(&job, &wanted).await {
        Ok(found) => Some(found),
        Err(WriteError::Run(error)) => {
            importer.end(error);
            None
        }
        Err(_) => None,
    }
}

/// The objects that were made or changed, that the journal does not have as done, and that are identical to the plan.
async fn as_wanted(importer: &Importer<'_>) -> Vec<usize> {
    let mut target_ids = importer.state().target_ids.clone();
    for PlannedStep { step, .. } in importer.steps {
        if let Earlier::Created(id) = importer.earlier(&step.reference()) {
            target_ids.insert(&step.type_name, &step.key, id);
        }
    }
    let begun = |index: usize| {
        let PlannedStep { step, work } = &importer.steps[index];
        let past = importer.past(&step.reference()).filter(|past| !past.object)?;
        // Neither contents nor secrets can be compared.
        if work.content.is_some() || importer.options.send_secrets {
            return None;
        }
        match (step.action, &past.did) {
            (Action::Create, Earlier::Created(id)) => Some(id.clone()),
            (Action::Update, Earlier::Touched) => step.target_id.clone(),
            _ => None,
        }
    };
    let found = read(importer, begun, Extent::Whole).await;
    let is_as_wanted = |(index, found): &(usize, Policy)| {
        let resolved = target_ids.apply(&importer.steps[*index].work.rewritten, importer.catalogue());
        let is_new = importer.steps[*index].step.action == Action::Create;
        let gate = importer.options.gate_state.or_else(|| is_new.then(Default::default));
        let differs = |policy_type: &PolicyType| {
            let wanted = comparison::with_gate(resolved.policy.clone(), policy_type, gate);
            !comparison::compare(&wanted, found, policy_type, importer.catalogue(), gate).object.is_empty()
        };
        let policy_type = importer.policy_type(*index);
        let is_known = resolved.left.is_empty() && !resolved.blocked && unread::parts(&found.body).next().is_none();
        is_known && policy_type.is_some_and(|it| !differs(it))
    };
    found.into_iter().filter(is_as_wanted).map(|(index, _)| index).collect()
}

/// Reads the objects that are chosen by their ids. What cannot be read is left out.
async fn read(
    importer: &Importer<'_>,
    which: impl Fn(usize) -> Option<String>,
    extent: Extent,
) -> Vec<(usize, Policy)> {
    let mut by_type: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    for (index, step) in importer.steps.iter().map(|planned| &planned.step).enumerate() {
        if let Some(id) = which(index) {
            by_type.entry(&step.type_name).or_default().push((index, id));
        }
    }
    let mut read = Vec::new();
    for (name, list) in by_type {
        let Some(policy_type) = importer.catalogue().get(name).filter(|_| !importer.is_ending()) else { continue };
        let (places, ids): (Vec<usize>, Vec<String>) = list.into_iter().unzip();
        for (index, found) in
            places.into_iter().zip(reader::by_id_of(importer.quiet(), policy_type, &ids, extent).await)
        {
            match found {
                Ok(found) => read.push((index, found)),
                Err(error) if ends_run(&error) => importer.end(EngineError::from(error)),
                Err(_) => {}
            }
        }
    }
    read
}
