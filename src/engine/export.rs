//! Export: a tenant's policies as a snapshot that the tree writes. What cannot be read is a finding,
//! and its type is marked as failed, so that the tree keeps what it has.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::error::EngineError;
use super::read::Reader;
use super::{lookup, tenant};
use crate::catalogue::{Catalogue, PolicyType, Selection, references};
use crate::event::Reporter;
use crate::finding::{Finding, codes};
use crate::graph::{Client, GraphError};
use crate::policy::{Directory, Policy};
use crate::tree::{Snapshot, TypeRead};

/// What an export read.
#[derive(Debug)]
pub struct Exported {
    /// For the tree.
    pub snapshot: Snapshot,
    /// What could not be read.
    pub findings: Vec<Finding>,
    /// Policies that are here only because a selected one refers to them: `type/key` of both.
    pub needed_by: BTreeMap<String, String>,
}

/// One type, read.
struct TypeResult<'a> {
    policy_type: &'a PolicyType,
    /// All objects as listed, to find dependencies among them.
    listed: Vec<Policy>,
    policies: Vec<Policy>,
    /// Names of policies that could not be read, and why.
    failures: Vec<(String, GraphError)>,
    /// Why the list could not be read.
    error: Option<GraphError>,
}

/// Reads what is selected, and what it refers to unless told otherwise. An error of sign-in, or an
/// unreachable service, ends the export; a type that fails is a finding.
pub async fn export(
    client: &Client,
    catalogue: &Catalogue,
    selection: &Selection,
    with_dependencies: bool,
    cloud: Option<String>,
    reporter: &dyn Reporter,
) -> Result<Exported, EngineError> {
    let reader = Reader { client, catalogue, reporter };
    let info = tenant::who(client).await?;
    let selected = catalogue.iter().filter(|policy_type| selection.includes_type(policy_type));
    let mut results = join_all(selected.map(|policy_type| read_type(reader, policy_type, selection))).await;
    if with_dependencies && !selection.is_everything() {
        add_dependencies(reader, &mut results).await;
    }

    let mut findings = Vec::new();
    let mut types = BTreeMap::new();
    let mut policies = Vec::new();
    for result in results {
        let mut errors = result.error.iter().chain(result.failures.iter().map(|(_, error)| error));
        if let Some(error) = errors.find(|error| error.is_sign_in() || error.is_unreachable()) {
            return Err(error.clone().into());
        }
        let name = result.policy_type.name.clone();
        let mut messages: Vec<String> = result.error.iter().map(ToString::to_string).collect();
        messages.extend(result.failures.iter().map(|(policy, error)| format!("\"{policy}\": {error}")));
        findings.extend(messages.iter().map(|message| Finding::new(&codes::READ_FAILED, &name, message)));
        let read = messages.into_iter().next().map_or(TypeRead::Complete, TypeRead::Failed);
        types.insert(name, read);
        policies.extend(result.policies);
    }
    let needed_by = needed_by(&policies, catalogue, selection);
    let directory = look_up_references(client, catalogue, &policies).await?;
    findings.extend(unreadable(&directory));
    let snapshot = Snapshot {
        tenant: Some(info),
        cloud,
        selection: selection.clone(),
        types,
        policies,
        directory,
        rewritten_for: None,
        mapping: None,
    };
    Ok(Exported { snapshot, findings, needed_by })
}

async fn read_type<'a>(reader: Reader<'_>, policy_type: &'a PolicyType, selection: &Selection) -> TypeResult<'a> {
    let mut result =
        TypeResult { policy_type, listed: Vec::new(), policies: Vec::new(), failures: Vec::new(), error: None };
    match reader.list(policy_type).await {
        Err(error) => result.error = Some(error),
        Ok(listed) => {
            let wanted: Vec<Policy> =
                listed.iter().filter(|policy| selection.includes(policy_type, policy)).cloned().collect();
            result.listed = listed;
            result.add(reader, wanted).await;
        }
    }
    result
}

impl TypeResult<'_> {
    async fn add(&mut self, reader: Reader<'_>, wanted: Vec<Policy>) {
        let names: Vec<String> = wanted.iter().map(|policy| self.policy_type.name_of(policy)).collect();
        for (name, outcome) in names.into_iter().zip(reader.complete(self.policy_type, wanted).await) {
            match outcome {
                Ok(policy) => self.policies.push(policy),
                Err(error) => self.failures.push((name, error)),
            }
        }
    }
}

