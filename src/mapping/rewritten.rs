//! What the rewriter makes of a policy: the policy for the target, what is to be known of it, and what it waits for.

use crate::catalogue::Form;
use crate::finding::Finding;
use crate::policy::Kept;

/// A policy for the target, with what is to be known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewritten<P = Kept> {
    /// The policy with the ids of the target, as far as they are known.
    pub policy: P,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// It cannot be imported as things stand.
    pub blocked: bool,
    /// It can be imported, but its assignments must not be written.
    pub assignments_held: bool,
    /// What would make it hit more people as soon as it is in force: it may only arrive switched off.
    pub in_force: Vec<Finding>,
    /// Places that still hold a source id.
    pub awaits: Vec<Await>,
    /// What the text pairs replaced.
    pub text_hits: Vec<TextHit>,
}

impl<P> Rewritten<P> {
    /// The same with the policy in another form.
    pub fn with<Q>(self, change: impl FnOnce(P) -> Q) -> Rewritten<Q> {
        let Self { policy, findings, blocked, assignments_held, in_force, awaits, text_hits } = self;
        Rewritten { policy: change(policy), findings, blocked, assignments_held, in_force, awaits, text_hits }
    }
}

/// A place that still holds a source id, because the target's is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Await {
    /// RFC 6901 pointer of the place in the rewritten policy.
    pub pointer: String,
    /// How the id stands there.
    pub form: Form,
    /// What it refers to.
    pub kind: String,
    /// The source's id.
    pub source_id: String,
    /// What gives the target's.
    pub needs: Need,
    /// What stands there in a new policy, where the service makes the object together with it.
    pub made_with: Option<String>,
}

impl Await {
    /// Whether the place is inside the assignments, which are written last.
    pub fn in_assignments(&self) -> bool {
        self.pointer.starts_with("/assignments/")
    }
}

/// What gives the id of the target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// A policy of the tree: the id that the target has or gives for it.
    Policy {
        /// Its type.
        type_name: String,
        /// Its [`Policy::key`].
        key: String,
    },
    /// An object the import creates because an entry says so.
    Create {
        /// Its kind.
        kind: String,
        /// Its id in the source.
        source_id: String,
    },
    /// The one object of the target that has this name.
    TargetName {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
}

/// A text that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextHit {
    /// RFC 6901 pointer of the place in the policy before rewriting.
    pub pointer: String,
    /// What was found.
    pub find: String,
    /// What stands there now.
    pub replace: String,
    /// How often.
    pub count: usize,
}
