//! Brings what an import made or changed into the tree's order. How objects get their places is `ranking`'s.

use super::importer::Importer;
use super::ranking::{Ours, arrange};
use super::request::{WriteError, is_refusal};
use super::status::Problems;
use crate::engine::journal::Piece;
use crate::engine::plan::ranking::{in_tree, is_placed, ranked};
use crate::finding::{Finding, codes};

/// Brings what the run made or changed into the tree's order.
pub(super) async fn arrange_all(importer: &Importer<'_>, problems: &mut Problems) {
    for (policy_type, rank) in ranked(importer.catalogue()) {
        let ours: Vec<(usize, String)> = in_tree(importer.steps, policy_type, rank)
            .into_iter()
            .filter(|index| is_placed(&importer.steps[*index].step, importer.options))
            .filter_map(|index| Some((index, importer.done_id(index)?)))
            .collect();
        // One alone is where it belongs.
        let [(first, _), _, ..] = ours[..] else { continue };
        if importer.is_ending() {
            return;
        }
        // What an earlier part of the run was refused is not asked for again before the run has ended.
        let past = |index: usize| importer.past(&importer.steps[index].step.reference());
        let refused = ours.iter().find_map(|(index, _)| Some((*index, past(*index)?.rank_refused.clone()?)));
        if let Some((index, finding)) = refused {
            problems.entry(index).or_default().push(finding);
            continue;
        }
        let ours: Vec<Ours> = ours
            .into_iter()
            .map(|(index, id)| {
                let (step, moves) = (&importer.steps[index].step, past(index).map(|past| past.moves));
                let moves = moves.unwrap_or_default();
                Ours { id, step: step.reference(), subject: step.subject(), before: None, moves }
            })
            .collect();
        let finding = match arrange(importer.quiet(), importer.writer(), policy_type, rank, &ours).await {
            Ok(()) => continue,
            Err(WriteError::Run(error)) => {
                importer.end(error);
                continue;
            }
            Err(WriteError::Object(finding)) if !finding.is(&codes::WRITE_FAILED) => {
                problems.entry(first).or_default().push(*finding);
                continue;
            }
            Err(WriteError::Object(finding)) => *finding,
            Err(WriteError::Graph(error)) => {
                let message = format!("the priority order could not be set: {error}");
                let finding = Finding::new(&codes::WRITE_FAILED, importer.steps[first].step.subject(), message);
                if !is_refusal(&error) {
                    problems.entry(first).or_default().push(finding);
                    continue;
                }
                finding
            }
        };
        if let Err(error) = importer.run.journal.refused(&importer.steps[first].step.reference(), Piece::Rank, &finding)
        {
            importer.end(error);
        }
        problems.entry(first).or_default().push(finding);
    }
}
