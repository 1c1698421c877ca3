//! What is known of one policy when it is decided what happens to it, and what was asked for. Gathering it is `steps`'.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::content::source::Look;
use crate::engine::options::Options;
use crate::engine::plan::narrowing::Loosened;
use crate::engine::plan::target_ids::TargetIds;
use crate::engine::shape::comparison::Differences;
use crate::engine::shape::secrets::SecretSource;
use crate::finding::Finding;
use crate::graph::GraphError;
use crate::mapping::Rewritten;
use crate::policy::{Kept, ObjectKey, Policy};
use crate::tree::Tree;

/// What was asked for: the same for every policy of a plan.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) tree: &'a Tree,
    pub(crate) options: &'a Options,
    pub(crate) secrets: &'a dyn SecretSource,
    /// Everything that takes part.
    pub(crate) selected: &'a BTreeSet<ObjectKey>,
    /// The target is the tree's own tenant: its objects have the tree's ids.
    pub(crate) within_tenant: bool,
    pub(crate) now: Timestamp,
}

/// One policy, and what the target has of it.
pub(crate) struct Case<'a> {
    pub(crate) policy_type: &'a PolicyType,
    /// As the tree has it.
    pub(crate) original: &'a Kept,
    /// With the mapping applied.
    pub(crate) rewritten: &'a Rewritten,
    /// The same policy, opened.
    pub(crate) policy: &'a Policy,
    /// The ids of the target that are known by now.
    pub(crate) ids: &'a TargetIds,
    /// The policies that it waits for, as `type/key`.
    pub(crate) needs: Vec<String>,
    /// Who needs it, where it was not selected itself.
    pub(crate) needed_by: Option<String>,
    /// A policy that it waits for and that is blocked.
    pub(crate) needs_blocked: Option<String>,
    /// It waits for itself, directly or through others.
    pub(crate) is_circular: bool,
    /// Why the target's objects of its type cannot be read.
    pub(crate) unread: Option<&'a GraphError>,
    /// Why the object that the mapping says it is cannot be found.
    pub(crate) lost: Option<&'a Finding>,
    /// What the target has.
    pub(crate) there: There<'a>,
    /// What the target lacks for its creation.
    pub(crate) unmet: Option<&'a Finding>,
    /// What there is of its content, where Graph does not give it.
    pub(crate) content: Option<&'a Look>,
    /// Why the pilot group does not get it.
    pub(crate) pilot_held: Option<&'a Finding>,
    /// What narrows less in the target than in the source.
    pub(crate) differing: &'a Loosened,
}

/// What the target has of a policy.
pub(crate) enum There<'a> {
    /// Nothing.
    Nothing,
    /// Objects that may be it, and nobody knows which.
    Several(&'a [String]),
    /// This object.
    One(Counterpart<'a>),
}

/// The object of the target that is the policy.
pub(crate) struct Counterpart<'a> {
    pub(crate) id: &'a str,
    /// The object as it was read, or why it could not be; none where it was not asked for.
    pub(crate) object: Option<Result<&'a Kept, &'a str>>,
    /// How it differs from the policy.
    pub(crate) differences: Option<Differences>,
    /// Why the policy may be another one than the mapping means.
    pub(crate) other_identity: Option<String>,
}

impl Case<'_> {
    /// The policy with the ids of the target that are known by now.
    pub(crate) fn wanted(&self, catalogue: &Catalogue) -> Policy {
        self.ids.apply(self.rewritten, catalogue).policy
    }
}
