//! The order of policies that the service ranks, such as enrolment configurations: the first that fits a device
//! counts. A tree says which comes before which, never a number: new ones rank after what the target has, in the
//! tree's order, and those that are to be changed are brought into it. Nothing else moves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan_file::{Action, OnConflict, Options, Step};
use super::prepared::Work;
use crate::catalogue::model::Rank;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::tenant::inventory::Listed;
use crate::finding::{Finding, codes};
use crate::policy::{Difference, Policy};

/// Who goes to which place; counted from 0.
pub(crate) type Place<'a> = (&'a str, usize);

/// Where everything stands when `ours` are in their order among themselves, in the places that they have now.
pub(crate) fn wanted<'a>(present: &[&'a str], ours: &[&'a str]) -> Vec<&'a str> {
    let mut next = ours.iter().filter(|id| present.contains(id));
    present.iter().map(|id| if ours.contains(id) { next.next().unwrap_or(id) } else { id }).copied().collect()
}

/// The moves that bring everybody to these places, in their order; each shifts what stands between.
pub(crate) fn moves<'a>(present: &[&'a str], places: &[Place<'a>]) -> Vec<Place<'a>> {
    let mut now = present.to_vec();
    let mut moves = Vec::new();
    // A move may push aside what was placed before it; every round leaves one more at its place.
    for _ in 0..=places.len() {
        for (id, place) in places {
            let from = now.iter().position(|other| other == id);
            let to = (*place).min(now.len().saturating_sub(1));
            if let Some(from) = from.filter(|from| *from != to) {
                now.remove(from);
                now.insert(to, id);
                moves.push((*id, to));
            }
        }
    }
    moves
}

/// The place of a policy; none where it has none, or is the service's own, which stands behind all.
fn place(policy: &Policy, rank: &Rank) -> Option<u64> {
    policy.body.get(&rank.property).and_then(Value::as_u64).filter(|place| *place > 0)
}

/// How the place of an object that the run moved differs from the one it had.
pub fn moved(before: &Policy, now: &Policy, policy_type: &PolicyType) -> Option<Difference> {
    let rank = policy_type.rank.as_ref()?;
    let (wanted, found) = (place(before, rank)?, place(now, rank)?);
    let at = format!("/{}", rank.property);
    (wanted != found).then(|| Difference { at, found: Some(found.into()), wanted: Some(wanted.into()) })
}

/// What only policies of one list have in common.
fn list_of(policy: &Policy, rank: &Rank) -> Vec<Value> {
    rank.among.iter().map(|path| path.first_in(&policy.body).cloned().unwrap_or_default()).collect()
}

/// The lists of a type's objects, each in its order.
pub(crate) fn lists<'a>(there: impl IntoIterator<Item = &'a Policy>, rank: &Rank) -> Vec<Vec<&'a Policy>> {
    let mut lists: BTreeMap<String, Vec<(u64, &Policy)>> = BTreeMap::new();
    for policy in there {
        if let Some(place) = place(policy, rank) {
            lists.entry(Value::Array(list_of(policy, rank)).to_string()).or_default().push((place, policy));
        }
    }
    let sorted = lists.into_values().map(|mut list| {
        list.sort_by_key(|(place, _)| *place);
        list.into_iter().map(|(_, policy)| policy).collect()
    });
    sorted.collect()
}

