//! Goes on with a run from its journal. The plan is the journal's, not a new one: what it said is what is
//! done. What the run did already is found in the journal, or, where the answer never came, in the target.
//! Not for carrying it out: that is `import`'s, which is given what was found out here.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::content;
use crate::engine::content::source::Look;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::import::upload_place::is_announcement;
use crate::engine::journal::record::Left;
use crate::engine::journal::{Does, Piece, Record, RequestOutcome, progress};
use crate::engine::plan::new_objects;
use crate::engine::plan::plan_file::{Action, Step};
use crate::engine::plan::planner;
use crate::engine::plan::prepared::{Earlier, EarlierWork, Past, PlannedStep, Prepared, Work};
use crate::engine::plan::target_ids::TargetIds;
use crate::engine::shape::comparison;
use crate::engine::shape::request_body;
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::tenant_info;
use crate::engine::tenant::{lists, reader};
use crate::mapping::GROUP;
use crate::policy::{Difference, Kept, Policy, fingerprint};
use crate::tree::Tree;

/// What a run is gone on with from.
#[derive(Clone, Copy)]
pub struct ResumeInputs<'a> {
    /// The target tenant.
    pub tenant: Tenant<'a>,
    /// The tree that the run imports.
    pub tree: &'a Tree,
    /// The journal.
    pub record: &'a Record,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// Where the contents are that Graph does not give.
    pub content: Option<&'a content::Folder>,
}

/// The plan of the journal, with what is needed to carry out the rest of it.
pub async fn prepare(inputs: ResumeInputs<'_>) -> Result<Prepared, EngineError> {
    let ResumeInputs { tenant: Tenant { client, catalogue, .. }, tree, record, .. } = inputs;
    let header = &record.header;
    record.hold_against(&tenant_info::who(client).await?)?;
    let mut plan = header.plan.clone();
    if planner::tree_fingerprint(&tree.policies) != plan.tree_fingerprint {
        return Err(changed(record, "its policies have changed since the import began"));
    }
    let steps: BTreeSet<String> = plan.steps.iter().map(Step::reference).collect();
    let mapping = header.mapping.as_ref();
    let remade = new_objects::remade(catalogue, mapping, tree, tree.policies.iter(), true);
    let all = new_objects::all_policies(tree, remade);
    let in_plan = all.iter().enumerate().filter(|(_, policy)| steps.contains(&policy.reference()));
    let chosen: Vec<usize> = in_plan.map(|(index, _)| index).collect();
    let (options, target, pilot) = (&plan.options, &plan.target, plan.pilot.as_ref());
    let wanted = planner::wanted(catalogue, tree, &all, mapping, options, target, pilot, &chosen, inputs.secrets);
    let by_step: BTreeMap<String, _> = wanted.policies.iter().map(|item| (item.policy.reference(), item)).collect();
    let target_ids = TargetIds::from_list(&header.ids);
    let mut before = images(inputs).await?;
    let mut planned = Vec::with_capacity(plan.steps.len());
    for mut step in std::mem::take(&mut plan.steps) {
        let Some(item) = by_step.get(&step.reference()) else {
            return Err(changed(record, &format!("{} is missing from it", step.reference())));
        };
        let before = before.remove(&step.reference());
        if let (Some(policy_type), Some(before)) = (catalogue.get(&step.type_name), &before) {
            let wanted = target_ids.apply(item, catalogue).policy;
            let differences =
                comparison::compare(&wanted, &before.open(), policy_type, catalogue, plan.options.gate_state);
            (step.differences, step.assignment_differences) = (differences.object, differences.assignments);
            if step.action == Action::Update {
                // What cannot be changed stays; the plan says so.
                let is_fixed = |it: &Difference| request_body::is_create_only(&it.at, policy_type, &wanted);
                step.differences.retain(|difference| !is_fixed(difference));
            }
        }
        let look = catalogue
            .get(&step.type_name)
            .and_then(|it| content::source::look(inputs.content, it, &item.policy.open()));
        let content = step.content.is_some().then(|| look.unwrap_or(Look::Nothing).source());
        planned.push(PlannedStep { step, work: Work { rewritten: (*item).clone(), before, content } });
    }
    let work;
    (plan.steps, work) = PlannedStep::apart(planned);
    Ok(Prepared {
        plan,
        work,
        target_ids,
        known: header.known.clone(),
        groups: header.groups.clone(),
        marks: wanted.marks,
        mapping: header.mapping.clone(),
        earlier: done(record),
        planned: None,
        secrets: wanted.secrets,
    })
}

