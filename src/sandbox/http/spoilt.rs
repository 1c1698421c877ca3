//! Lists that contradict themselves: what a fault makes of an answer that would have been right. Reported of the
//! service: links that lead to the same page again (github.com/microsoftgraph/microsoft-graph-docs/issues/8186, read
//! 2026-11), pages whose order changes between two requests (microsoft-graph-docs-contrib/issues/5631, read 2026-11).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::odata::call::{Call, Reply};
use crate::odata::query::Query;

/// How a list is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoilt {
    /// Its last entry is null.
    NullEntry,
    /// Its last entry has no id.
    NoId,
    /// Its first object comes again at the end.
    Twice,
    /// Its objects come again on a next page, and so on, each time by another link.
    SameAgain,
    /// Every page is empty and has a next one, each time by another link.
    NeverEnding,
    /// It is empty.
    Emptied,
    /// Whatever it is, list or object: its success comes without a body.
    Bodyless,
    /// Its list is null.
    NullValue,
    /// It has no list: an object without anything.
    NoList,
    /// Of its objects, or of the object that it is, only ids and types come; everything else is null.
    OnlyIds,
    /// Its objects come without what was to be expanded.
    Unexpanded,
}

impl Spoilt {
    /// The answer, spoilt. What is not a list stays as it is.
    pub(crate) fn spoil(self, mut reply: Reply, call: &Call) -> Reply {
        let link = format!("{}/{}/{}?$skiptoken={}", call.origin, call.version, call.path, Uuid::new_v4());
        if self == Self::NeverEnding {
            return Reply::new(200, json!({"value": [], "@odata.nextLink": link}));
        }
        if self == Self::Bodyless {
            reply.body = None;
            return reply;
        }
        let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut) else { return reply };
        if self == Self::NullValue {
            body.insert("value".into(), Value::Null);
            return reply;
        }
        if self == Self::NoList {
            body.clear();
            return reply;
        }
        let Some(list) = body.get_mut("value").and_then(Value::as_array_mut) else {
            if self == Self::OnlyIds {
                nullify(body);
            }
            return reply;
        };
        match (self, list.last_mut()) {
            (Self::Emptied, _) => list.clear(),
            (Self::Unexpanded, _) => {
                let query = Query::parse(call).unwrap_or_default();
                let expanded: Vec<&str> = query.expand.iter().map(|one| one.name.as_str()).collect();
                for object in list.iter_mut().filter_map(Value::as_object_mut) {
                    object.retain(|name, _| !expanded.contains(&name.as_str()));
                }
            }
            (Self::OnlyIds, _) => list.iter_mut().filter_map(Value::as_object_mut).for_each(nullify),
            (Self::NullEntry, Some(last)) => *last = Value::Null,
            (Self::NoId, Some(Value::Object(last))) => drop(last.remove("id")),
            (Self::Twice, Some(_)) => list.push(list[0].clone()),
            (Self::SameAgain, Some(_)) => drop(body.insert("@odata.nextLink".into(), json!(link))),
            _ => {}
        }
        reply
    }
}

fn nullify(object: &mut Map<String, Value>) {
    for (_, value) in object.iter_mut().filter(|(name, _)| *name != "id" && !name.contains('@')) {
        *value = Value::Null;
    }
}
