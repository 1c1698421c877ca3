//! How far a run came with what takes several requests: places in an order, and uploads of contents. Whoever goes on
//! begins there.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{BlockLine, Does, Ending, RequestOutcome, UploadLine};
use super::record::{Record, Stretch};
use crate::engine::content::Begun;
use crate::engine::plan::prepared::Moves;

/// An upload that begins.
pub(super) fn begun(UploadLine { file, salt, print, .. }: UploadLine) -> Begun {
    Begun { file, salt, print, blocks: BTreeSet::new() }
}

/// A block of an upload has arrived.
pub(super) fn arrived(uploads: &mut BTreeMap<String, Begun>, block: &BlockLine) {
    if let Some(begun) = uploads.get_mut(&block.step) {
        begun.blocks.insert(block.place);
    }
}

/// How often the object's place was asked for, and answered, since the run came to its end last; and how often that
/// was refused.
pub fn moves(record: &Record, step: &str) -> Moves {
    let is_end = |stretch: &&Stretch| stretch.end.as_ref().is_some_and(|end| end.outcome == Ending::Finished);
    let from = record.stretches.iter().rev().find(is_end).map_or(0, |stretch| stretch.writes.end);
    let places = record.by_step.get(step).into_iter().flatten().filter(|place| **place >= from);
    let moves = places.filter_map(|place| record.writes.get(*place)).filter(|it| it.intent.does == Does::Rank);
    moves.fold(Moves::default(), |moves, write| Moves {
        answered: moves.answered + usize::from(write.outcome() != RequestOutcome::Unknown),
        refused: moves.refused + usize::from(write.outcome() == RequestOutcome::Failed),
    })
}
