//! What came of an object, or would come of it: in a plan, an import, a verification, an undo, a comparison, a lint.
//! Each outcome's word, sign, sentence and exit code are here and nowhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::exit::Exit;
use crate::finding::Finding;
use crate::policy::Difference;

/// The outcome of one object. For views and `--format json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectOutcome {
    /// The policy type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its id, or key, in the tree.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// What was done, or would be.
    pub action: Outcome,
    /// Its id in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Where it differs, where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// What came of an object, or would come of it. In the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A plan creates it.
    Create,
    /// A plan changes it.
    Update,
    /// A plan writes its assignments and leaves the rest as it is.
    Assign,
    /// An import created it.
    Created,
    /// An import changed it.
    Updated,
    /// An import wrote its assignments and left the rest as it was.
    Assigned,
    /// Only the right side of a comparison has it.
    OnlyRight,
    /// Both sides of a comparison have it, and it differs.
    Changed,
    /// Only the left side of a comparison has it.
    OnlyLeft,
    /// An undo removes it.
    Remove,
    /// An undo puts it back as it was.
    Restore,
    /// An undo removed it.
    Removed,
    /// An undo put it back as it was.
    Restored,
    /// It is gone, or as it was before: there is nothing to undo.
    Gone,
    /// An undo leaves it, because somebody changed or uses it.
    Stays,
    /// It is the same on both sides.
    Equal,
    /// The target's object is already what it should be.
    Unchanged,
    /// The target's object differs from the tree.
    Differs,
    /// The target does not have it.
    Missing,
    /// The target's object differs and is not touched.
    ExistsDiffers,
    /// It is bound to the source tenant, or the service no longer accepts it.
    LeftBehind,
    /// Something must be decided or given first.
    Blocked,
    /// It waits for a second administrator.
    Pending,
    /// The target changed since the plan.
    Stale,
    /// Graph refused it, or it is not as it was written.
    Failed,
    /// The run did not come to it.
    NotStarted,
    /// It can move as it is.
    Portable,
    /// It needs this to move.
    Needs(Needs),
}

/// All that is said of an outcome.
struct Facts {
    word: &'static str,
    sign: char,
    says: &'static str,
    exit: Exit,
}

const fn facts(word: &'static str, sign: char, says: &'static str, exit: Exit) -> Facts {
    Facts { word, sign, says, exit }
}

impl Outcome {
    /// All of them but the combinations of what a policy may need.
    pub const ALL: [Self; 27] = [
        Self::Create,
        Self::Update,
        Self::Assign,
        Self::Created,
        Self::Updated,
        Self::Assigned,
        Self::OnlyRight,
        Self::Changed,
        Self::OnlyLeft,
        Self::Remove,
        Self::Restore,
        Self::Removed,
        Self::Restored,
        Self::Gone,
        Self::Stays,
        Self::Equal,
        Self::Unchanged,
        Self::Differs,
        Self::Missing,
        Self::ExistsDiffers,
        Self::LeftBehind,
        Self::Blocked,
        Self::Pending,
        Self::Stale,
        Self::Failed,
        Self::NotStarted,
        Self::Portable,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::Create => facts("create", '+', "to create", Exit::Differences),
            Self::Update => facts("update", '~', "to change", Exit::Differences),
            Self::Assign => facts("assign", '~', "to assign", Exit::Differences),
            Self::Created => facts("created", '+', "created", Exit::Done),
            Self::Updated => facts("updated", '~', "changed", Exit::Done),
            Self::Assigned => facts("assigned", '~', "assigned", Exit::Done),
            Self::OnlyRight => facts("added", '+', "only on the right", Exit::Differences),
            Self::Changed => facts("changed", '~', "changed", Exit::Differences),
            Self::OnlyLeft => facts("removed", '-', "only on the left", Exit::Differences),
            Self::Remove => facts("remove", '-', "to remove", Exit::Differences),
            Self::Restore => facts("restore", '~', "to put back as it was", Exit::Differences),
            Self::Removed => facts("removed", '-', "removed", Exit::Done),
            Self::Restored => facts("restored", '~', "put back as it was", Exit::Done),
            Self::Gone => facts("gone", '=', "gone, or as it was", Exit::Done),
            Self::Stays => facts("stays", '!', "left as it is", Exit::Blocked),
            Self::Equal => facts("equal", '=', "as they should be", Exit::Done),
            Self::Unchanged => facts("unchanged", '=', "already as wanted", Exit::Done),
            Self::Differs => facts("differs", '~', "different", Exit::Differences),
            Self::Missing => facts("missing", '-', "missing", Exit::Differences),
            Self::ExistsDiffers => facts("exists-differs", '-', "different, left alone", Exit::Differences),
            Self::LeftBehind => {
                facts("left-behind", '/', "bound to the source tenant or retired, left behind", Exit::Done)
            }
            Self::Blocked => facts("blocked", '!', "blocked", Exit::Blocked),
            Self::Pending => facts("pending", '!', "waiting for a second administrator's approval", Exit::Blocked),
            Self::Stale => facts("stale", '!', "changed in the target since the plan", Exit::SomeFailed),
            Self::Failed => facts("failed", '!', "failed", Exit::SomeFailed),
            Self::NotStarted => facts("not-started", '.', "not begun", Exit::SomeFailed),
            Self::Portable => facts("portable", '=', "can move as they are", Exit::Done),
            Self::Needs(_) => facts("needs", '~', "need something", Exit::Done),
        }
    }

    /// The word in files and output.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Self::Needs(needs) => needs.joined(Need::word).into(),
            other => other.facts().word.into(),
        }
    }

    /// The same without a copy, for what is not put together from several.
    pub(crate) const fn fixed_word(self) -> &'static str {
        self.facts().word
    }

    /// The sign before its name.
    pub const fn sign(self) -> char {
        self.facts().sign
    }

    /// In words that follow a number.
    pub fn says(self) -> Cow<'static, str> {
        match self {
            Self::Needs(needs) => needs.joined(Need::says).into(),
            other => other.facts().says.into(),
        }
    }

    /// How a command ends that has such an object, where nothing else is known of it.
    pub const fn exit(self) -> Exit {
        self.facts().exit
    }

    /// Whether it is as planned or as it should be, so that nobody has to look at it.
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::Created | Self::Removed | Self::Gone | Self::Equal | Self::Unchanged | Self::Portable)
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

