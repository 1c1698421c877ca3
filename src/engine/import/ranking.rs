//! Writes the order of ranked policies, as `plan::ranking` has it: each one that the run made or changed goes to its
//! place, one number after another; in an undo, to the place that it had.

use serde_json::{Map, Value};

use super::request::{Request, WriteError, Writer};
use super::uncertain_create::LOOKS;
use crate::catalogue::PolicyType;
use crate::catalogue::actions::parameter;
use crate::catalogue::model::Rank;
use crate::engine::journal::Does;
use crate::engine::plan::prepared::Moves;
use crate::engine::plan::ranking::{lists, number, position, wanted};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::{api, item_path};
use crate::engine::tenant::{lists, reader};
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::{Kept, Policy};

/// Who goes to which place; counted from 0.
type Place<'a> = (&'a str, usize);

/// The first, from `from` on, that is not at its place.
fn next_move(now: &[&str], places: &[Place<'_>], from: usize) -> Option<usize> {
    (from..places.len()).find(|index| position(now, places[*index].0).is_some_and(|at| at != places[*index].1))
}

/// An object that gets its place.
pub struct Ours {
    /// Its id.
    pub id: String,
    /// The step, as `type/key`.
    pub step: String,
    /// How findings name it.
    pub subject: String,
    /// The number that it had before the run, where it goes back to its place.
    pub before: Option<u64>,
    /// How often earlier parts of the run asked for its place.
    pub moves: Moves,
}

/// Where everything stands when `ours` are back where they were. Where the service closes gaps, an old number is a
/// place; where it leaves them, what nobody moved still has the number that it had.
fn back(present: &[(u64, &str)], ours: &[&Ours]) -> Vec<String> {
    let before = |id: &str| ours.iter().find(|ours| ours.id == id).and_then(|ours| ours.before);
    let closed = (1..).zip(present).all(|(place, (number, _))| place == *number);
    let fits = ours.iter().all(|ours| ours.before.is_none_or(|number| number <= present.len() as u64));
    let mut others = present.iter().filter(|(_, id)| before(id).is_none()).peekable();
    let mut going: Vec<(u64, &str)> = present.iter().filter_map(|(_, id)| Some((before(id)?, *id))).collect();
    going.sort_unstable();
    let mut then: Vec<String> = Vec::new();
    for (number, id) in going {
        let goes_first =
            |other: u64, done: usize| if closed && fits { (done as u64) + 1 < number } else { other < number };
        while let Some((_, other)) = others.next_if(|(other, _)| goes_first(*other, then.len())) {
            then.push((*other).to_owned());
        }
        then.push(id.to_owned());
    }
    then.extend(others.map(|(_, id)| (*id).to_owned()));
    then
}

/// Brings objects into their order among themselves, or back to the places that they had. A number is given only as
/// another object has it, and the list is read again after each: what becomes of that other object, and of what stands
/// between, differs by what is reported of the service (terraprovider/microsoft365wp, 2026-05: the two change places).
pub async fn arrange(
    tenant: Tenant<'_>,
    writer: Writer<'_>,
    policy_type: &PolicyType,
    rank: &Rank,
    ours: &[Ours],
) -> Result<(), WriteError> {
    let there = all(tenant, policy_type, ours).await?;
    for list in lists(&there, rank) {
        let present: Vec<(u64, &str)> =
            list.iter().filter_map(|(number, policy)| Some((*number, policy.id()?))).collect();
        let ids: Vec<&str> = present.iter().map(|(_, id)| *id).collect();
        let here: Vec<&Ours> = ours.iter().filter(|ours| ids.contains(&ours.id.as_str())).collect();
        let order: Vec<&str> = here.iter().map(|ours| ours.id.as_str()).collect();
        let then = if here.iter().any(|ours| ours.before.is_some()) {
            back(&present, &here)
        } else {
            wanted(&ids, &order).into_iter().map(str::to_owned).collect()
        };
        let is_ours = |id: &str| order.contains(&id);
        let places: Vec<Place<'_>> =
            then.iter().enumerate().filter(|(_, id)| is_ours(id)).map(|(place, id)| (id.as_str(), place)).collect();
        let list = list.iter().map(|(_, policy)| (*policy).clone()).collect();
        let arranging = Arranging { tenant, writer, policy_type, rank, ours: &here };
        arranging.list(list, &places).await?;
    }
    Ok(())
}

/// The objects of a type. What is new is not in the lists for a while.
async fn all(tenant: Tenant<'_>, policy_type: &PolicyType, ours: &[Ours]) -> Result<Vec<Policy>, WriteError> {
    let mut there: Vec<Policy> = lists::list(tenant, policy_type).await?.iter().map(Kept::open).collect();
    let listed = |ours: &&Ours| there.iter().any(|policy| policy.id() == Some(ours.id.as_str()));
    let late: Vec<String> =
        ours.iter().filter(|ours| ours.before.is_none() && !listed(ours)).map(|ours| ours.id.clone()).collect();
    for found in reader::by_id(tenant, policy_type, &late).await {
        there.push(found?);
    }
    Ok(there)
}

/// How often a number that was refused is asked for again, in one list.
const REFUSALS: usize = 2;

struct Arranging<'a> {
    tenant: Tenant<'a>,
    writer: Writer<'a>,
    policy_type: &'a PolicyType,
    rank: &'a Rank,
    ours: &'a [&'a Ours],
}

