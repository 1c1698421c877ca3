//! What must be in the target before an object can be created, as its type's file says: a template that
//! still takes new policies, for instance. Asked once, when planning.

use std::collections::BTreeMap;

use crate::catalogue::PolicyType;
use crate::engine::shape::request_body::fill_in_path;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::api;
use crate::finding::{Finding, codes};
use crate::graph::Api;
use crate::policy::Kept;

/// A policy that has a requirement: its index, itself, its type.
type User<'a> = (usize, &'a Kept, &'a PolicyType);

/// The policies whose requirement is not met, by their index, each with why.
pub async fn unmet(tenant: Tenant<'_>, policies: &[(usize, &Kept)]) -> BTreeMap<usize, Finding> {
    let mut findings = BTreeMap::new();
    // Many policies are made from one template: each path is asked for once, all of a version together.
    let mut asked: BTreeMap<(Api, String), Vec<User<'_>>> = BTreeMap::new();
    for (index, policy) in policies {
        let Some(policy_type) = tenant.catalogue.get(&policy.type_name) else { continue };
        let Some(requirement) = &policy_type.create.requires else { continue };
        match fill_in_path(&requirement.path, &policy.open()) {
            // An empty id names nothing.
            Ok(path) if requirement.optional && path.ends_with('/') => {}
            Ok(path) => asked.entry((api(policy_type), path)).or_default().push((*index, policy, policy_type)),
            Err(_) if requirement.optional => {}
            Err(finding) => drop(findings.insert(*index, *finding)),
        }
    }
    for version in [Api::Beta, Api::V1] {
        let (paths, users): (Vec<String>, Vec<_>) = asked
            .iter()
            .filter(|((api, _), _)| *api == version)
            .map(|((_, path), users)| (path.clone(), users))
            .unzip();
        for (answer, users) in tenant.client.batch(version, &paths).await.into_iter().zip(users) {
            for (index, policy, policy_type) in users {
                let Some(requirement) = &policy_type.create.requires else { continue };
                let is_unmet = match &answer {
                    Ok(found) => requirement.unless.holds(found),
                    // Anything else is not proof; the creation itself will tell.
                    Err(error) => error.is_not_found(),
                };
                if is_unmet {
                    let finding = Finding::new(&codes::RETIRED, policy.subject(), requirement.reason.clone());
                    findings.insert(*index, finding.fix(requirement.fix.clone()));
                }
            }
        }
    }
    findings
}
