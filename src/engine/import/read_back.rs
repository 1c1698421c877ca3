//! Reads back what an import wrote and compares it with what was meant; how it is goes into the journal.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::bars::Bars;
use super::by_bucket::AT_ONCE;
use super::importer::Importer;
use super::ready;
use super::status::Problems;
use crate::engine::error::ends_run;
use crate::engine::plan::assignment_merge;
use crate::engine::plan::plan_file::{Action, ExistingAssignments, Step};
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::Prints;
use crate::engine::shape::display_names::Names;
use crate::engine::shape::request_body;
use crate::engine::tenant::detail_requests::Extent;
use crate::engine::tenant::reader;
use crate::finding::{Finding, codes, count};
use crate::graph::GraphError;
use crate::policy::{Policy, unread};

/// How many objects are read back before the journal has them.
const AT_A_TIME: usize = 100;

/// Adds what was found later. What was stopped before it was written need not be said to differ as well.
pub(super) fn add(problems: &mut Problems, later: Problems) {
    for (index, findings) in later {
        let all = problems.entry(index).or_default();
        if !all.iter().any(|finding| finding.is(&codes::STOPPED)) {
            all.extend(findings);
        }
    }
}

/// Reads back what was written and compares it with what was meant: an answer of 200 does not prove it. Of what was
/// read back whole before, only the assignments are read again: whole, many policies would be more than the
/// service's limits let pass at once. Piece by piece, so that whoever is stopped meanwhile goes on from there.
pub(super) async fn read_back(importer: &Importer<'_>, which: impl Fn(&Step) -> bool, assignments: bool) -> Problems {
    let mut by_type: BTreeMap<(&str, Extent), Vec<(usize, String)>> = BTreeMap::new();
    if importer.state().ended.is_some() {
        return Problems::new();
    }
    let is_wanted = |index: usize| which(&importer.steps[index].step) && !was_read_back(importer, index, assignments);
    for (index, step) in
        importer.steps.iter().map(|planned| &planned.step).enumerate().filter(|(index, _)| is_wanted(*index))
    {
        if let Some(id) = importer.done_id(index) {
            let known = assignments && importer.state().objects.contains_key(&index);
            let extent = if known { Extent::Assignments } else { Extent::Whole };
            by_type.entry((&step.type_name, extent)).or_default().push((index, id));
        }
    }
    let pieces = by_type.into_iter().filter_map(|((name, extent), list)| {
        let policy_type = importer.catalogue().get(name)?;
        // What is only listed is read by one list, however many are wanted.
        let size = if policy_type.is_only_listed() { list.len() } else { AT_A_TIME };
        let pieces: Vec<Vec<(usize, String)>> = list.chunks(size).map(<[_]>::to_vec).collect();
        Some(pieces.into_iter().map(move |piece| (policy_type, extent, piece)))
    });
    let bars = Bars::begin(importer, "reading", is_wanted);
    let tenant = importer.quiet();
    let reads = stream::iter(pieces.flatten()).map(|(policy_type, extent, piece)| async move {
        let ids: Vec<String> = piece.iter().map(|(_, id)| id.clone()).collect();
        (piece, reader::by_id_of(tenant, policy_type, &ids, extent).await)
    });
    let mut problems = Problems::new();
    let mut reads = reads.buffer_unordered(AT_ONCE);
    while let Some((piece, found)) = reads.next().await {
        for ((index, _), found) in piece.into_iter().zip(found) {
            bars.advance(index);
            problems.entry(index).or_default().extend(judge(importer, index, found, assignments));
        }
    }
    bars.finish();
    problems.retain(|_, findings| !findings.is_empty());
    problems
}

/// What is ready need not be waited for before it is assigned.
fn is_ready(importer: &Importer<'_>, index: usize, found: &Policy) {
    let policy_type = importer.policy_type(index);
    let rule = policy_type.and_then(|policy_type| policy_type.ready.as_ref());
    if rule.is_some_and(|rule| ready::is_ready(rule, found.text(&rule.property))) {
        importer.state().ready.insert(index);
    }
}