impl Arranging<'_> {
    /// Gives one after another the number that stands at its place, until all are there.
    async fn list(&self, mut list: Vec<Policy>, places: &[Place<'_>]) -> Result<(), WriteError> {
        self.write_down(&list, places).await?;
        // What earlier parts of the run asked for counts: however often it is stopped, it comes to an end.
        let earlier = || self.ours.iter().map(|ours| ours.moves);
        let mut moves = Moves {
            answered: earlier().map(|moves| moves.answered).sum(),
            refused: earlier().map(|moves| moves.refused).sum(),
        };
        let (mut from, mut passes, most) = (0, 0, places.len() * (places.len() + 2));
        loop {
            let now: Vec<&str> = list.iter().filter_map(Policy::id).collect();
            let Some(index) = next_move(&now, places, from) else {
                if from == 0 {
                    return Ok(());
                }
                // A move may push aside what was placed before it; every pass leaves one more at its place.
                (from, passes) = (0, passes + 1);
                continue;
            };
            if moves.refused > REFUSALS {
                return Err(self.gives_up(places, "Intune refused the priorities"));
            }
            if passes > places.len() || moves.answered > most {
                return Err(self.gives_up(places, "Intune assigned different priorities"));
            }
            from = index + 1;
            let (id, place) = places[index];
            let Some(number) = list.get(place).and_then(|policy| number(policy, self.rank)) else { continue };
            moves.answered += 1;
            match self.give(id, number).await {
                Err(WriteError::Graph(error)) if moves.refused < REFUSALS && error.status() == Some(400) => {
                    moves.refused += 1;
                }
                other => other?,
            }
            list = self.again(list, id, number).await?;
        }
    }

    /// Where any of them moves, the journal has them all as they were: one may get another number without being asked
    /// for it. In an undo, it has them already.
    async fn write_down(&self, list: &[Policy], places: &[Place<'_>]) -> Result<(), WriteError> {
        let ids: Vec<&str> = list.iter().filter_map(Policy::id).collect();
        if next_move(&ids, places, 0).is_none() {
            return Ok(());
        }
        let ours: Vec<&Ours> = self.ours.iter().copied().filter(|ours| ours.before.is_none()).collect();
        let ids: Vec<String> = ours.iter().map(|ours| ours.id.clone()).collect();
        for (ours, found) in ours.into_iter().zip(reader::by_id(self.tenant, self.policy_type, &ids).await) {
            self.writer.journal.place(&ours.step, &found?.to_value()).map_err(WriteError::Run)?;
        }
        Ok(())
    }

    fn gives_up(&self, places: &[Place<'_>], why: &str) -> WriteError {
        let subject = self.ours.iter().find(|ours| places.first().is_some_and(|(id, _)| ours.id == *id));
        let message = format!("the priority order could not be set: {why}");
        let subject = subject.map_or_else(String::new, |ours| ours.subject.clone());
        Finding::new(&codes::WRITE_FAILED, subject, message).into()
    }

    async fn give(&self, id: &str, number: u64) -> Result<(), WriteError> {
        let Some(ours) = self.ours.iter().find(|ours| ours.id == id) else { return Ok(()) };
        let parameter = parameter(self.policy_type, &self.rank.action, &self.rank.property, &[]);
        let body = Map::from_iter([(parameter.to_owned(), Value::from(number))]);
        let path = format!("{}/{}", item_path(self.policy_type, id), self.rank.action);
        let request = Request {
            step: &ours.step,
            subject: &ours.subject,
            does: if ours.before.is_some() { Does::Change } else { Does::Rank },
            method: Method::POST,
            api: api(self.policy_type),
            path: &path,
            body: Some(Value::Object(body)),
            kind: WriteKind::Idempotent,
            before: None,
        };
        self.writer.send(request).await.map(drop)
    }

    /// The same list as it is now: as soon as the object has its number, or after a while.
    async fn again(&self, list: Vec<Policy>, id: &str, wanted: u64) -> Result<Vec<Policy>, WriteError> {
        let ids: Vec<String> = list.iter().filter_map(|policy| policy.id().map(str::to_owned)).collect();
        let mut now = Vec::new();
        for units in LOOKS {
            tokio::time::sleep(self.writer.client.backoff() * units).await;
            now = Vec::with_capacity(ids.len());
            for found in reader::by_id(self.tenant, self.policy_type, &ids).await {
                match found {
                    Ok(found) => now.push(found),
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error.into()),
                }
            }
            now.sort_by_key(|policy| number(policy, self.rank));
            let has = now.iter().any(|policy| policy.id() == Some(id) && number(policy, self.rank) == Some(wanted));
            if has {
                break;
            }
        }
        Ok(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a service does with the object that had the number, and with what stands between.
    #[derive(Debug, Clone, Copy)]
    enum Service {
        Shifts,
        Swaps,
    }

    /// The moves that bring everybody to these places, and where everybody stands then.
    fn carried<'a>(present: &[&'a str], places: &[Place<'a>], service: Service) -> (Vec<&'a str>, usize) {
        let (mut now, mut from, mut moves) = (present.to_vec(), 0, 0);
        loop {
            let Some(index) = next_move(&now, places, from) else {
                if from == 0 || moves > 200 {
                    return (now, moves);
                }
                from = 0;
                continue;
            };
            let (id, place) = places[index];
            let at = position(&now, id).unwrap_or_default();
            match service {
                Service::Swaps => now.swap(at, place),
                Service::Shifts => {
                    now.remove(at);
                    now.insert(place, id);
                }
            }
            (from, moves) = (index + 1, moves + 1);
        }
    }

    fn places<'a>(then: &[&'a str], ours: &[&str]) -> Vec<Place<'a>> {
        then.iter().enumerate().filter(|(_, id)| ours.contains(id)).map(|(place, id)| (*id, place)).collect()
    }

    #[test]
    fn what_is_not_ours_keeps_its_place() {
        assert_eq!(wanted(&["a", "x", "c"], &["c", "a"]), ["c", "x", "a"]);
        for service in [Service::Shifts, Service::Swaps] {
            let carried = |present: &[&'static str], ours: &[&'static str]| {
                carried(present, &places(&wanted(present, ours), ours), service)
            };
            assert_eq!(carried(&["a", "x", "c"], &["c", "a"]).0, ["c", "x", "a"]);
            assert_eq!(carried(&["x", "a", "c"], &["a", "c"]).1, 0);
            assert_eq!(carried(&["x"], &["gone"]).1, 0);
        }
    }

    #[test]
    fn an_old_number_is_a_place_only_where_gaps_are_closed() {
        let ours = |id: &str, before| Ours {
            id: id.into(),
            step: String::new(),
            subject: String::new(),
            before,
            moves: Moves::default(),
        };
        let (a, b) = (ours("a", Some(1)), ours("b", Some(3)));
        // The run's own, which was first, is gone; b was last.
        assert_eq!(back(&[(1, "x"), (2, "a"), (3, "b")], &[&a, &b]), ["a", "x", "b"]);
        assert_eq!(back(&[(2, "x"), (3, "a"), (4, "b")], &[&a, &b]), ["a", "x", "b"]);
        let (a, b) = (ours("a", Some(2)), ours("b", Some(7)));
        assert_eq!(back(&[(2, "b"), (5, "x"), (7, "a"), (9, "y")], &[&a, &b]), ["a", "x", "b", "y"]);
    }

    proptest! {
        #[test]
        fn the_moves_lead_to_what_is_wanted_whatever_the_service_does(
            present in Just(["a", "b", "c", "d", "e", "f", "g"].to_vec()).prop_shuffle(),
            ours in Just(["a", "b", "c", "d", "e", "f", "g"].to_vec()).prop_shuffle(),
            count in 0usize..7,
        ) {
            let ours = &ours[..count];
            let then = wanted(&present, ours);
            for service in [Service::Shifts, Service::Swaps] {
                let (after, moves) = carried(&present, &places(&then, ours), service);
                prop_assert_eq!(&after, &then, "{:?}", service);
                prop_assert!(moves <= 49);
                // What was moved goes back to where it was, and the rest with it.
                let (before, _) = carried(&after, &places(&present, ours), service);
                prop_assert_eq!(&before, &present, "{:?}", service);
            }
        }
    }
}
