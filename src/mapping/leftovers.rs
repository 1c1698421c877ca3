//! Sweeps a rewritten policy for what is left of the source tenant, and says what marks the tenant.
//! What may stay is exempt: the policy's own id, places whose id is learned later, what is kept.

use std::collections::HashSet;

use serde_json::Value;

use super::file::{Decision, Mapping};
use super::kinds::is_supported;
use super::source::{Context, Source};
use crate::finding::{Finding, codes};
use crate::policy::canonical::strip_annotations;
use crate::policy::sweep::{UNSEARCHED, entra_sid, guids, is_guid};
use crate::policy::{Marks, Policy, sweep};

/// What marks the source tenant: ids of its policies and directory, its own id, its domains. What the
/// mapping keeps or maps to, and what is the same in every tenant, is no mark.
pub fn marks(source: &Source<'_>, mapping: Option<&Mapping>) -> Marks {
    let catalogue = source.catalogue;
    let mut ids = HashSet::new();
    let mut add = |id: &str| ids.extend(guids(&id.to_ascii_lowercase()));
    for policy in source.policies {
        let default = catalogue.get(&policy.type_name).and_then(|policy_type| policy_type.default_rule(policy));
        if default.is_none_or(|rule| !rule.key.iter().any(|key| key == "id")) {
            policy.id().into_iter().for_each(&mut add);
        }
    }
    for (kind, id, _) in source.directory.iter() {
        if is_supported(kind, catalogue) {
            add(id);
        }
    }
    let entries = mapping.map_or(&[][..], |mapping| &mapping.entries);
    for entry in entries {
        add(entry.source_id());
    }
    let kept = entries.iter().filter(|entry| entry.decision == Decision::Keep).map(super::file::Entry::source_id);
    let targets = entries.iter().filter_map(super::file::Entry::target_id);
    let constants = catalogue.shared.constant_ids.iter().map(String::as_str);
    for id in kept.chain(targets).chain(constants) {
        for id in guids(&id.to_ascii_lowercase()) {
            ids.remove(&id);
        }
    }
    let tenant_id = source
        .tenant
        .and_then(|tenant| tenant.id.clone())
        .or_else(|| mapping.and_then(|mapping| mapping.source.tenant_id.clone()))
        .map(|id| id.to_ascii_lowercase())
        .filter(|id| is_guid(id));
    Marks { ids, tenant_id, domains: domains(source, mapping) }
}

/// The tenant's domains with what is derived from them, without those a text pair puts in on purpose.
fn domains(source: &Source<'_>, mapping: Option<&Mapping>) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for domain in source.tenant.into_iter().flat_map(|tenant| tenant.default_domain.iter().chain(&tenant.domains)) {
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        for (suffix, share) in [(".onmicrosoft.com", "sharepoint.com"), (".onmicrosoft.us", "sharepoint.us")] {
            if let Some(name) = domain.strip_suffix(suffix) {
                domains.extend(["", "-my", "-admin"].map(|part| format!("{name}{part}.{share}")));
            }
        }
        domains.push(domain);
    }
    let replaces: Vec<Value> =
        mapping.into_iter().flat_map(|mapping| &mapping.text).map(|pair| Value::from(pair.replace.clone())).collect();
    domains.sort();
    domains.dedup();
    domains.retain(|domain| {
        let alone = Marks { domains: vec![domain.clone()], ..Marks::default() };
        replaces.iter().all(|replace| sweep(replace, &alone, &|_, _| false).is_empty())
    });
    domains
}

