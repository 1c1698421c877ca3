//! What became of each step so far, and its outcome in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::request::Learned;
use super::written::{Done, FOUND, Failure};
use crate::engine::error::EngineError;
use crate::engine::outcome::{ObjectOutcome, Outcome};
use crate::engine::plan::opened_secrets::KnownIds;
use crate::engine::plan::plan_file::{Action, AssignmentAction, Step};
use crate::engine::plan::target_ids::TargetIds;
use crate::finding::{Finding, codes};
use crate::mapping::Await;

/// What is wrong with steps, by their places in the plan.
pub(super) type Problems = BTreeMap<usize, Vec<Finding>>;

/// What became of a step so far.
#[derive(Debug, Clone)]
pub(crate) enum Status {
    /// The object is as the plan wants it.
    Done(Done),
    Failed(Failure),
    /// Not begun: something it needs failed, or the run was stopped.
    NotStarted(Option<String>),
    /// Not begun: something it needs waits for an approval, or for a reason to be given one. With its own
    /// outcome.
    Waits(String, Outcome),
}

impl Status {
    /// The outcome of what waits, and of what needs it.
    pub(super) fn waits(&self) -> Option<Outcome> {
        match self {
            Self::Waits(_, outcome) => Some(*outcome),
            Self::Failed(failure) if failure.finding.is(&codes::APPROVAL_PENDING) => Some(Outcome::Pending),
            Self::Failed(failure) if failure.finding.is(&codes::APPROVAL_NEEDED) => Some(Outcome::Blocked),
            Self::Failed(_) | Self::Done(_) | Self::NotStarted(_) => None,
        }
    }
}

pub(crate) struct State {
    pub(crate) target_ids: TargetIds,
    pub(crate) status: BTreeMap<usize, Status>,
    /// The fingerprints of objects that were read back whole.
    pub(crate) objects: BTreeMap<usize, String>,
    /// What was read back and is ready for assignments.
    pub(crate) ready: BTreeSet<usize>,
    /// What the service made together with other objects, by the step that it belongs to.
    pub(crate) made: BTreeMap<String, String>,
    /// Why nothing further is begun: the tenant cannot be reached, or the journal not be written.
    pub(crate) ended: Option<EngineError>,
}

impl State {
    pub(super) fn new(target_ids: TargetIds) -> Self {
        let (status, objects, made) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { target_ids, status, objects, ready: BTreeSet::new(), made, ended: None }
    }
}

impl Learned for Mutex<State> {
    fn has(&self, id: &str) -> bool {
        self.lock().unwrap_or_else(PoisonError::into_inner).target_ids.leads_to(id)
    }
}

impl KnownIds for Mutex<State> {
    fn id_of(&self, place: &Await) -> Option<String> {
        self.lock().unwrap_or_else(PoisonError::into_inner).target_ids.of(place).map(str::to_owned)
    }
}

/// Whether a policy was to be created, and somebody else made it meanwhile.
pub(crate) fn is_found(step: &Step, status: &Status) -> bool {
    step.action == Action::Create && matches!(status, Status::Done(Done { outcome: FOUND, .. }))
}

/// The outcome of a step.
pub(super) fn outcome(step: &Step, status: Option<&Status>, problems: Vec<Finding>) -> ObjectOutcome {
    let mut findings = step.findings.clone();
    let (mut action, target_id) = match status {
        Some(Status::Done(done)) => (done.outcome, done.id.clone()),
        Some(Status::Failed(failure)) => {
            findings.push(failure.finding.clone());
            let failed = if failure.stale { Outcome::Stale } else { Outcome::Failed };
            let outcome = status.and_then(Status::waits).unwrap_or(failed);
            (outcome, failure.id.clone().or_else(|| step.target_id.clone()))
        }
        Some(Status::Waits(need, outcome)) => {
            let message = format!("not sent yet: required {need} is waiting for an approval");
            findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
            (*outcome, step.target_id.clone())
        }
        Some(Status::NotStarted(need)) => {
            if let Some(need) = need {
                let message = format!("not sent: required {need} failed or is blocked");
                findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
            }
            (Outcome::NotStarted, step.target_id.clone())
        }
        None => (Outcome::NotStarted, step.target_id.clone()),
    };
    if matches!(action, Outcome::Unchanged | Outcome::ExistsDiffers) && step.assignments == AssignmentAction::Write {
        let has = |code| problems.iter().any(|finding: &Finding| finding.is(code));
        // What was held before anything was sent leaves it as it was.
        action = match action {
            _ if problems.is_empty() => Outcome::Assigned,
            _ if has(&codes::WRITE_FAILED) => Outcome::Failed,
            _ if has(&codes::STOPPED) || has(&codes::NOT_READY) => Outcome::NotStarted,
            _ if has(&codes::STALE_STEP) => Outcome::Stale,
            _ if has(&codes::APPROVAL_PENDING) || has(&codes::APPROVAL_NEEDED) => Outcome::Pending,
            // It was sent; how it reads now is in the finding.
            _ if has(&codes::VERIFY_DIFFERS) || has(&codes::READ_FAILED) => Outcome::Assigned,
            untouched => untouched,
        };
    }
    let audience = step.audience_after(action, problems.is_empty());
    findings.extend(problems);
    ObjectOutcome { differences: step.differences.clone(), audience, ..step.object(action, target_id, findings) }
}
