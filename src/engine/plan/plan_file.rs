//! The plan: what an import would do, as a value and a file. It holds decisions, not payloads, so it can
//! be reviewed and kept. Computing one is `planner`; carrying one out is `import`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::engine::content::ContentFile;
pub use crate::engine::options::{AssignmentMode, Decided, ExistingAssignments, GateState, OnConflict, Options};
use crate::engine::outcome::{ObjectOutcome, Outcome};
use crate::finding::{Finding, codes};
use crate::policy::audience::Recipient;
use crate::policy::{Difference, Subject, TenantInfo};

/// The plan file's format number.
pub const FORMAT: u32 = 1;

/// What happens to one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is created.
    Create,
    /// The target's object is changed.
    Update,
    /// The target's object is already identical.
    Unchanged,
    /// The target's object differs and is not touched.
    ExistsDiffers,
    /// It is bound to the source tenant, or no one takes such policies any more: it stays there, and nothing about it
    /// is to be decided here.
    LeftBehind,
    /// It cannot be imported as things stand.
    Blocked,
}

impl Action {
    /// All actions in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Update, Self::Unchanged, Self::ExistsDiffers, Self::LeftBehind, Self::Blocked];

    /// As the outcome of a plan.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Create => Outcome::Create,
            Self::Update => Outcome::Update,
            Self::Unchanged => Outcome::Unchanged,
            Self::ExistsDiffers => Outcome::ExistsDiffers,
            Self::LeftBehind => Outcome::LeftBehind,
            Self::Blocked => Outcome::Blocked,
        }
    }

    /// The word in files and output.
    pub const fn word(self) -> &'static str {
        self.outcome().fixed_word()
    }

    /// Whether the target will not have it, so that what needs it cannot be made either.
    pub fn is_absent(self) -> bool {
        matches!(self, Self::LeftBehind | Self::Blocked)
    }
}

/// What happens to a policy's assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssignmentAction {
    /// Nothing: there are none, or they are already identical, or the target's stay.
    Keep,
    /// They are written.
    Write,
    /// They are held back; a finding says why.
    Held,
}

/// The group of the target that gets everything in a pilot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PilotGroup {
    /// Its id.
    pub id: String,
    /// Its name, for people.
    pub name: String,
}