/// What a policy needs to move, or why it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A mapping entry.
    NeedsMapping,
    /// A secret.
    NeedsSecret,
    /// A file that Graph does not give.
    NeedsContent,
    /// It cannot exist in another tenant.
    TenantBound,
    /// It exists in every tenant.
    TenantDefault,
    /// Its file must be corrected: Graph refuses it as it is.
    NeedsCorrection,
    /// The service no longer accepts it.
    Retired,
}

impl Need {
    const ALL: [Self; 7] = [
        Self::NeedsMapping,
        Self::NeedsSecret,
        Self::NeedsContent,
        Self::TenantBound,
        Self::TenantDefault,
        Self::NeedsCorrection,
        Self::Retired,
    ];

    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeedsMapping => "needs-mapping",
            Self::NeedsSecret => "needs-secret",
            Self::NeedsContent => "needs-content",
            Self::NeedsCorrection => "needs-correction",
            Self::TenantBound => "tenant-bound",
            Self::TenantDefault => "tenant-default",
            Self::Retired => "retired",
        }
    }

    /// In words that follow a number.
    pub const fn says(self) -> &'static str {
        match self {
            Self::NeedsMapping => "need the mapping",
            Self::NeedsSecret => "need a secret",
            Self::NeedsContent => "need a file",
            Self::NeedsCorrection => "must be corrected",
            Self::TenantBound => "bound to their tenant",
            Self::TenantDefault => "every tenant has its own",
            Self::Retired => "no longer accepted",
        }
    }
}

/// Several needs of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Needs(u8);

impl Needs {
    /// The needs, each once.
    fn list(self) -> impl Iterator<Item = Need> {
        Need::ALL.into_iter().filter(move |need| self.0 & (1 << *need as u8) != 0)
    }

    fn joined(self, words: fn(Need) -> &'static str) -> String {
        self.list().map(words).collect::<Vec<_>>().join(", ")
    }

    /// Whether this is all that it needs.
    pub fn is_only(self, need: Need) -> bool {
        self.0 == 1 << need as u8
    }
}

impl FromIterator<Need> for Outcome {
    /// What a policy with these needs can do.
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        match needs.into_iter().fold(0, |all, need| all | 1 << need as u8) {
            0 => Self::Portable,
            some => Self::Needs(Needs(some)),
        }
    }
}

/// How many objects have each outcome.
pub fn counts(objects: &[ObjectOutcome]) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for object in objects {
        *counts.entry(object.action).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_said_together() {
        let both: Outcome = [Need::NeedsSecret, Need::NeedsMapping, Need::NeedsSecret].into_iter().collect();
        assert_eq!(
            (both.word().as_ref(), both.says().as_ref()),
            ("needs-mapping, needs-secret", "need the mapping, need a secret")
        );
        assert_eq!(Outcome::from_iter([]), Outcome::Portable);
        assert!(matches!(Outcome::from_iter([Need::Retired]), Outcome::Needs(needs) if needs.is_only(Need::Retired)));
    }

    #[test]
    fn all_outcomes_are_listed_in_their_order_and_read_apart() {
        assert!(Outcome::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        let words: std::collections::BTreeSet<_> = Outcome::ALL.iter().map(|one| (one.word(), one.says())).collect();
        assert_eq!(words.len(), Outcome::ALL.len());
        assert_eq!(serde_json::json!(Outcome::ExistsDiffers), "exists-differs");
    }
}
