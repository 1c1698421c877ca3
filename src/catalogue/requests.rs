//! How objects of a type are read and written, as its file says it: queries, parts, links, bodies,
//! assignments. The type itself is in [`super::model`]; the doing is the engine's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::part::PartRead;
use super::predicate::Predicate;
use super::rule::OnDrop;
use crate::policy::JsonPath;

/// How objects are read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Read {
    /// Query of the list, such as `$expand=assignments`.
    #[serde(default)]
    pub list: String,
    /// The list leaves something out, so each item is read as well, with this query (may be empty).
    #[serde(default)]
    pub item: Option<String>,
    /// Where the objects are listed as well, for a service that refuses the list.
    #[serde(default)]
    pub through: Option<Through>,
}

impl Read {
    /// Whether a property is asked for together with the object: by the query of the list, or by that of the item.
    pub fn expands(&self, property: &str) -> bool {
        std::iter::once(&self.list).chain(&self.item).any(|query| expanded(query).any(|name| name == property))
    }
}

/// The properties that a query expands: `apps` and `items` of `$expand=apps,items($expand=parts)`.
fn expanded(query: &str) -> impl Iterator<Item = &str> {
    let clauses = query.split('&').filter_map(|option| option.strip_prefix("$expand="));
    clauses.flat_map(|clause| {
        let mut depth = 0_usize;
        let elements = clause.split(move |sign| {
            match sign {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            sign == ',' && depth == 0
        });
        elements.map(|element| element.split('(').next().unwrap_or_default())
    })
}

/// Another collection whose objects lead to those of a type: `GET {path}`, then `GET {path}/{id}/{property}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Through {
    /// The other collection.
    pub path: String,
    /// The navigation property of its objects.
    pub property: String,
    /// The link that leads back from what it gives.
    pub link: String,
}

/// A navigation property that a plain GET does not return.
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the type file")]
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Link {
    /// The navigation property.
    pub property: String,
    /// Whether it is a collection.
    #[serde(default)]
    pub many: bool,
    /// Policy type of what it points to.
    pub kind: String,
    /// Whether dropping it would weaken what is demanded.
    #[serde(default)]
    pub narrows: bool,
    /// What happens when the mapping drops it, where that is not that it goes.
    #[serde(default)]
    pub on_drop: Option<OnDrop>,
    /// Not taken at creation: set by `$ref` right after it.
    #[serde(default)]
    pub after_create: bool,
    /// The type of the collection has it: its path goes without a cast.
    #[serde(default)]
    pub uncast: bool,
}

impl Link {
    /// The property that holds the link, as it is sent.
    pub fn bind(&self) -> String {
        format!("{}@odata.bind", self.property)
    }
}

/// How objects are created.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Create {
    /// Path to POST to, with `{property}` from the policy; the collection where not given.
    #[serde(default)]
    pub path: Option<String>,
    /// Properties not sent, beside the read-only ones.
    #[serde(default)]
    pub strip: Vec<JsonPath>,
    /// Only these properties are sent.
    #[serde(default)]
    pub only: Vec<String>,
    /// Properties without which the service refuses it.
    #[serde(default)]
    pub required: Vec<String>,
    /// Properties sent under another name.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Properties that are set whatever the policy says.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// The rest is sent by a change right after the creation: the service takes only `only` at first.
    #[serde(default)]
    pub then_update: bool,
    /// The id is chosen by who creates it.
    #[serde(default)]
    pub with_id: bool,
    /// What must hold in the target before anything is created.
    #[serde(default)]
    pub requires: Option<Requirement>,
}

/// How objects are changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Update {
    /// The verb.
    #[serde(default)]
    pub method: UpdateMethod,
    /// Properties not sent, beside the read-only and create-only ones.
    #[serde(default)]
    pub strip: Vec<JsonPath>,
    /// Properties of which each is changed by a request of its own, after the links and before the rest.
    #[serde(default)]
    pub alone: Vec<String>,
    /// A value that follows from the links and that Graph refuses when it is sent.
    #[serde(default)]
    pub implied_when: Option<Predicate>,
}

/// How the service ranks the objects of a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rank {
    /// The property that holds an object's number: the lower counts first; the service's own have 0 and count last.
    /// The numbers may begin anywhere and have gaps.
    pub property: String,
    /// `POST {id}/{action}` with a number gives an object the number that another one has now.
    pub action: String,
    /// What the objects of one list have in common.
    #[serde(default)]
    pub among: Vec<JsonPath>,
}

/// What an object must have become before its parts, links and assignments are written: the service goes on working
/// on a new one after it has answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ready {
    /// The property that says it.
    pub property: String,
    /// Its value when the object is ready.
    pub done: String,
    /// Its values while the service is at work.
    pub soon: Vec<String>,
}

/// How objects are deleted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Remove {
    /// What these properties must be before Graph deletes an object.
    #[serde(default)]
    pub first: Map<String, Value>,
}

/// The verb that changes an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateMethod {
    /// Only what is sent changes.
    #[default]
    Patch,
    /// The whole object is replaced.
    Put,
    /// Cannot be changed.
    None,
}

/// How assignments are read and written.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Assignments {
    /// How they are read: with the list or item, or by `GET {id}/assignments`.
    #[serde(default)]
    pub read: PartRead,
    /// How they are written; by `assign` unless said otherwise.
    #[serde(default)]
    pub write: AssignWrite,
    /// Properties of an assignment that are kept beside `target` (`intent`, `settings`, `runSchedule`).
    #[serde(default)]
    pub keep: Vec<String>,
    /// `@odata.type` to send on each assignment, where Graph wants one.
    #[serde(default)]
    pub entry_type: Option<String>,
    /// Constants set on each assignment when written.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// Only group targets are accepted.
    #[serde(default)]
    pub groups_only: bool,
    /// The `@odata.type`s for which an assignment without a filter must not mention one.
    #[serde(default)]
    pub without_filter: Vec<String>,
}

impl Assignments {
    /// Leaves of a policy's assignments only what is said by them: not what the service or another tool adds.
    pub fn reduce(&self, policy: &mut Map<String, Value>) {
        for entry in policy.get_mut("assignments").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(entry) = entry {
                entry.retain(|key, _| key == "target" || self.keep.iter().any(|kept| kept == key));
            }
        }
    }
}

/// How assignments are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "step", deny_unknown_fields)]
pub enum AssignWrite {
    /// `POST {id}/{action}` with the whole list, which replaces all.
    Action {
        /// The action, `assign` or with a cast before it.
        action: String,
    },
    /// `POST`/`DELETE` `{id}/assignments` one by one.
    Each,
}

impl Default for AssignWrite {
    fn default() -> Self {
        Self::Action { action: String::from("assign") }
    }
}

/// Something that must be in the target, and ready, before an object is created.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Requirement {
    /// Path to GET, with `{property}` from the policy.
    pub path: String,
    /// A policy without that property needs nothing.
    #[serde(default)]
    pub optional: bool,
    /// What makes it useless although it is there.
    pub unless: Predicate,
    /// Why the object cannot be created then.
    pub reason: String,
    /// What to do instead.
    pub fix: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_what_comes_with_the_object() {
        let query = "$select=id,parts&$expand=apps,items($expand=parts,others;$select=id),assignments";
        assert_eq!(expanded(query).collect::<Vec<_>>(), ["apps", "items", "assignments"]);
        assert_eq!(expanded("$filter=isof('x')").count(), 0);
        let read = Read { list: String::new(), item: Some(String::from("$expand=apps")), through: None };
        assert!(read.expands("apps") && !read.expands("assignments"));
    }
}