/// One policy's part of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The policy type.
    pub type_name: String,
    /// What identifies the policy in the tree.
    pub key: String,
    /// Its display name.
    pub name: String,
    /// What happens.
    pub action: Action,
    /// The matched object of the target; none means that it must be absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Fingerprint of the matched object as the plan saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_fingerprint: Option<String>,
    /// What happens to the assignments.
    pub assignments: AssignmentAction,
    /// Where the target's object differs. Values are not kept in the file.
    #[serde(skip)]
    pub differences: Vec<Difference>,
    /// Where the target's assignments differ.
    #[serde(skip)]
    pub assignment_differences: Vec<Difference>,
    /// Who the policy is for, and what the import changes about it; empty where nothing is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<Recipient>,
    /// How the audience of the target's object differs from the wanted one.
    #[serde(skip)]
    pub audience_differences: Vec<Recipient>,
    /// Keys of the steps that must have succeeded before, as `type/key`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The file that is uploaded as its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentFile>,
    /// Set where the policy is here only because a selected one needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<String>,
    /// What a person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Step {
    /// A policy about which nothing is decided yet: the target does not have it, and it is created.
    pub fn new(type_name: &str, key: String, name: String) -> Self {
        Self {
            type_name: type_name.to_owned(),
            key,
            name,
            action: Action::Create,
            target_id: None,
            target_fingerprint: None,
            assignments: AssignmentAction::Keep,
            differences: Vec::new(),
            assignment_differences: Vec::new(),
            audience: Vec::new(),
            audience_differences: Vec::new(),
            needs: Vec::new(),
            content: None,
            needed_by: None,
            findings: Vec::new(),
        }
    }

    /// Its policy as the object of a result, without anything that differs.
    pub fn object(&self, action: Outcome, target_id: Option<String>, findings: Vec<Finding>) -> ObjectOutcome {
        ObjectOutcome {
            type_name: self.type_name.clone(),
            id: self.key.clone(),
            name: self.name.clone(),
            action,
            target_id,
            differences: Vec::new(),
            audience: Vec::new(),
            findings,
        }
    }

    /// Who the policy is for after an import that did this to it; nothing where it was not written as planned.
    pub fn audience_after(&self, outcome: Outcome, as_planned: bool) -> Vec<Recipient> {
        let wrote = matches!(outcome, Outcome::Created | Outcome::Updated | Outcome::Assigned);
        if wrote && as_planned { self.audience.clone() } else { Vec::new() }
    }

    /// What identifies the step within its plan.
    pub fn reference(&self) -> String {
        Subject { kind: &self.type_name, name: &self.key }.to_string()
    }

    /// What comes of it. One that gets its assignments is not left as it is.
    pub fn outcome(&self) -> Outcome {
        let stays = matches!(self.action, Action::Unchanged | Action::ExistsDiffers);
        if stays && self.assignments == AssignmentAction::Write { Outcome::Assign } else { self.action.outcome() }
    }

    /// How views and findings name it.
    pub fn subject(&self) -> String {
        Subject { kind: &self.type_name, name: &self.name }.to_string()
    }

    /// Where the target's object differs, its assignments last.
    pub fn all_differences(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().chain(&self.assignment_differences)
    }

    /// Whether the import writes anything for it.
    pub fn writes(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update) || self.assignments == AssignmentAction::Write
    }

    /// Whether the target's object differs and no one decided that it may: a default that every tenant has of its
    /// own, and that was not asked for, is not such a thing.
    pub fn is_left_different(&self) -> bool {
        self.action == Action::ExistsDiffers && !is_default(&self.findings)
    }

    /// Whether a person must decide something about it.
    pub fn is_held(&self) -> bool {
        self.action == Action::Blocked || self.assignments == AssignmentAction::Held
    }
}

/// Whether the findings say that the object is a default that every tenant has of its own.
pub fn is_default(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.is(&codes::MATCHED_DEFAULT))
}

/// What an import would do, in the order in which it would do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// Where the tree came from.
    pub source: Option<TenantInfo>,
    /// The tenant it was computed for.
    pub target: TenantInfo,
    /// Fingerprint of the tree's policies.
    pub tree_fingerprint: String,
    /// Fingerprint of the mapping; none where there was none.
    pub mapping_fingerprint: Option<String>,
    /// What was asked for.
    pub options: Options,
    /// The group that is assigned to instead of whoever the tree names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pilot: Option<PilotGroup>,
    /// One step per policy, dependencies first.
    pub steps: Vec<Step>,
    /// What a person should know beside the steps' own findings.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl Plan {
    /// How many steps have each action.
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.action).or_insert(0) += 1;
        }
        counts
    }

    /// What it would do more of than was allowed, each said in a sentence.
    pub fn over_limits(&self) -> Vec<String> {
        let creates = self.steps.iter().filter(|step| step.action == Action::Create).count();
        // To assign what the target has is to change it.
        let updates = self.steps.iter().filter(|step| step.writes()).count() - creates;
        let over = |number: usize, limit: Option<usize>, what: &str, flag: &str| {
            let limit = limit.filter(|limit| number > *limit)?;
            Some(format!("{number} policies would be {what}, and {flag} allows {limit}"))
        };
        [
            over(creates, self.options.max_creates, "created", "--max-creates"),
            over(updates, self.options.max_updates, "changed", "--max-updates"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether an import of it would write anything.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(Step::writes)
    }
}

#[cfg(test)]
#[path = "plan_schema_tests.rs"]
mod schema_tests;
