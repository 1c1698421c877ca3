//! Where a type's objects are in Graph: version and path, in the client's words.

use crate::catalogue::PolicyType;
pub use crate::catalogue::model::url_segment as encode;
use crate::graph;

/// The Graph version a type is read and written by.
pub fn api(policy_type: &PolicyType) -> graph::Api {
    version(policy_type.api)
}

/// The catalogue's word for a version as the client takes it.
pub fn version(api: crate::catalogue::model::Api) -> graph::Api {
    match api {
        crate::catalogue::model::Api::Beta => graph::Api::Beta,
        crate::catalogue::model::Api::V1 => graph::Api::V1,
    }
}

/// The path of one object.
pub fn item_path(policy_type: &PolicyType, id: &str) -> String {
    policy_type.item_path(id)
}

/// A filter takes at most this many values of an `in` (learn.microsoft.com/graph/filter-query-parameter, 2026-11;
/// quirks.md table, of api-behaviour.md section 3).
pub const IDS_PER_FILTER: usize = 15;

/// The value of a `$filter` for the objects with these ids.
pub fn with_ids<T: AsRef<str>>(ids: &[T]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{}'", id.as_ref().replace('\'', "''"))).collect();
    encode(&format!("id in ({})", quoted.join(",")))
}
