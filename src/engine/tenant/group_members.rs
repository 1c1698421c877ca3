//! Which groups have nobody in them, in the source and in the target. Only asks: what that means for who excludes them
//! is the mapping's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::addresses::encode;
use crate::catalogue::Found;
use crate::engine::error::ends_run;
use crate::graph::{Api, Client, GraphError};
use crate::mapping::{GROUP, excludes};
use crate::policy::Directory;
use crate::policy::directory::HAS_MEMBERS;

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

/// The groups that some references exclude, by their ids in small letters.
pub(crate) fn excluded(found: &[Found], with_assignments: bool) -> impl Iterator<Item = String> {
    let counts = move |found: &&Found| with_assignments || !found.in_assignments();
    found
        .iter()
        .filter(|found| found.kind == GROUP && excludes(found))
        .filter(counts)
        .map(|found| found.id.to_ascii_lowercase())
}

/// Notes in the source's directory whether anybody is in each group that something excludes: one request each, in
/// batches. Where that may not be read, nothing is noted.
pub(crate) async fn note(
    client: &Client,
    directory: &mut Directory,
    excluded: &BTreeSet<String>,
) -> Result<(), GraphError> {
    let known = |id: &&String| directory.get(GROUP, id).is_some_and(|facts| !facts.contains_key("state"));
    let groups: Vec<&String> = excluded.iter().filter(known).collect();
    for (id, answer) in groups.iter().zip(client.beginnings(Api::V1, &first_members(groups.iter().copied())).await) {
        match answer {
            Ok(members) => directory.note(GROUP, id, HAS_MEMBERS, &Value::Bool(!members.is_empty())),
            Err(error) if ends_run(&error) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// The question for one member of each group.
fn first_members<'a>(groups: impl Iterator<Item = &'a String>) -> Vec<String> {
    groups.map(|id| format!("groups/{}/members?$top=1&$select=id", encode(id))).collect()
}

/// The groups that nobody is known to be in, by their ids as given: one request each, in batches, and one more for
/// each of them.
pub(crate) async fn nobody_in(
    client: &Client,
    groups: &BTreeSet<String>,
) -> Result<BTreeMap<String, Nobody>, GraphError> {
    let mut found = BTreeMap::new();
    let mut open: Vec<&String> = Vec::new();
    for (id, answer) in groups.iter().zip(client.beginnings(Api::V1, &first_members(groups.iter())).await) {
        match answer {
            Ok(members) if members.is_empty() => open.push(id),
            Ok(_) => {}
            Err(error) if ends_run(&error) => return Err(error),
            Err(_) => drop(found.insert(id.clone(), Nobody::Unknown)),
        }
    }
    let select = "$select=id,membershipRule,membershipRuleProcessingState";
    let paths: Vec<String> = open.iter().map(|id| format!("groups/{}?{select}", encode(id))).collect();
    for (id, answer) in open.into_iter().zip(client.batch(Api::V1, &paths).await) {
        let nobody = match answer {
            Ok(group) if has_rule(&group) => Nobody::ByRule,
            Err(error) if ends_run(&error) => return Err(error),
            // As long as no rule is known, nobody comes by it.
            _ => Nobody::Empty,
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
