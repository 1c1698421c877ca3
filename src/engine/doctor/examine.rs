//! Examines every type in the order in which export reads it: a page of the list, then of one object of each kind its
//! details, parts, links and assignments. What is refused in its usual form is asked for more plainly.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value};

use super::probe::{Prober, of_nobody};
use super::shapes::{self, ID};
use super::{Examined, Verdict};
use crate::catalogue::model::PARENT;
use crate::catalogue::{Catalogue, PolicyType, Selection};
use crate::engine::error::ends_run;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::access_gaps;
use crate::engine::tenant::addresses::{api, encode, item_path, version};
use crate::engine::tenant::detail_requests::{
    AnswerPlace, DetailRequest, belongings, children, place, whole, with_hash, with_query,
};
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Claims, GraphError};
use crate::policy::Policy;

/// How many types are asked for at once.
const AT_ONCE: usize = 4;
/// Of how many kinds of objects of a type one is looked at.
const KINDS: usize = 8;
/// What is asked beside the types.
const BESIDE: &str = "(outside the types)";

/// Examines what is selected, and what is asked beside the types. Ends only where no one would answer anything.
pub async fn examine(
    tenant: Tenant<'_>,
    selection: &Selection,
    claims: Option<&Claims>,
) -> Result<Vec<Examined>, GraphError> {
    // Also what an export reads only on request: here a page is enough.
    let is_asked = |policy_type: &&PolicyType| selection.is_everything() || selection.includes_type(policy_type);
    let types: Vec<&PolicyType> = tenant.catalogue.iter().filter(is_asked).collect();
    let what = String::from("asking for every type");
    tenant.reporter.report(Event::Started { what: what.clone(), total: Some(types.len() as u64) });
    let examined = types.into_iter().map(|policy_type| {
        let what = what.clone();
        async move {
            let prober = Prober { client: tenant.client, probes: Vec::new() };
            let found = Examination { catalogue: tenant.catalogue, claims, policy_type, prober, refused: Vec::new() }
                .run()
                .await;
            tenant.reporter.report(Event::Advanced { what, count: 1 });
            found
        }
    });
    let found: Vec<Result<Examined, GraphError>> = stream::iter(examined).buffered(AT_ONCE).collect().await;
    tenant.reporter.report(Event::Finished { what: what.clone() });
    let mut all = found.into_iter().collect::<Result<Vec<Examined>, GraphError>>()?;
    all.push(beside(tenant).await?);
    Ok(all)
}

/// The tenant itself, the directory, and what a target must have.
async fn beside(tenant: Tenant<'_>) -> Result<Examined, GraphError> {
    let mut prober = Prober { client: tenant.client, probes: Vec::new() };
    let organization = "organization?$select=id,displayName,verifiedDomains";
    let list = prober.list(Api::V1, organization, organization).await;
    let mut errors: Vec<GraphError> = list.err().into_iter().collect();
    let by_ids = "directoryObjects/getByIds";
    errors.extend(prober.ask(Api::V1, by_ids, by_ids, Some(&of_nobody())).await.err());
    let known = tenant.catalogue.shared.prerequisites.iter().filter(|it| !it.is_each());
    let paths: BTreeSet<_> = known.map(|it| (version(it.api), it.path.as_str(), it.is_collection(&it.path))).collect();
    for (api, path, is_collection) in paths {
        let answer = prober.objects(api, path, path, is_collection).await;
        errors.extend(answer.err());
    }
    if let Some(error) = errors.iter().find(|error| ends_run(error)) {
        return Err(error.clone());
    }
    let is_refused = !errors.is_empty();
    let verdict = if is_refused { Verdict::Refused } else { Verdict::Answers };
    let why = is_refused.then(|| String::from("the program works without these answers, or reports them as unknown"));
    Ok(Examined { name: BESIDE.to_owned(), verdict, why, requests: prober.probes, findings: Vec::new() })
}

