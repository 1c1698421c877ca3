//! Which policy of the left side is which of the right one: by the mapping, by id where both have the ids of
//! one tenant, else by type and name. For reading, so that several of one name are paired as well: the most
//! alike first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::side::Side;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::plan::matching::{Candidates, Index, NameKey, name_key};
use crate::policy::{Kept, ObjectKey, compare};

/// A policy with its counterpart, or alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PolicyPair {
    /// Its place among the left side's policies.
    pub(super) left: Option<usize>,
    /// Its place among the right side's.
    pub(super) right: Option<usize>,
}

/// More policies of one name than this are paired in their order: to compare each with each takes too long.
const MANY: usize = 24;

pub(super) struct SidePairing<'a> {
    catalogue: &'a Catalogue,
    left: &'a Side,
    right: &'a Side,
    /// Who has found a partner.
    taken: [BTreeSet<usize>; 2],
    pairs: Vec<PolicyPair>,
}

impl<'a> SidePairing<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, left: &'a Side, right: &'a Side) -> Self {
        Self { catalogue, left, right, taken: [BTreeSet::new(), BTreeSet::new()], pairs: Vec::new() }
    }

    /// All policies of both sides, each once.
    pub(super) fn pairs(mut self) -> Vec<PolicyPair> {
        for policy_type in self.catalogue.iter() {
            self.one_type(policy_type);
        }
        let alone = |count: usize, taken: &BTreeSet<usize>| -> Vec<usize> {
            (0..count).filter(|index| !taken.contains(index)).collect()
        };
        let left = alone(self.left.policies.len(), &self.taken[0]);
        let right = alone(self.right.policies.len(), &self.taken[1]);
        self.pairs.extend(left.into_iter().map(|index| PolicyPair { left: Some(index), right: None }));
        self.pairs.extend(right.into_iter().map(|index| PolicyPair { left: None, right: Some(index) }));
        self.pairs
    }

    fn one_type(&mut self, policy_type: &PolicyType) {
        let (own, others) = (of_type(self.left, policy_type), of_type(self.right, policy_type));
        let listed = &self.right.policies[others.clone()];
        let places: HashMap<String, usize> = listed
            .iter()
            .zip(others)
            .filter_map(|(policy, place)| Some((policy.id()?.to_ascii_lowercase(), place)))
            .collect();
        let place = |id: &str| places.get(&id.to_ascii_lowercase()).copied();
        let index = Index::new(policy_type, listed);
        let same_ids = self.left.shares_ids_with(self.right);
        let mut named: BTreeMap<NameKey, (Vec<usize>, BTreeSet<usize>)> = BTreeMap::new();
        for left in own {
            let policy = &self.left.policies[left].open();
            let mapped = self.left.mapped.get(&ObjectKey::of(policy));
            let found = match index.candidates(policy, mapped.map(String::as_str), same_ids) {
                // A mapping can be older than its target.
                Candidates::Gone(_) => index.candidates(policy, None, same_ids),
                found => found,
            };
            match found {
                Candidates::Exactly(id) => self.take(Some(left), place(&id)),
                Candidates::Named(ids) => {
                    let bucket = named.entry(name_key(policy_type, policy)).or_default();
                    bucket.0.push(left);
                    bucket.1.extend(ids.iter().filter_map(|id| place(id)));
                }
                Candidates::Gone(_) => {}
            }
        }
        self.hand_made(policy_type, &mut named);
        for (left, right) in named.into_values() {
            self.by_likeness(left, right);
        }
    }

    /// Policies without an id are in no index.
    fn hand_made(&self, policy_type: &PolicyType, named: &mut BTreeMap<NameKey, (Vec<usize>, BTreeSet<usize>)>) {
        for place in of_type(self.right, policy_type) {
            let policy = &self.right.policies[place];
            if policy.id().is_none()
                && let Some(bucket) = named.get_mut(&name_key(policy_type, &policy.open()))
            {
                bucket.1.insert(place);
            }
        }
    }

    /// Pairs policies of one name, the most alike first.
    fn by_likeness(&mut self, left: Vec<usize>, right: BTreeSet<usize>) {
        let mut left: Vec<usize> = left.into_iter().filter(|place| !self.taken[0].contains(place)).collect();
        let mut right: Vec<usize> = right.into_iter().filter(|place| !self.taken[1].contains(place)).collect();
        let many = left.len().max(right.len()) > MANY;
        while !(left.is_empty() || right.is_empty()) {
            let distance = |one: usize, other: usize| {
                let (one, other) = (&self.left.policies[one], &self.right.policies[other]);
                compare::differences(&one.to_value(), &other.to_value()).len()
            };
            let (one, other) = if many || (left.len() == 1 && right.len() == 1) {
                (0, 0)
            } else {
                let all = (0..left.len()).flat_map(|one| (0..right.len()).map(move |other| (one, other)));
                all.min_by_key(|(one, other)| distance(left[*one], right[*other])).unwrap_or_default()
            };
            self.take(Some(left.remove(one)), Some(right.remove(other)));
        }
    }

    /// Notes a pair whose partners are both free.
    fn take(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(one), Some(other)) = (left, right) else { return };
        if !self.taken[0].contains(&one) && !self.taken[1].contains(&other) {
            self.taken[0].insert(one);
            self.taken[1].insert(other);
            self.pairs.push(PolicyPair { left, right });
        }
    }
}

/// Where a side's policies of a type stand.
fn of_type(side: &Side, policy_type: &PolicyType) -> std::ops::Range<usize> {
    let before = |policy: &Kept| policy.type_name < policy_type.name;
    let until = |policy: &Kept| policy.type_name <= policy_type.name;
    side.policies.partition_point(before)..side.policies.partition_point(until)
}
