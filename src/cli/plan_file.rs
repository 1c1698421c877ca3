//! A plan in a file: written by `plan --out`, reviewed, and held against what is found when the import
//! begins. What changed since then is not done.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{CliError, file_error};
use super::files;
use crate::engine::plan::plan_file::{Action, AssignmentAction, FORMAT, Options, Plan};
use crate::finding::{Finding, codes};
use crate::misread::in_words;

/// Far more than any plan.
const LARGEST: u64 = 256 << 20;

/// Writes the plan, so that a file of that name is either the old one or the whole new one.
pub fn save(plan: &Plan, path: &Path) -> Result<(), CliError> {
    let mut text = serde_json::to_string_pretty(plan)
        .map_err(|error| CliError::usage(format!("the plan cannot be written: {error}")))?;
    text.push('\n');
    files::write_file(path, text.as_bytes())
}

/// Reads a plan.
pub fn load(path: &Path) -> Result<Plan, CliError> {
    let text = crate::text::read(path, LARGEST)
        .map_err(|error| file_error("read", path, &error).hint("`intune-ferry plan --out` writes a plan."))?;
    let again = "Create the plan again with `plan --out`.";
    let plan: Plan = serde_json::from_str(&text).map_err(|error| {
        let why = in_words(&error.to_string());
        CliError::usage(format!("{} is not a plan: line {}: {why}", path.display(), error.line())).hint(again)
    })?;
    if plan.format != FORMAT {
        let message =
            format!("{} is a plan of format {}; this version reads format {FORMAT}", path.display(), plan.format);
        return Err(CliError::usage(message).hint(again));
    }
    Ok(plan)
}

/// The options of an import with a plan: the plan's own. Flags may repeat them, not change them.
pub fn options(reviewed: &Plan, typed: &Options) -> Result<Options, CliError> {
    let own = &reviewed.options;
    if *typed == Options::default() || typed == own {
        return Ok(own.clone());
    }
    Err(CliError::usage("the plan was made with different options")
        .hint("Leave the options out (the plan contains them), or make a new plan."))
}

/// Holds the plan of this moment against the reviewed one. Another tree, mapping or tenant is refused; a
/// step that would now write something else is blocked as stale.
pub fn hold(reviewed: &Plan, fresh: &mut Plan) -> Result<(), CliError> {
    let refused = |what: &str| {
        Err(CliError::usage(format!("the plan was made for another {what}")).hint("Make a new plan and review it."))
    };
    let same_tenant = match (&reviewed.target.id, &fresh.target.id) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    };
    if !same_tenant {
        return refused("target tenant");
    }
    if reviewed.tree_fingerprint != fresh.tree_fingerprint {
        return refused("tree, or its policies have changed since");
    }
    if reviewed.pilot.as_ref().map(|group| &group.id) != fresh.pilot.as_ref().map(|group| &group.id) {
        return refused("pilot group: its name now belongs to another group");
    }
    if reviewed.mapping_fingerprint != fresh.mapping_fingerprint {
        return refused("mapping, or the mapping has changed since: an import adds what it creates");
    }
    let known: BTreeMap<String, _> = reviewed.steps.iter().map(|step| (step.reference(), step)).collect();
    for step in &mut fresh.steps {
        let known = known.get(&step.reference());
        // What was to be written and is there by now needs nothing; what can no longer be written is reported.
        let dropped = known.is_some_and(|known| known.writes()) && step.action != Action::Unchanged;
        if !step.writes() && !dropped {
            continue;
        }
        let as_reviewed = known.is_some_and(|known| {
            known.action == step.action
                && known.assignments == step.assignments
                && known.target_id == step.target_id
                && known.target_fingerprint == step.target_fingerprint
                && known.content == step.content
        });
        if !as_reviewed {
            step.action = Action::Blocked;
            step.assignments = AssignmentAction::Keep;
            step.audience.clear();
            let message = "the target has changed since the plan was reviewed; nothing was written";
            step.findings.push(Finding::new(&codes::STALE_STEP, step.subject(), message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::engine::Step;
    use crate::engine::plan::plan_file::PilotGroup;
    use crate::policy::TenantInfo;

    fn step(key: &str, action: Action) -> Step {
        Step { action, ..Step::new("settings-catalog", key.into(), key.into()) }
    }

    fn plan() -> Plan {
        Plan {
            format: FORMAT,
            source: None,
            target: TenantInfo { id: Some("t1".into()), ..TenantInfo::default() },
            tree_fingerprint: "tree".into(),
            mapping_fingerprint: Some("mapping".into()),
            pilot: None,
            options: Options { allow_broad: true, ..Options::default() },
            steps: vec![step("a", Action::Create), step("b", Action::Unchanged), step("c", Action::Update)],
            findings: Vec::new(),
        }
    }

    #[test]
    fn a_plan_goes_to_a_file_and_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        save(&plan(), &path).unwrap();
        assert_eq!(load(&path).unwrap(), plan());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 9")).unwrap();
        assert!(load(&path).unwrap_err().message.contains("format 9"));
        std::fs::write(&path, "{").unwrap();
        assert!(load(&path).unwrap_err().message.contains("is not a plan"));
        assert!(load(&folder.path().join("none")).is_err());
    }

    #[test]
    fn another_tree_mapping_or_tenant_is_refused() {
        let change: [fn(&mut Plan); 4] = [
            |plan| plan.pilot = Some(PilotGroup { id: "9".into(), name: String::new() }),
            |plan| plan.target.id = Some("t2".into()),
            |plan| plan.tree_fingerprint.push('x'),
            |plan| plan.mapping_fingerprint = None,
        ];
        for change in change {
            let mut fresh = plan();
            change(&mut fresh);
            assert_eq!(hold(&plan(), &mut fresh).unwrap_err().exit.code(), 2);
        }
    }

    #[test]
    fn only_what_was_reviewed_is_written() {
        let mut fresh = plan();
        hold(&plan(), &mut fresh).unwrap();
        assert_eq!(fresh, plan());

        fresh.steps[1] = step("b", Action::Update);
        fresh.steps[2].target_fingerprint = Some("changed".into());
        fresh.steps.push(step("d", Action::Create));
        hold(&plan(), &mut fresh).unwrap();
        let stale = |step: &Step| step.findings.iter().any(|finding| finding.is(&codes::STALE_STEP));
        let blocked: Vec<_> = fresh.steps.iter().map(|step| (step.action == Action::Blocked, stale(step))).collect();
        assert_eq!(blocked, [(false, false), (true, true), (true, true), (true, true)]);
    }

    #[test]
    fn what_is_done_already_is_not_stale() {
        let mut fresh = plan();
        fresh.steps[0].action = Action::Unchanged;
        hold(&plan(), &mut fresh).unwrap();
        assert_eq!(fresh.steps[0].action, Action::Unchanged);
    }

    #[test]
    fn the_plan_brings_its_options() {
        let reviewed = plan();
        assert_eq!(options(&reviewed, &Options::default()).unwrap(), reviewed.options);
        assert_eq!(options(&reviewed, &reviewed.options).unwrap(), reviewed.options);
        options(&reviewed, &Options { restore: true, ..Options::default() }).unwrap_err();
    }
}