fn changed(record: &Record, what: &str) -> EngineError {
    EngineError::Refused {
        message: format!("the tree {} has changed since the import: {what}", record.header.origin.tree.display()),
        fix: String::from("Restore the tree, or start a new import: existing objects are found and not duplicated."),
    }
}

/// What to do about what an earlier part of the run sent.
const REFUSED: &str = "It was refused in an earlier part of this run, which has ended now. Solve what the \
                       message says, then resume the run once more: what was refused is sent again.";

/// What the journal says of each step.
fn done(record: &Record) -> EarlierWork {
    let mut done = EarlierWork::new();
    for write in &record.writes {
        let known = &mut done.entry(write.intent.step.clone()).or_default().did;
        match (write.intent.does, write.outcome()) {
            (_, RequestOutcome::Failed) => {}
            (Does::Create, outcome) => match write.target_id() {
                Some(id) if outcome == RequestOutcome::Ok => *known = Earlier::Created(id.to_owned()),
                // One that waited for approval may have been carried out when it was given.
                _ if *known == Earlier::Nothing => *known = Earlier::Perhaps,
                _ => {}
            },
            (_, RequestOutcome::Ok | RequestOutcome::Unknown | RequestOutcome::Pending)
                if *known == Earlier::Nothing =>
            {
                *known = Earlier::Touched;
            }
            _ => {}
        }
    }
    let steps = record.header.plan.steps.iter().map(Step::reference);
    let groups = record.header.groups.iter().map(|group| format!("{GROUP}/{}", group.source_id));
    for step in steps.chain(groups) {
        let left = if record.differed(&step) { Left::default() } else { record.left(&step) };
        let (object, assignments) = (record.is_done(&step, Piece::Object), record.is_done(&step, Piece::Assignments));
        let did = done.get(&step).map(|past| past.did.clone()).unwrap_or_default();
        let assigning = record.writes_of(&step).any(|write| {
            write.intent.does == Does::Assign && matches!(write.outcome(), RequestOutcome::Ok | RequestOutcome::Unknown)
        });
        let (read, read_assignments) = (left.object, left.assignments.is_some());
        let refused = |piece| record.refused(&step, piece).map(|finding| finding.clone().fix(REFUSED));
        let (rank_refused, moves) = (refused(Piece::Rank), progress::moves(record, &step));
        let (refused, assignments_refused) = (refused(Piece::Object), refused(Piece::Assignments));
        let past = Past {
            did,
            object,
            refused,
            assignments_refused,
            assigning,
            assignments,
            read,
            read_assignments,
            rank_refused,
            moves,
            announced: record.writes_of(&step).any(|write| is_announcement(&write.intent)),
            upload: record.upload(&step).cloned(),
        };
        done.insert(step, past);
    }
    done
}

