//! The objects of a policy type as its lists give them, page by page: enough to name and match them. Reading them whole
//! is `reader`'s.

use std::future::ready;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value};

use super::Tenant;
use super::addresses::{api, encode};
use super::detail_requests::{list_of, selected, with_hash, with_query};
use crate::catalogue::PolicyType;
use crate::catalogue::model::PARENT;
use crate::catalogue::requests::Through;
use crate::catalogue::stub::says_too_little;
use crate::engine::error::ends_run;
use crate::graph::{Facts, GraphError};
use crate::policy::{Kept, Policy};

/// How long is waited before a list that is not sound is read again: it may have changed while it was read.
pub(in crate::engine) const REREADS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// The objects of a type as the list gives them: enough to name and match them, not to compare.
pub async fn list(tenant: Tenant<'_>, policy_type: &PolicyType) -> Result<Vec<Kept>, GraphError> {
    // What has no name cannot be matched, and may be what would be made a second time.
    let read = async || objects(tenant, policy_type, nothing_said).try_collect().await;
    for wait in REREADS {
        match read().await {
            Err(GraphError::Unsound(_)) => tokio::time::sleep(wait).await,
            read => return read,
        }
    }
    read().await
}

/// The error of an object that does not say what its type's objects must: what was left out may be there.
pub(super) fn nothing_said(policy_type: &PolicyType, body: &Map<String, Value>) -> Option<GraphError> {
    says_too_little(policy_type, body).then(|| {
        let message = match body.get("id").and_then(Value::as_str) {
            Some(id) => format!("the object {id} has no {}", policy_type.name_property),
            None => format!("an object has no {}", policy_type.name_property),
        };
        let (method, path) = (String::from("GET"), policy_type.path.clone());
        GraphError::Unsound(Box::new(Facts { method, path, message, ..Facts::default() }))
    })
}

/// The same one by one, so that work can begin with the first page. Only all of it without an error is the
/// list: an entry that is not an object with an id may be a policy that somebody has.
pub fn listed(tenant: Tenant<'_>, policy_type: &PolicyType) -> impl Stream<Item = Result<Kept, GraphError>> {
    objects(tenant, policy_type, |_, _| None)
}

/// The objects of a list one by one; `problem` is what one of them lacks.
fn objects(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    problem: fn(&PolicyType, &Map<String, Value>) -> Option<GraphError>,
) -> impl Stream<Item = Result<Kept, GraphError>> {
    let pages = if policy_type.single {
        let object = async move { Ok(the_one(tenant, policy_type).await?.into_iter().collect()) };
        stream::once(object).left_stream()
    } else {
        let paths = stream::once(collections(tenant, policy_type));
        let paths = paths.map_ok(|paths| stream::iter(paths.into_iter().map(Ok))).try_flatten();
        let pages = paths.map_ok(move |path| pages(tenant, policy_type, path)).try_flatten();
        // It is not a failure if an object that was just listed has nothing below it: a tenant may never have had any.
        let is_nothing = |error: &GraphError| policy_type.parent_path().is_some() && error.is_not_found();
        pages.filter(move |page| ready(!page.as_ref().is_err_and(is_nothing))).right_stream()
    };
    // A page waits for the details of those before it: until then it is kept.
    let policies = move |page: Vec<Value>| {
        let policy = move |mut object: Value| {
            with_hash(&mut object);
            match object {
                Value::Object(body) if has_id(&body) => match problem(policy_type, &body) {
                    None => Ok(below_its_parent(policy_type, Policy::new(&policy_type.name, body)).keep()),
                    Some(error) => Err(error),
                },
                _ => Err(unsound(&policy_type.path)),
            }
        };
        stream::iter(page.into_iter().map(policy).collect::<Vec<_>>())
    };
    pages.map_ok(policies).try_flatten()
}

