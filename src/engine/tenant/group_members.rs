//! Which groups of the target have nobody in them. Only asks: what that means for who excludes them is the mapping's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::addresses::encode;
use crate::graph::{Api, Client, GraphError};

/// Why nobody is known to be in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// It has no members.
    Empty,
    /// It has none now, and its rule takes them in as they come.
    ByRule,
    /// It is not there, or may not be read.
    Unknown,
}

/// The groups that nobody is known to be in, by their ids as given: one request each, in batches, and one more for
/// each of them.
pub(crate) async fn nobody_in(
    client: &Client,
    groups: &BTreeSet<String>,
) -> Result<BTreeMap<String, Nobody>, GraphError> {
    let mut found = BTreeMap::new();
    let mut open: Vec<&String> = Vec::new();
    let paths: Vec<String> =
        groups.iter().map(|id| format!("groups/{}/members?$top=1&$select=id", encode(id))).collect();
    for (id, answer) in groups.iter().zip(client.batch(Api::V1, &paths).await) {
        match answer {
            Ok(page) if page["value"].as_array().is_none_or(Vec::is_empty) => open.push(id),
            Ok(_) => {}
            Err(error) if error.is_forbidden() || error.is_not_found() => {
                found.insert(id.clone(), Nobody::Unknown);
            }
            Err(error) => return Err(error),
        }
    }
    let select = "$select=id,membershipRule,membershipRuleProcessingState";
    let paths: Vec<String> = open.iter().map(|id| format!("groups/{}?{select}", encode(id))).collect();
    for (id, answer) in open.into_iter().zip(client.batch(Api::V1, &paths).await) {
        let nobody = match answer {
            Ok(group) if has_rule(&group) => Nobody::ByRule,
            Ok(_) => Nobody::Empty,
            Err(error) if error.is_forbidden() || error.is_not_found() => Nobody::Empty,
            Err(error) => return Err(error),
        };
        found.insert(id.clone(), nobody);
    }
    Ok(found)
}

/// Whether members come by themselves. While the processing is paused, none do.
fn has_rule(group: &Value) -> bool {
    let text = |property: &str| group[property].as_str().unwrap_or_default();
    !text("membershipRule").is_empty() && text("membershipRuleProcessingState").eq_ignore_ascii_case("on")
}
