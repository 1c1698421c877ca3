//! What the target tenant has: the objects of the types a tree needs, to match with; and the objects
//! that a mapping names or may name.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;

use super::Tenant;
use super::addresses::version;
use super::directory_lookup::{equals, facts};
use super::nested_objects;
use crate::catalogue::{DirectoryKind, references};
use crate::engine::error::ends_run;
use crate::engine::tenant::lists;
use crate::graph::GraphError;
use crate::mapping::{Inventory, SIGN_IN, Source, addresses};
use crate::policy::directory::Facts;
use crate::policy::{Directory, Kept, TenantInfo};

/// Objects of the target by policy type: as listed, or why they could not be.
pub type Listed = BTreeMap<String, Result<Vec<Kept>, GraphError>>;

/// Lists the given types, several at once.
pub async fn list(tenant: Tenant<'_>, types: &BTreeSet<String>) -> Listed {
    let known = types.iter().filter_map(|name| tenant.catalogue.get(name));
    join_all(known.map(|policy_type| async move { (policy_type.name.clone(), lists::list(tenant, policy_type).await) }))
        .await
        .into_iter()
        .collect()
}

/// The target's objects that a mapping for this source may name: of every kind that is referred to, those
/// that could be it. A kind that cannot be read is left out.
pub async fn for_mapping(tenant: Tenant<'_>, source: &Source<'_>) -> Result<Inventory, GraphError> {
    let info = super::tenant_info::who(tenant.client).await?;
    let mut kinds: BTreeSet<String> = source
        .policies
        .iter()
        .flat_map(|policy| references(&policy.open(), tenant.catalogue))
        .map(|found| found.kind)
        .collect();
    kinds.extend(source.directory.iter().map(|(kind, ..)| kind.to_owned()));
    let reads = kinds.into_iter().map(async |kind| {
        let found: Result<Vec<Facts>, GraphError> = if let Some(policy_type) = tenant.catalogue.get(&kind) {
            let listed = lists::list(tenant, policy_type).await;
            listed.map(|list| list.iter().map(|policy| facts(tenant.catalogue, &kind, &policy.open().body)).collect())
        } else {
            match tenant.catalogue.directory_kind(&kind) {
                Some(known) => candidates(tenant, source.directory, known, &info).await,
                None => Ok(Vec::new()),
            }
        };
        (kind, found)
    });
    let mut objects: BTreeMap<String, Vec<Facts>> = BTreeMap::new();
    for (kind, found) in join_all(reads).await {
        match found {
            Ok(found) => drop(objects.insert(kind, found)),
            Err(error) if ends_run(&error) => return Err(error),
            // Not licensed, not permitted, not there: nothing is known, and the mapping says so.
            Err(_) => {}
        }
    }
    // What is held by others is looked for in those that were found.
    let held = source.directory.iter().filter_map(|(kind, ..)| tenant.catalogue.directory_kind(kind));
    let held: BTreeMap<&str, &DirectoryKind> = held.map(|kind| (kind.name.as_str(), kind)).collect();
    for (name, kind) in held {
        let Some(above) = kind.below.as_ref() else { continue };
        objects.remove(name);
        let Some(above) = objects.get(above) else { continue };
        let ids: Vec<&str> = above.iter().filter_map(|facts| facts.get("id")?.as_str()).collect();
        let (found, unread) = nested_objects::of(tenant, kind, &ids).await?;
        if unread.is_none() {
            objects.insert(name.to_owned(), found);
        }
    }
    Ok(Inventory { objects, tenant: info })
}

