//! What can come of an object: each outcome with its word, sign, sentence and exit code.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::need::{Need, Needs};
use super::sign::Sign;
use crate::exit::Exit;

/// The outcome of an object. In the order in which they are counted.
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
    /// An undo leaves it, because someone changed or uses it.
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
    sign: Sign,
    says: &'static str,
    exit: Exit,
}

const fn facts(word: &'static str, sign: Sign, says: &'static str, exit: Exit) -> Facts {
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
            Self::Create => facts("create", Sign::New, "to create", Exit::Differences),
            Self::Update => facts("update", Sign::Changed, "to change", Exit::Differences),
            Self::Assign => facts("assign", Sign::Assigned, "to assign, nothing else changes", Exit::Differences),
            Self::Created => facts("created", Sign::New, "created", Exit::Done),
            Self::Updated => facts("updated", Sign::Changed, "changed", Exit::Done),
            Self::Assigned => facts("assigned", Sign::Assigned, "assigned, nothing else changed", Exit::Done),
            Self::OnlyRight => facts("added", Sign::New, "only on the right", Exit::Differences),
            Self::Changed => facts("changed", Sign::Changed, "changed", Exit::Differences),
            Self::OnlyLeft => facts("removed", Sign::Removed, "only on the left", Exit::Differences),
            Self::Remove => facts("remove", Sign::Removed, "to remove", Exit::Differences),
            Self::Restore => facts("restore", Sign::Changed, "to restore", Exit::Differences),
            Self::Removed => facts("removed", Sign::Removed, "removed", Exit::Done),
            Self::Restored => facts("restored", Sign::Changed, "restored", Exit::Done),
            Self::Gone => facts("gone", Sign::Same, "already removed or restored", Exit::Done),
            Self::Stays => facts("stays", Sign::Blocked, "not undone", Exit::Blocked),
            Self::Equal => facts("equal", Sign::Same, "identical", Exit::Done),
            Self::Unchanged => facts("unchanged", Sign::Same, "already identical", Exit::Done),
            Self::Differs => facts("differs", Sign::Differs, "different", Exit::Differences),
            Self::Missing => facts("missing", Sign::Missing, "missing", Exit::Differences),
            Self::ExistsDiffers => facts(
                "exists-differs",
                Sign::Differs,
                "in the target with different settings, not changed",
                Exit::Differences,
            ),
            Self::LeftBehind => {
                facts("left-behind", Sign::LeftBehind, "cannot be moved: tenant-specific or discontinued", Exit::Done)
            }
            Self::Blocked => facts("blocked", Sign::Blocked, "blocked", Exit::Blocked),
            Self::Pending => {
                facts("pending", Sign::Blocked, "waiting for a second administrator's approval", Exit::Blocked)
            }
            Self::Stale => facts("stale", Sign::Failed, "changed in the target since the plan", Exit::SomeFailed),
            Self::Failed => facts("failed", Sign::Failed, "failed", Exit::SomeFailed),
            Self::NotStarted => facts("not-started", Sign::NotStarted, "not started", Exit::SomeFailed),
            Self::Portable => facts("portable", Sign::Moves, "can be moved without changes", Exit::Done),
            Self::Needs(_) => facts("needs", Sign::Needs, "need something", Exit::Done),
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
    pub const fn sign(self) -> Sign {
        match self {
            Self::Needs(needs) if needs.cannot_move() => Sign::LeftBehind,
            _ => self.facts().sign,
        }
    }

    /// In words that follow a number.
    pub fn says(self) -> Cow<'static, str> {
        match self {
            Self::Needs(needs) => needs.joined(Need::says).into(),
            other => other.facts().says.into(),
        }
    }

    /// In words that follow the name of one policy.
    pub fn says_of_one(self) -> Cow<'static, str> {
        match self {
            Self::Needs(needs) => needs.joined(Need::says_of_one).into(),
            other => other.says(),
        }
    }

    /// What it means, in a sentence for the documentation.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Create => "The import creates the policy.",
            Self::Update => "The import changes the target's policy.",
            Self::Assign => "The import writes the policy's assignments; its settings stay as they are.",
            Self::Created => "The import created the policy.",
            Self::Updated => "The import changed the target's policy.",
            Self::Assigned => "The import wrote the policy's assignments; its settings stayed as they were.",
            Self::OnlyRight => "Only the right side of the comparison has the policy.",
            Self::Changed => "Both sides have the policy, and it is different.",
            Self::OnlyLeft => "Only the left side of the comparison has the policy.",
            Self::Remove => "The undo removes the policy, which the import created.",
            Self::Restore => "The undo restores the policy's earlier content.",
            Self::Removed => "The undo removed the policy, which the import had created.",
            Self::Restored => "The undo restored the policy's earlier content.",
            Self::Gone => "The policy is already removed, or already has its earlier content.",
            Self::Stays => "The undo does not change the policy, because it was changed after the import or is in use.",
            Self::Equal => "Both sides have the same policy.",
            Self::Unchanged => "The target's policy is already identical.",
            Self::Differs => "The target's policy differs from the tree.",
            Self::Missing => "The target does not have the policy.",
            Self::ExistsDiffers => {
                "The target has the policy with different settings, and the import does not change it."
            }
            Self::LeftBehind => "The policy is specific to its tenant, or Microsoft has discontinued it.",
            Self::Blocked => "A decision, a secret or a file is needed before the policy can be imported.",
            Self::Pending => "A second administrator must approve the change.",
            Self::Stale => "The target's policy has changed since the plan was made, so the import does not change it.",
            Self::Failed => "Microsoft Graph refused the change, or the result differs from what was written.",
            Self::NotStarted => "The import stopped before this policy.",
            Self::Portable => "The policy can be moved without changes.",
            Self::Needs(_) => "The policy needs something before it can be moved.",
        }
    }

    /// How a command ends that has such an object, where nothing else is known of it.
    pub const fn exit(self) -> Exit {
        self.facts().exit
    }

    /// Whether it is as planned or identical, so that no one has to look at it.
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::Created | Self::Removed | Self::Gone | Self::Equal | Self::Unchanged | Self::Portable)
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::super::need::Need;
    use super::super::sign::Sign;
    use super::*;

    #[test]
    fn needs_are_said_together() {
        let both: Outcome = [Need::NeedsSecret, Need::NeedsMapping, Need::NeedsSecret].into_iter().collect();
        assert_eq!(
            (both.word().as_ref(), both.says().as_ref()),
            ("needs-mapping, needs-secret", "need a mapping, need a secret")
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

    #[test]
    fn a_sign_means_one_thing() {
        let signs: std::collections::BTreeSet<Sign> =
            Outcome::ALL.iter().map(|one| one.sign()).chain([Sign::Needs]).collect();
        let marks: std::collections::BTreeSet<char> = signs.iter().map(|sign| sign.mark()).collect();
        let meanings: std::collections::BTreeSet<&str> = signs.iter().map(|sign| sign.means()).collect();
        assert_eq!((marks.len(), meanings.len()), (signs.len(), signs.len()));
        let with = |wanted: Sign| Outcome::ALL.into_iter().filter(move |one| one.sign() == wanted).collect::<Vec<_>>();
        assert_eq!(with(Sign::Removed), [Outcome::OnlyLeft, Outcome::Remove, Outcome::Removed]);
        assert_eq!(with(Sign::New), [Outcome::Create, Outcome::Created, Outcome::OnlyRight]);
        let needs = |needs: &[Need]| needs.iter().copied().collect::<Outcome>().sign();
        assert_eq!(needs(&[Need::TenantBound]), Sign::LeftBehind);
        assert_eq!(needs(&[Need::NeedsMapping, Need::Retired]), Sign::LeftBehind);
        assert_eq!(needs(&[Need::NeedsMapping]), Sign::Needs);
    }
}
