//! Which object of the target is which policy, as far as a plan needs to know: candidates are found,
//! read completely and paired. The rules of pairing are `matching`'s.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::matching::{self, Candidates, Index, Match, NameKey};
use super::planner::Planner;
use super::template_check;
use crate::catalogue::PolicyType;
use crate::engine::error::ends_run;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Differences;
use crate::engine::tenant::Tenant;
use crate::graph::GraphError;
use crate::policy::{Kept, ObjectKey};

impl Planner<'_> {
    pub(crate) fn find_candidates(&mut self) {
        let indices: BTreeMap<&str, Index<'_>> = self
            .listed
            .iter()
            .filter_map(|(name, list)| {
                let policy_type = self.inputs.tenant.catalogue.get(name)?;
                Some((name.as_str(), Index::new(policy_type, list.as_ref().ok()?)))
            })
            .collect();
        let mapped = matching::mapped_policies(self.mapping);
        let found = self.rewritten.iter().map(|item| {
            let (type_name, policy) = (&item.policy.type_name, item.policy.open());
            let name =
                self.inputs.tenant.catalogue.get(type_name).map(|policy_type| matching::name_key(policy_type, &policy));
            let Some(index) = indices.get(type_name.as_str()) else { return (name, Candidates::Named(Vec::new())) };
            let key = ObjectKey::of(&policy);
            if self.lost.contains_key(&key) {
                return (name, Candidates::Gone(policy.key()));
            }
            let mapped = mapped.get(&key).copied();
            (name, index.candidates(&policy, mapped, self.match_by_id))
        });
        (self.keys, self.candidates) = found.unzip();
        // What the mapping or an id says comes before any name.
        for (index, item) in self.rewritten.iter().enumerate() {
            if let Candidates::Exactly(id) = &self.candidates[index] {
                let owner = self.taken.entry(item.policy.type_name.clone()).or_default();
                owner.entry(id.clone()).or_insert(index);
            }
        }
    }

    /// Reads the candidates completely, type by type at once.
    pub(crate) async fn read_candidates(&mut self, tenant: Tenant<'_>) -> Result<(), GraphError> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (item, candidates) in self.rewritten.iter().zip(&self.candidates) {
            let ids: Vec<&str> = match candidates {
                Candidates::Exactly(id) => vec![id],
                Candidates::Named(ids) => ids.iter().map(String::as_str).collect(),
                Candidates::Gone(_) => Vec::new(),
            };
            wanted.entry(&item.policy.type_name).or_default().extend(ids);
        }
        let reads = wanted.into_iter().filter_map(|(name, ids)| {
            let policy_type = tenant.catalogue.get(name)?;
            let listed = self.listed.get(name)?.as_ref().ok()?;
            let is_wanted = |object: &&Kept| object.id().is_some_and(|id| ids.contains(id));
            let chosen: Vec<Kept> = listed.iter().filter(is_wanted).cloned().collect();
            Some(async move {
                let ids: Vec<String> = chosen.iter().map(Kept::key).collect();
                (name, ids, tenant.complete(policy_type, &chosen).await)
            })
        });
        for (name, ids, outcomes) in join_all(reads).await {
            for (id, outcome) in ids.into_iter().zip(outcomes) {
                if let Err(error) = &outcome
                    && ends_run(error)
                {
                    return Err(error.clone());
                }
                self.details.insert((name.to_owned(), id), outcome.map_err(|error| error.to_string()));
            }
        }
        Ok(())
    }

    /// Looks whether the target has what creations need, such as a template.
    pub(crate) async fn check_requirements(&mut self) {
        let new = self.rewritten.iter().zip(&self.candidates).enumerate();
        let new = new.filter(|(_, (_, candidates))| matches!(candidates, Candidates::Named(ids) if ids.is_empty()));
        let policies: Vec<(usize, &Kept)> = new.map(|(index, (item, _))| (index, &item.policy)).collect();
        self.unmet = template_check::unmet(self.inputs.tenant, &policies).await;
    }

    pub(crate) fn detail(&self, type_name: &str, id: &str) -> Option<&Kept> {
        self.details.get(&(type_name.to_owned(), id.to_owned()))?.as_ref().ok()
    }

    pub(crate) fn compare(&self, index: usize, policy_type: &PolicyType, id: &str) -> Option<Differences> {
        let item = &self.rewritten[index];
        let wanted = self.target_ids.apply(item, self.inputs.tenant.catalogue).policy;
        let found = self.detail(&item.policy.type_name, id)?;
        let gate = self.inputs.options.gate_state;
        Some(comparison::compare(&wanted, &found.open(), policy_type, self.inputs.tenant.catalogue, gate))
    }

    /// Why the policy may be another one than the mapping means.
    pub(super) fn other_identity(&self, index: usize, policy_type: &PolicyType, id: &str) -> Option<String> {
        let (own, rewritten) = (self.chosen[index].policy, &self.rewritten[index].policy);
        let entry = self.mapping?.entry(&policy_type.name, &own.key()).filter(|entry| entry.target_id() == Some(id))?;
        let mut names = vec![policy_type.name_of(own), policy_type.name_of(rewritten)];
        names.dedup();
        matching::other_identity(policy_type, entry, own, &names, self.detail(&policy_type.name, id))
    }

    /// Finds what the policy is in the target, together with all of its name.
    pub(crate) fn find_match(
        &mut self,
        index: usize,
        policy_type: &PolicyType,
        buckets: &BTreeMap<&NameKey, Vec<usize>>,
    ) {
        if !self.matches.contains_key(&index) {
            let own = vec![index];
            let members = match &self.candidates[index] {
                Candidates::Named(_) => {
                    let named = |member: &usize| matches!(self.candidates[*member], Candidates::Named(_));
                    let bucket = self.keys[index].as_ref().and_then(|key| buckets.get(key));
                    let list: Vec<usize> = bucket.unwrap_or(&own).iter().copied().filter(named).collect();
                    if list.contains(&index) { list } else { own }
                }
                _ => own,
            };
            let outcomes = match &self.candidates[index] {
                Candidates::Exactly(id) => {
                    let owner = self.taken.get(&policy_type.name).and_then(|taken| taken.get(id));
                    match owner {
                        Some(owner) if *owner != index => vec![Match::Ambiguous(vec![id.clone()])],
                        _ => vec![Match::Found(id.clone())],
                    }
                }
                Candidates::Gone(_) => vec![Match::Absent],
                Candidates::Named(ids) => {
                    let taken = self.taken.get(&policy_type.name);
                    let free: Vec<String> =
                        ids.iter().filter(|id| taken.is_none_or(|taken| !taken.contains_key(*id))).cloned().collect();
                    matching::pair(members.len(), &free, |member, id| {
                        self.compare(members[member], policy_type, id)
                            .is_some_and(|differences| differences.object.is_empty())
                    })
                }
            };
            for (member, outcome) in members.into_iter().zip(outcomes) {
                if let Match::Found(id) = &outcome {
                    let taken = self.taken.entry(policy_type.name.clone()).or_default();
                    taken.entry(id.clone()).or_insert(member);
                }
                self.matches.insert(member, outcome);
            }
        }
        if let Some(Match::Found(id)) = self.matches.get(&index) {
            let key = self.rewritten[index].policy.key();
            self.target_ids.insert(&policy_type.name, &key, id);
        }
    }
}
