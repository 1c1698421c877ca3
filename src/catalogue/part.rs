//! What belongs to a policy and is read or written by requests of its own: how a type's file says it. The doing is the
//! engine's.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::cleared::ClearedRule;
use super::predicate::Predicate;

/// A sub-collection or property with requests of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Part {
    /// Property name in the policy's JSON.
    pub name: String,
    /// How it is read.
    #[serde(default)]
    pub read: PartRead,
    /// Query of its own request, such as `$expand=definition`.
    #[serde(default)]
    pub query: String,
    /// The permission that reading it needs beyond the type's own; where it is refused, the object is read
    /// without the part.
    #[serde(default)]
    pub read_permission: Option<String>,
    /// Read for each element by `{id}/{name}/{element id}/{child}`.
    #[serde(default)]
    pub children: Vec<ChildPart>,
    /// How it is written; within the object's own body unless said otherwise.
    #[serde(default)]
    write: PartWrite,
    /// How it is written when the object is created, where that differs.
    #[serde(default)]
    create: Option<PartWrite>,
    /// How it is written when the object exists, where that differs.
    #[serde(default)]
    update: Option<PartWrite>,
    /// Only policies that pass have it.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// It is not a property of the policy: only a call gives it.
    #[serde(default)]
    pub call: Option<PartCall>,
    /// Only elements that pass are the policy's own; reading gives others as well.
    #[serde(default)]
    pub own_when: Option<Predicate>,
    /// How an element is taken back that Graph never takes out.
    #[serde(default)]
    pub cleared: Option<ClearedRule>,
    /// Properties set on each element when written (`ruleName`), which reading does not give.
    #[serde(default)]
    pub set: Map<String, Value>,
}

impl Part {
    /// How it is written when the object is created.
    pub fn create(&self) -> &PartWrite {
        self.create.as_ref().unwrap_or(&self.write)
    }

    /// How it is written when the object exists.
    pub fn update(&self) -> &PartWrite {
        self.update.as_ref().unwrap_or(&self.write)
    }

    /// Takes its elements out of a policy that say nothing.
    pub fn without_cleared(&self, policy: &mut Value) {
        if let (Some(rule), Some(list)) = (&self.cleared, policy.get_mut(&self.name)) {
            rule.leave_out(list);
        }
    }

    /// Whether this policy has the part.
    pub fn is_of(&self, policy: &Map<String, Value>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds_in(policy))
    }
}

/// How a part is read that only a call gives: `POST {id}/{action}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PartCall {
    /// The action's name.
    pub action: String,
    /// The list in its answer.
    pub take: String,
    /// The properties of the list's elements that are the part's.
    pub keep: Vec<String>,
}

impl PartCall {
    /// The part, from the call's answer; none where the answer does not contain it.
    pub fn part_of(&self, mut answer: Value) -> Option<Value> {
        let mut list = answer.get_mut(&self.take).map(Value::take).filter(Value::is_array)?;
        for element in list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            element.retain(|name, _| self.keep.contains(name));
        }
        Some(list)
    }
}

/// A sub-collection of a part's element.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChildPart {
    /// Property name in the element.
    pub name: String,
    /// Query of its request.
    #[serde(default)]
    pub query: String,
}

/// How a part is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartRead {
    /// It comes with the list or the item, by their queries.
    #[default]
    Included,
    /// By `GET {path}/{id}/{name}`.
    Request,
    /// By `GET {path}/{id}?$expand={name}`, and where that is refused by a request for itself.
    Expand,
}

/// How a part is written: a small named step that any type can switch on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "step", deny_unknown_fields)]
pub enum PartWrite {
    /// Within the object's own body.
    #[default]
    Inline,
    /// Not at all.
    None,
    /// `POST {id}/{action}` with the part as the parameter that Graph's metadata says.
    Action {
        /// The action's name.
        action: String,
        /// Top-level properties of the policy that go along under the same name.
        #[serde(default)]
        also: Vec<String>,
        /// The action without parameters that takes away what an object has of it, before it gets something else.
        #[serde(default)]
        clear: Option<String>,
        /// What an answer says that did nothing.
        #[serde(default)]
        failed_when: Option<Predicate>,
        /// What to do where it did nothing.
        #[serde(default)]
        fix: Option<String>,
    },
    /// `POST {id}/{name}` one element at a time; existing elements are matched by `key` and patched.
    PostEach {
        /// What identifies an element.
        key: String,
        /// The element that passes goes first.
        #[serde(default)]
        first_when: Option<Predicate>,
        /// Properties not sent when an existing element is patched.
        #[serde(default)]
        create_only: Vec<String>,
    },
    /// `POST {id}/{action}` with what is new, what differs and the ids of what goes; elements are matched by
    /// `key`. Not sent where nothing changes.
    Delta {
        /// The action's name.
        action: String,
        /// The parameter for new elements.
        added: String,
        /// The parameter for changed ones.
        updated: String,
        /// The parameter for the ids of those that go.
        deleted: String,
        /// What identifies an element.
        key: String,
    },
    /// Administrative templates: `POST {id}/updateDefinitionValues` with `added`, `updated`, `deletedIds`
    /// and `definition@odata.bind`, `presentation@odata.bind` (quirks.md 49).
    DefinitionValues,
}