/// The target's objects that could be what the source's are, by what the source knows of them.
async fn candidates(
    tenant: Tenant<'_>,
    directory: &Directory,
    kind: &DirectoryKind,
    target: &TenantInfo,
) -> Result<Vec<Facts>, GraphError> {
    let Some(path) = kind.path.as_ref().filter(|_| kind.below.is_none()) else { return Ok(Vec::new()) };
    let as_facts = |object: &Value| object.as_object().map(|object| facts(tenant.catalogue, &kind.name, object));
    if kind.find_by.is_empty() {
        let query = if kind.list.is_empty() { String::new() } else { format!("?{}", kind.list) };
        let all = tenant.client.list(version(kind.api), &format!("{path}{query}")).await?;
        return Ok(all.iter().filter_map(as_facts).collect());
    }
    let elsewhere =
        kind.identify.iter().filter(|likeness| likeness.in_target_domains).flat_map(|likeness| &likeness.by);
    let elsewhere: BTreeSet<&String> = elsewhere.collect();
    let mut filters = BTreeSet::new();
    for (_, id, known) in directory.iter().filter(|(own, ..)| *own == kind.name) {
        for property in &kind.find_by {
            let own =
                known.get(property).and_then(Value::as_str).or((kind.key.as_ref() == Some(property)).then_some(id));
            let Some(value) = own else { continue };
            filters.insert(equals(property, value));
            if elsewhere.contains(property) {
                filters.extend(addresses(value, target).iter().map(|value| equals(property, value)));
            }
        }
    }
    let paths: Vec<String> = filters.iter().map(|filter| format!("{path}?$filter={filter}")).collect();
    let mut objects = Vec::new();
    for list in tenant.client.lists(version(kind.api), &paths).await {
        objects.extend(list?);
    }
    nested_objects::complete(tenant.client, kind, objects.iter_mut().filter_map(Value::as_object_mut).collect()).await;
    let mut found: BTreeMap<String, Facts> = BTreeMap::new();
    for known in objects.iter().filter_map(as_facts) {
        if let Some(id) = known.get("id").and_then(Value::as_str) {
            found.insert(id.to_owned(), known);
        }
    }
    Ok(found.into_values().collect())
}

/// Objects of the target by their exact names; none where nobody can look for the kind.
pub async fn named(
    tenant: Tenant<'_>,
    kind: &str,
    names: &BTreeSet<String>,
) -> Result<Option<BTreeMap<String, Vec<String>>>, GraphError> {
    if let Some(policy_type) = tenant.catalogue.get(kind) {
        if policy_type.parent.is_some() || policy_type.single {
            return Ok(None);
        }
        let objects = tenant.client.list(version(policy_type.api), &policy_type.path).await?;
        return Ok(Some(of_names(names, &objects, &policy_type.name_property, "id")));
    }
    let Some(known) = tenant.catalogue.directory_kind(kind) else { return Ok(None) };
    let Some(path) = known.path.as_ref().filter(|_| known.below.is_none()) else { return Ok(None) };
    let (version, key) = (version(known.api), known.key.as_deref().unwrap_or("id"));
    if !known.find_by.iter().any(|property| property == "displayName") && known.by_ids.is_empty() {
        return Ok(Some(of_names(names, &tenant.client.list(version, path).await?, "displayName", key)));
    }
    // Who is named by what they sign in with is asked for by that.
    let signs_in = |name: &str| name.contains('@') && known.keep.iter().any(|property| property == SIGN_IN);
    let property = |name: &str| if signs_in(name) { SIGN_IN } else { "displayName" };
    let paths: Vec<String> =
        names.iter().map(|name| format!("{path}?$filter={}", equals(property(name), name))).collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, list) in names.iter().zip(tenant.client.lists(version, &paths).await) {
        let objects = list?;
        let text = |object: &Value, property: &str| object.get(property).and_then(Value::as_str).map(str::to_owned);
        let is_it = |object: &&Value| {
            let own = text(object, property(name));
            own.is_some_and(|own| own == *name || signs_in(name) && own.eq_ignore_ascii_case(name))
        };
        found
            .entry(name.clone())
            .or_default()
            .extend(objects.iter().filter(is_it).filter_map(|object| text(object, key)));
    }
    Ok(Some(found))
}

/// The ids of the objects of each name.
fn of_names(names: &BTreeSet<String>, objects: &[Value], property: &str, key: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in objects {
        let text = |property: &str| object.get(property).and_then(Value::as_str);
        if let (Some(name), Some(id)) = (text(property).filter(|name| names.contains(*name)), text(key)) {
            found.entry(name.to_owned()).or_default().push(id.to_owned());
        }
    }
    found
}