struct Examination<'a> {
    catalogue: &'a Catalogue,
    claims: Option<&'a Claims>,
    policy_type: &'a PolicyType,
    prober: Prober<'a>,
    /// What belongs to objects and no form of a request gave.
    refused: Vec<GraphError>,
}

impl Examination<'_> {
    async fn run(mut self) -> Result<Examined, GraphError> {
        let policy_type = self.policy_type;
        let listed = self.page().await;
        let is_plain = self.prober.probes.len() > 1 && policy_type.parent.is_none();
        let error = match listed {
            Ok(objects) => {
                for object in one_of_each(policy_type, objects) {
                    self.object(object, is_plain).await;
                }
                None
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error.iter().chain(&self.refused).find(|error| ends_run(error)) {
            return Err(error.clone());
        }
        Ok(self.judge(error.as_ref()))
    }

    /// The first page of the list, in the first form that is answered.
    async fn page(&mut self) -> Result<Vec<Value>, GraphError> {
        let policy_type = self.policy_type;
        let version = api(policy_type);
        let mut path = policy_type.path.clone();
        if let Some(parent) = policy_type.parent_path() {
            let parents = self.prober.list(version, parent, parent).await?;
            let Some(first) = parents.iter().find_map(|it| it["id"].as_str()) else { return Ok(Vec::new()) };
            path = policy_type.collection_below(first);
        }
        let shape = policy_type.collection_below(ID);
        let query = &policy_type.read.list;
        let is_list = !policy_type.single;
        let (asked, asked_shape) = (with_query(&path, query), with_query(&shape, query));
        let mut answer = self.prober.objects(version, &asked, &asked_shape, is_list).await;
        if !query.is_empty() && answer.as_ref().is_err_and(GraphError::is_of_form) {
            answer = self.prober.objects(version, &path, &shape, is_list).await;
        }
        if let (Err(error), Some(through)) = (&answer, &policy_type.read.through)
            && !ends_run(error)
        {
            let others = self.prober.list(version, &through.path, &through.path).await;
            let others = others.unwrap_or_default();
            let first = others.iter().find_map(|it| it["id"].as_str());
            let below = |id: &str| format!("{}/{}/{}", through.path, encode(id), through.property);
            if let Some(first) = first {
                answer = self.prober.list(version, &below(first), &below(ID)).await.or(answer);
            }
        }
        let mut objects = match answer {
            Err(error) if error.is_not_found() && (policy_type.single || policy_type.parent_path().is_some()) => {
                return Ok(Vec::new());
            }
            answer => answer?,
        };
        objects.iter_mut().for_each(with_hash);
        Ok(objects)
    }

    /// What export reads of an object.
    async fn object(&mut self, body: Map<String, Value>, is_plain: bool) {
        let policy_type = self.policy_type;
        let mut policy = Policy::new(&policy_type.name, body);
        let id = policy.id().unwrap_or_default().to_owned();
        if let Some(parent) = policy_type.parent_of(&id) {
            policy.body.insert(String::from(PARENT), parent.into());
        }
        let is_item = !policy_type.single && !policy_type.is_only_listed();
        let query = policy_type.read.item.as_deref().or(is_plain.then_some(policy_type.read.list.as_str()));
        if let Some(query) = query.filter(|_| is_item) {
            let asked = whole(policy_type, &id, query);
            self.fetch(&mut policy, asked, whole(policy_type, ID, query)).await;
        }
        let stand_in = shapes::stand_in(&policy, policy_type);
        let asked = belongings(self.catalogue, policy_type, &policy, &id);
        self.fetch(&mut policy, asked, belongings(self.catalogue, policy_type, &stand_in, ID)).await;
        let stand_in = shapes::stand_in(&policy, policy_type);
        let asked = children(policy_type, &policy, &id);
        self.fetch(&mut policy, asked, children(policy_type, &stand_in, ID)).await;
        for part in policy_type.parts.iter().filter(|part| part.is_of(&policy.body)) {
            let Some(call) = &part.call else { continue };
            let path = |id: &str| format!("{}/{}", item_path(policy_type, id), call.action);
            let answer = self.prober.ask(api(policy_type), &path(&id), &path(ID), None).await;
            self.refused.extend(answer.err().filter(|error| !error.is_not_found()));
        }
    }

    /// Asks for what belongs to an object, each question once, in the first form that is answered.
    async fn fetch(&mut self, policy: &mut Policy, asked: Vec<DetailRequest>, shapes: Vec<DetailRequest>) {
        let mut done = BTreeSet::new();
        for ((into, question, forms), (_, _, shapes)) in asked.into_iter().zip(shapes) {
            if !done.insert(question) {
                continue;
            }
            let mut refused = None;
            let mut answer = None;
            for (form, shape) in forms.iter().zip(&shapes) {
                match self.prober.get(api(self.policy_type), &form.path, &shape.path).await {
                    Ok(mut found) => {
                        let taken = form.take.as_ref().map(|name| found.get_mut(name).map(Value::take));
                        answer = Some(taken.flatten().unwrap_or(found));
                        break;
                    }
                    Err(error) if error.is_of_form() => refused = refused.or(Some(error)),
                    Err(error) => {
                        refused = Some(error);
                        break;
                    }
                }
            }
            match (answer, refused) {
                (Some(answer), _) => place(&mut policy.body, into, answer),
                (None, Some(error)) if !self.is_expected(&into, &error) => self.refused.push(error),
                _ => {}
            }
        }
    }

    /// A link that is not set is not found, and some parts take more permissions than their type.
    fn is_expected(&self, into: &AnswerPlace, error: &GraphError) -> bool {
        match into {
            AnswerPlace::Link { .. } => error.is_not_found(),
            AnswerPlace::Property(name) => access_gaps::part(self.policy_type, name, error).is_some(),
            _ => false,
        }
    }

    fn judge(self, error: Option<&GraphError>) -> Examined {
        let (policy_type, claims) = (self.policy_type, self.claims);
        let requests = self.prober.probes;
        let name = policy_type.name.clone();
        let lacking = access_gaps::lacking(policy_type, self.catalogue, claims);
        let known = error.and_then(|error| {
            access_gaps::left_out(policy_type, &lacking, claims, error)
                .or_else(|| access_gaps::not_for(policy_type, claims))
        });
        if let (Some(left_out), Some(error)) = (known, error) {
            let findings = vec![left_out.finding(policy_type, Some(error))];
            let why = Some(left_out.why().to_owned());
            return Examined { name, verdict: Verdict::Refused, why, requests, findings };
        }
        let failed: Vec<&GraphError> = error.into_iter().chain(&self.refused).collect();
        let tell = |error: &&GraphError| {
            let finding = Finding::new(&codes::READ_FAILED, &name, error.to_string());
            match access_gaps::how_to_read(policy_type, &lacking, error) {
                Some(fix) => finding.fix(fix),
                None => finding,
            }
        };
        let findings: Vec<Finding> = failed.iter().map(tell).collect();
        let verdict = match (findings.is_empty(), requests.iter().any(|probe| probe.outcome == "refused")) {
            (false, _) => Verdict::Fails,
            (true, true) => Verdict::AnswersPlainly,
            (true, false) => Verdict::Answers,
        };
        Examined { name, verdict, why: None, requests, findings }
    }
}

/// The first object of each kind.
fn one_of_each(policy_type: &PolicyType, objects: Vec<Value>) -> Vec<Map<String, Value>> {
    let mut kinds = BTreeSet::new();
    let objects = objects.into_iter().filter_map(|object| match object {
        Value::Object(mut body) => {
            if body.get("id").and_then(Value::as_str).is_none_or(str::is_empty) {
                body.insert(String::from("id"), policy_type.name.clone().into());
            }
            Some(body)
        }
        _ => None,
    });
    let kind = |body: &Map<String, Value>| body.get("@odata.type").map(ToString::to_string).unwrap_or_default();
    let mut first: Vec<Map<String, Value>> = objects.filter(|body| kinds.insert(kind(body))).collect();
    first.truncate(KINDS);
    first
}
