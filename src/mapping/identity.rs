//! How an object of the source is found again in the target: by what is the same on both sides, as the
//! catalogue says it for each kind. The first thing that fits decides; only a unique exact fit is sure.

use std::collections::{BTreeSet, HashMap};

use super::inventory::{Inventory, text};
use crate::catalogue::facts::likenesses;
use crate::catalogue::kind::Confidence;
use crate::catalogue::{Catalogue, Likeness};
use crate::policy::TenantInfo;
use crate::policy::directory::Facts;

/// All words that can be in a proposed entry's `how`.
pub fn hows(catalogue: &Catalogue) -> BTreeSet<String> {
    let types = catalogue.iter().map(|policy_type| policy_type.name.as_str());
    let kinds = catalogue.shared.directory_kinds.iter().map(|kind| kind.name.as_str());
    types.chain(kinds).flat_map(|kind| likenesses(catalogue, kind)).map(|likeness| likeness.how).collect()
}

/// Whether two texts say the same way, as a person types it or as an entry says it.
pub fn same_how(left: &str, right: &str) -> bool {
    let spoken = |how: &str| how.replace('-', " ").to_lowercase();
    spoken(left) == spoken(right)
}

/// What must be equal; none where the object does not have all of it. A type that goes without saying is
/// no obstacle.
fn key(likeness: &Likeness, facts: &Facts) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let first = || likeness.first_of.iter().find_map(|property| Some(format!("{property} {}", text(facts, property)?)));
    if !likeness.first_of.is_empty() {
        parts.push(first()?);
    }
    for (index, property) in likeness.by.iter().enumerate() {
        let value = match text(facts, property) {
            Some(value) => value,
            // The first is what the fit is on; others, such as a type, may be missing on both sides.
            None if index == 0 && parts.is_empty() => return None,
            None => "",
        };
        parts.push(value.to_owned());
    }
    let key = parts.join("\n");
    Some(if likeness.ignore_case { key.to_lowercase() } else { key })
}

/// The keys under which an object of the source may be found.
fn keys(likeness: &Likeness, facts: &Facts, target: &TenantInfo) -> Vec<String> {
    let Some(key) = key(likeness, facts) else { return Vec::new() };
    if !likeness.in_target_domains {
        return vec![key];
    }
    addresses(&key, target)
}

/// A user's address in each of the target's domains.
pub fn addresses(address: &str, target: &TenantInfo) -> Vec<String> {
    let Some((local, _)) = address.split_once('@') else { return Vec::new() };
    let domains: BTreeSet<&String> = target.default_domain.iter().chain(&target.domains).collect();
    let list: BTreeSet<String> = domains.iter().map(|domain| format!("{local}@{domain}").to_lowercase()).collect();
    list.into_iter().collect()
}

/// What was found for an object.
pub(super) struct Fit<'t> {
    /// By what.
    pub(super) how: String,
    /// The objects of the target that fit.
    pub(super) targets: Vec<&'t Facts>,
    /// It is the one, without a doubt.
    pub(super) sure: bool,
    /// Several objects of the source fit as well as this one.
    pub(super) source_ambiguous: bool,
    /// How many objects of the target fit by what came first, and by what, where something else told them apart.
    pub(super) among: Option<(usize, String)>,
}

/// One likeness with the target's objects by key, and how many of the source's have each key.
struct Index<'t> {
    likeness: Likeness,
    targets: HashMap<String, Vec<&'t Facts>>,
    own: HashMap<String, usize>,
}

/// Finds objects of one kind again in the target.
pub(super) struct Finder<'t> {
    ways: Vec<Index<'t>>,
    ties: Vec<Likeness>,
    tenant: &'t TenantInfo,
}

impl<'t> Finder<'t> {
    /// A finder for a kind, knowing all objects of that kind of the source.
    pub(super) fn new(kind: &str, catalogue: &Catalogue, source: &[&Facts], inventory: &'t Inventory) -> Self {
        let (ties, ways): (Vec<Likeness>, Vec<Likeness>) =
            likenesses(catalogue, kind).into_iter().partition(|likeness| {
                matches!(likeness.confidence, Confidence::TieBreaker | Confidence::SuggestedTieBreaker)
            });
        let index = |likeness: Likeness| {
            let mut targets: HashMap<String, Vec<&'t Facts>> = HashMap::new();
            for facts in inventory.of_kind(kind) {
                if let Some(key) = key(&likeness, facts) {
                    targets.entry(key).or_default().push(facts);
                }
            }
            let mut own: HashMap<String, usize> = HashMap::new();
            for key in source.iter().flat_map(|facts| keys(&likeness, facts, &inventory.tenant)) {
                *own.entry(key).or_default() += 1;
            }
            Index { likeness, targets, own }
        };
        Self { ways: ways.into_iter().map(index).collect(), ties, tenant: &inventory.tenant }
    }

    /// The first way by which something of the target fits.
    pub(super) fn find(&self, facts: &Facts) -> Option<Fit<'t>> {
        self.ways.iter().find_map(|Index { likeness, targets, own }| {
            let keys = keys(likeness, facts, self.tenant);
            let fitting: Vec<&'t Facts> = keys.iter().filter_map(|key| targets.get(key)).flatten().copied().collect();
            if fitting.is_empty() {
                return None;
            }
            if let Some(fit) = self.tie(likeness, facts, &fitting) {
                return Some(fit);
            }
            let source_ambiguous = keys.iter().any(|key| own.get(key).is_some_and(|count| *count > 1));
            let sure = likeness.confidence == Confidence::Certain && fitting.len() == 1 && !source_ambiguous;
            Some(Fit { how: likeness.how.clone(), targets: fitting, sure, source_ambiguous, among: None })
        })
    }

    /// Of several that fit, the one that fits in more.
    fn tie(&self, first: &Likeness, facts: &Facts, fitting: &[&'t Facts]) -> Option<Fit<'t>> {
        if fitting.len() < 2 {
            return None;
        }
        self.ties.iter().find_map(|tie| {
            let wanted = key(tie, facts)?;
            let mut better = fitting.iter().filter(|target| key(tie, target).as_ref() == Some(&wanted));
            let one = better.next()?;
            let fit = Fit {
                how: tie.how.clone(),
                targets: vec![*one],
                sure: tie.confidence == Confidence::TieBreaker,
                source_ambiguous: false,
                among: Some((fitting.len(), first.how.clone())),
            };
            better.next().is_none().then_some(fit)
        })
    }
}
