//! Which object of the target is which policy, as far as a plan needs to know: candidates are found,
//! read completely and paired. The rules of pairing are `matching`'s.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::matching::{self, Candidates, Index, Match, NameKey};
use super::order::Order;
use super::scope::Scope;
use super::target_ids::TargetIds;
use crate::catalogue::PolicyType;
use crate::engine::error::ends_run;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Differences;
use crate::engine::tenant::reader;
use crate::graph::GraphError;
use crate::policy::{Kept, ObjectKey};

/// How a policy is looked for in the target.
pub(crate) struct Sought {
    /// What makes it the same by name; none of a type that is not known.
    name: Option<NameKey>,
    /// The objects that may be it.
    candidates: Candidates,
}

impl Sought {
    /// Whether nothing in the target can be it, so that it is new.
    pub(crate) fn is_new(&self) -> bool {
        matches!(&self.candidates, Candidates::Named(ids) if ids.is_empty())
    }
}

/// Which objects of the target may be which policy, by the policies' places.
pub(crate) fn find(scope: &Scope<'_>) -> Vec<Sought> {
    let indices: BTreeMap<&str, Index<'_>> = scope
        .listed
        .iter()
        .filter_map(|(name, list)| {
            let policy_type = scope.catalogue().get(name)?;
            Some((name.as_str(), Index::new(policy_type, list.as_ref().ok()?)))
        })
        .collect();
    let mapped = matching::mapped_policies(scope.mapping);
    let sought = scope.rewritten.iter().map(|item| {
        let (type_name, policy) = (&item.policy.type_name, item.policy.open());
        let name = scope.catalogue().get(type_name).map(|policy_type| matching::name_key(policy_type, &policy));
        let Some(index) = indices.get(type_name.as_str()) else {
            return Sought { name, candidates: Candidates::Named(Vec::new()) };
        };
        let key = ObjectKey::of(&policy);
        if scope.lost.contains_key(&key) {
            return Sought { name, candidates: Candidates::Gone(policy.key()) };
        }
        let mapped = mapped.get(&key).copied();
        Sought { name, candidates: index.candidates(&policy, mapped, scope.match_by_id) }
    });
    sought.collect()
}

/// Complete objects of the target, or why one could not be read.
#[derive(Default)]
pub(crate) struct Details(BTreeMap<(String, String), Result<Kept, String>>);

impl Details {
    pub(crate) fn of(&self, type_name: &str, id: &str) -> Option<Result<&Kept, &str>> {
        let found = self.0.get(&(type_name.to_owned(), id.to_owned()))?;
        Some(found.as_ref().map_err(String::as_str))
    }

    pub(crate) fn object(&self, type_name: &str, id: &str) -> Option<&Kept> {
        self.of(type_name, id)?.ok()
    }

    /// All that could be read.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Kept> {
        self.0.values().filter_map(|found| found.as_ref().ok())
    }
}

/// Reads the candidates completely, type by type at once.
pub(crate) async fn read(scope: &Scope<'_>, sought: &[Sought]) -> Result<Details, GraphError> {
    let tenant = scope.inputs.tenant;
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (item, sought) in scope.rewritten.iter().zip(sought) {
        let ids: Vec<&str> = match &sought.candidates {
            Candidates::Exactly(id) => vec![id],
            Candidates::Named(ids) => ids.iter().map(String::as_str).collect(),
            Candidates::Gone(_) => Vec::new(),
        };
        wanted.entry(&item.policy.type_name).or_default().extend(ids);
    }
    let reads = wanted.into_iter().filter_map(|(name, ids)| {
        let policy_type = tenant.catalogue.get(name)?;
        let listed = scope.listed.get(name)?.as_ref().ok()?;
        let is_wanted = |object: &&Kept| object.id().is_some_and(|id| ids.contains(id));
        let chosen: Vec<Kept> = listed.iter().filter(is_wanted).cloned().collect();
        Some(async move {
            let ids: Vec<String> = chosen.iter().map(Kept::key).collect();
            (name, ids, reader::complete(tenant, policy_type, &chosen).await)
        })
    });
    let mut details = Details::default();
    for (name, ids, outcomes) in join_all(reads).await {
        for (id, outcome) in ids.into_iter().zip(outcomes) {
            if let Err(error) = &outcome
                && ends_run(error)
            {
                return Err(error.clone());
            }
            details.0.insert((name.to_owned(), id), outcome.map_err(|error| error.to_string()));
        }
    }
    Ok(details)
}

/// What is paired so far. Policies are paired in the order of what they need, so that what a policy refers to has its
/// id in the target when the policy is compared.
pub(crate) struct Pairing<'a> {
    scope: &'a Scope<'a>,
    sought: &'a [Sought],
    details: &'a Details,
    /// The policies of one name, by their places.
    namesakes: BTreeMap<&'a NameKey, Vec<usize>>,
    matches: BTreeMap<usize, Match>,
    /// Objects of the target that are known to be a policy, by type and id, with the policy's place.
    taken: BTreeMap<&'a str, BTreeMap<String, usize>>,
    /// The ids of the target that are known by now.
    pub(crate) ids: TargetIds,
}

