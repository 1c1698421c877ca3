//! Says where steps differ in the words of those who read it: what a reference names, by its name in the target. Asks the
//! target only for names that nobody knows yet. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::plan_file::{GateState, Step};
use super::planner::Planner;
use super::prepared::PlannedStep;
use crate::catalogue::{Catalogue, references};
use crate::engine::error::ends_run;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Differences;
use crate::engine::shape::display_names::{Names, of_directory};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::directory_lookup::look_up;
use crate::graph::GraphError;
use crate::mapping::Mapping;
use crate::policy::{Kept, Policy};

/// Two objects that differ: what is wanted, and what is there.
pub(crate) type Pair = [Kept; 2];

/// The names of what the objects refer to. `known` has some by kind and id; the rest is looked up, and what cannot be
/// stays without a name.
pub(crate) async fn names(
    tenant: Tenant<'_>,
    pairs: &[Pair],
    known: impl Fn(&str, &str) -> Option<String>,
) -> Result<Names, GraphError> {
    let all = pairs.iter().flatten().flat_map(|policy| references(&policy.open(), tenant.catalogue));
    let all: BTreeSet<(String, String)> = all.map(|found| (found.kind, found.id)).collect();
    let mut named: Vec<(String, String, String)> = Vec::new();
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, id) in all {
        match known(&kind, &id) {
            Some(name) => named.push((kind, id, name)),
            None if tenant.catalogue.directory_kind(&kind).is_some() => {
                unknown.entry(kind).or_default().insert(id);
            }
            None => {}
        }
    }
    match look_up(tenant, &unknown).await {
        Ok(found) => {
            named
                .extend(of_directory(&found).map(|(kind, id, name)| (kind.to_owned(), id.to_owned(), name.to_owned())));
        }
        Err(error) if ends_run(&error) => return Err(error),
        // Without a name, an id does.
        Err(_) => {}
    }
    Ok(Names::new(named.iter().map(|(kind, id, name)| (kind.as_str(), id.as_str(), name.as_str()))))
}

/// What the mapping calls an object of the target.
pub(crate) fn mapped_name(mapping: Option<&Mapping>, kind: &str, id: &str) -> Option<String> {
    let entries = mapping.into_iter().flat_map(|mapping| &mapping.entries).filter(|entry| entry.kind == kind);
    let same = |own: Option<&str>| own.is_some_and(|own| own.eq_ignore_ascii_case(id));
    let mut named = entries.filter_map(|entry| {
        let (target, source) = (entry.target.as_ref(), Some(&entry.source));
        [target, source].into_iter().flatten().find(|named| same(named.id.as_deref()))?.name.clone()
    });
    named.next()
}

impl Planner<'_> {
    /// Puts the steps' differences into words.
    pub(crate) async fn put_into_words(&self, steps: &mut [PlannedStep]) -> Result<(), GraphError> {
        let catalogue = self.inputs.tenant.catalogue;
        let differs = |step: &Step| !step.differences.is_empty() || !step.assignment_differences.is_empty();
        let mut places = Vec::new();
        let mut pairs: Vec<Pair> = Vec::new();
        for (index, PlannedStep { work, .. }) in steps.iter().enumerate().filter(|(_, planned)| differs(&planned.step))
        {
            if let Some(before) = &work.before {
                places.push(index);
                pairs.push([self.target_ids.apply(&work.rewritten, catalogue).policy.keep(), before.clone()]);
            }
        }
        let names = names(self.inputs.tenant, &pairs, |kind, id| self.name_of(kind, id)).await?;
        let gate = self.inputs.options.gate_state;
        for (index, pair) in places.into_iter().zip(&pairs) {
            let step = &mut steps[index].step;
            let object = std::mem::take(&mut step.differences);
            let given = Differences { object, assignments: std::mem::take(&mut step.assignment_differences) };
            let told = in_words(&given, pair, catalogue, gate, &names);
            (step.differences, step.assignment_differences) = (told.object, told.assignments);
        }
        Ok(())
    }

    pub(crate) fn name_of(&self, kind: &str, id: &str) -> Option<String> {
        let is_it = |policy: &&Kept| policy.id().is_some_and(|own| own.eq_ignore_ascii_case(id));
        let listed = || self.listed.get(kind)?.as_ref().ok()?.iter().find(is_it).map(Kept::name);
        let source = || self.inputs.tree.directory.name(kind, id).map(str::to_owned);
        let in_tree =
            || self.inputs.tree.policies.iter().find(|own| own.type_name == kind && is_it(own)).map(Kept::name);
        mapped_name(self.mapping, kind, id).or_else(listed).or_else(source).or_else(in_tree)
    }
}

/// The differences of two objects in words.
pub(crate) fn in_words(
    given: &Differences,
    [wanted, found]: &Pair,
    catalogue: &Catalogue,
    gate: Option<GateState>,
    names: &Names,
) -> Differences {
    match catalogue.get(&wanted.type_name) {
        Some(policy_type) => {
            let [wanted, found]: &[Policy; 2] = &[wanted.open(), found.open()];
            comparison::in_words(given, [wanted, found], policy_type, catalogue, gate, names)
        }
        None => given.clone(),
    }
}
