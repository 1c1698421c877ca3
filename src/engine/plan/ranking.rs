//! The order of policies that the service ranks, such as enrollment configurations: the first that fits a device
//! counts. A tree says which comes before which, never a number: new ones rank after what the target has, in the
//! tree's order, and those that are to be changed are brought into it. Nothing else moves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan_file::{Action, OnConflict, Options, Step};
use super::prepared::PlannedStep;
use crate::catalogue::model::Rank;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::tenant::inventory::Listed;
use crate::finding::{Finding, codes};
use crate::policy::{Difference, Kept, Policy};

/// Where everything stands when `ours` are in their order among themselves, in the places that they have now.
pub(crate) fn wanted<'a>(present: &[&'a str], ours: &[&'a str]) -> Vec<&'a str> {
    let mut next = ours.iter().filter(|id| present.contains(id));
    present.iter().map(|id| if ours.contains(id) { next.next().unwrap_or(id) } else { id }).copied().collect()
}

/// The number of a policy; none where it has none, or is the service's own, which counts last.
pub(crate) fn number(policy: &Policy, rank: &Rank) -> Option<u64> {
    policy.body.get(&rank.property).and_then(Value::as_u64).filter(|number| *number > 0)
}

/// How the place of an object that the run moved differs from the one it had.
pub fn moved(before: &Policy, now: &Policy, policy_type: &PolicyType) -> Option<Difference> {
    let rank = policy_type.rank.as_ref()?;
    let (wanted, found) = (number(before, rank)?, number(now, rank)?);
    let at = format!("/{}", rank.property);
    (wanted != found).then(|| Difference { at, found: Some(found.into()), wanted: Some(wanted.into()) })
}

/// What only policies of one list have in common.
fn list_of(policy: &Policy, rank: &Rank) -> Vec<Value> {
    rank.among.iter().map(|path| path.first_in(&policy.body).cloned().unwrap_or_default()).collect()
}

/// The lists of a type's objects, each in its order, with their numbers.
pub(crate) fn lists<'a>(there: impl IntoIterator<Item = &'a Policy>, rank: &Rank) -> Vec<Vec<(u64, &'a Policy)>> {
    let mut lists: BTreeMap<String, Vec<(u64, &Policy)>> = BTreeMap::new();
    for policy in there {
        if let Some(number) = number(policy, rank) {
            lists.entry(Value::Array(list_of(policy, rank)).to_string()).or_default().push((number, policy));
        }
    }
    for list in lists.values_mut() {
        list.sort_by_key(|(number, _)| *number);
    }
    lists.into_values().collect()
}

/// The steps of a type that have a place in the tree, in the tree's order.
pub(crate) fn in_tree(steps: &[PlannedStep], policy_type: &PolicyType, rank: &Rank) -> Vec<usize> {
    let mut mine: Vec<(u64, usize)> = steps
        .iter()
        .enumerate()
        .filter(|(_, PlannedStep { step, .. })| step.type_name == policy_type.name && step.action != Action::Blocked)
        .filter_map(|(index, planned)| Some((number(&planned.work.rewritten.policy.open(), rank)?, index)))
        .collect();
    mine.sort_unstable();
    mine.into_iter().map(|(_, index)| index).collect()
}

/// Whether a run gives the step's object its place.
pub(crate) fn is_placed(step: &Step, options: &Options) -> bool {
    step.action == Action::Create || options.conflict_of(&step.reference()) == OnConflict::Update
}

pub(crate) fn ranked(catalogue: &Catalogue) -> impl Iterator<Item = (&PolicyType, &Rank)> {
    catalogue.iter().filter_map(|policy_type| Some((policy_type, policy_type.rank.as_ref()?)))
}

/// Says in the plan which objects of the target get another rank, and which would have one if they were changed.
pub fn foresee(steps: &mut [PlannedStep], listed: &Listed, catalogue: &Catalogue, options: &Options) {
    for (policy_type, rank) in ranked(catalogue) {
        let Some(Ok(there)) = listed.get(&policy_type.name) else { continue };
        let there: Vec<Policy> = there.iter().map(Kept::open).collect();
        let mine = in_tree(steps, policy_type, rank);
        let id_of = |step: &Step| step.target_id.clone().unwrap_or_else(|| step.key.clone());
        let ours: Vec<(usize, String)> = mine.iter().map(|index| (*index, id_of(&steps[*index].step))).collect();
        let is_moved = |index: usize| is_placed(&steps[index].step, options);
        let mut told = Vec::new();
        for list in lists(&there, rank) {
            let kind = list_of(list[0].1, rank);
            let new = ours.iter().filter(|(index, _)| {
                let PlannedStep { step, work } = &steps[*index];
                step.action == Action::Create && list_of(&work.rewritten.policy.open(), rank) == kind
            });
            let present: Vec<&str> =
                list.iter().filter_map(|(_, policy)| policy.id()).chain(new.map(|(_, id)| id.as_str())).collect();
            // What is new comes after what is there.
            let last = list.last().map_or(0, |(number, _)| *number);
            let numbers: Vec<u64> =
                list.iter().map(|(number, _)| *number).chain(last + 1..).take(present.len()).collect();
            let all: Vec<&str> = ours.iter().map(|(_, id)| id.as_str()).collect();
            let moved: Vec<&str> =
                ours.iter().filter(|(index, _)| is_moved(*index)).map(|(_, id)| id.as_str()).collect();
            let (done, best) = (wanted(&present, &moved), wanted(&present, &all));
            for (index, id) in ours.iter().filter(|(index, _)| steps[*index].step.action != Action::Create) {
                let at = |list: &[&str]| position(list, id);
                if let Some((now, then)) = at(&present).zip(at(&done)).filter(|(now, then)| now != then) {
                    told.push((*index, Some((numbers[now], numbers[then]))));
                } else if at(&present) != at(&best) && !is_moved(*index) {
                    told.push((*index, None));
                }
            }
        }
        for (index, change) in told {
            let step = &mut steps[index].step;
            if let Some((now, then)) = change {
                let at = format!("/{}", rank.property);
                step.differences.push(Difference { at, found: Some(now.into()), wanted: Some(then.into()) });
                step.action = Action::Update;
            } else {
                let message = "its priority among the others differs from the tree; it is not changed";
                step.findings.push(Finding::new(&codes::ORDER_DIFFERS, step.subject(), message));
            }
        }
    }
}

pub(crate) fn position(list: &[&str], id: &str) -> Option<usize> {
    list.iter().position(|other| *other == id)
}
