//! Asks a tenant for everything that is on the page, in few requests: each path once, twenty of them in a batch. What is
//! refused is a row that is not known, and nothing else fails.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::demand::{Demand, PrerequisiteNeed, Wanted, collect};
use super::judge::{For, absent, by_status, day, judge, title};
use super::lock_out::Parts;
use super::state::{CheckState, FORMAT, Judged, Readiness, Row};
use super::{dns, group_facts, groups, license, lock_out, people, permissions, roles};
use crate::catalogue::PolicyType;
use crate::catalogue::check::{Check, CheckStep};
use crate::catalogue::model::SignIn;
use crate::catalogue::prerequisite::Prerequisite;
use crate::engine::error::ends_run;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::version;
use crate::engine::tenant::answers;
use crate::engine::tenant::detail_requests::with_query;
use crate::event::Event;
use crate::graph::{Api, Claims, GraphError};
use crate::policy::TenantInfo;

/// What an examination works with.
pub struct Inputs<'a> {
    /// The tenant, and what the checks are.
    pub tenant: Tenant<'a>,
    /// The policies that are to work there; none for the health of the tenant itself.
    pub wanted: Option<Wanted<'a>>,
    /// What the token says of the account.
    pub claims: Option<&'a Claims>,
    /// Whether DNS names are looked up.
    pub dns: bool,
    /// Whether people are named where they are counted.
    pub names: bool,
}

/// Where an answer comes from: version and path.
type AnswerSource = (Api, String);

type Answers = BTreeMap<AnswerSource, Result<Value, GraphError>>;

/// A row to be made.
struct AskedCheck<'a> {
    prerequisite: &'a Prerequisite,
    check: &'a Check,
    need: Option<&'a PrerequisiteNeed>,
}

/// Examines a tenant.
pub async fn examine(inputs: &Inputs<'_>, who: TenantInfo) -> Result<Readiness, GraphError> {
    let now = Timestamp::now();
    let what = String::from("checking what the tenant has");
    inputs.tenant.reporter.report(Event::Started { what: what.clone(), total: None });
    let demand = inputs.wanted.as_ref().map(|wanted| collect(wanted, now));
    let examination = ReadinessReading { inputs, demand: demand.as_ref(), now };
    let rows = examination.rows().await;
    inputs.tenant.reporter.report(Event::Finished { what });
    let platforms = demand.iter().flat_map(|demand| demand.platforms.keys());
    let platforms = platforms.map(|name| title(name, &inputs.tenant.catalogue.shared.platforms).to_owned()).collect();
    Ok(Readiness {
        ready: FORMAT,
        day: day(now),
        tenant: who,
        policies: demand.as_ref().map(|demand| demand.policies),
        platforms,
        rows: rows?,
        addresses: demand.map(|demand| demand.addresses).unwrap_or_default(),
    })
}

struct ReadinessReading<'a> {
    inputs: &'a Inputs<'a>,
    demand: Option<&'a Demand>,
    now: Timestamp,
}

