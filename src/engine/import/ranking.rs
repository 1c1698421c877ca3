//! Writes the order of ranked policies, as `plan::ranking` has it: each one that the run made or changed goes to its place.

use serde_json::{Map, Value};

use super::request::{Request, WriteError, Writer};
use super::run::{Importer, Problems, Status};
use super::update::Done;
use crate::catalogue::PolicyType;
use crate::catalogue::model::Rank;
use crate::engine::journal::Does;
use crate::engine::plan::ranking::{Place, in_tree, is_placed, lists, moves, position, ranked, wanted};
use crate::engine::tenant::addresses::{api, item_path};
use crate::engine::tenant::reader::Reader;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};

impl Importer<'_> {
    /// Brings what the run made or changed into the tree's order.
    pub(crate) async fn ranks(&self, problems: &mut Problems) {
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
