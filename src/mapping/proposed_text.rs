//! Proposes text pairs: for what the policies hold of the source's own names and addresses. Only what is the
//! same thing on both sides is filled in; the rest waits for a person.

use std::collections::{BTreeMap, HashSet};

use super::file::{Mapping, TextPair};
use super::inventory::Inventory;
use super::leftovers::{all_domains, on_premises_sid, sites};
use super::source::Source;
use super::text::Texts;
use crate::policy::{Marks, Policy, TenantInfo, path, sweep};

/// How many policies are named.
const NAMED: usize = 5;

/// Pairs for what no pair of the mapping speaks of yet.
pub(super) fn proposed(source: &Source<'_>, target: &Inventory, mapping: &Mapping) -> Vec<TextPair> {
    let mut pairs = Vec::new();
    for (find, replace, what) in candidates(source, target, mapping) {
        // A pair that changes a part of it, or says that it may stay, has decided.
        if mapping.text.iter().any(|pair| find.contains(&pair.find)) {
            continue;
        }
        let holders: Vec<String> =
            source.policies.iter().filter(|policy| holds(policy, &find, what)).map(Policy::subject).collect();
        if !holders.is_empty() {
            pairs.push(TextPair { find, replace, why: Some(why(what, &holders)) });
        }
    }
    pairs
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    TenantId,
    Domain,
    Name,
    Address,
    Sid,
}

fn why(what: What, holders: &[String]) -> String {
    let what = match what {
        What::TenantId => "the source tenant's id",
        What::Domain => "a domain of the source tenant",
        What::Name => "the source tenant's name, which may stay",
        What::Address => "the address of a server",
        What::Sid => "the security identifier of a group of the source",
    };
    let more = holders.len().saturating_sub(NAMED);
    let named = holders.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{what}; in {named} and {more} more") } else { format!("{what}; in {named}") }
}

/// Everything of the source that may stand in a text, with what it is in the target where that is certain.
fn candidates(source: &Source<'_>, target: &Inventory, mapping: &Mapping) -> Vec<(String, Option<String>, What)> {
    let mut list: BTreeMap<String, (Option<String>, What)> = BTreeMap::new();
    for (kind, id, facts) in source.directory.iter() {
        let Some(sid) = on_premises_sid(facts) else { continue };
        let entry = mapping.entries.iter().find(|entry| entry.is_for(kind, id));
        let same = entry.and_then(|entry| target.by_id(kind, entry.target_id()?)).and_then(on_premises_sid);
        list.insert(sid.to_owned(), (same.map(str::to_owned), What::Sid));
    }
    let target = &target.tenant;
    if let Some(tenant) = source.tenant {
        if let Some(id) = &tenant.id {
            list.insert(id.clone(), (target.id.clone(), What::TenantId));
        }
        let initial = (initial(tenant), initial(target));
        let known: BTreeMap<String, String> = match initial {
            // Each tenant has one initial domain, and the names of its sites follow from it.
            (Some(own), Some(theirs)) => {
                let sites = sites(&own).into_iter().zip(sites(&theirs));
                std::iter::once((own.clone(), theirs.clone())).chain(sites).collect()
            }
            _ => BTreeMap::new(),
        };
        for domain in all_domains(tenant).into_iter().filter(|domain| domain.contains('.')) {
            let replace = known.get(&domain).cloned();
            list.insert(domain, (replace, What::Domain));
        }
        if let Some(name) = tenant.display_name.as_ref().filter(|name| !name.trim().is_empty()) {
            list.entry(name.clone()).or_insert((Some(name.clone()), What::Name));
        }
    }
    for (address, _) in source.policies.iter().flat_map(|policy| addresses(source, policy)) {
        list.insert(address, (None, What::Address));
    }
    list.into_iter().map(|(find, (replace, what))| (find, replace, what)).collect()
}

/// The domain that a tenant was born with.
fn initial(tenant: &TenantInfo) -> Option<String> {
    let own = tenant.default_domain.iter().chain(&tenant.domains).map(|domain| domain.to_ascii_lowercase());
    let mut list: Vec<String> = own.filter(|domain| !sites(domain).is_empty() && !domain.contains(".mail.")).collect();
    list.sort();
    list.dedup();
    (list.len() == 1).then(|| list.remove(0))
}

/// Addresses of the company's servers in a policy, with their places.
fn addresses(source: &Source<'_>, policy: &Policy) -> Vec<(String, String)> {
    let places = source.catalogue.get(&policy.type_name).into_iter().flat_map(|policy_type| &policy_type.addresses);
    let text =
        |pointer: &str| path::at(&policy.body, pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    places.flat_map(|path| path.find_in(&policy.body)).filter_map(|pointer| Some((text(&pointer)?, pointer))).collect()
}

fn holds(policy: &Policy, find: &str, what: What) -> bool {
    let marks = match what {
        What::TenantId => Marks { tenant_id: Some(find.to_owned()), ..Marks::default() },
        What::Domain | What::Sid => Marks { domains: vec![find.to_owned()], ..Marks::default() },
        What::Name | What::Address => return stands_in(policy, find),
    };
    // Some objects are called by the tenant's id; that is never sent.
    !sweep(&policy.to_value(), &marks, &|pointer, _| pointer == "/id").is_empty()
}

/// Whether a pair for the text would find something.
fn stands_in(policy: &Policy, find: &str) -> bool {
    let pair = [TextPair { find: find.to_owned(), replace: Some(find.to_owned()), why: None }];
    let applied = Texts::new(&pair, &[]).apply(&mut policy.to_value(), &HashSet::new(), &HashSet::new(), false);
    !applied.hits.is_empty() || !applied.refused.is_empty()
}
