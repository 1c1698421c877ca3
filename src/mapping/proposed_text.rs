//! Proposes text pairs: for what the policies hold of the source's own names and addresses. Only what is the
//! same thing on both sides is filled in; the rest waits for a person.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::file::{Mapping, TextPair};
use super::inventory::Inventory;
use super::leftovers::{all_domains, on_premises_sid, sites};
use super::source::Source;
use super::text::Texts;
use crate::catalogue::{TenantFact, tenant_ids};
use crate::parallel;
use crate::policy::{Kept, Marks, Search, TenantInfo, path};

/// How many policies are named.
const NAMED: usize = 5;

/// Pairs for what no pair of the mapping speaks of yet.
pub(super) fn proposed(source: &Source<'_>, target: &Inventory, mapping: &Mapping) -> Vec<TextPair> {
    if source.same_tenant {
        return Vec::new();
    }
    // A pair that changes a part of it, or says that it may stay, has decided.
    let decided = |find: &str| mapping.text.iter().any(|pair| find.contains(&pair.find));
    let mut candidates = candidates(source, target, mapping);
    candidates.retain(|(find, ..)| !decided(find));
    let alone: Vec<[TextPair; 1]> = candidates.iter().map(|(find, ..)| [keeping(find)]).collect();
    let looks: Vec<Look<'_>> =
        candidates.iter().zip(&alone).map(|((find, _, what), pair)| Look::new(find, *what, pair)).collect();
    let held = parallel::map(source.policies, |policy| {
        let document = policy.to_value();
        looks.iter().map(|look| look.finds(&document)).collect::<Vec<bool>>()
    });
    let mut pairs = Vec::new();
    for (index, (find, replace, what)) in candidates.into_iter().enumerate() {
        let holders = source.policies.iter().zip(&held).filter(|(_, held)| held[index]);
        let holders: Vec<String> = holders.map(|(policy, _)| policy.subject()).collect();
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
    Placeholder,
    Stranger,
}

fn why(what: What, holders: &[String]) -> String {
    let what = match what {
        What::TenantId => "the source tenant's ID",
        What::Domain => "a domain of the source tenant",
        What::Name => "the source tenant's name, which can stay",
        What::Address => "the address of a server",
        What::Sid => "the security identifier of a group of the source",
        What::Placeholder => "a placeholder of another tool for a property of the target tenant",
        What::Stranger => {
            "the ID of a tenant that is neither the source nor the target, where the policy's own tenant is expected"
        }
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
    for known in source.catalogue.shared.placeholders(source.tenant.is_some()) {
        let fact = match known.stands_for {
            TenantFact::Id => target.id.clone(),
            TenantFact::Name => target.display_name.clone(),
            TenantFact::DefaultDomain => target.default_domain.clone(),
            TenantFact::InitialDomain => initial(target),
        };
        list.insert(known.text.clone(), (fact, What::Placeholder));
    }
    for id in strangers(source, target) {
        list.insert(id, (None, What::Stranger));
    }
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
    for address in source.policies.iter().flat_map(|policy| addresses(source, policy)) {
        list.insert(address, (None, What::Address));
    }
    list.into_iter().map(|(find, (replace, what))| (find, replace, what)).collect()
}

/// Tenants that are named where a policy's own tenant is meant, and that are neither of the two.
fn strangers(source: &Source<'_>, target: &TenantInfo) -> BTreeSet<String> {
    let own = source.tenant.and_then(|tenant| tenant.id.as_deref());
    let is_own = |id: &str| own.into_iter().chain(target.id.as_deref()).any(|own| own.eq_ignore_ascii_case(id));
    let is_constant = |id: &str| source.catalogue.shared.constant_ids.iter().any(|own| own == id);
    let of_type = |kept: &Kept| {
        let policy_type = source.catalogue.get(&kept.type_name).filter(|it| !it.tenant_ids.is_empty())?;
        Some(tenant_ids(policy_type, &kept.open().body))
    };
    let named = source.policies.iter().filter_map(of_type).flatten().map(|(_, id)| id);
    named.filter(|id| !is_own(id) && !is_constant(id)).collect()
}

/// The domain that a tenant was born with.
fn initial(tenant: &TenantInfo) -> Option<String> {
    let own = tenant.default_domain.iter().chain(&tenant.domains).map(|domain| domain.to_ascii_lowercase());
    let mut list: Vec<String> = own.filter(|domain| !sites(domain).is_empty() && !domain.contains(".mail.")).collect();
    list.sort();
    list.dedup();
    (list.len() == 1).then(|| list.remove(0))
}

/// Addresses of the company's servers in a policy.
fn addresses(source: &Source<'_>, kept: &Kept) -> Vec<String> {
    let places = source.catalogue.get(&kept.type_name).map_or(&[][..], |policy_type| &policy_type.addresses);
    if places.is_empty() {
        return Vec::new();
    }
    let policy = kept.open();
    let text =
        |pointer: &str| path::at(&policy.body, pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    places.iter().flat_map(|path| path.find_in(&policy.body)).filter_map(|pointer| text(&pointer)).collect()
}

/// A text, ready to be looked for in many policies.
enum Look<'a> {
    /// It is found however it is wrapped.
    Mark(Box<Search<'a>>),
    /// It is found where a pair would find it.
    Text(Texts<'a>),
}

impl<'a> Look<'a> {
    fn new(find: &str, what: What, pair: &'a [TextPair]) -> Self {
        let marks = match what {
            What::TenantId | What::Stranger => Marks { tenant_id: Some(find.to_owned()), ..Marks::default() },
            What::Domain | What::Sid => Marks { domains: vec![find.to_owned()], ..Marks::default() },
            What::Name | What::Address | What::Placeholder => return Self::Text(Texts::new(pair, &[])),
        };
        Self::Mark(Box::new(Search::new(Cow::Owned(marks))))
    }

    fn finds(&self, document: &Value) -> bool {
        match self {
            // Some objects are called by the tenant's id; that is never sent.
            Self::Mark(search) => !search.sweep(document, &|pointer, _| pointer == "/id").is_empty(),
            Self::Text(texts) => {
                let applied = texts.apply(&mut document.clone(), &HashSet::new(), &HashSet::new(), false);
                !applied.hits.is_empty() || !applied.refused.is_empty()
            }
        }
    }
}

/// A pair that only looks.
fn keeping(find: &str) -> TextPair {
    TextPair { find: find.to_owned(), replace: Some(find.to_owned()), why: None }
}
