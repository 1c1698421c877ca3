//! One object that a run touched, and what would become of it. Who decides that is [`super::plan`](mod@super::plan).

use std::collections::BTreeMap;

use crate::engine::shape::comparison::Differences;
use crate::finding::{Code, Finding};
use crate::policy::{Difference, ObjectKey, Policy, Subject};

/// One object that the run touched, and what would become of it.
#[derive(Debug, Clone)]
pub struct Undoing {
    /// The policy type, or a directory kind.
    pub kind: String,
    /// What identifies the step in the tree.
    pub key: String,
    /// The object's name.
    pub name: String,
    /// The object in the target.
    pub target_id: Option<String>,
    /// What would become of it.
    pub what: What,
    /// How it differs from what it was before the run, in words; of what the run changed only.
    pub differences: Vec<Difference>,
    /// Why it stays, where it does.
    pub findings: Vec<Finding>,
}

/// What becomes of an object.
#[derive(Debug, Clone)]
pub enum What {
    /// The run made it: it goes. With the object as it is now; a group has no such form.
    Remove(Option<Box<Policy>>),
    /// The run changed it: it becomes what it was.
    PutBack(Box<PutBack>),
    /// It is gone, or as it was.
    Nothing,
    /// It is left as it is; a finding says why.
    Stays,
}

/// An object as it was and as it is.
#[derive(Debug, Clone)]
pub struct PutBack {
    /// Before the run.
    pub before: Policy,
    /// Now.
    pub found: Policy,
    /// How what it was differs from what it is.
    pub differences: Differences,
    /// Whether the run sent its secrets again, so that the old ones have to follow.
    pub again: bool,
}

impl Undoing {
    /// What identifies the step.
    pub fn reference(&self) -> String {
        Subject { kind: &self.kind, name: &self.key }.to_string()
    }

    /// How findings name it.
    pub fn subject(&self) -> String {
        Subject { kind: &self.kind, name: &self.name }.to_string()
    }

    /// Leaves it as it is, and says why.
    pub(super) fn stay(&mut self, code: &Code, message: impl Into<String>) {
        self.findings.push(Finding::new(code, self.subject(), message));
        self.what = What::Stays;
    }
}

/// Kind and id of what would be removed, with its place in the list.
pub(super) fn going(undoings: &[Undoing]) -> BTreeMap<ObjectKey, usize> {
    let removed = undoings.iter().enumerate().filter(|(_, undoing)| matches!(undoing.what, What::Remove(_)));
    removed
        .filter_map(|(index, undoing)| Some((ObjectKey::new(&undoing.kind, undoing.target_id.as_ref()?), index)))
        .collect()
}
