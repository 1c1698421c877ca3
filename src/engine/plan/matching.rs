//! Which object of the target is which policy of the tree. Never by guess: by the mapping, by id within
//! one tenant, by the key of a tenant default, else by type, name and discriminators; where several
//! fit, only identical ones are paired. Pure.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::catalogue::model::PARENT;
use crate::catalogue::{Entities, PolicyType, typed};
use crate::mapping::{Decision, Entry, Mapping};
use crate::policy::{Kept, ObjectKey, Policy};

/// What makes two objects the same by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey {
    type_name: String,
    name: String,
    odata_type: String,
    discriminators: Vec<String>,
}

/// The name key of an object.
pub fn name_key(policy_type: &PolicyType, policy: &Policy) -> NameKey {
    let document = discriminating(policy_type, policy);
    // Nothing and an empty text are one.
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    NameKey {
        type_name: policy_type.name.clone(),
        name: policy_type.identity_of(policy).unwrap_or_else(|| policy_type.name_of(policy)),
        odata_type: policy.odata_type().map_or_else(|| policy_type.implied_type(), str::to_owned),
        discriminators: policy_type
            .discriminators
            .iter()
            .map(|path| text(path.first(&document)))
            .chain(policy_type.parent.as_ref().and_then(|_| policy.body.get(PARENT)).map(ToString::to_string))
            .collect(),
    }
}

/// The properties that tell two objects of one name apart, in the one spelling of their types.
fn discriminating(policy_type: &PolicyType, policy: &Policy) -> Value {
    let roots = policy_type.discriminators.iter().filter_map(|path| path.root());
    let named = roots.chain(["@odata.type"]).filter_map(|root| Some((root.to_owned(), policy.body.get(root)?.clone())));
    let mut body: Map<String, Value> = named.collect();
    if !policy_type.discriminators.is_empty() {
        typed::settle(&mut body, &policy_type.entity, Entities::built_in());
    }
    Value::Object(body)
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

/// The target's objects of one type, found by id, by name, or as defaults.
pub struct Index<'a> {
    policy_type: &'a PolicyType,
    by_id: HashMap<String, &'a str>,
    by_name: HashMap<NameKey, Vec<&'a str>>,
    defaults: Vec<&'a Kept>,
}

impl<'a> Index<'a> {
    /// The index of what the target's list gave.
    pub fn new(policy_type: &'a PolicyType, listed: &'a [Kept]) -> Self {
        let mut index = Self { policy_type, by_id: HashMap::new(), by_name: HashMap::new(), defaults: Vec::new() };
        for object in listed {
            let Some(id) = object.id() else { continue };
            index.by_id.insert(id.to_ascii_lowercase(), id);
            if policy_type.default_rule_of(object).is_some() {
                index.defaults.push(object);
            } else {
                index.by_name.entry(name_key(policy_type, &object.open())).or_default().push(id);
            }
        }
        index
    }

    /// The target's objects that may be this policy. `mapped` is what the mapping says it is.
    pub fn candidates(&self, policy: &Policy, mapped: Option<&str>, same_tenant: bool) -> Candidates {
        let by_id = |id: &str| self.by_id.get(&id.to_ascii_lowercase()).map(|id| (*id).to_owned());
        if let Some(target) = mapped {
            return by_id(target).map_or_else(|| Candidates::Gone(target.to_owned()), Candidates::Exactly);
        }
        if let Some(id) = policy.id().filter(|_| same_tenant).and_then(by_id) {
            return Candidates::Exactly(id);
        }
        if let Some(rule) = self.policy_type.default_rule(policy) {
            let same = |object: &&&Kept| {
                let object = object.open();
                rule.key.iter().all(|property| object.body.get(property) == policy.body.get(property))
            };
            let ids = self.defaults.iter().filter(same).filter_map(|object| object.id());
            return Candidates::Named(ids.map(str::to_owned).collect());
        }
        let named = self.by_name.get(&name_key(self.policy_type, policy));
        Candidates::Named(named.into_iter().flatten().map(|id| (*id).to_owned()).collect())
    }
}

/// What a mapping says policies are in the target, by type and source id.
pub fn mapped_policies(mapping: Option<&Mapping>) -> HashMap<ObjectKey, &str> {
    let entries = mapping.into_iter().flat_map(|mapping| &mapping.entries);
    entries
        .filter(|entry| entry.decision == Decision::Map)
        .filter_map(|entry| Some((ObjectKey::new(&entry.kind, entry.source_id()), entry.target_id()?)))
        .collect()
}

/// Why a policy that is known by its file's name alone may be another one than a mapping entry means; none where it
/// is the same. `names` are those of the policy, in the tree and as it is to be called in the target; `found` is the
/// target's object.
pub fn other_identity(
    policy_type: &PolicyType,
    entry: &Entry,
    policy: &Kept,
    names: &[String],
    found: Option<&Kept>,
) -> Option<String> {
    if policy.id().is_some() {
        return None;
    }
    let odata_type = |policy: &Kept| policy.odata_type().map(str::to_owned);
    if let (Some(now), Some(then)) = (odata_type(policy), found.and_then(odata_type))
        && now != then
    {
        return Some(format!("the file contains a {now}, but the object that it became in the target is a {then}"));
    }
    let recorded = [Some(&entry.source), entry.target.as_ref()].into_iter().flatten();
    let recorded: Vec<String> = recorded.filter_map(|named| named.name.clone()).collect();
    let then = recorded.first()?;
    let found = found.map(|found| policy_type.name_of(found));
    let is_known = |name: &String| recorded.contains(name) || found.as_ref() == Some(name);
    (!names.iter().any(is_known))
        .then(|| format!("the file contained \"{then}\" and now contains \"{}\"", names.join("\" or \"")))
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
/// the i-th policy and the object do not differ. `free` objects belong to nobody else.
pub fn pair(count: usize, free: &[String], identical: impl Fn(usize, &str) -> bool) -> Vec<Match> {
    let mut free: Vec<&String> = free.iter().collect();
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
        let matches = pair(2, &ids(&["a", "b"]), same);
        assert_eq!(matches, [Match::Found("b".into()), Match::Found("a".into())]);
    }

    #[test]
    fn the_first_of_several_is_never_taken() {
        let matches = pair(1, &ids(&["a", "b"]), |_, _| false);
        assert_eq!(matches, [Match::Ambiguous(ids(&["a", "b"]))]);
    }

    #[test]
    fn after_a_half_finished_import_the_rest_is_absent() {
        let matches = pair(2, &ids(&["a"]), |index, _| index == 0);
        assert_eq!(matches, [Match::Found("a".into()), Match::Absent]);
    }
}
