//! Restoring into the tenant a tree came from: an object that was deleted gets a new id. What of the tenant
//! still names the old one is listed, since only what comes from the tree is pointed to the new one.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::plan_file::{Action, AssignmentAction, Plan};
use crate::catalogue::{Catalogue, PolicyType, references, unread};
use crate::engine::error::{EngineError, ends_run};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::{lists, reader};
use crate::finding::{Finding, codes};
use crate::graph::GraphError;
use crate::policy::path::top;
use crate::policy::{Kept, ObjectKey, Policy};

/// Findings for everything in the tenant that names an object by an id that it will not have any more.
pub async fn old_ids(plan: &Plan, tenant: Tenant<'_>) -> Result<Vec<Finding>, EngineError> {
    let same_tenant = plan.source.as_ref().and_then(|source| source.id.as_ref()) == plan.target.id.as_ref();
    let new = plan.steps.iter().filter(|step| step.action == Action::Create && !step.key.starts_with("file:"));
    let gone: BTreeMap<ObjectKey, &str> =
        new.map(|step| (ObjectKey::new(&step.type_name, &step.key), step.name.as_str())).collect();
    if !plan.options.restore || !same_tenant || plan.options.rename.is_some() || gone.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: BTreeSet<&str> = gone.keys().map(ObjectKey::kind).collect();
    let refers = |policy_type: &&PolicyType| {
        tenant.catalogue.reference_rules(&policy_type.name).iter().any(|rule| kinds.contains(rule.kind.as_str()))
    };
    let types: Vec<&PolicyType> = tenant.catalogue.iter().filter(refers).collect();
    let reads = types.iter().map(|policy_type| async move {
        let listed = lists::list(tenant, policy_type).await?;
        reader::complete(tenant, policy_type, &listed).await.into_iter().collect::<Result<Vec<Kept>, GraphError>>()
    });
    let mut findings = Vec::new();
    for (policy_type, read) in types.iter().zip(join_all(reads).await) {
        match read {
            Ok(policies) => {
                let mut unproven = BTreeSet::new();
                for policy in policies.iter().map(Kept::open) {
                    findings.extend(naming(&policy, plan, &gone, tenant.catalogue));
                    let unread = unread(&policy, tenant.catalogue).filter(|it| !it.kinds.is_disjoint(&kinds));
                    unproven.extend(unread.map(|it| format!("their {} cannot be read without {}", it.part, it.needs)));
                }
                findings.extend(unproven.iter().map(|why| unchecked(policy_type, why)));
            }
            Err(error) if ends_run(&error) => return Err(error.into()),
            Err(error) => findings.push(unchecked(policy_type, &error.to_string())),
        }
    }
    Ok(findings)
}

fn unchecked(policy_type: &PolicyType, why: &str) -> Finding {
    let message = format!("cannot check which objects refer to the restored objects by their old IDs: {why}");
    Finding::new(&codes::NAMES_OLD_ID, &policy_type.name, message)
}

/// What a policy of the tenant names by an old id, unless the plan changes it at that place anyway.
fn naming(policy: &Policy, plan: &Plan, gone: &BTreeMap<ObjectKey, &str>, catalogue: &Catalogue) -> Vec<Finding> {
    let own =
        plan.steps.iter().find(|step| step.type_name == policy.type_name && step.target_id.as_deref() == policy.id());
    let mut findings = Vec::new();
    for found in references(policy, catalogue) {
        let Some(name) = gone.get(&found.target()) else { continue };
        let changed = own.is_some_and(|step| {
            let assigned = found.in_assignments() && step.assignments == AssignmentAction::Write;
            assigned
                || step.action == Action::Update
                    && step.differences.iter().any(|difference| top(&difference.at) == top(&found.pointer))
        });
        if !changed {
            let message = format!(
                "this object refers to {} \"{name}\" by its old ID; the restored object gets a new ID",
                found.kind
            );
            findings.push(Finding::new(&codes::NAMES_OLD_ID, policy.subject(), message).at(found.pointer));
        }
    }
    findings
}
