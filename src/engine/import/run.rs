//! Carries a plan out: groups first, then objects in the order of their references, then, when they have
//! been read back, assignments. Takes only a plan; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::approvals::Approvals;
use super::arrivals::Arrivals;
use super::by_bucket::by_bucket;
use super::patience::Patience;
use super::read_back;
use super::request::Writer;
use super::resume;
use super::status::{FOUND, State, Status, is_found, outcome};
use super::update::{self, Done, Failure};
use crate::catalogue::PolicyType;
use crate::engine::content;
use crate::engine::error::EngineError;
use crate::engine::journal::line::Ending;
use crate::engine::journal::{Journal, Piece};
use crate::engine::options::Options;
use crate::engine::outcome::{ObjectOutcome, Outcome};
use crate::engine::plan::opened_secrets::MappedSecrets;
use crate::engine::plan::order;
use crate::engine::plan::plan_file::{Action, AssignmentAction, Step};
use crate::engine::plan::prepared::{Earlier, EarlierWork, Past, PlannedStep, Prepared};
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::mapping::Await;
use crate::policy::{Kept, Marks};

/// What an import is carried out with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The target tenant.
    pub tenant: Tenant<'a>,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// The record of the run.
    pub journal: &'a Journal,
    /// What is said about approval.
    pub approvals: &'a Approvals,
    /// Ends the run after the requests in flight.
    pub stop: &'a CancellationToken,
}

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
    let Prepared { mut plan, work, target_ids, known, groups, marks, earlier, planned, secrets: opened, .. } = prepared;
    let steps = PlannedStep::joined(std::mem::take(&mut plan.steps), work);
    let state = Mutex::new(State::new(target_ids));
    let secrets = MappedSecrets { given: run.secrets, opened: &opened, ids: &state };
    let mut importer = Importer {
        run: Run { secrets: &secrets, ..run },
        steps: &steps,
        options: &plan.options,
        arrivals: Arrivals::new(&known, planned),
        marks: &marks,
        adopted: Mutex::new(resume::made(&earlier)),
        patience: Patience::new(run.tenant, run.stop),
        earlier,
        state: &state,
        index: steps.iter().enumerate().map(|(index, planned)| (planned.step.reference(), index)).collect(),
    };
    for id in resume::made(&importer.earlier) {
        importer.patience.is_new(&id);
    }
    importer.settle_objects().await;
    let mut created = importer.groups(&groups).await;
    importer.objects().await;
    let mut problems = importer.read_back(|step| matches!(step.action, Action::Create | Action::Update), false).await;
    Box::pin(importer.ranks(&mut problems)).await;
    importer.settle_assignments(&problems).await;
    importer.assignments(&mut problems).await;
    let assigned = importer.read_back(|step| step.assignments == AssignmentAction::Write, true).await;
    read_back::add(&mut problems, assigned);
    importer.until_listed().await;
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

pub(crate) type Problems = BTreeMap<usize, Vec<Finding>>;

pub(crate) struct Importer<'a> {
    pub(crate) run: Run<'a>,
    /// What is done, in the plan's order.
    pub(crate) steps: &'a [PlannedStep],
    pub(crate) options: &'a Options,
    /// What came into the target since the plan.
    pub(crate) arrivals: Arrivals<'a>,
    /// What must not leave for the target.
    pub(crate) marks: &'a Marks,
    /// Objects that this run made, or found after an uncertain create: nobody else may take them.
    pub(crate) adopted: Mutex<BTreeSet<String>>,
    /// How the run waits for the service.
    pub(crate) patience: Patience<'a>,
    /// What an earlier part of the run did.
    pub(crate) earlier: EarlierWork,
    pub(crate) state: &'a Mutex<State>,
    pub(crate) index: BTreeMap<String, usize>,
}

