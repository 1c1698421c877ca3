//! Looks up what identifies referenced objects that are no policies of the tree: groups, users, service
//! principals, apps, as the catalogue says for each kind. De-duplicated, in as few requests as Graph allows.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};

use super::addresses::{encode, version};
use super::nested_objects;
use crate::catalogue::{Catalogue, DirectoryKind};
use crate::engine::error::ends_run;
use crate::graph::{Api, Client, GraphError, Method, Write, WriteKind};
use crate::policy::Directory;
use crate::policy::directory::Facts;
use crate::policy::ids::ids;

/// `directoryObjects/getByIds` takes at most this many ids (api-behaviour.md, quirks.md table).
const IDS_PER_CALL: usize = 1000;

/// How often groups are looked for that other groups' rules name.
const ROUNDS: usize = 5;

/// The facts of the given ids by kind. An id that does not exist, or may not be read, is in the result
/// with `state: missing` or `state: forbidden`; kinds nobody can look up are left out. Groups that a found
/// group's membership rule names are looked up as well.
pub async fn look_up(
    client: &Client,
    catalogue: &Catalogue,
    wanted: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Directory, GraphError> {
    let mut all = Directory::default();
    let mut open = wanted.clone();
    for _ in 0..ROUNDS {
        let looked_up = open.iter().map(async |(kind, ids)| {
            let known = catalogue.directory_kind(kind);
            let mut directory = Directory::default();
            match known.map(|known| (known.by_ids.as_deref(), known.below.as_deref())) {
                Some((Some(graph_type), _)) => by_ids(client, catalogue, kind, graph_type, ids, &mut directory).await?,
                Some((None, Some(above))) => {
                    let above = wanted.get(above).into_iter().flatten();
                    nested_objects::look_up(client, catalogue, kind, ids, above, &mut directory).await?;
                }
                _ => one_by_one(client, catalogue, kind, ids, &mut directory).await?,
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
    let mut facts = catalogue.facts(kind, object);
    let key = catalogue.directory_kind(kind).and_then(|kind| kind.key.as_deref()).unwrap_or("id");
    facts.extend(object.get(key).map(|id| (String::from("id"), id.clone())));
    facts
}

async fn by_ids(
    client: &Client,
    catalogue: &Catalogue,
    kind: &str,
    graph_type: &str,
    ids: &BTreeSet<String>,
    directory: &mut Directory,
) -> Result<(), GraphError> {
    let ids: Vec<&String> = ids.iter().collect();
    for chunk in ids.chunks(IDS_PER_CALL) {
        // A placeholder that is no GUID would make the service refuse the whole call.
        let (valid, invalid): (Vec<&String>, Vec<&String>) =
            chunk.iter().partition(|id| uuid::Uuid::try_parse(id).is_ok());
        for id in invalid {
            directory.insert(kind, id, state("missing"));
        }
        if valid.is_empty() {
            continue;
        }
        let body = json!({"ids": valid, "types": [graph_type]});
        let question = Write {
            method: Method::POST,
            api: Api::V1,
            path: "directoryObjects/getByIds",
            body: Some(&body),
            kind: WriteKind::Idempotent,
            approval: None,
        };
        let objects = match client.send(question).await {
            Ok(answer) => answer.and_then(|answer| answer.get("value").cloned()).unwrap_or_default(),
            // This call wants to read the whole directory; to read the objects themselves less is enough.
            Err(error) if error.is_forbidden() => {
                let valid = valid.into_iter().cloned().collect();
                one_by_one(client, catalogue, kind, &valid, directory).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        let own = |object: &'_ Value| object["id"].as_str().map(str::to_ascii_lowercase);
        let objects: BTreeMap<String, &Value> =
            objects.as_array().into_iter().flatten().filter_map(|object| Some((own(object)?, object))).collect();
        for id in valid {
            let found = objects.get(&id.to_ascii_lowercase()).and_then(|object| object.as_object());
            let known = found.map(|object| catalogue.facts(kind, object));
            directory.insert(kind, id, known.unwrap_or_else(|| state("missing")));
        }
    }
    Ok(())
}

async fn one_by_one(
    client: &Client,
    catalogue: &Catalogue,
    kind: &str,
    ids: &BTreeSet<String>,
    directory: &mut Directory,
) -> Result<(), GraphError> {
    let Some((version, collection, key)) = collection(catalogue, kind) else { return Ok(()) };
    let path = |id: &String| match (catalogue.get(kind), key) {
        (Some(policy_type), _) => policy_type.item_path(id),
        (None, None) => format!("{collection}/{}", encode(id)),
        (None, Some(key)) => format!("{collection}?$filter={}", equals(key, id)),
    };
    let paths: Vec<String> = ids.iter().map(path).collect();
    let first = |page: Value| if key.is_some() { page["value"].get(0).cloned() } else { Some(page) };
    let answers = client.batch(version, &paths).await.into_iter();
    let mut answers: Vec<Result<Option<Value>, GraphError>> = answers.map(|answer| answer.map(first)).collect();
    if let Some(kind) = catalogue.directory_kind(kind) {
        let objects = answers.iter_mut().filter_map(|answer| answer.as_mut().ok()?.as_mut()?.as_object_mut());
        nested_objects::complete(client, kind, objects.collect()).await;
    }
    for (id, answer) in ids.iter().zip(answers) {
        let facts = match &answer {
            Ok(Some(Value::Object(object))) => catalogue.facts(kind, object),
            Ok(_) => state("missing"),
            // What is no id at all is refused rather than not found.
            Err(error @ (GraphError::NotFound(_) | GraphError::Refused(_))) if !error.needs_approval() => {
                state("missing")
            }
            Err(error) if ends_run(error) => return Err(error.clone()),
            // It may be there: only what Graph says is not there is missing.
            Err(_) => state("forbidden"),
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
