//! Looks up ids that may be of any kind or no one's, as texts name them: all at once where the service takes that
//! question, and otherwise kind by kind, many ids to a question. A kind that may not be read is asked for once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Tenant;
use super::addresses::{IDS_PER_FILTER, encode, version, with_ids};
use super::directory_lookup::{FORBIDDEN, IDS_PER_CALL, MISSING, UNKNOWN, all_types, get_by_ids, state};
use crate::catalogue::Catalogue;
use crate::catalogue::facts;
use crate::engine::error::ends_run;
use crate::graph::{Api, Client, GraphError};
use crate::policy::Directory;
use crate::policy::directory::{Facts, MAY_BE};

/// How many questions are asked for one kind: what is left after them is unknown.
const QUESTIONS: usize = 500;

/// What a directory knows of ids that may be anyone's.
#[derive(Debug, Default)]
pub(crate) struct OfAnyKind {
    /// Those that it knows, each under its kind.
    pub(crate) found: Directory,
    /// Those that no one could look up, with the types of which they may be an object.
    pub(crate) unknown: BTreeMap<String, BTreeSet<String>>,
}

impl OfAnyKind {
    /// What is known of an id that was not found; none where it is no one's. A security identifier is always some
    /// directory's.
    pub(crate) fn of_nobodys(&self, id: &str, sids: &BTreeSet<String>) -> Option<Facts> {
        if let Some(types) = self.unknown.get(id) {
            let mut facts = state(UNKNOWN);
            facts.insert(MAY_BE.to_owned(), json!(types));
            return Some(facts);
        }
        sids.contains(id).then(|| state(MISSING))
    }

    /// Adds an object with its type. Of what may not be read only id and type are given.
    fn add(&mut self, catalogue: &Catalogue, type_name: &str, id: &str, object: &Value) {
        let (Some(kind), Some(object)) = (catalogue.kind_of_type(type_name), object.as_object()) else { return };
        let facts = facts::facts(catalogue, &kind.name, object);
        self.found.insert(&kind.name, id, if facts.is_empty() { state(FORBIDDEN) } else { facts });
    }
}

/// Looks ids up that may be of any kind or no one's. `first` are those to begin with where not all can be looked up.
pub(crate) async fn look_up(
    tenant: Tenant<'_>,
    ids: &BTreeSet<String>,
    first: &BTreeSet<String>,
) -> Result<OfAnyKind, GraphError> {
    let mut all = OfAnyKind::default();
    let types = all_types(tenant.catalogue);
    let mut ids: Vec<&String> = ids.iter().collect();
    ids.sort_by_key(|id| !first.contains(*id));
    let mut refused = Vec::new();
    for chunk in ids.chunks(IDS_PER_CALL) {
        let answer = if refused.is_empty() { get_by_ids(tenant.client, chunk, &types).await? } else { None };
        let Some(objects) = answer else {
            refused.extend(chunk.iter().map(|id| (*id).clone()));
            continue;
        };
        for (id, object) in objects {
            let type_name = object["@odata.type"].as_str().unwrap_or_default();
            all.add(tenant.catalogue, type_name, &id, &object);
        }
    }
    kind_by_kind(tenant, refused, &mut all).await?;
    Ok(all)
}

/// A collection of the directory.
struct Lookup<'a> {
    type_name: &'a str,
    api: Api,
    path: &'a str,
    /// There are few of them, and they are read together.
    whole: bool,
}

/// The collections in which ids of texts may be: those of the kinds, and those of the types of a kind that has none.
fn lookups(catalogue: &Catalogue) -> Vec<Lookup<'_>> {
    let kinds = catalogue.shared.directory_kinds.iter().filter(|kind| !kind.by_ids.is_empty());
    let lookups = kinds.flat_map(|kind| {
        let own = kind.path.iter().zip(&kind.by_ids).map(|(path, type_name)| (type_name, path));
        own.chain(&kind.by_type).map(|(type_name, path)| Lookup {
            type_name,
            api: version(kind.api),
            path,
            whole: kind.path.is_some() && kind.find_by.is_empty(),
        })
    });
    lookups.collect()
}

