//! Reads policies whole, as the catalogue describes them: what the list leaves out, in batches. The result is complete
//! and canonical. The lists are `lists`'.

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::Tenant;
use super::addresses::{api, item_path};
use super::detail_requests::{
    AnswerPlace, Extent, WantedDetail, asks_for_assignments, belongings, children, each, list_of, misfit, place, whole,
};
use super::forms::asked;
use super::lists::{below_its_parent, list, nothing_said};
use crate::catalogue::model::Part;
use crate::catalogue::{Catalogue, PolicyType, sealing};
use crate::event::Event;
use crate::graph::{Facts, GraphError, Method, Write, WriteKind};
use crate::policy::{Kept, Policy, canonical, unread};

/// How many listed objects are completed together: full batches, whatever the pages hold.
pub(in crate::engine) const TOGETHER: usize = 100;
/// How many such portions of one type are under way at once.
pub(in crate::engine) const PORTIONS: usize = 4;
/// How many objects may be open at once while they are completed, of all types together.
static OPEN: Semaphore = Semaphore::const_new(6 * TOGETHER);

/// How long a new object is waited for that cannot be read yet, in halves of the client's first wait after a failure.
const WAITS: [u32; 4] = [1, 2, 4, 8];

/// The query by which each listed object is read as well; none where the list gives all of it.
fn item_query<'t>(tenant: Tenant<'_>, policy_type: &'t PolicyType) -> Option<&'t str> {
    let is_plain = !policy_type.single && tenant.client.plain_forms().first(&list_of(policy_type)) > 0;
    policy_type.read.item.as_deref().or(is_plain.then_some(policy_type.read.list.as_str()))
}

/// What is done while a type is read, as progress says it.
pub fn doing(policy_type: &PolicyType) -> String {
    format!("reading {}", policy_type.title)
}

/// Completes listed objects: items, parts, links, assignments; canonical. In the order given; an
/// object whose reading failed in any part is an error as a whole.
pub async fn complete(tenant: Tenant<'_>, policy_type: &PolicyType, listed: &[Kept]) -> Vec<Result<Kept, GraphError>> {
    let portions: Vec<_> = listed.chunks(TOGETHER).map(|portion| completed(tenant, policy_type, portion)).collect();
    stream::iter(portions).buffered(PORTIONS).concat().await
}

/// The same for some objects: only so many are open at once.
async fn completed(tenant: Tenant<'_>, policy_type: &PolicyType, listed: &[Kept]) -> Vec<Result<Kept, GraphError>> {
    let _open = OPEN.acquire_many(u32::try_from(listed.len()).unwrap_or(1)).await;
    let mut policies: Vec<Policy> = listed.iter().map(Kept::open).collect();
    let mut errors: Vec<Option<GraphError>> =
        policies.iter().map(|policy| nothing_said(policy_type, &policy.body)).collect();
    if let Some(query) = item_query(tenant, policy_type) {
        // What the list does not say, the object itself may.
        errors.fill(None);
        let wanted = each(&policies, |_, id| whole(policy_type, id, query));
        fetch(tenant, policy_type, wanted, &mut policies, &mut errors).await;
    }
    let read = with_belongings(tenant, policy_type, policies, errors, Extent::Whole).await;
    finished(tenant, policy_type, read).into_iter().map(|read| read.map(Policy::keep)).collect()
}

/// Objects by their ids, complete and canonical, in the order given. One that is new and cannot be
/// read yet, itself or what belongs to it, is waited for, bounded.
pub async fn by_id(tenant: Tenant<'_>, policy_type: &PolicyType, ids: &[String]) -> Vec<Result<Policy, GraphError>> {
    by_id_of(tenant, policy_type, ids, Extent::Whole).await
}

/// The same, or only as much of them as is wanted.
pub(crate) async fn by_id_of(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    ids: &[String],
    extent: Extent,
) -> Vec<Result<Policy, GraphError>> {
    let mut results = by_id_once(tenant, policy_type, ids, extent).await;
    for wait in WAITS {
        let late = |result: &Result<Policy, GraphError>| result.as_ref().is_err_and(GraphError::is_not_found);
        let open: Vec<usize> = (0..ids.len()).filter(|index| late(&results[*index])).collect();
        if open.is_empty() {
            break;
        }
        tokio::time::sleep(tenant.client.backoff() / 2 * wait).await;
        let again: Vec<String> = open.iter().map(|index| ids[*index].clone()).collect();
        for (index, result) in open.into_iter().zip(by_id_once(tenant, policy_type, &again, extent).await) {
            results[index] = result;
        }
    }
    results
}