/// Whether the journal says how it is, and that it is as meant, and nothing was sent for it since.
fn was_read_back(importer: &Importer<'_>, index: usize, assignments: bool) -> bool {
    let Some(past) = importer.past(&importer.steps[index].step.reference()).filter(|past| past.object || assignments)
    else {
        return false;
    };
    if let Some(object) = &past.read {
        importer.state().objects.entry(index).or_insert_with(|| object.clone());
    }
    if assignments { past.assignments && past.read_assignments } else { past.read.is_some() }
}

/// What is wrong with what was read back; how it is goes into the journal.
fn judge(
    importer: &Importer<'_>,
    index: usize,
    found: Result<Policy, GraphError>,
    assignments: bool,
) -> Option<Finding> {
    let subject = || importer.steps[index].step.subject();
    match found {
        Ok(found) => {
            is_ready(importer, index, &found);
            let difference = difference(importer, index, &found, assignments);
            write_down(importer, index, &found, difference.is_some());
            match difference {
                Some(message) => Some(Finding::new(&codes::VERIFY_DIFFERS, subject(), message)),
                None if assignments => None,
                None => unseen(importer, index, &found).map(|message| not_read_back(subject(), message)),
            }
        }
        Err(error) if ends_run(&error) => {
            importer.end(error.into());
            None
        }
        Err(error) => Some(not_read_back(subject(), format!("the object cannot be read back: {error}"))),
    }
}

/// What of the object cannot be compared with what was sent, because it cannot be read back.
fn unseen(importer: &Importer<'_>, index: usize, found: &Policy) -> Option<String> {
    let work = &importer.steps[index].work;
    let wanted = work.rewritten.policy.open().body;
    let before = work.before.as_ref().map(|before| before.open().body).unwrap_or_default();
    let (part, permission) = unread::unseen(&found.body, &wanted, &before)?;
    Some(format!("its {part} cannot be read back without {permission}, so it cannot be compared with what was sent"))
}

/// How the object is now stands in the journal, so that an undo can tell what somebody changed later. Where a part
/// could not be read, nobody knows how it is.
fn write_down(importer: &Importer<'_>, index: usize, found: &Policy, differs: bool) {
    if unread::parts(&found.body).next().is_some() {
        return;
    }
    let step = &importer.steps[index].step;
    let Some(policy_type) = importer.catalogue().get(&step.type_name) else { return };
    let Prints { object, assignments } = comparison::prints(found, policy_type, importer.catalogue());
    // Where only the assignments were read, the object is as it was read before.
    let object = importer.state().objects.entry(index).or_insert(object).clone();
    let prints = Prints { object, assignments };
    if let Err(error) = importer.run.journal.state(&step.reference(), prints, differs) {
        importer.end(error);
    }
}

/// How what was read back differs from what was meant, in words.
pub(super) fn difference(importer: &Importer<'_>, index: usize, found: &Policy, assignments: bool) -> Option<String> {
    let step = &importer.steps[index].step;
    let policy_type = importer.catalogue().get(&step.type_name)?;
    let wanted = importer.resolved(index).policy;
    let merged = importer.options.existing_assignments == ExistingAssignments::Merge;
    if assignments && merged {
        let missing = assignment_merge::missing(&wanted, found, policy_type);
        return (missing > 0).then(|| format!("{missing} of its assignments are missing"));
    }
    let gate = (step.action == Action::Create).then(|| importer.options.gate_state.unwrap_or_default());
    let gate = gate.or(importer.options.gate_state);
    let mut differences = comparison::compare(&wanted, found, policy_type, importer.catalogue(), gate);
    if step.action == Action::Update {
        // The plan says that it stays different.
        differences.object.retain(|difference| !request_body::is_create_only(&difference.at, policy_type, &wanted));
    }
    let own = if assignments { &differences.assignments } else { &differences.object };
    if own.is_empty() {
        return None;
    }
    let words = [&wanted, found];
    let told = comparison::in_words(&differences, words, policy_type, importer.catalogue(), gate, &Names::default());
    let list = if assignments { told.assignments } else { told.object };
    let first = list.first()?;
    Some(format!("{}, the first at {}", count(list.len(), "place differs", "places differ"), first.at))
}

/// Nobody knows whether the target has what was sent: what depends on that waits.
fn not_read_back(subject: String, message: String) -> Finding {
    Finding::new(&codes::READ_FAILED, subject, message)
        .fix("Solve what the message says, then continue with import --resume JOURNAL, which reads it again.")
}
