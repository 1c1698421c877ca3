//! What the target must have for the policies that are written: asked once, when planning, before any write, and
//! only for what the selected policies need. A prerequisite that is missing or not known is reported on the policies
//! it touches and blocks nothing: they can be there before it is. Where Graph refuses a policy without it, it blocks,
//! and so does a date that Graph refuses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::plan_file::{Action, AssignmentAction};
use super::prepared::PlannedStep;
use super::required_items;
use crate::catalogue::PolicyType;
use crate::catalogue::prerequisite::Prerequisite;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::version;
use crate::engine::tenant::answers;
use crate::finding::{Finding, Severity, codes};
use crate::graph::{Api, Client, GraphError};
use crate::policy::{Kept, Policy, path};

/// The steps that need something, by what they need.
type Touched<'a> = Vec<(&'a Prerequisite, Vec<usize>)>;

/// Asks the target, and tells the steps; what concerns the tenant as a whole comes back.
pub(crate) async fn check(tenant: Tenant<'_>, steps: &mut [PlannedStep]) -> Vec<Finding> {
    let mut touched: BTreeMap<&str, (&Prerequisite, Vec<usize>)> = BTreeMap::new();
    for (index, planned) in steps.iter().enumerate().filter(|(_, planned)| planned.step.writes()) {
        let policy = &planned.work.rewritten.policy;
        let Some(policy_type) = tenant.catalogue.get(&policy.type_name) else { continue };
        for prerequisite in tenant.catalogue.shared.prerequisites.iter().filter(|prerequisite| !prerequisite.is_each())
        {
            let is_below = prerequisite.below.iter().any(|path| policy_type.path.starts_with(path.as_str()));
            let needed = needs(policy_type, policy, prerequisite);
            if is_below || needed {
                let (_, users) = touched.entry(&prerequisite.name).or_insert_with(|| (prerequisite, Vec::new()));
                users.extend(needed.then_some(index));
            }
        }
    }
    let mut of_tenant = Vec::new();
    for (prerequisite, finding, users) in ask(tenant.client, touched.into_values().collect()).await {
        if !prerequisite.below.is_empty() {
            of_tenant.push(finding.clone());
        }
        for index in users {
            let step = &mut steps[index].step;
            step.findings.push(Finding { subject: step.subject(), ..finding.clone() });
        }
    }
    for (index, finding) in required_items::check(tenant, steps).await {
        let step = &mut steps[index].step;
        if finding.severity == Severity::Error {
            step.action = Action::Blocked;
            step.assignments = AssignmentAction::Keep;
        }
        step.findings.push(finding);
    }
    block_what_needs_it(steps);
    of_tenant
}

/// Blocks what needs a policy that is blocked; the steps are in the order in which they are carried out.
fn block_what_needs_it(steps: &mut [PlannedStep]) {
    let mut blocked: BTreeMap<String, String> = BTreeMap::new();
    for PlannedStep { step, .. } in steps {
        let needed = step.needs.iter().find_map(|need| blocked.get(need));
        if let Some(subject) = needed.filter(|_| step.writes()) {
            let message = format!("required {subject} is blocked");
            step.findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
            step.action = Action::Blocked;
            step.assignments = AssignmentAction::Keep;
        }
        if step.action == Action::Blocked && step.target_id.is_none() {
            blocked.insert(step.reference(), step.subject());
        }
    }
}

fn needs(policy_type: &PolicyType, policy: &Kept, prerequisite: &Prerequisite) -> bool {
    let mut needs = policy_type.needs.iter().filter(|need| need.what == prerequisite.name);
    needs.any(|need| need.when.as_ref().is_none_or(|when| when.holds_in(&policy.open().body)))
}

/// Asks for each path once, those of a version together; gives those that need a finding.
async fn ask<'a>(client: &Client, touched: Touched<'a>) -> Vec<(&'a Prerequisite, Finding, Vec<usize>)> {
    let mut given: BTreeMap<(Api, &str), Result<Value, GraphError>> = BTreeMap::new();
    for api in [Api::Beta, Api::V1] {
        let of_version = touched.iter().filter(|(prerequisite, _)| version(prerequisite.api) == api);
        let paths: BTreeSet<&str> = of_version.map(|(prerequisite, _)| prerequisite.path.as_str()).collect();
        let owned: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let is_collection = |path: &str| {
            touched.iter().any(|(prerequisite, _)| version(prerequisite.api) == api && prerequisite.is_collection(path))
        };
        let answered = answers::batch(client, api, &owned, is_collection).await;
        given.extend(paths.into_iter().zip(answered).map(|(path, answer)| ((api, path), answer)));
    }
    touched
        .into_iter()
        .filter_map(|(prerequisite, users)| {
            let answer = given.get(&(version(prerequisite.api), prerequisite.path.as_str()))?;
            Some((prerequisite, told(prerequisite, answer)?, users))
        })
        .collect()
}

/// The finding for an answer; none where the target has what is asked for.
fn told(prerequisite: &Prerequisite, answer: &Result<Value, GraphError>) -> Option<Finding> {
    let Prerequisite { title, .. } = prerequisite;
    match answer {
        Ok(answer) if prerequisite.is_met(answer, Timestamp::now()) => None,
        Err(error) if !error.is_not_found() => Some(unknown(prerequisite, error)),
        _ => Some(missing(prerequisite, &format!("the target does not have {title}"))),
    }
}

/// It is not there.
pub(crate) fn missing(prerequisite: &Prerequisite, message: &str) -> Finding {
    let finding = Finding::new(&codes::PREREQUISITE_MISSING, "the target", message).fix(&prerequisite.fix);
    let severity = if prerequisite.refused { Severity::Error } else { finding.severity };
    Finding { severity, ..finding }
}

/// It may be there: who cannot read it cannot say.
pub(crate) fn unknown(Prerequisite { title, fix, permission, .. }: &Prerequisite, error: &GraphError) -> Finding {
    let why = if error.is_forbidden() { format!("reading it needs {permission}") } else { error.to_string() };
    let message = format!("cannot check whether the target has {title}: {why}");
    Finding::new(&codes::PREREQUISITE_UNKNOWN, "the target", message)
        .fix(format!("Check this in the admin center. {fix}"))
}

/// The dates of a policy that lie in the past; an error where Graph refuses to create it so.
pub(crate) fn passed(policy_type: &PolicyType, policy: &Policy, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &policy_type.dates {
        for place in rule.at.find_in(&policy.body) {
            let date = path::at(&policy.body, &place).and_then(Value::as_str);
            let Some(date) = date.filter(|date| date.parse::<Timestamp>().is_ok_and(|date| date < now)) else {
                continue;
            };
            let message = format!("{date} has passed: {}", rule.means);
            let mut finding = Finding::new(&codes::DATE_PASSED, policy.subject(), message).at(place);
            if rule.refused {
                finding.severity = Severity::Error;
            }
            findings.push(finding);
        }
    }
    findings
}