impl<'a> Pairing<'a> {
    /// Nothing is paired but what the mapping or an id says. `ids` are known before.
    pub(crate) fn begin(
        scope: &'a Scope<'a>,
        sought: &'a [Sought],
        details: &'a Details,
        order: &Order,
        ids: TargetIds,
    ) -> Self {
        let mut namesakes: BTreeMap<&NameKey, Vec<usize>> = BTreeMap::new();
        for place in &order.sequence {
            if let Some(name) = &sought[*place].name {
                namesakes.entry(name).or_default().push(*place);
            }
        }
        // What the mapping or an id says comes before any name.
        let mut taken: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for (place, (item, sought)) in scope.rewritten.iter().zip(sought).enumerate() {
            if let Candidates::Exactly(id) = &sought.candidates {
                taken.entry(&item.policy.type_name).or_default().entry(id.clone()).or_insert(place);
            }
        }
        Self { scope, sought, details, namesakes, matches: BTreeMap::new(), taken, ids }
    }

    /// Finds what the policy is in the target, together with all of its name.
    pub(crate) fn pair(&mut self, place: usize, policy_type: &'a PolicyType) -> &Match {
        if !self.matches.contains_key(&place) {
            let members = self.members(place);
            for (member, outcome) in members.iter().zip(self.outcomes(place, policy_type, &members)) {
                if let Match::Found(id) = &outcome {
                    self.taken.entry(&policy_type.name).or_default().entry(id.clone()).or_insert(*member);
                }
                self.matches.insert(*member, outcome);
            }
        }
        let found = self.matches.entry(place).or_insert(Match::Absent);
        if let Match::Found(id) = found {
            self.ids.insert(&policy_type.name, &self.scope.rewritten[place].policy.key(), id);
        }
        found
    }

    /// The policies that are paired together: those of one name.
    fn members(&self, place: usize) -> Vec<usize> {
        let own = vec![place];
        if !matches!(self.sought[place].candidates, Candidates::Named(_)) {
            return own;
        }
        let named = |member: &usize| matches!(self.sought[*member].candidates, Candidates::Named(_));
        let all = self.sought[place].name.as_ref().and_then(|name| self.namesakes.get(name));
        let list: Vec<usize> = all.unwrap_or(&own).iter().copied().filter(named).collect();
        if list.contains(&place) { list } else { own }
    }

    fn outcomes(&self, place: usize, policy_type: &PolicyType, members: &[usize]) -> Vec<Match> {
        let taken = self.taken.get(policy_type.name.as_str());
        match &self.sought[place].candidates {
            Candidates::Exactly(id) => match taken.and_then(|taken| taken.get(id)) {
                Some(owner) if *owner != place => vec![Match::Ambiguous(vec![id.clone()])],
                _ => vec![Match::Found(id.clone())],
            },
            Candidates::Gone(_) => vec![Match::Absent],
            Candidates::Named(ids) => {
                let is_free = |id: &&String| taken.is_none_or(|taken| !taken.contains_key(*id));
                let free: Vec<String> = ids.iter().filter(is_free).cloned().collect();
                matching::pair(members.len(), &free, |member, id| {
                    self.compare(members[member], policy_type, id)
                        .is_some_and(|differences| differences.object.is_empty())
                })
            }
        }
    }

    /// How a policy differs from an object of the target, by the ids that are known by now; none where the object could
    /// not be read.
    pub(crate) fn compare(&self, place: usize, policy_type: &PolicyType, id: &str) -> Option<Differences> {
        let item = &self.scope.rewritten[place];
        let wanted = self.ids.apply(item, self.scope.catalogue()).policy;
        let found = self.details.object(&item.policy.type_name, id)?;
        let gate = self.scope.inputs.options.gate_state;
        Some(comparison::compare(&wanted, &found.open(), policy_type, self.scope.catalogue(), gate))
    }

    /// Why the policy may be another one than the mapping means.
    pub(crate) fn other_identity(&self, place: usize, policy_type: &PolicyType, id: &str) -> Option<String> {
        let (own, rewritten) = (self.scope.chosen[place].policy, &self.scope.rewritten[place].policy);
        let entry = self.scope.mapping?.entry(&policy_type.name, &own.key());
        let entry = entry.filter(|entry| entry.target_id() == Some(id))?;
        let mut names = vec![policy_type.name_of(own), policy_type.name_of(rewritten)];
        names.dedup();
        matching::other_identity(policy_type, entry, own, &names, self.details.object(&policy_type.name, id))
    }
}