async fn by_id_once(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    ids: &[String],
    extent: Extent,
) -> Vec<Result<Policy, GraphError>> {
    finished(tenant, policy_type, unsealed_of(tenant, policy_type, ids, extent).await)
}

/// Objects by their ids as Graph gives them, with what it shows of their secrets: for whoever keeps those
/// apart, and nobody else.
pub(crate) async fn unsealed(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    ids: &[String],
) -> Vec<Result<Policy, GraphError>> {
    unsealed_of(tenant, policy_type, ids, Extent::Whole).await
}

async fn unsealed_of(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    ids: &[String],
    extent: Extent,
) -> Vec<Result<Policy, GraphError>> {
    if policy_type.is_only_listed() {
        return picked(tenant, policy_type, ids).await;
    }
    let query = policy_type.read.item.as_ref().unwrap_or(&policy_type.read.list);
    let mut policies: Vec<Policy> = ids
        .iter()
        .map(|id| Policy::new(&policy_type.name, Map::from_iter([(String::from("id"), Value::String(id.clone()))])))
        .collect();
    let mut errors: Vec<Option<GraphError>> = policies.iter().map(|_| None).collect();
    if extent == Extent::Whole || !asks_for_assignments(policy_type) {
        let wanted = each(&policies, |_, id| whole(policy_type, id, query));
        fetch(tenant, policy_type, wanted, &mut policies, &mut errors).await;
    }
    with_belongings(tenant, policy_type, policies, errors, extent).await
}

/// Objects by their ids, out of the list.
async fn picked(tenant: Tenant<'_>, policy_type: &PolicyType, ids: &[String]) -> Vec<Result<Policy, GraphError>> {
    let listed = list(tenant, policy_type).await;
    let pick = |id: &String| {
        let found = listed.as_ref().map_err(GraphError::clone)?.iter().find(|policy| policy.key() == *id);
        let missing = || {
            let message = format!("the list has no `{id}`");
            let (method, path) = (String::from("GET"), policy_type.path.clone());
            GraphError::NotFound(Box::new(Facts { method, path, message, ..Facts::default() }))
        };
        found.map(Kept::open).ok_or_else(missing)
    };
    ids.iter().map(pick).collect()
}

fn finished(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    read: Vec<Result<Policy, GraphError>>,
) -> Vec<Result<Policy, GraphError>> {
    let finish = |policy| finish(tenant.catalogue, policy_type, policy);
    read.into_iter().map(|policy| policy.map(finish)).collect()
}

/// One object by its id, complete and canonical.
pub async fn one(tenant: Tenant<'_>, policy_type: &PolicyType, id: &str) -> Result<Policy, GraphError> {
    let mut list = by_id(tenant, policy_type, &[id.to_owned()]).await;
    list.pop().unwrap_or_else(|| Ok(Policy::new(&policy_type.name, Map::new())))
}

async fn with_belongings(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    mut policies: Vec<Policy>,
    mut errors: Vec<Option<GraphError>>,
    extent: Extent,
) -> Vec<Result<Policy, GraphError>> {
    let what = doing(policy_type);
    tenant.reporter.report(Event::Started { what: what.clone(), total: Some(policies.len() as u64) });
    let mut wanted = each(&policies, |policy, id| belongings(tenant.catalogue, policy_type, policy, id));
    // Nothing more is asked of an object that cannot be read.
    wanted.retain(|wanted| errors[wanted.policy].is_none() && wanted.into.is_in(extent));
    fetch(tenant, policy_type, wanted, &mut policies, &mut errors).await;
    let mut wanted = each(&policies, |policy, id| children(policy_type, policy, id));
    wanted.retain(|wanted| errors[wanted.policy].is_none() && wanted.into.is_in(extent));
    fetch(tenant, policy_type, wanted, &mut policies, &mut errors).await;
    if extent == Extent::Whole {
        call(tenant, policy_type, &mut policies, &mut errors).await;
    }
    tenant.reporter.report(Event::Advanced { what: what.clone(), count: policies.len() as u64 });
    tenant.reporter.report(Event::Finished { what });
    policies.into_iter().zip(errors).map(|(policy, error)| error.map_or(Ok(policy), Err)).collect()
}

