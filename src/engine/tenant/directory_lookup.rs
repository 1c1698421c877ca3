//! Looks up what identifies referenced objects that are not policies of the tree: groups, users, service
//! principals, apps, as the catalogue says for each kind. De-duplicated, in as few requests as Graph allows.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};

use super::Tenant;
use super::addresses::{encode, version};
use super::nested_objects;
use crate::catalogue::facts;
use crate::catalogue::{Catalogue, DirectoryKind};
use crate::engine::error::ends_run;
use crate::graph::{Api, Client, GraphError};
use crate::policy::Directory;
use crate::policy::directory::Facts;
use crate::policy::ids::ids;

/// `directoryObjects/getByIds` takes at most this many ids (api-behaviour.md, quirks.md table).
pub(super) const IDS_PER_CALL: usize = 1000;

/// States of an object that could not be read: it is not there, it may not be read, no one knows.
pub(crate) const MISSING: &str = "missing";
pub(crate) const FORBIDDEN: &str = "forbidden";
pub(crate) const UNKNOWN: &str = "unknown";

/// How often groups are looked for that other groups' rules name.
const ROUNDS: usize = 5;

/// The facts of the given ids by kind. An id that does not exist, or may not be read, is in the result
/// with `state: missing`, `state: forbidden`, or `state: unknown` where the service failed; kinds no one can look up are left out. Groups that a found
/// group's membership rule names are looked up as well.
pub async fn look_up(tenant: Tenant<'_>, wanted: &BTreeMap<String, BTreeSet<String>>) -> Result<Directory, GraphError> {
    let mut all = Directory::default();
    let mut open = wanted.clone();
    for _ in 0..ROUNDS {
        let looked_up = open.iter().map(async |(kind, ids)| {
            let known = tenant.catalogue.directory_kind(kind);
            let mut directory = Directory::default();
            match known {
                Some(known) if !known.by_ids.is_empty() => {
                    by_ids(tenant, known, ids, &mut directory).await?;
                }
                Some(DirectoryKind { below: Some(above), .. }) => {
                    let above = wanted.get(above).into_iter().flatten();
                    nested_objects::look_up(tenant, kind, ids, above, &mut directory).await?;
                }
                _ => one_by_one(tenant, kind, ids, &mut directory).await?,
            }
            Ok(directory)
        });
        for directory in try_join_all(looked_up).await? {
            for (kind, id, facts) in directory.iter() {
                all.insert(kind, id, facts.clone());
            }
        }
        open = named_in_rules(&all);
        if open.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// Objects that the membership rules of a directory name and that are not in it yet.
fn named_in_rules(directory: &Directory) -> BTreeMap<String, BTreeSet<String>> {
    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, _, facts) in directory.iter() {
        let rule = facts.get("membershipRule").and_then(Value::as_str).unwrap_or_default();
        for found in ids(rule).into_iter().filter(|found| directory.get(kind, &found.id).is_none()) {
            open.entry(kind.to_owned()).or_default().insert(found.id);
        }
    }
    open
}

/// An object's facts with the id that policies name it by.
pub fn facts(catalogue: &Catalogue, kind: &str, object: &Map<String, Value>) -> Facts {
    let mut facts = facts::facts(catalogue, kind, object);
    let key = catalogue.directory_kind(kind).and_then(|kind| kind.key.as_deref()).unwrap_or("id");
    facts.extend(object.get(key).map(|id| (String::from("id"), id.clone())));
    facts
}

async fn by_ids(
    tenant: Tenant<'_>,
    kind: &DirectoryKind,
    ids: &BTreeSet<String>,
    directory: &mut Directory,
) -> Result<(), GraphError> {
    // What no one could say the kind of may be of any.
    let types = if kind.path.is_some() { kind.by_ids.iter().collect() } else { all_types(tenant.catalogue) };
    let kind = &kind.name;
    let ids: Vec<&String> = ids.iter().collect();
    for chunk in ids.chunks(IDS_PER_CALL) {
        // A placeholder that is not a GUID would make the service refuse the whole call.
        let (valid, invalid): (Vec<&String>, Vec<&String>) =
            chunk.iter().partition(|id| uuid::Uuid::try_parse(id).is_ok());
        for id in invalid {
            directory.insert(kind, id, state(MISSING));
        }
        let Some(objects) = get_by_ids(tenant.client, &valid, &types).await? else {
            let valid = valid.into_iter().cloned().collect();
            one_by_one(tenant, kind, &valid, directory).await?;
            continue;
        };
        for id in valid {
            let found = objects.get(&id.to_ascii_lowercase()).and_then(|object| object.as_object());
            let known = found.map(|object| facts::facts(tenant.catalogue, kind, object));
            directory.insert(kind, id, known.unwrap_or_else(|| state(MISSING)));
        }
    }
    Ok(())
}

/// The types of all objects that can be looked up together.
pub(super) fn all_types(catalogue: &Catalogue) -> Vec<&String> {
    catalogue.shared.directory_kinds.iter().flat_map(|kind| &kind.by_ids).collect()
}

/// Objects of these types by their ids; none where the call is refused, fails or is not understood: it wants to read the whole directory,
/// and to read the objects themselves less is enough.
pub(super) async fn get_by_ids(
    client: &Client,
    ids: &[&String],
    types: &[&String],
) -> Result<Option<BTreeMap<String, Value>>, GraphError> {
    if ids.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    let body = json!({"ids": ids, "types": types});
    let objects = match client.ask_for_list(Api::V1, "directoryObjects/getByIds", &body).await {
        Ok(objects) => objects,
        Err(error) if ends_run(&error) => return Err(error),
        Err(_) => return Ok(None),
    };
    // An entry that does not say which object it is may be any of them.
    let own = |object: &Value| object["id"].as_str().map(str::to_ascii_lowercase);
    Ok(objects.into_iter().map(|object| Some((own(&object)?, object))).collect())
}

async fn one_by_one(
    tenant: Tenant<'_>,
    kind: &str,
    ids: &BTreeSet<String>,
    directory: &mut Directory,
) -> Result<(), GraphError> {
    let Some((version, collection, key)) = collection(tenant.catalogue, kind) else { return Ok(()) };
    let path = |id: &String| match (tenant.catalogue.get(kind), key) {
        (Some(policy_type), _) => policy_type.item_path(id),
        (None, None) => format!("{collection}/{}", encode(id)),
        (None, Some(key)) => format!("{collection}?$filter={}", equals(key, id)),
    };
    let paths: Vec<String> = ids.iter().map(path).collect();
    let mut answers: Vec<Result<Option<Value>, GraphError>> = match key {
        Some(_) => {
            let lists = tenant.client.lists(version, &paths).await.into_iter();
            lists.map(|list| list.map(|list| list.into_iter().next())).collect()
        }
        None => tenant.client.batch(version, &paths).await.into_iter().map(|answer| answer.map(Some)).collect(),
    };
    if let Some(kind) = tenant.catalogue.directory_kind(kind) {
        let objects = answers.iter_mut().filter_map(|answer| answer.as_mut().ok()?.as_mut()?.as_object_mut());
        nested_objects::complete(tenant.client, kind, objects.collect()).await;
    }
    for (id, answer) in ids.iter().zip(answers) {
        let facts = match &answer {
            Ok(Some(Value::Object(object))) => facts::facts(tenant.catalogue, kind, object),
            Ok(None) => state(MISSING),
            // What is not an id at all is refused rather than not found.
            Err(error @ (GraphError::NotFound(_) | GraphError::Refused(_))) if !error.needs_approval() => {
                state(MISSING)
            }
            Err(error) if ends_run(error) => return Err(error.clone()),
            Err(error) if error.is_forbidden() => state(FORBIDDEN),
            // It may be there, and what is not understood is there: only what Graph says is not there is missing.
            Ok(Some(_)) | Err(_) => state(UNKNOWN),
        };
        directory.insert(kind, id, facts);
    }
    Ok(())
}

/// Version, path and, where objects are not named by their id, the naming property of a kind's collection.
pub(crate) fn collection<'a>(catalogue: &'a Catalogue, kind: &str) -> Option<(Api, &'a str, Option<&'a str>)> {
    if let Some(policy_type) = catalogue.get(kind) {
        return Some((version(policy_type.api), &policy_type.path, None));
    }
    let DirectoryKind { path, api, key, .. } = catalogue.directory_kind(kind)?;
    Some((version(*api), path.as_deref()?, key.as_deref()))
}

/// An OData filter by equality, ready for an address.
pub fn equals(property: &str, value: &str) -> String {
    encode(&format!("{property} eq '{}'", value.replace('\'', "''")))
}

pub(crate) fn state(word: &str) -> Facts {
    Map::from_iter([(String::from("state"), json!(word))])
}
