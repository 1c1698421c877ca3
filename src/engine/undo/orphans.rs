//! Objects that a killed run may or may not have made: whatever has the name and was not there before the
//! run is its work.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Undo;
use super::undoing::Undoing;
use crate::engine::error::EngineError;
use crate::engine::import::request::WriteError;
use crate::engine::import::uncertain_create;
use crate::engine::journal::Does;
use crate::engine::tenant::directory_lookup::equals;
use crate::engine::tenant::lists;
use crate::finding::codes;
use crate::graph::{Api, GraphError};
use crate::mapping::GROUP;

/// The object's id, where there is exactly one that it can be. Where there are several, it stays and says so.
pub async fn find(undo: Undo<'_>, undoing: &mut Undoing) -> Result<Option<String>, EngineError> {
    let look = async || {
        let found = candidates(undo, undoing).await?;
        Ok((!found.is_empty()).then_some(found))
    };
    let looked = uncertain_create::several_times(undo.tenant.client, look).await;
    match looked {
        Ok(found) => match found.unwrap_or_default().as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only.clone())),
            several => {
                let (count, ids) = (several.len(), several.join(", "));
                let message = format!(
                    "it is unknown whether the import created the object, and {count} new objects have its name: {ids}"
                );
                undoing.stay(&codes::AMBIGUOUS_MATCH, message);
                Ok(None)
            }
        },
        Err(WriteError::Run(error)) => Err(error),
        Err(WriteError::Object(finding)) => {
            undoing.stay(&codes::READ_FAILED, finding.message);
            Ok(None)
        }
        Err(WriteError::Graph(error)) => {
            let message =
                format!("it is unknown whether the import created the object, and this cannot be looked up: {error}");
            undoing.stay(&codes::READ_FAILED, message);
            Ok(None)
        }
    }
}

/// Objects of the name that were not there before the run, and that no other step of it made.
async fn candidates(undo: Undo<'_>, undoing: &Undoing) -> Result<Vec<String>, GraphError> {
    let record = undo.record;
    let creates = record.writes.iter().filter(|write| write.intent.does == Does::Create);
    let others: BTreeSet<&str> = creates.filter_map(|write| write.target_id()).collect();
    let known = record.header.known.get(&undoing.kind);
    let is_new = |id: &String| !others.contains(id.as_str()) && !known.is_some_and(|known| known.contains(id));
    let ids: Vec<String> = if undoing.kind == GROUP {
        let path = format!("groups?$filter={}&$select=id", equals("displayName", &undoing.name));
        let found = undo.tenant.client.list(Api::V1, &path).await?;
        found.iter().filter_map(|group| group.get("id").and_then(Value::as_str).map(str::to_owned)).collect()
    } else if let Some(policy_type) = undo.tenant.catalogue.get(&undoing.kind) {
        let listed = lists::list(undo.tenant.quiet(), policy_type).await?;
        let named = listed.iter().filter(|object| policy_type.name_of(object) == undoing.name);
        named.filter_map(|object| object.id().map(str::to_owned)).collect()
    } else {
        Vec::new()
    };
    Ok(ids.into_iter().filter(is_new).collect())
}
