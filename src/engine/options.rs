//! What the user asked for: the options of a plan and of the import that carries it out. They are in the
//! plan's file and in the journal's header, so that no one has to say them twice. Reading flags is `cli`'s.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum AssignmentMode {
    /// Those of the tree, with mapped groups.
    #[default]
    Mapped,
    /// None.
    None,
    /// One group of the target, by id or name, instead of whoever the tree names.
    Pilot(String),
}

impl fmt::Display for AssignmentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mapped => f.write_str("mapped"),
            Self::None => f.write_str("none"),
            Self::Pilot(group) => write!(f, "pilot={group}"),
        }
    }
}

impl From<AssignmentMode> for String {
    fn from(mode: AssignmentMode) -> Self {
        mode.to_string()
    }
}

impl FromStr for AssignmentMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("pilot=").map(str::trim)) {
            ("mapped", _) => Ok(Self::Mapped),
            ("none", _) => Ok(Self::None),
            (_, Some(group)) if !group.is_empty() => Ok(Self::Pilot(group.to_owned())),
            _ => Err(String::from("use mapped, none, or pilot=GROUP with a group's ID or name")),
        }
    }
}

impl TryFrom<String> for AssignmentMode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
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

/// What was decided for one policy, instead of what holds for all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decided {
    /// What becomes of the target's object where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// Whether it is assigned to the pilot group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pilot: Option<bool>,
    /// What of it is left out: settings by their ids, properties, places of its file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<String>,
    /// What is left out may make the policy hit more people or demand less.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_widen: bool,
}

/// What the user asked for. A plan made with other options is another plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that is given or not, whatever the others are")]
pub struct Options {
    /// `--on-conflict`.
    pub on_conflict: OnConflict,
    /// `--decide`: by `type/key` of the tree's policy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decided: BTreeMap<String, Decided>,
    /// `--rename`: the name of copies, with `{name}` for the name in the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
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
    /// `--send-secrets`: secrets that are given are sent again to objects that have one, since they cannot be compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_secrets: bool,
    /// `--max-creates`: a plan that would create more is not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_creates: Option<usize>,
    /// `--max-updates`: a plan that would change more of what the target has is not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_updates: Option<usize>,
    /// `--only`, `--skip`, `--name`, as typed.
    pub selection: Vec<String>,
    /// `--without-dependencies`.
    pub without_dependencies: bool,
}

impl Options {
    /// What becomes of the target's object of this policy where it differs.
    pub fn conflict_of(&self, reference: &str) -> OnConflict {
        self.decided.get(reference).and_then(|decided| decided.on_conflict).unwrap_or(self.on_conflict)
    }

    /// Whether someone said of this policy that the pilot group gets it, or does not.
    pub fn piloted(&self, reference: &str) -> Option<bool> {
        self.decided.get(reference)?.pilot
    }

    /// What someone said is left out of this policy.
    pub fn left_out(&self, reference: &str) -> &[String] {
        self.decided.get(reference).map(|decided| decided.leave_out.as_slice()).unwrap_or_default()
    }

    /// Whether what is left out of this policy may widen it.
    pub fn may_widen(&self, reference: &str) -> bool {
        self.decided.get(reference).is_some_and(|decided| decided.allow_widen)
    }

    /// Whether assignments of the tree are left out, so that what only they refer to blocks nothing.
    pub fn ignores_assignments(&self) -> bool {
        self.assignments != AssignmentMode::Mapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_one_word_and_back() {
        let pilot = AssignmentMode::Pilot(String::from("Pilot = 1"));
        for mode in [AssignmentMode::Mapped, AssignmentMode::None, pilot] {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        for wrong in ["", "pilot", "pilot=", "pilot= ", "all"] {
            assert!(wrong.parse::<AssignmentMode>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_decided_for_one_policy_comes_first() {
        let decided = Decided { on_conflict: Some(OnConflict::Update), ..Decided::default() };
        let options = Options { decided: BTreeMap::from([(String::from("a/1"), decided)]), ..Options::default() };
        assert_eq!(options.conflict_of("a/1"), OnConflict::Update);
        assert_eq!(options.conflict_of("a/2"), OnConflict::Skip);
        assert_eq!((options.piloted("a/1"), options.piloted("a/2")), (None, None));
    }
}