impl ReadinessReading<'_> {
    async fn rows(&self) -> Result<Vec<Row>, GraphError> {
        let catalogue = self.inputs.tenant.catalogue;
        let mut rows = Vec::new();
        let mut asked = Vec::new();
        for prerequisite in &catalogue.shared.prerequisites {
            let Some(check) = &prerequisite.check else { continue };
            if check.step == Some(CheckStep::Dns) && !self.inputs.dns {
                continue;
            }
            let need = self.demand.and_then(|demand| demand.needs.get(&prerequisite.name));
            let one = AskedCheck { prerequisite, check, need };
            let is_asked = match self.demand {
                Some(_) => need.is_some() || check.always,
                None => check.health || check.step == Some(CheckStep::Dns),
            };
            if is_asked {
                asked.push(one);
            } else if self.demand.is_some() {
                let judged = Judged::new(CheckState::NotNeeded, "nothing in the tree needs it");
                rows.push(self.row(&one, judged, false));
            }
        }
        let answers = self.answers(&asked).await?;
        let status = status(&asked, &answers);
        for one in &asked {
            let (judged, expected) = self.judged(one, &answers, &status).await?;
            rows.push(self.row(one, judged, expected));
        }
        if let Some(demand) = self.demand {
            let plans = self.plans(&answers);
            let client = self.inputs.tenant.client;
            let mut all = group_facts::read(client, &demand.groups, &plans, demand.all_users > 0).await?;
            if self.inputs.names {
                people::name_unlicensed(client, &mut all, &plans).await?;
            }
            rows.extend(groups::rows(demand, &all));
            rows.push(permissions::row(catalogue, demand, self.inputs.claims));
        }
        rows.sort_by_key(|row| self.place(row));
        Ok(rows)
    }

    /// Rows by heading, in the order of the data.
    fn place(&self, row: &Row) -> (usize, usize) {
        let all = &self.inputs.tenant.catalogue.shared.prerequisites;
        let areas = crate::catalogue::check::Area::ALL;
        let area = areas.iter().position(|area| area.title() == row.area).unwrap_or(areas.len());
        (area, all.iter().position(|it| it.name == row.check).unwrap_or(all.len()))
    }

    /// Whether this kind of sign-in can never read it.
    fn is_for_persons(&self, check: &Check) -> bool {
        let is_application = self.inputs.claims.is_some_and(|claims| !claims.is_delegated);
        check.sign_in == SignIn::Delegated && is_application
    }

    /// Asks for every path once; what is refused in its form is asked for in the next form.
    async fn answers(&self, asked: &[AskedCheck<'_>]) -> Result<Answers, GraphError> {
        let mut answers = Answers::new();
        let readable = asked.iter().filter(|one| !self.is_for_persons(one.check));
        let mut wanted: BTreeSet<AnswerSource> = readable.filter_map(|one| places(one.prerequisite).next()).collect();
        if asked.iter().any(|one| one.check.step == Some(CheckStep::LockOut)) {
            wanted.extend(self.judging_types().map(|(of, _)| list_of(of)));
        }
        self.ask(wanted, &mut answers).await?;
        let is_refused = |place: &AnswerSource| {
            let answer = answers.get(place);
            answer.is_some_and(|answer| answer.as_ref().is_err_and(|it| it.is_of_form() || it.is_not_found()))
        };
        let again: BTreeSet<AnswerSource> = asked
            .iter()
            .filter(|one| places(one.prerequisite).next().is_some_and(|first| is_refused(&first)))
            .flat_map(|one| places(one.prerequisite).skip(1))
            .collect();
        self.ask(again, &mut answers).await?;
        Ok(answers)
    }

    /// Whether a collection is there, the lists of types included.
    fn is_collection(&self, place: &AnswerSource) -> bool {
        let mut known = self.inputs.tenant.catalogue.shared.prerequisites.iter();
        known.any(|it| version(it.api) == place.0 && it.is_collection(&place.1))
            || self.judging_types().any(|(of, _)| list_of(of) == *place)
    }

    async fn ask(&self, places: BTreeSet<AnswerSource>, given: &mut Answers) -> Result<(), GraphError> {
        for api in [Api::Beta, Api::V1] {
            let own: Vec<String> = places.iter().filter(|place| place.0 == api).map(|(_, path)| path.clone()).collect();
            let is_collection = |path: &str| self.is_collection(&(api, path.to_owned()));
            for (path, answer) in
                own.iter().zip(answers::batch(self.inputs.tenant.client, api, &own, is_collection).await)
            {
                if let Err(error) = &answer
                    && ends_run(error)
                {
                    return Err(error.clone());
                }
                given.insert((api, path.clone()), answer);
            }
        }
        Ok(())
    }

    /// The types whose policies judge devices, and those that demand a good judgment.
    fn judging_types(&self) -> impl Iterator<Item = (&PolicyType, bool)> {
        let rules = &self.inputs.tenant.catalogue.shared.lock_out;
        let judging = rules.judged_by.iter().map(|name| (name, true));
        let demanding = rules.demanded_by.iter().flat_map(|need| need.types.iter().map(|name| (name, false)));
        judging.chain(demanding).filter_map(|(name, judges)| Some((self.inputs.tenant.catalogue.get(name)?, judges)))
    }

    /// What a row says, and whether this kind of sign-in can never know it.
    async fn judged(
        &self,
        one: &AskedCheck<'_>,
        answers: &Answers,
        status: &[Value],
    ) -> Result<(Judged, bool), GraphError> {
        if self.is_for_persons(one.check) {
            return Ok((
                Judged::new(CheckState::NotKnown, "needs a signed-in user; an application cannot read it"),
                true,
            ));
        }
        let demanded = one.need.is_some();
        let answer = match answer_of(one, answers) {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() && one.check.not_found_is_missing => {
                return Ok((absent(one.check, demanded), false));
            }
            Err(error) => {
                if let Some(judged) = by_status(one.check, status, self.now) {
                    return Ok((judged, false));
                }
                let expected = error.is_for_others() && one.check.sign_in != SignIn::Any;
                return Ok((Judged::new(CheckState::NotKnown, why(one.prerequisite, error)), expected));
            }
        };
        let none = BTreeSet::new();
        let platforms = one.need.map_or(&none, |need| &need.platforms);
        let all = &self.inputs.tenant.catalogue.shared.platforms;
        let wanted = For { demanded, platforms, all, now: self.now };
        let judged = match one.check.step {
            None => judge(one.prerequisite, one.check, answer, wanted),
            Some(CheckStep::License) => license::judge(one.prerequisite, answer, false, self.now),
            Some(CheckStep::LicenseWithSeats) => license::judge(one.prerequisite, answer, true, self.now),
            Some(CheckStep::LockOut) => lock_out::judge(self.parts(one.prerequisite, answer, answers)),
            Some(CheckStep::OtherConnectors) if connectors(answer).is_none() => {
                Judged::new(CheckState::NotKnown, "the answer does not contain a list of connectors")
            }
            Some(CheckStep::OtherConnectors) => {
                let known: BTreeSet<&str> = self.known_connectors();
                let others =
                    status.iter().filter(|it| it["connectorName"].as_str().is_none_or(|it| !known.contains(it)));
                let others: Vec<Value> = others.cloned().collect();
                judge(one.prerequisite, one.check, &serde_json::json!({"value": others}), wanted)
            }
            Some(CheckStep::Dns) => dns::judge(self.inputs.tenant.client, answer).await?,
            Some(CheckStep::Roles) => {
                roles::judge(self.inputs.tenant.client, one.check, answer, self.inputs.names).await?
            }
        };
        Ok((judged, false))
    }

    fn known_connectors(&self) -> BTreeSet<&str> {
        let all = self.inputs.tenant.catalogue.shared.prerequisites.iter();
        all.filter_map(|it| it.check.as_ref()?.connector.as_deref()).collect()
    }

    /// The service plans of which a person needs one: as the tenant's own subscriptions say, else as the data says.
    fn plans(&self, answers: &Answers) -> BTreeSet<String> {
        let shared = &self.inputs.tenant.catalogue.shared;
        let of_tenant = shared.prerequisites.iter().find_map(|it| {
            let is_it = it.check.as_ref()?.step == Some(CheckStep::LicenseWithSeats);
            let answer = answers.get(&places(it).next()?)?.as_ref().ok()?;
            is_it.then(|| license::plan_ids(it, answer, self.now))
        });
        let known = || shared.group_use.plans.iter().cloned().collect();
        of_tenant.filter(|plans| !plans.is_empty()).unwrap_or_else(known)
    }

    /// What the tree and the tenant together say of a lock-out.
    fn parts(&self, prerequisite: &Prerequisite, settings: &Value, answers: &Answers) -> Parts {
        let is_lenient = prerequisite.is_met(settings, self.now);
        let known = prerequisite.met_when.property.first(settings).is_some_and(Value::is_boolean);
        let mut parts = Parts { strict: known.then_some(!is_lenient), ..Parts::default() };
        if let Some(demand) = self.demand {
            (parts.assigned, parts.unassigned) = demand.judging;
            (parts.demanding, parts.waiting) = demand.demanding;
        }
        for (of, judges) in self.judging_types() {
            match answers.get(&list_of(of)) {
                Some(Ok(page)) => {
                    for object in page["value"].as_array().into_iter().flatten() {
                        self.count(object, of, judges, &mut parts);
                    }
                }
                _ => parts.incomplete = true,
            }
        }
        parts
    }

    /// Counts one of the tenant's own policies. Its unassigned compliance policies apply to no one on purpose.
    fn count(&self, object: &Value, of: &PolicyType, judges: bool, parts: &mut Parts) {
        let Some(body) = object.as_object() else { return };
        if judges {
            let assigned = object["assignments"].as_array().is_some_and(|list| !list.is_empty());
            parts.assigned += usize::from(assigned);
            return;
        }
        let rules = &self.inputs.tenant.catalogue.shared.lock_out.demanded_by;
        if rules.iter().any(|need| need.types.contains(&of.name) && need.is_of_object(body, self.now)) {
            let is_waiting = of.enabled_by.as_ref().is_some_and(|gate| gate.is_waiting(body));
            if is_waiting { parts.waiting += 1 } else { parts.demanding += 1 }
        }
    }

    fn row(&self, one: &AskedCheck<'_>, judged: Judged, expected: bool) -> Row {
        let AskedCheck { prerequisite, check, need } = one;
        let Judged { state, says, date, items } = judged;
        let all = &self.inputs.tenant.catalogue.shared.platforms;
        let of_need = need.iter().flat_map(|need| &need.platforms);
        let is_own = |name: &&String| check.platforms.contains(name) || check.off_when.contains_key(*name);
        let names: BTreeSet<&String> = match self.demand {
            Some(_) => of_need.filter(is_own).collect(),
            None => check.platforms.iter().collect(),
        };
        let fix = match state {
            CheckState::Missing => Some(prerequisite.fix.clone()),
            CheckState::Soon => Some(check.renew.clone().unwrap_or_else(|| prerequisite.fix.clone())),
            CheckState::NotKnown if expected => Some(String::from(
                "Run the command once as a user (auth = \"browser\"), or check it in the admin center.",
            )),
            CheckState::NotKnown => {
                Some(format!("Check it in the admin center. Reading it needs {}.", prerequisite.permission))
            }
            CheckState::Ready | CheckState::NotNeeded => None,
        };
        Row {
            check: prerequisite.name.clone(),
            title: prerequisite.title.clone(),
            area: check.area.title().to_owned(),
            platforms: names.into_iter().map(|name| title(name, all).to_owned()).collect(),
            state,
            says,
            date,
            hint: check.hint,
            expected,
            policies: need.map_or(0, |need| need.policies),
            items,
            fix,
            place: check.place.clone(),
            who: check.who.clone(),
            permission: (state == CheckState::NotKnown).then(|| prerequisite.permission.clone()),
        }
    }
}