/// The objects that the plan changes, as they were when it was made: from the journal, or, where nothing
/// was sent for them yet, from the target. One that is not as the plan saw it is left out, and so is stale.
async fn images(inputs: ResumeInputs<'_>) -> Result<BTreeMap<String, Kept>, EngineError> {
    let mut images = BTreeMap::new();
    let mut open: BTreeMap<&str, BTreeMap<&str, &Step>> = BTreeMap::new();
    for step in inputs.record.header.plan.steps.iter().filter(|step| step.writes()) {
        let reference = step.reference();
        let image = inputs.record.before(&reference).and_then(|image| image.as_object());
        match (&step.target_id, image) {
            (_, Some(image)) => drop(images.insert(reference, Policy::new(&step.type_name, image.clone()).keep())),
            (Some(id), None) => drop(open.entry(&step.type_name).or_default().insert(id, step)),
            (None, None) => {}
        }
    }
    let tenant = inputs.tenant;
    for (name, steps) in open {
        let Some(policy_type) = inputs.tenant.catalogue.get(name) else { continue };
        // As the plan reads: what a list gives and what an item gives need not be the same.
        let mut listed = lists::list(tenant, policy_type).await?;
        listed.retain(|object| object.id().is_some_and(|id| steps.contains_key(id)));
        for found in reader::complete(tenant, policy_type, &listed).await {
            match found {
                Ok(found) => {
                    let step = found.id().and_then(|id| steps.get(id));
                    let print = fingerprint(&found.to_value());
                    if let Some(step) = step.filter(|step| step.target_fingerprint.as_ref() == Some(&print)) {
                        images.insert(step.reference(), found);
                    }
                }
                Err(error) if ends_run(&error) => return Err(error.into()),
                Err(_) => {}
            }
        }
    }
    Ok(images)
}

/// The objects that a run made so far: they belong to their steps.
pub(crate) fn made(done: &EarlierWork) -> BTreeSet<String> {
    let ids = done.values().filter_map(|past| match &past.did {
        Earlier::Created(id) => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::engine::journal::Journal;
    use crate::engine::journal::testing::{header, reply, sending};

    #[test]
    fn the_journal_says_what_was_done_for_each_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.ndjson");
        let journal = Journal::create(&path, header()).unwrap();
        for (step, does, outcome) in [
            ("x/made", Does::Create, Some(RequestOutcome::Unknown)),
            ("x/made", Does::Create, Some(RequestOutcome::Ok)),
            ("x/made", Does::Part, None),
            ("x/refused", Does::Create, Some(RequestOutcome::Failed)),
            ("x/killed", Does::Create, None),
            ("x/unknown", Does::Create, Some(RequestOutcome::Unknown)),
            ("x/waits", Does::Create, Some(RequestOutcome::Pending)),
            ("x/changed", Does::Change, Some(RequestOutcome::Ok)),
            ("x/assigned", Does::Assign, None),
            ("x/unchanged", Does::Change, Some(RequestOutcome::Failed)),
        ] {
            let n = journal.intent(&sending(step, does, "POST", None)).unwrap();
            if let Some(outcome) = outcome {
                journal.result(reply(n, outcome)).unwrap();
            }
        }
        let done = done(&Record::read(&path).unwrap());
        let of = |name: &str| done.get(&format!("x/{name}")).cloned().unwrap_or_default().did;
        assert_eq!(of("made"), Earlier::Created("id-2".into()));
        assert_eq!(made(&done), ["id-2".to_owned()].into());
        for name in ["killed", "unknown", "waits"] {
            assert_eq!(of(name), Earlier::Perhaps, "{name}");
        }
        for name in ["changed", "assigned"] {
            assert_eq!(of(name), Earlier::Touched, "{name}");
        }
        for name in ["refused", "unchanged", "never"] {
            assert_eq!(of(name), Earlier::Nothing, "{name}");
        }
    }

    #[test]
    fn an_object_that_was_found_counts_as_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.ndjson");
        let journal = Journal::create(&path, header()).unwrap();
        let n = journal.intent(&sending("x/1", Does::Create, "POST", None)).unwrap();
        journal.result(reply(n, RequestOutcome::Unknown)).unwrap();
        journal.found("x/1", "found-7").unwrap();
        let record = Record::read(&path).unwrap();
        assert_eq!(record.created("x/1"), Some("found-7"));
        assert_eq!(done(&record)["x/1"].did, Earlier::Created("found-7".into()));
    }
}
