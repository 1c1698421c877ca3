//! What must be in the target before an object can be created, as its type's file says: a template that
//! still takes new policies, for instance. Asked once, when planning.

use std::collections::BTreeMap;

use super::body::fill_in_path;
use super::read::api;
use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};
use crate::graph::Client;
use crate::policy::Policy;

/// The policies whose requirement is not met, by their index, each with why.
pub async fn unmet(client: &Client, catalogue: &Catalogue, policies: &[(usize, &Policy)]) -> BTreeMap<usize, Finding> {
    let mut findings = BTreeMap::new();
    for (index, policy) in policies {
        let Some(policy_type) = catalogue.get(&policy.type_name) else { continue };
        let Some(requirement) = &policy_type.create.requires else { continue };
        let path = match fill_in_path(&requirement.path, policy) {
            Ok(path) => path,
            Err(finding) => {
                findings.insert(*index, *finding);
                continue;
            }
        };
        let answer = client.batch(api(policy_type), &[path]).await.pop();
        let reason = match answer {
            Some(Ok(found)) if requirement.unless.holds(&found) => requirement.reason.clone(),
            Some(Err(error)) if error.is_not_found() => requirement.reason.clone(),
            // Anything else is no proof; the creation itself will tell.
            _ => continue,
        };
        let mut finding = Finding::new(&codes::RETIRED, policy.subject(), reason).fix(requirement.fix.clone());
        finding.severity = crate::finding::Severity::Error;
        findings.insert(*index, finding);
    }
    findings
}
