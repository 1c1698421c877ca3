//! What the target tenant has: the objects of the types a tree needs, to match with; and the objects
//! that a mapping names or may name.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use serde_json::{Map, Value};

use super::lookup;
use super::read::{Reader, api, encode};
use crate::catalogue::{Catalogue, references};
use crate::graph::{Api, Client, GraphError};
use crate::mapping::{Inventory, Source};
use crate::policy::directory::Facts;
use crate::policy::{Directory, Policy};

/// Objects of the target by policy type: as listed, or why they could not be.
pub type Listed = BTreeMap<String, Result<Vec<Policy>, GraphError>>;

/// Lists the given types, several at once.
pub async fn list(reader: Reader<'_>, types: &BTreeSet<String>) -> Listed {
    let known = types.iter().filter_map(|name| reader.catalogue.get(name));
    join_all(known.map(|policy_type| async move { (policy_type.name.clone(), reader.list(policy_type).await) }))
        .await
        .into_iter()
        .collect()
}

/// The target's objects that a mapping for this source may name: groups, users and service principals
/// of the same name or address, apps, and the objects of every policy type that is referred to.
pub async fn for_mapping(
    client: &Client,
    catalogue: &Catalogue,
    source: &Source<'_>,
    reporter: &dyn crate::event::Reporter,
) -> Result<Inventory, GraphError> {
    let reader = Reader { client, catalogue, reporter };
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for found in source.policies.iter().flat_map(|policy| references(policy, catalogue)) {
        kinds.entry(found.kind).or_default().insert(found.id);
    }
    let found = kinds.into_iter().map(async |(kind, ids)| {
        let found: Vec<Facts> = if let Some(policy_type) = catalogue.get(&kind) {
            let listed = reader.list(policy_type).await?;
            listed.into_iter().map(|policy| with_id(&kind, &Value::Object(policy.body))).collect()
        } else {
            directory_candidates(client, source.directory, &kind, &ids).await?
        };
        Ok((kind, found))
    });
    let objects: BTreeMap<String, Vec<Facts>> = try_join_all(found).await?.into_iter().collect();
    Ok(Inventory { objects, tenant: super::tenant::who(client).await? })
}

/// The target's objects that could be what the source's are, by the names the source knows them by.
async fn directory_candidates(
    client: &Client,
    directory: &Directory,
    kind: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<Facts>, GraphError> {
    let Some(collection) = lookup::collection_of(kind) else { return Ok(Vec::new()) };
    let mut filters = BTreeSet::new();
    for facts in ids.iter().filter_map(|id| directory.get(kind, id)) {
        for property in ["displayName", "onPremisesSecurityIdentifier", "appId"] {
            if let Some(value) = facts.get(property).and_then(Value::as_str) {
                filters.insert(format!("{property} eq '{}'", value.replace('\'', "''")));
            }
        }
    }
    let paths: Vec<String> = filters.iter().map(|filter| format!("{collection}?$filter={}", encode(filter))).collect();
    let mut found: BTreeMap<String, Facts> = BTreeMap::new();
    for answer in client.batch(Api::V1, &paths).await {
        for object in answer?.get("value").and_then(Value::as_array).into_iter().flatten() {
            if let Some(id) = object.get("id").and_then(Value::as_str) {
                found.insert(id.to_owned(), with_id(kind, object));
            }
        }
    }
    Ok(found.into_values().collect())
}

fn with_id(kind: &str, object: &Value) -> Facts {
    let mut facts: Map<String, Value> = lookup::keep(kind, object);
    if let Some(id) = object.get("id") {
        facts.insert(String::from("id"), id.clone());
    }
    if let Some(id) = object.get("@odata.type") {
        facts.insert(String::from("@odata.type"), id.clone());
    }
    facts
}

/// Objects of the target by their exact names; none where nobody can look for the kind.
pub async fn named(
    client: &Client,
    catalogue: &Catalogue,
    kind: &str,
    names: &BTreeSet<String>,
) -> Result<Option<BTreeMap<String, Vec<String>>>, GraphError> {
    if let Some(policy_type) = catalogue.get(kind) {
        let objects = client.list(api(policy_type), &policy_type.path).await?;
        return Ok(Some(of_names(names, &objects, &policy_type.name_property)));
    }
    let Some(collection) = lookup::collection_of(kind) else { return Ok(None) };
    let paths: Vec<String> = names
        .iter()
        .map(|name| {
            let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
            format!("{collection}?$filter={}&$select=id,displayName", encode(&filter))
        })
        .collect();
    let mut objects = Vec::new();
    for answer in client.batch(Api::V1, &paths).await {
        objects.extend(answer?.get("value").and_then(Value::as_array).into_iter().flatten().cloned());
    }
    Ok(Some(of_names(names, &objects, "displayName")))
}

/// The ids of the objects of each name.
fn of_names(names: &BTreeSet<String>, objects: &[Value], property: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in objects {
        let text = |property: &str| object.get(property).and_then(Value::as_str);
        if let (Some(name), Some(id)) = (text(property).filter(|name| names.contains(*name)), text("id")) {
            found.entry(name.to_owned()).or_default().push(id.to_owned());
        }
    }
    found
}