/// The pages of a collection. Where the service refuses the query of the list, the plain list: what the query
/// would have brought along is then read object by object.
fn pages(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    path: String,
) -> impl Stream<Item = Result<Vec<Value>, GraphError>> {
    let begun = async move {
        let question = list_of(policy_type);
        let query = &policy_type.read.list;
        let forms = tenant.client.plain_forms();
        if !query.is_empty() && forms.first(&question) == 0 {
            let mut pages = Box::pin(tenant.client.pages(api(policy_type), &with_query(&path, query)));
            let first = pages.next().await;
            if !first.as_ref().is_some_and(|page| page.as_ref().is_err_and(GraphError::is_of_form)) {
                return stream::iter(first).chain(pages);
            }
        }
        let mut pages = Box::pin(tenant.client.pages(api(policy_type), &path));
        let mut first = pages.next().await;
        if let (Some(Err(error)), Some(through)) = (&first, &policy_type.read.through)
            && !ends_run(error)
            && let Ok(found) = found_through(tenant, policy_type, through).await
        {
            forms.refused(&question, 0);
            first = Some(Ok(found));
        } else if !query.is_empty() && first.as_ref().is_some_and(Result::is_ok) {
            forms.refused(&question, 0);
        }
        stream::iter(first).chain(pages)
    };
    stream::once(begun).flatten()
}

/// The objects that those of another collection lead to, each with its link back.
async fn found_through(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    through: &Through,
) -> Result<Vec<Value>, GraphError> {
    let Through { path, property, link } = through;
    let others = tenant.client.list(api(policy_type), path).await?;
    let id = |other: &Value| other["id"].as_str().map(str::to_owned).ok_or_else(|| unsound(path));
    let ids: Vec<String> = others.iter().map(id).collect::<Result<_, _>>()?;
    let paths: Vec<String> = ids.iter().map(|id| format!("{path}/{}/{property}", encode(id))).collect();
    let mut found = Vec::new();
    for (id, list) in ids.iter().zip(tenant.client.lists(api(policy_type), &paths).await) {
        for mut object in list? {
            if let Value::Object(body) = &mut object {
                body.insert(format!("{link}@odata.bind"), format!("{path}('{id}')").into());
            }
            found.push(object);
        }
    }
    Ok(found)
}

/// The paths of a type's collections: its own, or one below each object of another collection.
async fn collections(tenant: Tenant<'_>, policy_type: &PolicyType) -> Result<Vec<String>, GraphError> {
    let Some(parent_path) = policy_type.parent_path() else { return Ok(vec![policy_type.path.clone()]) };
    let parents = tenant.client.list(api(policy_type), parent_path).await?;
    let below = |parent: &Value| {
        let id = parent.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(|id| policy_type.collection_below(id)).ok_or_else(|| unsound(parent_path))
    };
    parents.iter().map(below).collect()
}

/// The object of a path that is not a collection; none where the tenant has none. One without an id is known
/// by its type's name.
async fn the_one(tenant: Tenant<'_>, policy_type: &PolicyType) -> Result<Option<Value>, GraphError> {
    let query = &policy_type.read.list;
    let mut answer = tenant.client.get(api(policy_type), &with_query(&policy_type.path, query)).await;
    if !query.is_empty() && answer.as_ref().is_err_and(GraphError::is_of_form) {
        // The whole object, and of it what the query would have selected.
        answer = tenant.client.get(api(policy_type), &policy_type.path).await.map(|object| selected(object, query));
        if answer.is_ok() {
            tenant.client.plain_forms().refused(&list_of(policy_type), 0);
        }
    }
    match answer {
        Ok(mut object) => {
            if let Value::Object(body) = &mut object
                && !has_id(body)
            {
                body.insert(String::from("id"), Value::String(policy_type.name.clone()));
            }
            Ok(Some(object))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn has_id(body: &Map<String, Value>) -> bool {
    body.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty())
}

fn unsound(path: &str) -> GraphError {
    let (method, path) = (String::from("GET"), path.to_owned());
    let message = String::from("an entry is not an object with an ID");
    GraphError::Unsound(Box::new(Facts { method, path, message, ..Facts::default() }))
}

/// The policy with the object it is below, where it is below one.
pub(super) fn below_its_parent(policy_type: &PolicyType, mut policy: Policy) -> Policy {
    if let Some(parent) = policy.id().and_then(|id| policy_type.parent_of(id)) {
        policy.body.insert(String::from(PARENT), Value::String(parent));
    }
    policy
}