impl Importer<'_> {
    pub(crate) fn writer(&self) -> Writer<'_> {
        let Run { tenant: Tenant { client, .. }, journal, approvals, secrets, .. } = self.run;
        Writer { client, journal, marks: self.marks, approvals, secrets, patience: &self.patience, learned: self.state }
    }

    /// The target, where no one is shown progress: for what was written.
    pub(crate) fn quiet(&self) -> Tenant<'_> {
        self.run.tenant.quiet()
    }

    /// What an earlier part of the run did for a step.
    pub(crate) fn earlier(&self, step: &str) -> &Earlier {
        self.past(step).map_or(&Earlier::Nothing, |past| &past.did)
    }

    /// What the journal of an earlier part of the run says of a step.
    pub(crate) fn past(&self, step: &str) -> Option<&Past> {
        self.earlier.get(step)
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins nothing further; what is under way still comes to its end. The first reason counts.
    pub(crate) fn end(&self, error: EngineError) {
        self.state().ended.get_or_insert(error);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.run.stop.is_cancelled() || self.state().ended.is_some()
    }

    /// Objects, level by level: everything in one level needs only what is in the levels before.
    async fn objects(&self) {
        let bars = self.begin("writing", |_| true);
        for level in self.levels() {
            let lanes = self.lanes(&level).into_iter().map(|lane| (self.bucket(lane[0]), self.lane(lane)));
            by_bucket(lanes, drop).await;
        }
        self.finish(bars);
    }

    /// Indices of steps by how deep they stand. The plan has dependencies first.
    fn levels(&self) -> Vec<Vec<usize>> {
        let needs = |step: &Step| step.needs.iter().filter_map(|need| self.index.get(need).copied()).collect();
        order::levels(&self.steps.iter().map(|planned| &planned.step).map(needs).collect::<Vec<_>>())
    }

    /// What may run at once: each object by itself, but a type with an order of its own one after another, and
    /// so those of one name: after a create of unknown fate, one must not be taken for the other.
    pub(crate) fn lanes(&self, level: &[usize]) -> Vec<Vec<usize>> {
        let mut lanes: Vec<Vec<usize>> = Vec::new();
        let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for index in level {
            let Step { type_name, name, .. } = &self.steps[*index].step;
            let in_order =
                self.run.tenant.catalogue.get(type_name).is_some_and(|policy_type| policy_type.rank.is_some());
            let lane = *known.entry((type_name, if in_order { "" } else { name })).or_insert(lanes.len());
            if lane == lanes.len() {
                lanes.push(Vec::new());
            }
            lanes[lane].push(*index);
        }
        lanes
    }

    /// Whose limits a step's requests count against.
    pub(crate) fn bucket(&self, index: usize) -> &str {
        self.run.tenant.catalogue.get(&self.steps[index].step.type_name).map_or("", |policy_type| &policy_type.bucket)
    }

    /// Begins a bar for each type that has such steps.
    pub(crate) fn begin(&self, doing: &str, which: impl Fn(usize) -> bool) -> BTreeSet<String> {
        let mut totals: BTreeMap<String, u64> = BTreeMap::new();
        for index in (0..self.steps.len()).filter(|index| which(*index)) {
            *totals.entry(self.doing(doing, index)).or_default() += 1;
        }
        for (what, total) in &totals {
            self.run.tenant.reporter.report(Event::Started { what: what.clone(), total: Some(*total) });
        }
        totals.into_keys().collect()
    }

    /// One step more of its type's bar.
    pub(crate) fn advance(&self, doing: &str, index: usize) {
        self.run.tenant.reporter.report(Event::Advanced { what: self.doing(doing, index), count: 1 });
    }

    pub(crate) fn finish(&self, bars: BTreeSet<String>) {
        for what in bars {
            self.run.tenant.reporter.report(Event::Finished { what });
        }
    }

    fn doing(&self, doing: &str, index: usize) -> String {
        let type_name = &self.steps[index].step.type_name;
        let title = self.run.tenant.catalogue.get(type_name).map_or(type_name, |policy_type| &policy_type.title);
        format!("{doing} {title}")
    }

    async fn lane(&self, lane: Vec<usize>) {
        for index in lane {
            let status = self.step(index).await.unwrap_or_else(|error| {
                self.end(error);
                Status::NotStarted(None)
            });
            if let Status::Done(Done { id: Some(id), .. }) = &status {
                let step = &self.steps[index].step;
                self.state().target_ids.insert(&step.type_name, &step.key, id);
                if step.action == Action::Create
                    && !is_found(step, &status)
                    && let Err(error) = self.adopt(index, id).await
                {
                    self.end(error);
                }
            }
            self.state().status.insert(index, status);
            self.advance("writing", index);
        }
    }

    async fn step(&self, index: usize) -> Result<Status, EngineError> {
        let PlannedStep { step, work } = &self.steps[index];
        let Some(policy_type) = self.run.tenant.catalogue.get(&step.type_name) else {
            return Ok(Status::NotStarted(None));
        };
        if !matches!(step.action, Action::Create | Action::Update) {
            let id = step.target_id.clone().filter(|_| !step.action.is_absent());
            return Ok(Status::Done(Done { id, outcome: step.action.outcome() }));
        }
        if self.is_ending() {
            return Ok(Status::NotStarted(None));
        }
        if let Some(done) = self.done_before(step, policy_type).await {
            return Ok(Status::Done(done));
        }
        if let Some(failure) = self.refused_before(step) {
            return Ok(Status::Failed(failure));
        }
        if let Some(need) = step.needs.iter().find(|need| !self.is_there(need)) {
            let state = self.state();
            let status = self.index.get(need).and_then(|index| state.status.get(index));
            return Ok(match status.and_then(Status::waits) {
                Some(outcome) => Status::Waits(need.clone(), outcome),
                None => Status::NotStarted(Some(need.clone())),
            });
        }
        let resolved = self.state().target_ids.apply(&work.rewritten, self.run.tenant.catalogue);
        // A group that could not be created holds back the assignments, not the object.
        // What is made together with a new object cannot be there before it.
        let later =
            |place: &&Await| place.in_assignments() || (step.action == Action::Create && place.made_with.is_some());
        let missing = resolved.left.iter().find(|place| !later(place)).map(|place| {
            let message = format!("required {} {} does not exist in the target", place.kind, place.source_id);
            Finding::new(&codes::BLOCKED_BY, step.subject(), message)
        });
        let contradiction = resolved.findings.into_iter().find(|_| resolved.blocked);
        if let Some(finding) = missing.or(contradiction) {
            return Ok(Status::Failed(Failure { finding, stale: false, refused: false, id: None }));
        }
        let given = work
            .content
            .as_ref()
            .map(|given| content::source::as_planned(given, step.content.as_ref(), &step.subject()));
        let content = given.as_ref().map(|given| super::upload::Upload {
            source: given.as_ref().copied().map_err(AsRef::as_ref),
            reporter: self.run.tenant.reporter,
            stop: self.run.stop,
            past: self.past(&step.reference()),
        });
        let made = self.state().made.get(&step.reference()).cloned().map(Earlier::Made);
        let earlier = made.as_ref().unwrap_or_else(|| self.earlier(&step.reference()));
        let job = self.job(index, policy_type, earlier, content);
        match job.run(&resolved.policy).await {
            Ok(done) => {
                if done.outcome == FOUND && step.action == Action::Create {
                    let note = format!(
                        "{} was created by someone else after the plan was made; it is not created again",
                        step.subject()
                    );
                    self.run.tenant.reporter.report(Event::Note(note));
                } else {
                    self.run.journal.done(&step.reference(), Piece::Object)?;
                }
                Ok(Status::Done(done))
            }
            Err(update::JobError::Object(failure)) => {
                if failure.refused {
                    self.run.journal.refused(&step.reference(), Piece::Object, &failure.finding)?;
                }
                Ok(Status::Failed(*failure))
            }
            Err(update::JobError::Run(error)) => Err(error),
        }
    }

    /// The writing of a step's object.
    pub(crate) fn job<'j>(
        &'j self,
        index: usize,
        policy_type: &'j PolicyType,
        earlier: &'j Earlier,
        content: Option<super::upload::Upload<'j>>,
    ) -> update::Job<'j> {
        update::Job {
            tenant: self.quiet(),
            writer: self.writer(),
            policy_type,
            step: &self.steps[index].step,
            options: self.options,
            secrets: self.run.secrets,
            before: self.steps[index].work.before.as_ref().map(Kept::open),
            arrivals: &self.arrivals,
            adopted: &self.adopted,
            earlier,
            content,
        }
    }

    /// What an earlier part of the run did completely is not looked into again. An object that is not in the list is:
    /// it may be new, and somebody may have removed it.
    async fn done_before(&self, step: &Step, policy_type: &PolicyType) -> Option<Done> {
        let past = self.past(&step.reference()).filter(|past| past.object)?;
        match (step.action, past.did.clone()) {
            (Action::Create, Earlier::Created(id)) => {
                let listed = self.arrivals.now(self.quiet(), policy_type).await.ok()??;
                listed.has(&id).then_some(Done { id: Some(id), outcome: Outcome::Created })
            }
            (Action::Update, _) => Some(Done { id: step.target_id.clone(), outcome: Outcome::Updated }),
            _ => None,
        }
    }

    /// What an earlier part of the run was refused is not sent again before the run has ended: many refusals
    /// must not keep it from getting on.
    fn refused_before(&self, step: &Step) -> Option<Failure> {
        let past = self.past(&step.reference())?;
        let id = match &past.did {
            Earlier::Created(id) => Some(id.clone()),
            _ => None,
        };
        past.refused.clone().map(|finding| Failure { finding, stale: false, refused: true, id })
    }

    fn is_there(&self, reference: &str) -> bool {
        let state = self.state();
        let status = self.index.get(reference).and_then(|index| state.status.get(index));
        matches!(status, Some(Status::Done(Done { id: Some(_), .. })))
    }
}