/// Adds what the policies refer to, and what that refers to, until nothing is missing.
async fn add_dependencies<'a>(reader: Reader<'a>, results: &mut Vec<TypeResult<'a>>) {
    let catalogue = reader.catalogue;
    loop {
        let have: BTreeSet<(String, String)> = results
            .iter()
            .flat_map(|result| &result.policies)
            .map(|policy| (policy.type_name.clone(), policy.key().to_ascii_lowercase()))
            .collect();
        let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for found in results.iter().flat_map(|result| &result.policies).flat_map(|policy| references(policy, catalogue))
        {
            let id = found.id.to_ascii_lowercase();
            if catalogue.get(&found.kind).is_some() && !have.contains(&(found.kind.clone(), id.clone())) {
                missing.entry(found.kind).or_default().insert(id);
            }
        }
        let mut progress = false;
        for (kind, ids) in missing {
            let Some(policy_type) = catalogue.get(&kind) else { continue };
            if !results.iter().any(|result| result.policy_type.name == kind) {
                let nothing = TypeResult {
                    policy_type,
                    listed: Vec::new(),
                    policies: Vec::new(),
                    failures: Vec::new(),
                    error: None,
                };
                results.push(nothing);
                if let Some(last) = results.last_mut() {
                    match reader.list(policy_type).await {
                        Ok(listed) => last.listed = listed,
                        Err(error) => last.error = Some(error),
                    }
                }
            }
            let Some(result) = results.iter_mut().find(|result| result.policy_type.name == kind) else { continue };
            let wanted: Vec<Policy> = result
                .listed
                .iter()
                .filter(|policy| ids.contains(&policy.key().to_ascii_lowercase()))
                .cloned()
                .collect();
            // What was tried once and failed is not tried again.
            result.listed.retain(|policy| !ids.contains(&policy.key().to_ascii_lowercase()));
            progress |= !wanted.is_empty();
            result.add(reader, wanted).await;
        }
        if !progress {
            return;
        }
    }
}

fn needed_by(policies: &[Policy], catalogue: &Catalogue, selection: &Selection) -> BTreeMap<String, String> {
    let selected = |policy: &Policy| {
        catalogue.get(&policy.type_name).is_some_and(|policy_type| selection.includes(policy_type, policy))
    };
    let unselected: BTreeMap<(&str, String), &Policy> = policies
        .iter()
        .filter(|policy| !selected(policy))
        .map(|policy| ((policy.type_name.as_str(), policy.key().to_ascii_lowercase()), policy))
        .collect();
    let mut needed = BTreeMap::new();
    if unselected.is_empty() {
        return needed;
    }
    for policy in policies {
        for found in references(policy, catalogue) {
            if let Some(target) = unselected.get(&(found.kind.as_str(), found.id.to_ascii_lowercase())) {
                needed.entry(target.subject()).or_insert_with(|| policy.subject());
            }
        }
    }
    needed
}

/// The facts of everything the policies refer to and that is not among them.
pub async fn look_up_references(
    client: &Client,
    catalogue: &Catalogue,
    policies: &[Policy],
) -> Result<Directory, GraphError> {
    let own: BTreeSet<(String, String)> =
        policies.iter().map(|policy| (policy.type_name.clone(), policy.key().to_ascii_lowercase())).collect();
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for found in policies.iter().flat_map(|policy| references(policy, catalogue)) {
        if !own.contains(&(found.kind.clone(), found.id.to_ascii_lowercase())) {
            ids.entry(found.kind).or_default().insert(found.id);
        }
    }
    lookup::look_up(client, catalogue, &ids).await
}

fn unreadable(directory: &Directory) -> Vec<Finding> {
    directory
        .iter()
        .filter_map(|(kind, id, facts)| {
            let state = facts.get("state")?.as_str()?;
            let message = match state {
                "missing" => "a policy refers to it, but it does not exist in the tenant any more",
                _ => "a policy refers to it, but it may not be read",
            };
            Some(Finding::new(&codes::REFERENCE_UNREADABLE, format!("{kind}/{id}"), message))
        })
        .collect()
}