/// Asks for each kind. What is found nowhere, and may be of a kind that was not told, is unknown.
async fn kind_by_kind(tenant: Tenant<'_>, mut open: Vec<String>, all: &mut OfAnyKind) -> Result<(), GraphError> {
    for lookup in lookups(tenant.catalogue) {
        if open.is_empty() {
            break;
        }
        let Asked { objects, untold } = lookup.ask(tenant.client, &open).await?;
        for object in objects {
            let id = object["id"].as_str().unwrap_or_default().to_ascii_lowercase();
            if let Some(position) = open.iter().position(|own| *own == id) {
                open.remove(position);
                all.unknown.remove(&id);
                all.add(tenant.catalogue, lookup.type_name, &id, &object);
            }
        }
        for id in untold.into_iter().filter(|id| open.contains(id)) {
            all.unknown.entry(id).or_default().insert(lookup.type_name.to_owned());
        }
    }
    Ok(())
}

/// What a collection said of ids.
#[derive(Default)]
struct Asked {
    objects: Vec<Value>,
    /// Ids of which it said nothing: they may be its objects.
    untold: Vec<String>,
}

impl Lookup<'_> {
    async fn ask(&self, client: &Client, ids: &[String]) -> Result<Asked, GraphError> {
        if self.whole {
            return match client.list(self.api, self.path).await {
                Ok(objects) => Ok(Asked { objects, untold: Vec::new() }),
                Err(error) if ends_run(&error) => Err(error),
                Err(_) => Ok(Asked { objects: Vec::new(), untold: ids.to_vec() }),
            };
        }
        let many = self.ask_in(client, ids, IDS_PER_FILTER, |ids| format!("{}?$filter={}", self.path, with_ids(ids)));
        if let Some(asked) = many.await? {
            return Ok(asked);
        }
        // Not every collection takes a list of ids.
        let each = self.ask_in(client, ids, 1, |ids| format!("{}/{}", self.path, encode(&ids.concat())));
        Ok(each.await?.unwrap_or_else(|| Asked { objects: Vec::new(), untold: ids.to_vec() }))
    }

    /// Asks for so many ids at a time; none where the service does not take the question in this form. The first
    /// answer tells whether the others are worth asking for.
    async fn ask_in(
        &self,
        client: &Client,
        ids: &[String],
        size: usize,
        path: impl Fn(&[String]) -> String,
    ) -> Result<Option<Asked>, GraphError> {
        let mut asked = Asked::default();
        let questions: Vec<&[String]> = ids.chunks(size).collect();
        let (now, later) = questions.split_at(questions.len().min(QUESTIONS));
        asked.untold.extend(later.iter().flat_map(|ids| ids.iter().cloned()));
        let (first, rest) = now.split_at(now.len().min(1));
        let mut is_refused = false;
        for (position, part) in [first, rest].into_iter().enumerate() {
            if is_refused {
                asked.untold.extend(part.iter().flat_map(|ids| ids.iter().cloned()));
                continue;
            }
            let paths: Vec<String> = part.iter().map(|ids| path(ids)).collect();
            let answers = if size > 1 {
                client.lists(self.api, &paths).await
            } else {
                let objects = client.batch(self.api, &paths).await.into_iter();
                objects.map(|answer| answer.map(|object| vec![object])).collect()
            };
            for (ids, answer) in part.iter().zip(answers) {
                match answer {
                    Ok(objects) if objects.iter().all(|object| object["id"].is_string()) => {
                        asked.objects.extend(objects);
                    }
                    // What does not say which object it is may be any of them.
                    Ok(_) => asked.untold.extend(ids.iter().cloned()),
                    Err(error) if ends_run(&error) => return Err(error),
                    Err(error) if size > 1 && position == 0 && error.is_of_form() => return Ok(None),
                    // What is not an id at all is refused rather than not found.
                    Err(error) if size == 1 && (error.is_not_found() || error.is_of_form()) => {}
                    Err(_) => {
                        is_refused = position == 0;
                        asked.untold.extend(ids.iter().cloned());
                    }
                }
            }
        }
        Ok(Some(asked))
    }
}
