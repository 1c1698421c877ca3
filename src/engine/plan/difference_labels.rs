//! Says where steps differ in the words of those who read it: what a reference names, by its name in the target. Asks the
//! target only for names that nobody knows yet. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::plan_file::{GateState, Step};
use super::prepared::PlannedStep;
use super::scope::Scope;
use super::target_ids::TargetIds;
use crate::catalogue::{Catalogue, references};
use crate::engine::error::ends_run;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Differences;
use crate::engine::shape::display_names::{Names, of_directory};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::directory_lookup::look_up;
use crate::graph::GraphError;
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

/// Puts the steps' differences into words. `ids` are what the policies are in the target.
pub(crate) async fn put_into_words(
    scope: &Scope<'_>,
    ids: &TargetIds,
    steps: &mut [PlannedStep],
) -> Result<(), GraphError> {
    let catalogue = scope.catalogue();
    let differs = |step: &Step| !step.differences.is_empty() || !step.assignment_differences.is_empty();
    let mut differing: Vec<&mut Step> = Vec::new();
    let mut pairs: Vec<Pair> = Vec::new();
    for PlannedStep { step, work } in steps.iter_mut().filter(|planned| differs(&planned.step)) {
        if let Some(before) = &work.before {
            pairs.push([ids.apply(&work.rewritten, catalogue).policy.keep(), before.clone()]);
            differing.push(step);
        }
    }
    let names = names(scope.inputs.tenant, &pairs, |kind, id| scope.name_of(kind, id)).await?;
    let gate = scope.inputs.options.gate_state;
    for (step, pair) in differing.into_iter().zip(&pairs) {
        let object = std::mem::take(&mut step.differences);
        let given = Differences { object, assignments: std::mem::take(&mut step.assignment_differences) };
        let told = in_words(&given, pair, catalogue, gate, &names);
        (step.differences, step.assignment_differences) = (told.object, told.assignments);
    }
    Ok(())
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
