//! Sweeps a rewritten policy for what is left of the source tenant, and says what marks the tenant.
//! What may stay is exempt: the policy's own id, places whose id is learned later, what is kept.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::file::{Decision, Mapping};
use super::kinds::is_supported;
use super::source::{Context, Source, known_sids};
use super::text_ids::sent;
use crate::catalogue::tenant_ids;
use crate::finding::{Finding, codes};
use crate::policy::directory::Facts;
use crate::policy::ids::{entra_sid, ids, is_guid};
use crate::policy::sweep::{BINARY, UNSEARCHED};
use crate::policy::{Marks, Policy, Search, TenantInfo, path};

/// What marks the source tenant: ids of its policies and directory, its own id, its domains, the security
/// identifiers of groups that come from the company's own directory. What the
/// mapping keeps or maps to, and what is the same in every tenant, is not a mark.
pub fn marks(source: &Source<'_>, mapping: Option<&Mapping>) -> Marks {
    let catalogue = source.catalogue;
    let mut marked = HashSet::new();
    let mut add = |id: &str| marked.extend(ids(id).into_iter().map(|found| found.id));
    for policy in source.policies {
        let default = catalogue.get(&policy.type_name).and_then(|policy_type| policy_type.default_rule_of(policy));
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
        for found in ids(id) {
            marked.remove(&found.id);
        }
    }
    let tenant_id = source
        .tenant
        .and_then(|tenant| tenant.id.clone())
        .or_else(|| mapping.and_then(|mapping| mapping.source.tenant_id.clone()))
        .map(|id| id.to_ascii_lowercase())
        .filter(|id| is_guid(id));
    Marks { ids: marked, tenant_id, domains: domains(source, mapping), known_sids: Some(known_sids(source, mapping)) }
}

/// Finds what a text may name: everything that is known of the source, whatever has a security identifier, and what
/// nobody looked up; besides these domains and the tenant's id.
pub(super) fn all_named<'m>(context: &Context<'_>, domains: Vec<String>, tenant_id: Option<String>) -> Search<'m> {
    let known_sids = Some(known_sids(&context.source, context.mapping));
    let marks = Marks { ids: context.known_ids(), known_sids, domains, tenant_id };
    Search::new(Cow::Owned(marks)).every(context.has_strangers())
}

/// The tenant's domains with what is derived from them, without those a text pair puts in on purpose.
fn domains(source: &Source<'_>, mapping: Option<&Mapping>) -> Vec<String> {
    let mut domains: Vec<String> = source.tenant.map(all_domains).unwrap_or_default();
    let sids = source.directory.iter().filter_map(|(.., facts)| on_premises_sid(facts));
    domains.extend(sids.map(str::to_ascii_lowercase));
    let placeholders = source.catalogue.shared.placeholders(source.tenant.is_some());
    domains.extend(placeholders.map(|known| known.text.to_ascii_lowercase()));
    let pairs = mapping.into_iter().flat_map(|mapping| &mapping.text);
    let replaces: Vec<Value> = pairs.filter_map(|pair| pair.replace.clone()).map(Value::from).collect();
    if !replaces.is_empty() {
        domains.retain(|domain| {
            let alone = Search::new(Cow::Owned(Marks { domains: vec![domain.clone()], ..Marks::default() }));
            replaces.iter().all(|replace| alone.sweep(replace, &|_, _| false).is_empty())
        });
    }
    domains
}

/// The security identifier that an object has from the company's own directory: texts on devices name it by that.
pub(super) fn on_premises_sid(facts: &Facts) -> Option<&str> {
    facts.get("onPremisesSecurityIdentifier")?.as_str().filter(|sid| sid.starts_with("S-1-5-21-"))
}

/// A tenant's domains and the SharePoint sites that go with them, each once.
pub(super) fn all_domains(tenant: &TenantInfo) -> Vec<String> {
    let own = tenant.default_domain.iter().chain(&tenant.domains);
    let own: BTreeSet<String> = own.map(|domain| domain.trim_matches('.').to_ascii_lowercase()).collect();
    let sites = own.iter().flat_map(|domain| sites(domain)).collect::<Vec<_>>();
    own.into_iter().chain(sites).collect()
}

/// The SharePoint sites of an initial domain.
pub(super) fn sites(domain: &str) -> Vec<String> {
    let initial = [(".onmicrosoft.com", "sharepoint.com"), (".onmicrosoft.us", "sharepoint.us")];
    let name = initial.iter().find_map(|(suffix, share)| Some((domain.strip_suffix(suffix)?, share)));
    name.into_iter()
        .flat_map(|(name, share)| ["", "-my", "-admin"].map(|part| format!("{name}{part}.{share}")))
        .collect()
}

