//! The outcome of writing one object.

use crate::engine::error::EngineError;
use crate::engine::outcome::Outcome;
use crate::finding::Finding;

/// The outcome of a policy that was to be created, and that somebody else made meanwhile.
pub(crate) const FOUND: Outcome = Outcome::Unchanged;

/// An object that is as the plan wants it.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its id in the target; none where it is blocked.
    pub id: Option<String>,
    /// What was done.
    pub outcome: Outcome,
}

/// An object that is not.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Why.
    pub finding: Finding,
    /// Whether the target changed since the plan.
    pub stale: bool,
    /// Whether the service refused it.
    pub refused: bool,
    /// Its id in the target, where it was created although not all of it could be written.
    pub id: Option<String>,
}

/// Why an object could not be written.
#[derive(Debug)]
pub enum JobError {
    /// This object only.
    Object(Box<Failure>),
    /// Nothing can go on.
    Run(EngineError),
}
