//! Ids of the source that stand where no rule looks: in a script, a setting's text, a payload. What the
//! mapping knows of them is put in there as well, so that a person has to name each object only once.

use serde_json::{Map, Value};

use super::kinds::DIRECTORY_OBJECT;
use super::source::{Context, lower};
use super::text_ids::sent;
use crate::catalogue::{Form, Found, OnDrop, ReferenceRule};
use crate::policy::ids::{Written, ids};
use crate::policy::{Hit, Policy, path};

/// The rule of a place that no one declared: it cannot be dropped, for no one knows what it means there.
fn undeclared(kind: &str) -> ReferenceRule {
    ReferenceRule { on_drop: OnDrop::Refuse, ..ReferenceRule::new("**", kind, Form::Within) }
}

/// References to objects of the source at places that no rule declares, among all that was found of it: to what is
/// known, to whatever a security identifier names, and to what nobody looked up.
pub(super) fn embedded(
    context: &Context<'_>,
    hits: &[Hit],
    policy: &Policy,
    document: &Map<String, Value>,
    declared: &[Found],
) -> Vec<Found> {
    let own = policy.id().map(lower).unwrap_or_default();
    let at_declared = |pointer: &str, id: &str| {
        declared.iter().any(|found| found.pointer == pointer && lower(&found.id).contains(id))
    };
    let known = |hit: &Hit| {
        let found = ids(&hit.what).into_iter().next()?;
        // Without a record of what was looked up, only security identifiers of strangers were searched for.
        let is_stranger = || {
            if context.has_strangers() { context.is_stranger(&found.id) } else { found.written == Written::Sid }
        };
        context.known(&found.id).or_else(|| is_stranger().then(|| (DIRECTORY_OBJECT.to_owned(), found.id.clone())))
    };
    // The policy's own id is its own business, and a key is not a value.
    let open = |hit: &&Hit| {
        !own.contains(&hit.what)
            && path::at(document, &hit.pointer).is_some_and(Value::is_string)
            && known(hit).is_some_and(|(_, id)| !at_declared(&hit.pointer, &lower(&id)))
    };
    let open = sent(context.source.catalogue, policy, document, hits.iter().filter(open).cloned().collect());
    let mut list: Vec<Found> = Vec::new();
    for hit in open {
        let Some((kind, id)) = known(&hit) else { continue };
        if !list.iter().any(|found| found.pointer == hit.pointer && found.id == id) {
            list.push(Found { pointer: hit.pointer, rule: undeclared(&kind), kind, id });
        }
    }
    list
}