/// Parts that only a call gives. Not every tenant's service knows the call: there, nobody knows the part.
async fn call(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    policies: &mut [Policy],
    errors: &mut [Option<GraphError>],
) {
    for (part, call) in policy_type.parts.iter().filter_map(|part| Some((part, part.call.as_ref()?))) {
        let has = |policy: &Policy| part.is_of(&policy.body);
        for (policy, error) in policies.iter_mut().zip(errors.iter_mut()) {
            let Some(id) = policy.id().map(str::to_owned).filter(|_| error.is_none() && has(policy)) else {
                continue;
            };
            let path = format!("{}/{}", item_path(policy_type, &id), call.action);
            let asked = Write {
                method: Method::POST,
                api: api(policy_type),
                path: &path,
                body: None,
                kind: WriteKind::Idempotent,
                approval: None,
            };
            match tenant.client.send(asked).await {
                Ok(answer) => match call.part_of(answer.unwrap_or_default()) {
                    Some(part_of) => drop(policy.body.insert(part.name.clone(), part_of)),
                    None => *error = Some(misunderstood(&path, &format!("the answer does not contain {}", call.take))),
                },
                Err(missing) if missing.is_not_found() => {}
                // No client in use makes some of these calls: what they would give is unknown, and the rest is not.
                Err(refused) if refused.is_of_form() => {
                    let needs = format!("the call {}, which the service refused", call.action);
                    unread::mark(&mut policy.body, &part.name, &needs);
                }
                Err(other) => *error = Some(other),
            }
        }
    }
}

async fn fetch(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    wanted: Vec<WantedDetail>,
    policies: &mut [Policy],
    errors: &mut [Option<GraphError>],
) {
    let answers = asked(tenant.client, policy_type, &wanted).await;
    for (wanted, answer) in wanted.into_iter().zip(answers) {
        let (Some(policy), Some(error)) = (policies.get_mut(wanted.policy), errors.get_mut(wanted.policy)) else {
            continue;
        };
        match answer {
            Ok(answer) => {
                let is_whole = matches!(wanted.into, AnswerPlace::Whole);
                let path = wanted.forms.first().map(|form| form.path.as_str()).unwrap_or_default();
                match misfit(&wanted.into, &answer) {
                    None => place(&mut policy.body, wanted.into, answer),
                    Some(why) => *error = Some(misunderstood(path, why)),
                }
                if is_whole && error.is_none() {
                    *error = nothing_said(policy_type, &policy.body);
                }
            }
            // A link that is not set answers 404; that is not a failure.
            Err(missing) if missing.is_not_found() && matches!(wanted.into, AnswerPlace::Link { .. }) => {}
            Err(other) => match &wanted.into {
                AnswerPlace::Property(name) => match super::access_gaps::part(policy_type, name, &other) {
                    Some((part, permission)) => unread::mark(&mut policy.body, &part.name, permission),
                    None => *error = Some(other),
                },
                _ => *error = Some(other),
            },
        }
    }
}

/// An answer that is not what was asked for.
fn misunderstood(path: &str, why: &str) -> GraphError {
    let (method, path, message) = (String::from("GET"), path.to_owned(), why.to_owned());
    GraphError::Answer(Box::new(Facts { method, path, message, ..Facts::default() }))
}

/// Assignments without what the service adds, secrets sealed, canonical.
fn finish(catalogue: &Catalogue, policy_type: &PolicyType, mut policy: Policy) -> Policy {
    if let Some(assignments) = &policy_type.assignments {
        assignments.reduce(&mut policy.body);
    }
    policy = below_its_parent(policy_type, policy);
    let odata_type = policy.odata_type().map(str::to_owned);
    let parts: Vec<&Part> =
        policy_type.parts_of(odata_type.as_deref()).filter(|part| part.own_when.is_some()).collect();
    for part in parts {
        if let (Some(Value::Array(elements)), Some(only)) = (policy.body.get_mut(&part.name), &part.own_when) {
            elements.retain(|element| only.holds(element));
        }
    }
    let policy = sealing::seal(&policy, policy_type);
    canonical_policy(catalogue, policy_type, policy)
}

/// The policy in its type's canonical form.
pub fn canonical_policy(catalogue: &Catalogue, policy_type: &PolicyType, mut policy: Policy) -> Policy {
    policy.body = canonical::canonicalise(policy.body, &policy_type.rules(&catalogue.shared));
    policy
}
