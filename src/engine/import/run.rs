//! Carries a plan out: groups first, then objects in the order of their references, then, when all that was written has
//! been read back, their places and assignments. Takes only a plan; decides nothing. Here is the order of the phases, each
//! of which is a file of its own; what they share is `importer`'s.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use super::arrivals::Arrivals;
use super::importer::Importer;
pub use super::importer::Run;
use super::patience::Patience;
use super::read_back::{add, read_back};
use super::resume;
use super::status::{State, is_found, outcome};
use super::wait_until_listed::until_listed;
use super::{assignments, groups, objects, ranks, settle, twins};
use crate::engine::error::EngineError;
use crate::engine::journal::line::Ending;
use crate::engine::outcome::ObjectOutcome;
use crate::engine::plan::opened_secrets::MappedSecrets;
use crate::engine::plan::plan_file::{Action, AssignmentAction};
use crate::engine::plan::prepared::{PlannedStep, Prepared};
use crate::policy::Search;

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// Object by object, in the plan's order.
    pub objects: Vec<ObjectOutcome>,
    /// Kind, source id, name and target id of what was created, for the mapping.
    pub created: Vec<(String, String, String, String)>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// Why the journal does not say how the run ended, where it could not be written any more.
    pub unrecorded: Option<EngineError>,
}

/// Carries the plan out.
pub async fn import(prepared: Prepared, run: Run<'_>) -> Result<Imported, EngineError> {
    let Prepared {
        mut plan,
        work,
        target_ids,
        known,
        groups: wanted_groups,
        marks,
        earlier,
        planned,
        secrets: opened,
        ..
    } = prepared;
    let steps = PlannedStep::joined(std::mem::take(&mut plan.steps), work);
    let marks = Search::new(Cow::Owned(marks));
    let state = Mutex::new(State::new(target_ids));
    let secrets = MappedSecrets { given: run.secrets, opened: &opened, ids: &state };
    let mut importer = Importer {
        run: Run { secrets: &secrets, ..run },
        steps: &steps,
        options: &plan.options,
        arrivals: Arrivals::new(&known, planned),
        marks: &marks,
        adopted: Mutex::new(resume::made(&earlier)),
        sent_again: Mutex::default(),
        patience: Patience::new(run.tenant, run.stop),
        earlier,
        state: &state,
        index: steps.iter().enumerate().map(|(index, planned)| (planned.step.reference(), index)).collect(),
    };
    for id in resume::made(&importer.earlier) {
        importer.patience.is_new(&id);
    }
    settle::objects(&mut importer).await;
    let mut created = groups::create_all(&importer, &wanted_groups).await;
    objects::write(&importer).await;
    let mut problems = read_back(&importer, |step| matches!(step.action, Action::Create | Action::Update), false).await;
    Box::pin(ranks::arrange_all(&importer, &mut problems)).await;
    settle::assignments(&mut importer, &problems).await;
    assignments::write(&importer, &mut problems).await;
    let assigned = read_back(&importer, |step| step.assignments == AssignmentAction::Write, true).await;
    add(&mut problems, assigned);
    until_listed(&importer).await;
    add(&mut problems, twins::find(&importer).await);
    let interrupted = run.stop.is_cancelled();
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.ended {
        // What stopped the run is what matters, also where the journal cannot be ended any more.
        run.journal.end(Ending::Interrupted).ok();
        return Err(error);
    }
    let unrecorded = run.journal.end(if interrupted { Ending::Interrupted } else { Ending::Finished }).err();

    let mut objects = Vec::with_capacity(steps.len());
    for (index, PlannedStep { step, .. }) in steps.iter().enumerate() {
        let outcome = outcome(step, state.status.get(&index), problems.remove(&index).unwrap_or_default());
        if step.action == Action::Create
            && !state.status.get(&index).is_some_and(|status| is_found(step, status))
            && let Some(target) = &outcome.target_id
        {
            created.push((step.type_name.clone(), step.key.clone(), step.name.clone(), target.clone()));
        }
        objects.push(outcome);
    }
    Ok(Imported { objects, created, interrupted, unrecorded })
}
