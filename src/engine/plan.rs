//! The plan: what an import would do, as a value and a file. It holds decisions, not payloads, so it can
//! be reviewed and kept. Computing one is `planner`; carrying one out is `import`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, codes};
use crate::policy::{Difference, TenantInfo};

/// The plan file's format number.
pub const FORMAT: u32 = 1;

/// What becomes of an existing object that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// It is not touched; the difference is shown.
    #[default]
    Skip,
    /// It is changed to what the tree says.
    Update,
    /// Its step is blocked.
    Fail,
}

/// Which assignments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssignmentMode {
    /// Those of the tree, with mapped groups.
    #[default]
    Mapped,
    /// None.
    None,
}

/// What becomes of assignments the target's object already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExistingAssignments {
    /// They stay as they are, and none are added; an object without any gets the tree's.
    #[default]
    Leave,
    /// The tree's are added.
    Merge,
    /// The tree's replace them.
    Replace,
}

/// In what state policies arrive that take effect by a state of their own (Conditional Access).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateState {
    /// Switched off.
    #[default]
    Disabled,
    /// They report and do not enforce.
    ReportOnly,
    /// As in the tree.
    Keep,
}

/// What the user asked for. A plan made with other options is another plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// `--on-conflict`.
    pub on_conflict: OnConflict,
    /// `--assignments`.
    pub assignments: AssignmentMode,
    /// `--existing-assignments`.
    pub existing_assignments: ExistingAssignments,
    /// `--allow-broad`: assignments to all users or all devices are written.
    pub allow_broad: bool,
    /// `--ca-state`; none where it was not given, which leaves updates alone.
    pub gate_state: Option<GateState>,
    /// `--include-defaults`: types whose tenant defaults are changed as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include_defaults: Vec<String>,
    /// `--restore`: importing into the tenant the tree came from.
    pub restore: bool,
    /// `--only`, `--skip`, `--name`, as typed.
    pub selection: Vec<String>,
    /// `--without-dependencies`.
    pub without_dependencies: bool,
}

/// What happens to one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is created.
    Create,
    /// The target's object is changed.
    Update,
    /// The target's object is already as wanted.
    Unchanged,
    /// The target's object differs and is not touched.
    ExistsDiffers,
    /// It cannot be imported as things stand.
    Blocked,
}

impl Action {
    /// All actions in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Unchanged, Self::ExistsDiffers, Self::Blocked];

    /// The word in files and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::ExistsDiffers => "exists-differs",
            Self::Blocked => "blocked",
        }
    }

    /// The sign in a plan's view.
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Unchanged => '=',
            Self::ExistsDiffers => '-',
            Self::Blocked => '!',
        }
    }
}

/// What happens to a policy's assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssignmentAction {
    /// Nothing: there are none, or they are already as wanted, or the target's stay.
    Keep,
    /// They are written.
    Write,
    /// They are held back; a finding says why.
    Held,
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
    /// Keys of the steps that must have succeeded before, as `type/key`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Set where the policy is here only because a selected one needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<String>,
    /// What a person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Step {
    /// What identifies the step within its plan.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.type_name, self.key)
    }

    /// How views and findings name it.
    pub fn subject(&self) -> String {
        format!("{}/{}", self.type_name, self.name)
    }

    /// Whether the import writes anything for it.
    pub fn writes(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update) || self.assignments == AssignmentAction::Write
    }

    /// Whether the target's object differs and nobody decided that it may: a default that every tenant has of its
    /// own, and that was not asked for, is no such thing.
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

    /// Whether an import of it would write anything.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(Step::writes)
    }
}

#[cfg(test)]
#[path = "plan_schema_tests.rs"]
mod schema_tests;
