//! Before a run that is gone on with sends anything, it finds out what became of the requests whose answer never came,
//! and writes that into the journal. So however soon it is stopped again, it knows more than before, and only what was
//! under way at the last stop is of unknown fate. Not for sending what is missing: that is `create`'s, `update`'s and
//! `assign`'s.

use std::collections::BTreeMap;

use super::by_bucket::by_bucket;
use super::request::WriteError;
use super::run::{Importer, Problems};
use super::status::Status;
use super::update::Done;
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::Piece;
use crate::engine::plan::plan_file::{Action, AssignmentAction};
use crate::engine::plan::prepared::{Earlier, Past, PlannedStep};
use crate::engine::shape::comparison;
use crate::engine::tenant::detail_requests::Extent;
use crate::policy::{Policy, unread};

impl Importer<'_> {
    /// Settles what earlier parts of the run sent for objects. What remains unknown here is looked at again, and
    /// spoken of, where it is written.
    pub(crate) async fn settle_objects(&mut self) {
        for (index, id) in self.creates().await {
            self.past_mut(index).did = match id {
                Some(id) => {
                    self.patience.is_new(&id);
                    Earlier::Created(id)
                }
                None => Earlier::Absent,
            };
        }
        for index in self.as_wanted().await {
            self.past_mut(index).object = true;
            if let Err(error) = self.run.journal.done(&self.steps[index].step.reference(), Piece::Object) {
                self.end(error);
            }
        }
    }

    /// Settles what earlier parts of the run sent for assignments.
    pub(crate) async fn settle_assignments(&mut self, problems: &Problems) {
        let sent = |index: usize| {
            let step = &self.steps[index].step;
            let is_open = |past: &Past| past.assigning && !past.assignments;
            if step.assignments != AssignmentAction::Write
                || problems.contains_key(&index)
                || !self.past(&step.reference()).is_some_and(is_open)
            {
                return None;
            }
            match self.state().status.get(&index) {
                Some(Status::Done(Done { id: Some(id), .. })) => Some(id.clone()),
                _ => None,
            }
        };
        let found = self.read(sent, Extent::Assignments).await;
        for (index, found) in found {
            let resolved = self.state().target_ids.apply(&self.steps[index].work.rewritten, self.run.tenant.catalogue);
            let is_held = !resolved.left.is_empty() || resolved.blocked || resolved.assignments_held;
            if is_held || self.difference(index, &found, true).is_some() {
                continue;
            }
            self.past_mut(index).assignments = true;
            if let Err(error) = self.run.journal.done(&self.steps[index].step.reference(), Piece::Assignments) {
                self.end(error);
            }
        }
    }

    fn past_mut(&mut self, index: usize) -> &mut Past {
        self.earlier.entry(self.steps[index].step.reference()).or_default()
    }

    /// The creates of unknown fate, and what they made, if they made anything.
    async fn creates(&self) -> Vec<(usize, Option<String>)> {
        let is_open = |index: &usize| {
            let step = &self.steps[*index].step;
            step.action == Action::Create && *self.earlier(&step.reference()) == Earlier::Perhaps
        };
        let open: Vec<usize> = (0..self.steps.len()).filter(is_open).collect();
        let mut found = Vec::new();
        let looks = self.lanes(&open).into_iter().map(|lane| {
            (self.bucket(lane[0]), async move {
                let mut found = Vec::new();
                for index in lane {
                    found.extend(self.created_by(index).await.map(|id| (index, id)));
                }
                found
            })
        });
        by_bucket(looks, |some: Vec<(usize, Option<String>)>| found.extend(some)).await;
        found
    }

    /// What a create of unknown fate made, if anything; nothing at all where that is unknown.
    async fn created_by(&self, index: usize) -> Option<Option<String>> {
        let step = &self.steps[index].step;
        let policy_type = self.run.tenant.catalogue.get(&step.type_name).filter(|_| !self.is_ending())?;
        let wanted = self.state().target_ids.apply(&self.steps[index].work.rewritten, self.run.tenant.catalogue).policy;
        let job = self.job(index, policy_type, &Earlier::Perhaps, None);
        match job.look_several_times(&wanted).await {
            Ok(found) => Some(found),
            Err(WriteError::Run(error)) => {
                self.end(error);
                None
            }
            Err(_) => None,
        }
    }

    /// The objects that were made or changed, that the journal does not have as done, and that are identical to the plan.
    async fn as_wanted(&self) -> Vec<usize> {
        let mut target_ids = self.state().target_ids.clone();
        for PlannedStep { step, .. } in self.steps {
            if let Earlier::Created(id) = self.earlier(&step.reference()) {
                target_ids.insert(&step.type_name, &step.key, id);
            }
        }
        let begun = |index: usize| {
            let PlannedStep { step, work } = &self.steps[index];
            let past = self.past(&step.reference()).filter(|past| !past.object)?;
            // Neither contents nor secrets can be compared.
            if work.content.is_some() || self.options.send_secrets {
                return None;
            }
            match (step.action, &past.did) {
                (Action::Create, Earlier::Created(id)) => Some(id.clone()),
                (Action::Update, Earlier::Touched) => step.target_id.clone(),
                _ => None,
            }
        };
        let found = self.read(begun, Extent::Whole).await;
        let is_as_wanted = |(index, found): &(usize, Policy)| {
            let resolved = target_ids.apply(&self.steps[*index].work.rewritten, self.run.tenant.catalogue);
            let is_new = self.steps[*index].step.action == Action::Create;
            let gate = self.options.gate_state.or_else(|| is_new.then(Default::default));
            let differs = |policy_type: &PolicyType| {
                let wanted = comparison::with_gate(resolved.policy.clone(), policy_type, gate);
                !comparison::compare(&wanted, found, policy_type, self.run.tenant.catalogue, gate).object.is_empty()
            };
            let policy_type = self.run.tenant.catalogue.get(&self.steps[*index].step.type_name);
            let is_known = resolved.left.is_empty() && !resolved.blocked && unread::parts(&found.body).next().is_none();
            is_known && policy_type.is_some_and(|it| !differs(it))
        };
        found.into_iter().filter(is_as_wanted).map(|(index, _)| index).collect()
    }

    /// Reads the objects that are chosen by their ids. What cannot be read is left out.
    async fn read(&self, which: impl Fn(usize) -> Option<String>, extent: Extent) -> Vec<(usize, Policy)> {
        let mut by_type: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
        for (index, step) in self.steps.iter().map(|planned| &planned.step).enumerate() {
            if let Some(id) = which(index) {
                by_type.entry(&step.type_name).or_default().push((index, id));
            }
        }
        let mut read = Vec::new();
        for (name, list) in by_type {
            let Some(policy_type) = self.run.tenant.catalogue.get(name).filter(|_| !self.is_ending()) else { continue };
            let (places, ids): (Vec<usize>, Vec<String>) = list.into_iter().unzip();
            for (index, found) in places.into_iter().zip(self.quiet().by_id_of(policy_type, &ids, extent).await) {
                match found {
                    Ok(found) => read.push((index, found)),
                    Err(error) if ends_run(&error) => self.end(EngineError::from(error)),
                    Err(_) => {}
                }
            }
        }
        read
    }
}
