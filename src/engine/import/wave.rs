//! The second phase of a pilot: what a run assigned to its pilot group is assigned as the tree says, by
//! the mapping as it is today. The objects are the run's own, found by its journal; nothing is created and no
//! object is changed.

use std::collections::BTreeSet;

use crate::engine::error::EngineError;
use crate::engine::journal::{Does, Record};
use crate::engine::plan::PlanInputs;
use crate::engine::plan::plan_file::{
    Action, AssignmentAction, AssignmentMode, ExistingAssignments, OnConflict, Options, PilotGroup,
};
use crate::engine::plan::planner;
use crate::engine::plan::prepared::{PlannedStep, Prepared};
use crate::finding::{Finding, codes};
use crate::mapping::{IMPORTED, Mapping, Named, Side};
use crate::policy::assignment::Target;
use crate::policy::{Kept, Policy};

/// The options of the wave: the run's own, with the tree's assignments in the place of the pilot's.
pub fn options(record: &Record, allow_broad: bool) -> Options {
    let own = &record.header.plan.options;
    Options {
        assignments: AssignmentMode::Mapped,
        existing_assignments: ExistingAssignments::Replace,
        on_conflict: OnConflict::Skip,
        decided: std::collections::BTreeMap::new(),
        allow_broad: allow_broad || own.allow_broad,
        send_secrets: false,
        ..own.clone()
    }
}

/// The mapping of today, with what the run knows of its objects: they are found by their ids.
pub fn mapping(record: &Record, mapping: Option<&Mapping>) -> Mapping {
    let mut mapping = mapping.cloned().unwrap_or_else(|| Mapping::new(Side::default(), Side::default()));
    for step in &record.header.plan.steps {
        let id = record.created(&step.reference()).or(step.target_id.as_deref());
        if let Some(id) = id.filter(|_| has_part(record, &step.reference())) {
            // The name is the target's.
            let target = Named::new(id, Some(&step.name));
            mapping.record(&step.type_name, Named::new(&step.key, None), target, IMPORTED);
        }
    }
    mapping
}

/// Whether the wave is about this step: the run made its object, or assigned it to the pilot group.
fn has_part(record: &Record, step: &str) -> bool {
    let assigned = |write: &crate::engine::journal::Write| write.intent.does == Does::Assign && write.is_done();
    record.created(step).is_some() || record.writes_of(step).any(assigned)
}

/// The plan of the wave. `inputs` has the wave's own options and mapping.
pub async fn prepare(record: &Record, inputs: PlanInputs<'_>) -> Result<Prepared, EngineError> {
    let Some(pilot) = &record.header.plan.pilot else {
        return Err(EngineError::Refused {
            message: format!("{} does not record a pilot import", record.path.display()),
            fix: String::from("Use --wave after an import with --assignments pilot=GROUP."),
        });
    };
    record.hold_against(&crate::engine::tenant::tenant_info::who(inputs.tenant.client).await?)?;
    if planner::tree_fingerprint(&inputs.tree.policies) != record.header.plan.tree_fingerprint {
        return Err(EngineError::Refused {
            message: format!("the tree {} has changed since the pilot", record.header.origin.tree.display()),
            fix: String::from("Restore the tree, or start a new import with --existing-assignments replace."),
        });
    }
    let mut prepared = planner::plan(inputs).await?;
    let steps = std::mem::take(&mut prepared.plan.steps);
    let work = std::mem::take(&mut prepared.work);
    let mut kept = Vec::new();
    for PlannedStep { mut step, work } in PlannedStep::joined(steps, work) {
        if !has_part(record, &step.reference()) {
            continue;
        }
        let stop = |step: &mut crate::engine::plan::Step, why: &str| {
            step.findings.push(Finding::new(&codes::CHANGED_SINCE, step.subject(), why));
        };
        if matches!(step.action, Action::Create | Action::LeftBehind) {
            step.action = Action::Blocked;
            step.assignments = AssignmentAction::Keep;
            stop(&mut step, "the object that the pilot created no longer exists");
        } else if step.assignments == AssignmentAction::Write && !is_pilots(work.before.as_ref(), pilot) {
            step.assignments = AssignmentAction::Held;
            stop(&mut step, "its assignments were changed after the pilot");
        }
        kept.push(PlannedStep { step, work });
    }
    let names: BTreeSet<String> = kept.iter().map(|planned| planned.step.reference()).collect();
    for PlannedStep { step, .. } in &mut kept {
        step.needs.retain(|need| names.contains(need));
    }
    let groups = std::mem::take(&mut prepared.groups);
    prepared.groups = planner::needed_groups(groups, &kept);
    (prepared.plan.steps, prepared.work) = PlannedStep::apart(kept);
    Ok(prepared)
}

/// Whether an object is assigned to the pilot group and to nobody else, or to nobody.
fn is_pilots(found: Option<&Kept>, pilot: &PilotGroup) -> bool {
    let found = found.map(Kept::open);
    let list = found.as_ref().map(Policy::assignments).unwrap_or_default();
    list.iter().all(|entry| Target::of(entry) == Target::Group(&pilot.id))
}
