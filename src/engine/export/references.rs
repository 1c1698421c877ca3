//! What an export's policies refer to and is not among them, looked up in the tenant's directory: also what only a text
//! names. What secrets name is [`super::secret_ids`]'s.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::references;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::directory_lookup::{self, MISSING, UNKNOWN};
use crate::engine::tenant::of_any_kind;
use crate::finding::{Finding, codes};
use crate::graph::GraphError;
use crate::mapping::{DIRECTORY_OBJECT, ids_in_texts};
use crate::policy::directory::may_be;
use crate::policy::{Directory, Kept, ObjectKey, TenantInfo};

/// The facts of everything the policies refer to and that is not among them, also where only a text names it.
pub async fn look_up(tenant: Tenant<'_>, info: &TenantInfo, policies: &[Kept]) -> Result<Directory, GraphError> {
    let own: BTreeSet<ObjectKey> = policies.iter().map(ObjectKey::of).collect();
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut in_texts: BTreeMap<String, String> = BTreeMap::new();
    for found in policies.iter().flat_map(|policy| references(&policy.open(), tenant.catalogue)) {
        let by_ids = tenant.catalogue.directory_kind(&found.kind).is_some_and(|kind| !kind.by_ids.is_empty());
        if by_ids && !found.rule.form.is_whole() {
            in_texts.entry(found.id).or_insert(found.kind);
        } else if !own.contains(&found.target()) {
            ids.entry(found.kind).or_default().insert(found.id);
        }
    }
    let texts = ids_in_texts(tenant.catalogue, policies);
    let known: BTreeSet<String> = own.iter().map(|policy| policy.id().to_owned()).chain(info.id.clone()).collect();
    let declared: BTreeSet<String> = ids.values().flatten().map(|id| id.to_ascii_lowercase()).collect();
    let mut open: BTreeSet<String> = texts.ids.into_iter().chain(in_texts.keys().cloned()).collect();
    open.retain(|id| !declared.contains(id) && !known.contains(id));
    let mut directory = directory_lookup::look_up(tenant, &ids).await?;
    let of_any_kind = of_any_kind::look_up(tenant, &open, &texts.sids).await?;
    let there: BTreeSet<&str> = of_any_kind.found.iter().map(|(_, id, _)| id).collect();
    let mut not_found = BTreeSet::new();
    for id in open.iter().filter(|id| !there.contains(id.as_str())) {
        // Where no rule says whose it is, and it is not a security identifier, it is nobody's.
        let facts = of_any_kind.of_nobodys(id, &texts.sids);
        let declared = in_texts.get(id).filter(|_| !texts.sids.contains(id)).map(String::as_str);
        match facts.or_else(|| declared.map(|_| directory_lookup::state(MISSING))) {
            Some(facts) => directory.insert(declared.unwrap_or(DIRECTORY_OBJECT), id, facts),
            None => drop(not_found.insert(id.clone())),
        }
    }
    of_any_kind.found.iter().for_each(|(kind, id, facts)| directory.insert(kind, id, facts.clone()));
    directory.record_not_found(Some(not_found));
    Ok(directory)
}

/// What a person should know of what could not be read.
pub fn unreadable(directory: &Directory) -> Vec<Finding> {
    let mut in_texts = 0;
    let mut types: BTreeSet<String> = BTreeSet::new();
    let mut findings: Vec<Finding> = directory
        .iter()
        .filter_map(|(kind, id, facts)| {
            let message = match facts.get("state")?.as_str()? {
                MISSING => "a policy refers to this object, which no longer exists in the tenant",
                UNKNOWN if kind == DIRECTORY_OBJECT => {
                    in_texts += 1;
                    types.extend(may_be(facts));
                    return None;
                }
                _ => "a policy refers to this object, which could not be read",
            };
            Some(Finding::new(&codes::REFERENCE_UNREADABLE, format!("{kind}/{id}"), message))
        })
        .collect();
    if in_texts > 0 {
        let types: Vec<String> = types.into_iter().collect();
        let message = format!(
            "{in_texts} IDs in texts were not found, and may be of objects that could not be looked up: {}",
            types.join(", ")
        );
        let fix = "Grant permission to read these objects, or Directory.Read.All, and export again; or decide each of them in the mapping (keep, if the ID is not of an object).";
        findings.push(Finding::new(&codes::REFERENCE_UNREADABLE, DIRECTORY_OBJECT, message).fix(fix));
    }
    findings
}