/// Findings for everything of the source tenant that is left at these places of a rewritten policy. `awaited` are
/// those whose id is learned later.
pub(super) fn leftovers(
    context: &Context<'_>,
    search: &Search<'_>,
    policy: &Policy,
    subject: &str,
    document: &Value,
    places: &BTreeSet<&str>,
    awaited: &HashSet<(&str, String)>,
) -> Vec<Finding> {
    let own = policy.id().unwrap_or_default().to_ascii_lowercase();
    let constants = &context.source.catalogue.shared.constant_properties;
    let exempt = |pointer: &str, what: &str| {
        let property = path::property(pointer);
        awaited.iter().any(|(place, id)| *place == pointer && stands_for(id, what))
            || (property == "id" && own.contains(what))
            || constants.iter().any(|constant| constant == property)
    };
    let left = search.sweep_at(document, places.iter().copied(), &exempt);
    let nothing = Map::new();
    let hits = sent(context.source.catalogue, policy, document.as_object().unwrap_or(&nothing), left);
    let marks = search.marks();
    let is_domain = |what: &str| marks.domains.iter().any(|domain| domain == what);
    hits.into_iter()
        .map(|hit| {
            let within = if hit.within.is_empty() { String::new() } else { format!(", inside {}", hit.within) };
            let what = if hit.what == UNSEARCHED {
                String::from("the text is too large to search for IDs of the source tenant")
            } else if marks.tenant_id.as_ref() == Some(&hit.what) {
                format!("the source tenant's ID {} is left", hit.what)
            } else if is_domain(&hit.what) {
                match placeholder(context, &hit.what) {
                    Some(text) => format!("{text} is left, a placeholder for a property of the tenant"),
                    None if hit.what.contains('.') => format!("the source tenant's domain {} is left", hit.what),
                    None => format!("the source tenant's security identifier {} is left", hit.what),
                }
            } else {
                format!("the source tenant's {} is left", name_of(context, &hit.what))
            };
            let finding = Finding::new(&codes::SOURCE_ID_LEFT, subject, format!("{what}{within}")).at(&hit.pointer);
            if hit.within.ends_with(BINARY) {
                return finding.fix(
                    "The value is not a text, so that its bytes are not changed. Create the file for the target and \
                     replace the value in the tree; or, if the ID may stay, set the decision of its mapping entry to keep.",
                );
            }
            match fix(context, &hit.what, is_domain(&hit.what)) {
                Some(fix) => finding.fix(fix),
                None => finding,
            }
        })
        .collect()
}

/// The placeholder that was found, as it is written.
fn placeholder<'a>(context: &Context<'a>, what: &str) -> Option<&'a str> {
    let known = context.source.catalogue.shared.tenant_placeholders.iter();
    known.map(|known| known.text.as_str()).find(|text| text.eq_ignore_ascii_case(what))
}

/// Whether what was found in a text is this id.
fn stands_for(id: &str, what: &str) -> bool {
    id.contains(what) || ids(what).iter().any(|found| id.contains(&found.id))
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
    ids(what).first().and_then(|found| context.known(&found.id))
}

/// The exact text pair that would solve it, where the mapping knows the id's target.
fn fix(context: &Context<'_>, what: &str, domain: bool) -> Option<String> {
    if let Some(text) = placeholder(context, what) {
        return Some(format!(
            "Run map again to get a proposed text pair, or add a text pair from {text} to the target's value."
        ));
    }
    if domain {
        return Some(format!(
            "Add a text pair from {what} to the target's name, or from {what} to itself if it now belongs to the target."
        ));
    }
    let (kind, id) = known(context, what)?;
    let target = context.entry(&kind, &id)?.target_id()?;
    let target = if is_guid(what) { target.to_owned() } else { entra_sid(target)? };
    Some(format!("Add a text pair from {what} to {target}, the target's value."))
}
/// Ids of tenants that are neither of the two, where the policy's own tenant is meant, with their places.
pub(super) fn strange_tenants(context: &Context<'_>, type_name: &str, document: &Value) -> Vec<(String, String)> {
    let policy_type = context.source.catalogue.get(type_name);
    let Some((policy_type, document)) = policy_type.zip(document.as_object()) else { return Vec::new() };
    let mut strange = tenant_ids(policy_type, document);
    if !strange.is_empty() {
        let allowed = context.tenants();
        strange.retain(|(_, id)| !allowed.contains(id));
    }
    strange
}
