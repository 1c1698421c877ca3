//! A plan with everything that carrying it out needs. `planner` and `resume` make one, `import` takes it; the journal's
//! first line is written from it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::new_objects::GroupToCreate;
use super::opened_secrets::OpenedSecrets;
use super::plan_file::{Plan, Step};
use super::target_ids::TargetIds;
use crate::engine::content;
use crate::engine::content::Begun;
use crate::finding::Finding;
use crate::mapping::{Mapping, Rewritten};
use crate::policy::{Kept, Marks};

/// A plan with what is needed to carry it out; only the plan itself goes to a file.
#[derive(Debug)]
pub struct Prepared {
    /// The decisions.
    pub plan: Plan,
    /// What its steps write.
    pub work: StepWork,
    /// The target's ids known so far.
    pub target_ids: TargetIds,
    /// Ids that the target's lists had when the plan was made, by type.
    pub known: BTreeMap<String, BTreeSet<String>>,
    /// Groups that the mapping wants created.
    pub groups: Vec<GroupToCreate>,
    /// What must not leave for the target.
    pub marks: Marks,
    /// The mapping as it was held against the target.
    pub mapping: Option<Mapping>,
    /// What an earlier part of the same run did; nothing where it begins.
    pub earlier: EarlierWork,
    /// When the target's lists were read; none where that is long ago.
    pub planned: Option<Instant>,
    /// The given secrets with the mapping applied.
    pub secrets: OpenedSecrets,
}

/// One step of a plan, with what it writes.
#[derive(Debug)]
pub struct PlannedStep {
    /// The decision.
    pub step: Step,
    /// What carrying it out needs.
    pub work: Work,
}

/// What the steps of a plan write. The plan is a document of its own; this is nothing without its steps: see
/// [`PlannedStep::joined`].
#[derive(Debug, Default)]
pub struct StepWork(Vec<Work>);

impl PlannedStep {
    /// The steps as a plan has them, and what they write.
    pub fn apart(planned: Vec<Self>) -> (Vec<Step>, StepWork) {
        let (steps, work) = planned.into_iter().map(|Self { step, work }| (step, work)).unzip();
        (steps, StepWork(work))
    }

    /// The steps of a plan with what they write, in the plan's order.
    pub fn joined(steps: Vec<Step>, StepWork(work): StepWork) -> Vec<Self> {
        steps.into_iter().zip(work).map(|(step, work)| Self { step, work }).collect()
    }
}

/// What a step writes.
#[derive(Debug)]
pub struct Work {
    /// The policy with the mapping applied; references to the tree's own policies still hold source ids.
    pub rewritten: Rewritten,
    /// The target's object as the plan saw it.
    pub before: Option<Kept>,
    /// What is uploaded as its content, or why it cannot be.
    pub content: Option<Result<Box<content::Source>, Box<Finding>>>,
}

/// What an earlier part of the run did for a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing that changed the target.
    #[default]
    Nothing,
    /// It sent a create, and nobody knows whether it happened.
    Perhaps,
    /// The same, and it was looked for several times before anything was sent now, and is not there.
    Absent,
    /// It made this object.
    Created(String),
    /// The service made this object together with another, and filled it with its own.
    Made(String),
    /// It changed the object that was there, or may have.
    Touched,
}

/// What the journal says of a step.
#[expect(clippy::struct_excessive_bools, reason = "an object and its assignments are sent and done each on its own")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What was done.
    pub did: Earlier,
    /// Whether the object is done, with all that belongs to it.
    pub object: bool,
    /// Why the object was refused, where it is not sent again before the run has ended.
    pub refused: Option<Finding>,
    /// Why its assignments were refused, in the same way.
    pub assignments_refused: Option<Finding>,
    /// Whether its assignments were sent, whatever came of it.
    pub assigning: bool,
    /// Whether its assignments are done.
    pub assignments: bool,
    /// The fingerprint of the object as it was read back, where it was as meant and nothing was sent for it since.
    pub read: Option<String>,
    /// Whether its assignments were read back so.
    pub read_assignments: bool,
    /// Why its place among the others was refused, as the object was.
    pub rank_refused: Option<Finding>,
    /// How often its place was asked for.
    pub moves: Moves,
    /// Whether a file for its content was announced, whatever came of it.
    pub announced: bool,
    /// The upload of its content that was begun.
    pub upload: Option<Begun>,
}

/// How often an object's place among the others was asked for since the run came to its end last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// How often there was an answer.
    pub answered: usize,
    /// How often it was a refusal.
    pub refused: usize,
}

/// What an earlier part of a run did, by step (`type/key`).
pub type EarlierWork = BTreeMap<String, Past>;