/// The answer for a row: the first of its paths that gave one, else the first refusal.
fn answer_of<'a>(one: &AskedCheck<'_>, answers: &'a Answers) -> Result<&'a Value, &'a GraphError> {
    let mut given = places(one.prerequisite).filter_map(|place| answers.get(&place));
    let first = given.next();
    let good = first.into_iter().chain(given).find_map(|answer| answer.as_ref().ok());
    match (good, first) {
        (Some(answer), _) => Ok(unwrapped(answer)),
        (None, Some(Err(error))) => Err(error),
        (None, _) => Ok(&Value::Null),
    }
}

/// Where a prerequisite is asked for: first its own path, then the others.
fn places(prerequisite: &Prerequisite) -> impl Iterator<Item = AnswerSource> {
    prerequisite.paths().map(|path| (version(prerequisite.api), path.to_owned()))
}

/// The list of a type as an export reads it.
fn list_of(of: &PolicyType) -> AnswerSource {
    (version(of.api), with_query(&of.path, &of.read.list))
}

/// The entries of `connectorStatus`, in whichever form they came.
fn status(asked: &[AskedCheck<'_>], answers: &Answers) -> Vec<Value> {
    let of = asked.iter().filter(|one| one.check.step == Some(CheckStep::OtherConnectors));
    let mut places = of.flat_map(|one| places(one.prerequisite));
    let good = places.find_map(|place| answers.get(&place)?.as_ref().ok()).map(unwrapped);
    good.and_then(connectors).cloned().unwrap_or_default()
}

fn connectors(answer: &Value) -> Option<&Vec<Value>> {
    answer["value"].as_array().or_else(|| answer["connectorStatus"].as_array())
}

/// One object may come in another (documentation of devicemanagement-get, 2026-11).
fn unwrapped(answer: &Value) -> &Value {
    match &answer["value"] {
        object @ Value::Object(_) => object,
        _ => answer,
    }
}

/// Why a row is not known.
fn why(prerequisite: &Prerequisite, error: &GraphError) -> String {
    match error.status() {
        _ if error.is_for_others() => String::from("the service does not answer this kind of sign-in"),
        Some(403) => format!("reading it needs {}", prerequisite.permission),
        Some(status) => format!(
            "the service answered {status}{}",
            error.graph_code().map(|code| format!(" {code}")).unwrap_or_default()
        ),
        None => error.to_string(),
    }
}
