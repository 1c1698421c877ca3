//! Which object of the target is which policy of the tree. Never by guess: by the mapping, by id within
//! one tenant, by the key of a tenant default, else by type, name and discriminators; where several
//! fit, only identical ones are paired. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::mapping::{Decision, Mapping};
use crate::policy::Policy;

/// What makes two objects the same by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameKey {
    type_name: String,
    name: String,
    odata_type: String,
    discriminators: Vec<String>,
}

/// The name key of an object.
pub fn name_key(policy_type: &PolicyType, policy: &Policy) -> NameKey {
    let document = policy.to_value();
    let text = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
    NameKey {
        type_name: policy_type.name.clone(),
        name: policy_type.name_of(policy),
        odata_type: policy.odata_type().map_or_else(|| policy_type.implied_type(), str::to_owned),
        discriminators: policy_type.discriminators.iter().map(|path| text(path.first(&document))).collect(),
    }
}

/// How a policy is looked for in the target.
#[derive(Debug, Clone, PartialEq)]
pub enum Candidates {
    /// This one and no other: the mapping, or the id within one tenant, says so.
    Exactly(String),
    /// Those of the same name; the plan pairs them.
    Named(Vec<String>),
    /// The mapping names an object that is not there.
    Gone(String),
}

/// The target's objects that may be this policy.
pub fn candidates(
    policy: &Policy,
    policy_type: &PolicyType,
    listed: &[Policy],
    mapping: Option<&Mapping>,
    same_tenant: bool,
) -> Candidates {
    let by_id = |id: &str| listed.iter().find(|object| object.id().is_some_and(|own| own.eq_ignore_ascii_case(id)));
    let ids = |objects: Vec<&Policy>| objects.into_iter().filter_map(Policy::id).map(str::to_owned).collect();
    let entry = mapping.and_then(|mapping| mapping.entry(&policy_type.name, &policy.key()));
    if let Some(target) = entry
        .filter(|entry| entry.decision == Decision::Map)
        .and_then(|entry| entry.target.as_ref())
        .and_then(|target| target.id.as_deref())
    {
        return match by_id(target) {
            Some(_) => Candidates::Exactly(target.to_owned()),
            None => Candidates::Gone(target.to_owned()),
        };
    }
    if let Some(object) = policy.id().filter(|_| same_tenant).and_then(by_id) {
        return Candidates::Exactly(object.id().unwrap_or_default().to_owned());
    }
    if let Some(rule) = policy_type.default_rule(policy) {
        let same = |object: &&Policy| {
            policy_type.default_rule(object).is_some()
                && rule.key.iter().all(|property| object.body.get(property) == policy.body.get(property))
        };
        return Candidates::Named(ids(listed.iter().filter(same).collect()));
    }
    let key = name_key(policy_type, policy);
    let same = |object: &&Policy| name_key(policy_type, object) == key && policy_type.default_rule(object).is_none();
    Candidates::Named(ids(listed.iter().filter(same).collect()))
}

/// What pairing says of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// No object of the target is it.
    Absent,
    /// This one is.
    Found(String),
    /// Several may be, and none is identical.
    Ambiguous(Vec<String>),
}

/// Pairs policies of one name with the target's objects of that name. `identical(i, id)` says whether
/// the i-th policy and the object do not differ. `taken` objects belong to others.
pub fn pair(
    count: usize,
    found: &[String],
    taken: &BTreeSet<String>,
    identical: impl Fn(usize, &str) -> bool,
) -> Vec<Match> {
    let mut free: Vec<&String> = found.iter().filter(|id| !taken.contains(*id)).collect();
    let mut matches: BTreeMap<usize, Match> = BTreeMap::new();
    for index in 0..count {
        if let Some(place) = free.iter().position(|id| identical(index, id)) {
            matches.insert(index, Match::Found(free.remove(place).clone()));
        }
    }
    let open: Vec<usize> = (0..count).filter(|index| !matches.contains_key(index)).collect();
    for index in &open {
        let outcome = match free.as_slice() {
            [] => Match::Absent,
            [only] if open.len() == 1 => Match::Found((*only).clone()),
            several => Match::Ambiguous(several.iter().map(|id| (*id).clone()).collect()),
        };
        matches.insert(*index, outcome);
    }
    matches.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[&str]) -> Vec<String> {
        list.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn identical_ones_pair_one_to_one() {
        let same = |index: usize, id: &str| (index, id) == (0, "b") || (index, id) == (1, "a");
        let matches = pair(2, &ids(&["a", "b"]), &BTreeSet::new(), same);
        assert_eq!(matches, [Match::Found("b".into()), Match::Found("a".into())]);
    }

    #[test]
    fn the_first_of_several_is_never_taken() {
        let matches = pair(1, &ids(&["a", "b"]), &BTreeSet::new(), |_, _| false);
        assert_eq!(matches, [Match::Ambiguous(ids(&["a", "b"]))]);
    }

    #[test]
    fn after_a_half_finished_import_the_rest_is_absent() {
        let matches = pair(2, &ids(&["a"]), &BTreeSet::new(), |index, _| index == 0);
        assert_eq!(matches, [Match::Found("a".into()), Match::Absent]);
    }

    #[test]
    fn what_belongs_to_another_is_not_taken() {
        let matches = pair(1, &ids(&["a"]), &BTreeSet::from(["a".to_owned()]), |_, _| true);
        assert_eq!(matches, [Match::Absent]);
    }
}