/// Findings for everything of the source tenant that is left in a rewritten policy. `awaited` are the
/// places whose id is learned later.
pub(super) fn leftovers(
    context: &Context<'_>,
    marks: &Marks,
    policy: &Policy,
    document: &Value,
    awaited: &HashSet<&str>,
) -> Vec<Finding> {
    let own = policy.id().unwrap_or_default().to_ascii_lowercase();
    let constants = &context.source.catalogue.shared.constant_properties;
    let exempt = |pointer: &str, what: &str| {
        let property = pointer.rsplit_once('/').map_or("", |(_, property)| property);
        awaited.contains(pointer)
            || (property == "id" && own.contains(what))
            || constants.iter().any(|constant| constant == property)
    };
    let mut hits = sweep(document, marks, &exempt);
    if hits.is_empty() {
        return Vec::new();
    }
    let never_sent = never_sent(context, policy, document);
    let mut object = document.clone();
    strip_annotations(&mut object);
    hits.retain(|hit| {
        let below = |place: &String| {
            hit.pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // What is gone described Graph's answer, not the object.
        object.pointer(&hit.pointer).is_some() && !never_sent.iter().any(below)
    });
    let is_domain = |what: &str| marks.domains.iter().any(|domain| domain == what);
    let subject = policy.subject();
    hits.into_iter()
        .map(|hit| {
            let within = if hit.within.is_empty() { String::new() } else { format!(", inside {}", hit.within) };
            let what = if hit.what == UNSEARCHED {
                String::from("the text is too large to be searched for ids of the source tenant")
            } else if marks.tenant_id.as_ref() == Some(&hit.what) {
                format!("the source tenant's id {} is left", hit.what)
            } else if is_domain(&hit.what) {
                format!("the source tenant's domain {} is left", hit.what)
            } else {
                format!("the source tenant's {} is left", name_of(context, &hit.what))
            };
            let finding = Finding::new(&codes::SOURCE_ID_LEFT, &subject, format!("{what}{within}")).at(&hit.pointer);
            match fix(context, &hit.what, is_domain(&hit.what)) {
                Some(fix) => finding.fix(fix),
                None => finding,
            }
        })
        .collect()
}

/// Places that are never sent: what the service makes by itself.
fn never_sent(context: &Context<'_>, policy: &Policy, document: &Value) -> Vec<String> {
    let shared = &context.source.catalogue.shared;
    let of_type = context.source.catalogue.get(&policy.type_name);
    let own = of_type.into_iter().flat_map(|policy_type| policy_type.volatile.iter().chain(&policy_type.read_only));
    shared
        .volatile
        .iter()
        .chain(&shared.read_only)
        .chain(own)
        .filter(|path| path.as_str() != "assignments")
        .flat_map(|path| path.find(document))
        .filter(|pointer| !pointer.is_empty())
        .collect()
}

/// The kind and name behind an id or security identifier.
fn name_of(context: &Context<'_>, what: &str) -> String {
    known(context, what).map_or_else(
        || what.to_owned(),
        |(kind, id)| {
            let sid = if is_guid(what) { "" } else { " (security identifier)" };
            format!("{}{sid}", context.describe(&kind, &id))
        },
    )
}

/// Kind and id of the object that a GUID or security identifier belongs to.
fn known(context: &Context<'_>, what: &str) -> Option<(String, String)> {
    let is_it = |id: &str| {
        id.eq_ignore_ascii_case(what)
            || (!is_guid(what) && entra_sid(id).is_some_and(|sid| sid.eq_ignore_ascii_case(what)))
    };
    let policies = context.source.policies.iter().filter_map(|policy| Some((policy.type_name.as_str(), policy.id()?)));
    let directory = context.source.directory.iter().map(|(kind, id, _)| (kind, id));
    let entries = context.mapping.into_iter().flat_map(|mapping| &mapping.entries);
    let entries = entries.map(|entry| (entry.kind.as_str(), entry.source_id()));
    policies
        .chain(directory)
        .chain(entries)
        .find(|(_, id)| is_it(id))
        .map(|(kind, id)| (kind.to_owned(), id.to_owned()))
}

/// The exact text pair that would solve it, where the mapping knows the id's target.
fn fix(context: &Context<'_>, what: &str, domain: bool) -> Option<String> {
    if domain {
        return Some(format!(
            "Add a text pair from {what} to the target's name, or from {what} to itself if it belongs to the target now."
        ));
    }
    let (kind, id) = known(context, what)?;
    let target = context.entry(&kind, &id)?.target_id()?;
    let target = if is_guid(what) { target.to_owned() } else { entra_sid(target)? };
    Some(format!("Add a text pair from {what} to {target}, which it is in the target."))
}
