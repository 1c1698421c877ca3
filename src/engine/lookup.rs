//! Looks up what identifies referenced objects that are no policies: groups, users, service
//! principals, apps. De-duplicated, in as few requests as Graph allows.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};

use super::error::ends_run;
use super::read::{api, encode};
use crate::catalogue::Catalogue;
use crate::graph::{Api, Client, GraphError, Method, WriteKind};
use crate::policy::Directory;
use crate::policy::directory::Facts;

/// How objects of a directory kind are read. The facts kept are those that find the object again in
/// another tenant (design: directory.json).
struct Kind {
    name: &'static str,
    /// The type name that `directoryObjects/getByIds` takes; none where it does not know the kind.
    by_ids: Option<&'static str>,
    collection: &'static str,
    keep: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "group",
        by_ids: Some("group"),
        collection: "groups",
        keep: &[
            "displayName",
            "mailNickname",
            "onPremisesSecurityIdentifier",
            "groupTypes",
            "membershipRule",
            "securityEnabled",
            "mailEnabled",
            "isAssignableToRole",
        ],
    },
    Kind { name: "user", by_ids: Some("user"), collection: "users", keep: &["displayName", "userPrincipalName"] },
    Kind {
        name: "service-principal",
        by_ids: Some("servicePrincipal"),
        collection: "servicePrincipals",
        keep: &["displayName", "appId"],
    },
];

/// The facts that are kept of a policy that is not in the tree.
const OF_POLICIES: &[&str] = &[
    "@odata.type",
    "displayName",
    "name",
    "profileName",
    "tokenName",
    "platform",
    "packageId",
    "bundleId",
    "packageIdentifier",
    "appStoreUrl",
];

/// `directoryObjects/getByIds` takes at most this many ids (api-behaviour.md, quirks.md table).
const IDS_PER_CALL: usize = 1000;

/// The collection of a directory kind below the version root.
pub fn collection_of(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|known| known.name == kind).map(|known| known.collection)
}

/// The facts that are kept of an object of this kind.
pub fn keep(kind: &str, object: &Value) -> Facts {
    let known = KINDS.iter().find(|known| known.name == kind);
    let names = known.map_or(OF_POLICIES, |known| known.keep);
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), object.get(*name).filter(|value| !value.is_null())?.clone())))
        .collect()
}

/// The facts of the given ids by kind. An id that does not exist, or may not be read, is in the result
/// with `state: missing` or `state: forbidden`; kinds nobody can look up are left out.
pub async fn look_up(
    client: &Client,
    catalogue: &Catalogue,
    ids: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Directory, GraphError> {
    let looked_up = ids.iter().map(async |(kind, ids)| {
        let known = KINDS.iter().find(|known| known.name == *kind);
        let mut directory = Directory::default();
        match known.and_then(|known| known.by_ids) {
            Some(graph_type) => by_ids(client, catalogue, kind, graph_type, ids, &mut directory).await?,
            None => one_by_one(client, catalogue, kind, ids, &mut directory).await?,
        }
        Ok(directory)
    });
    let mut all = Directory::default();
    for directory in try_join_all(looked_up).await? {
        for (kind, id, facts) in directory.iter() {
            all.insert(kind, id, facts.clone());
        }
    }
    Ok(all)
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
        let answer =
            client.send(Method::POST, Api::V1, "directoryObjects/getByIds", Some(&body), WriteKind::Idempotent).await;
        let objects = match answer {
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
            let found = objects.get(&id.to_ascii_lowercase());
            directory.insert(kind, id, found.map_or_else(|| state("missing"), |object| keep(kind, object)));
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
    let (version, collection) = match (catalogue.get(kind), collection_of(kind)) {
        (Some(policy_type), _) => (api(policy_type), policy_type.path.as_str()),
        (None, Some(collection)) => (Api::Beta, collection),
        (None, None) => return Ok(()),
    };
    let paths: Vec<String> = ids.iter().map(|id| format!("{collection}/{}", encode(id))).collect();
    for (id, answer) in ids.iter().zip(client.batch(version, &paths).await) {
        let facts = match answer {
            Ok(object) => keep(kind, &object),
            // What is no id at all is refused rather than not found.
            Err(error @ (GraphError::NotFound(_) | GraphError::Refused(_))) if !error.needs_approval() => {
                state("missing")
            }
            Err(error) if ends_run(&error) => return Err(error),
            // It may be there: only what Graph says is not there is missing.
            Err(_) => state("forbidden"),
        };
        directory.insert(kind, id, facts);
    }
    Ok(())
}

fn state(word: &str) -> Facts {
    Map::from_iter([(String::from("state"), json!(word))])
}