/// The steps of a type that have a place in the tree, in the tree's order.
pub(crate) fn in_tree<'a>(steps: &'a [Step], work: &'a [Work], policy_type: &'a PolicyType, rank: &Rank) -> Vec<usize> {
    let mut mine: Vec<(u64, usize)> = steps
        .iter()
        .zip(work)
        .enumerate()
        .filter(|(_, (step, _))| step.type_name == policy_type.name && step.action != Action::Blocked)
        .filter_map(|(index, (_, work))| Some((place(&work.rewritten.policy, rank)?, index)))
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
pub fn foresee(steps: &mut [Step], work: &[Work], listed: &Listed, catalogue: &Catalogue, options: &Options) {
    for (policy_type, rank) in ranked(catalogue) {
        let Some(Ok(there)) = listed.get(&policy_type.name) else { continue };
        let mine = in_tree(steps, work, policy_type, rank);
        let of_step = |index: &usize| steps[*index].target_id.clone().unwrap_or_else(|| steps[*index].key.clone());
        let ours: Vec<(usize, String)> = mine.iter().map(|index| (*index, of_step(index))).collect();
        let is_moved = |index: usize| is_placed(&steps[index], options);
        let mut told = Vec::new();
        for list in lists(there, rank) {
            let kind = list_of(list[0], rank);
            let new = ours.iter().filter(|(index, _)| {
                steps[*index].action == Action::Create && list_of(&work[*index].rewritten.policy, rank) == kind
            });
            let present: Vec<&str> =
                list.iter().filter_map(|policy| policy.id()).chain(new.map(|(_, id)| id.as_str())).collect();
            let all: Vec<&str> = ours.iter().map(|(_, id)| id.as_str()).collect();
            let moved: Vec<&str> =
                ours.iter().filter(|(index, _)| is_moved(*index)).map(|(_, id)| id.as_str()).collect();
            let (done, best) = (wanted(&present, &moved), wanted(&present, &all));
            for (index, id) in ours.iter().filter(|(index, _)| steps[*index].action != Action::Create) {
                let at = |list: &[&str]| position(list, id);
                if let Some((now, then)) = at(&present).zip(at(&done)).filter(|(now, then)| now != then) {
                    told.push((*index, Some((now + 1, then + 1))));
                } else if at(&present) != at(&best) && !is_moved(*index) {
                    told.push((*index, None));
                }
            }
        }
        for (index, change) in told {
            let step = &mut steps[index];
            if let Some((now, then)) = change {
                let at = format!("/{}", rank.property);
                step.differences.push(Difference { at, found: Some(now.into()), wanted: Some(then.into()) });
                step.action = Action::Update;
            } else {
                let message = "its place among the others is not the one it has in the tree; it is not moved";
                step.findings.push(Finding::new(&codes::ORDER_DIFFERS, step.subject(), message));
            }
        }
    }
}

pub(crate) fn position(list: &[&str], id: &str) -> Option<usize> {
    list.iter().position(|other| *other == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The moves into an order, as places.
    fn into_order<'a>(present: &[&'a str], ours: &[&'a str]) -> Vec<Place<'a>> {
        let then = wanted(present, ours);
        let places: Vec<Place<'a>> =
            then.iter().enumerate().filter(|(_, id)| ours.contains(id)).map(|(place, id)| (*id, place)).collect();
        moves(present, &places)
    }

    #[test]
    fn what_is_not_ours_keeps_its_place() {
        assert_eq!(wanted(&["a", "x", "c"], &["c", "a"]), ["c", "x", "a"]);
        assert_eq!(into_order(&["a", "x", "c"], &["c", "a"]), [("c", 0), ("a", 2)]);
        assert_eq!(into_order(&["x", "a", "c"], &["a", "c"]), []);
        assert_eq!(into_order(&["x"], &["gone"]), []);
    }

    proptest! {
        #[test]
        fn the_moves_lead_to_what_is_wanted_and_back(
            present in Just(["a", "b", "c", "d", "e", "f", "g"].to_vec()).prop_shuffle(),
            ours in Just(["a", "b", "c", "d", "e", "f", "g"].to_vec()).prop_shuffle(),
            count in 0usize..7,
        ) {
            let ours = &ours[..count];
            let carried = |mut now: Vec<&'static str>, moves: &[Place<'static>]| {
                for (id, place) in moves {
                    now.retain(|other| other != id);
                    now.insert(*place, *id);
                }
                now
            };
            let there = into_order(&present, ours);
            let after = carried(present.clone(), &there);
            prop_assert_eq!(&after, &wanted(&present, ours));
            // What was moved goes back to where it was, and the rest with it.
            let mut places: Vec<Place<'_>> =
                there.iter().filter_map(|(id, _)| Some((*id, position(&present, id)?))).collect();
            places.sort_by_key(|(_, place)| *place);
            places.dedup();
            prop_assert_eq!(carried(after.clone(), &moves(&after, &places)), present);
        }
    }
}
