//! The order of policies that the service ranks, such as enrolment configurations: the first that fits a device
//! counts. A tree says which comes before which, never a number: new ones rank after what the target has, in the
//! tree's order, and those that are to be changed are brought into it. Nothing else moves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::import::{Importer, Problems, Status};
use super::inventory::Listed;
use super::journal::Does;
use super::object::Done;
use super::plan::{Action, OnConflict, Options, Step};
use super::planner::Work;
use super::read::{Reader, api, item_path};
use super::write::{Request, WriteError, Writer};
use crate::catalogue::model::Rank;
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::{Difference, Policy};

/// Who goes to which place; counted from 0.
type Place<'a> = (&'a str, usize);

/// Where everything stands when `ours` are in their order among themselves, in the places that they have now.
fn wanted<'a>(present: &[&'a str], ours: &[&'a str]) -> Vec<&'a str> {
    let mut next = ours.iter().filter(|id| present.contains(id));
    present.iter().map(|id| if ours.contains(id) { next.next().unwrap_or(id) } else { id }).copied().collect()
}

/// The moves that bring everybody to these places, in their order; each shifts what stands between.
fn moves<'a>(present: &[&'a str], places: &[Place<'a>]) -> Vec<Place<'a>> {
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
fn lists<'a>(there: impl IntoIterator<Item = &'a Policy>, rank: &Rank) -> Vec<Vec<&'a Policy>> {
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
fn in_tree<'a>(steps: &'a [Step], work: &'a [Work], policy_type: &'a PolicyType, rank: &Rank) -> Vec<usize> {
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
fn is_placed(step: &Step, options: &Options) -> bool {
    step.action == Action::Create || options.conflict_of(&step.reference()) == OnConflict::Update
}

pub(super) fn ranked(catalogue: &Catalogue) -> impl Iterator<Item = (&PolicyType, &Rank)> {
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

impl Importer<'_> {
    /// Brings what the run made or changed into the tree's order.
    pub(super) async fn ranks(&self, problems: &mut Problems) {
        for (policy_type, rank) in ranked(self.run.catalogue) {
            let ours: Vec<(usize, String)> = in_tree(&self.plan.steps, self.work, policy_type, rank)
                .into_iter()
                .filter(|index| is_placed(&self.plan.steps[*index], &self.plan.options))
                .filter_map(|index| match self.state().status.get(&index) {
                    Some(Status::Done(Done { id: Some(id), .. })) => Some((index, id.clone())),
                    _ => None,
                })
                .collect();
            // One alone is where it belongs.
            let [(first, _), _, ..] = ours[..] else { continue };
            if self.is_ending() {
                return;
            }
            let ours: Vec<Ours> = ours
                .into_iter()
                .map(|(index, id)| {
                    let step = &self.plan.steps[index];
                    Ours { id, step: step.reference(), subject: step.subject(), before: None }
                })
                .collect();
            let reader = self.reader();
            match arrange(reader, self.writer(), policy_type, rank, &ours).await {
                Ok(()) => {}
                Err(WriteError::Run(error)) => self.end(error),
                Err(WriteError::Object(finding)) => problems.entry(first).or_default().push(*finding),
                Err(WriteError::Graph(error)) => {
                    let message = format!("it and the others have not got their places: {error}");
                    let finding = Finding::new(&codes::WRITE_FAILED, self.plan.steps[first].subject(), message);
                    problems.entry(first).or_default().push(finding);
                }
            }
        }
    }
}

/// An object that gets its place.
pub struct Ours {
    /// Its id.
    pub id: String,
    /// The step, as `type/key`.
    pub step: String,
    /// How findings name it.
    pub subject: String,
    /// The place that it had before the run, where it goes back to it.
    pub before: Option<usize>,
}

/// Brings objects into their order among themselves, or back to the places that they had.
pub async fn arrange(
    reader: Reader<'_>,
    writer: Writer<'_>,
    policy_type: &PolicyType,
    rank: &Rank,
    ours: &[Ours],
) -> Result<(), WriteError> {
    let mut there = reader.list(policy_type).await?;
    // What is new is not in the lists for a while.
    let listed = |ours: &&Ours| there.iter().any(|policy| policy.id() == Some(ours.id.as_str()));
    let late: Vec<String> =
        ours.iter().filter(|ours| ours.before.is_none() && !listed(ours)).map(|ours| ours.id.clone()).collect();
    for found in reader.by_id(policy_type, &late).await {
        there.push(found?);
    }
    let order: Vec<&str> = ours.iter().map(|ours| ours.id.as_str()).collect();
    for list in lists(&there, rank) {
        let present: Vec<&str> = list.iter().filter_map(|policy| policy.id()).collect();
        let then = wanted(&present, &order);
        let place = |ours: &Ours| ours.before.map(|place| place - 1).or_else(|| position(&then, &ours.id));
        let is_here = |ours: &&Ours| position(&present, &ours.id).is_some();
        let mut places: Vec<Place<'_>> =
            ours.iter().filter(is_here).filter_map(|ours| Some((ours.id.as_str(), place(ours)?))).collect();
        places.sort_by_key(|(_, place)| *place);
        for (id, place) in moves(&present, &places) {
            let Some(ours) = ours.iter().find(|ours| ours.id == id) else { continue };
            let before = list.iter().find(|policy| policy.id() == Some(id)).map(|policy| policy.to_value());
            let body = Map::from_iter([(rank.parameter.clone(), Value::from(place + 1))]);
            let path = format!("{}/{}", item_path(policy_type, id), rank.action);
            let request = Request {
                step: &ours.step,
                subject: &ours.subject,
                does: if ours.before.is_some() { Does::Change } else { Does::Rank },
                method: Method::POST,
                api: api(policy_type),
                path: &path,
                body: Some(Value::Object(body)),
                kind: WriteKind::Idempotent,
                before: before.as_ref(),
            };
            writer.send(request).await?;
        }
    }
    Ok(())
}

fn position(list: &[&str], id: &str) -> Option<usize> {
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
