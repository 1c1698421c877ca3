//! The plan file and `policies-schema/plan.schema.json` say the same: what the one holds fits the other, and
//! what the schema takes the program reads. The journal's is in `journal_schema_tests`.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Value, json};

use super::*;
use crate::finding::codes;

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../../policies-schema/plan.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

fn errors(plan: &Value) -> Vec<String> {
    validator().iter_errors(plan).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn step(action: Action) -> Step {
    let matched = !matches!(action, Action::Create);
    Step {
        type_name: String::from("settings-catalog"),
        key: format!("key of {}", action.word()),
        name: String::from("Win"),
        action,
        target_id: matched.then(|| String::from("5")),
        target_fingerprint: matched.then(|| "0a".repeat(32)),
        assignments: if action.is_absent() { AssignmentAction::Keep } else { AssignmentAction::Write },
        differences: Vec::new(),
        assignment_differences: Vec::new(),
        audience: crate::policy::audience::testing::every_kind(),
        audience_differences: Vec::new(),
        needs: vec![String::from("assignment-filters/7")],
        content: (action == Action::Create).then(|| ContentFile { file: String::from("a/b.msi"), size: 5 }),
        needed_by: Some(String::from("settings-catalog/Other")),
        findings: vec![Finding::new(&codes::NEEDS_SECRET, "settings-catalog/Win", "not set").at("/value")],
    }
}

fn full() -> Plan {
    let tenant =
        TenantInfo { id: Some(String::from("1")), domains: vec![String::from("a.example")], ..TenantInfo::default() };
    Plan {
        format: FORMAT,
        source: Some(tenant.clone()),
        target: tenant,
        tree_fingerprint: "0b".repeat(32),
        mapping_fingerprint: Some("0c".repeat(32)),
        options: Options {
            gate_state: Some(GateState::ReportOnly),
            decided: std::collections::BTreeMap::from([(
                String::from("settings-catalog/1"),
                Decided {
                    on_conflict: Some(OnConflict::Fail),
                    pilot: Some(true),
                    leave_out: vec![String::from("x")],
                    allow_widen: true,
                },
            )]),
            rename: Some(String::from("MIG {name}")),
            assignments: AssignmentMode::Pilot(String::from("Pilot")),
            send_secrets: true,
            max_creates: Some(5),
            max_updates: Some(0),
            selection: vec![String::from("--only x")],
            ..Options::default()
        },
        pilot: Some(PilotGroup { id: String::from("9"), name: String::from("Pilot") }),
        steps: Action::ALL.into_iter().map(step).collect(),
        findings: vec![Finding::new(&codes::EDITED_SINCE_EXPORT, "a.json", "it changed")],
    }
}

#[test]
fn every_plan_fits_the_schema() {
    let bare = Plan {
        source: None,
        mapping_fingerprint: None,
        pilot: None,
        options: Options::default(),
        steps: Vec::new(),
        findings: Vec::new(),
        ..full()
    };
    for plan in [full(), bare] {
        let value = serde_json::to_value(&plan).unwrap();
        assert_eq!(errors(&value), Vec::<String>::new());
        assert_eq!(serde_json::from_value::<Plan>(value).unwrap(), plan);
    }
    for state in [GateState::Disabled, GateState::ReportOnly, GateState::Keep] {
        for conflict in [OnConflict::Skip, OnConflict::Update, OnConflict::Fail] {
            for existing in [ExistingAssignments::Leave, ExistingAssignments::Merge, ExistingAssignments::Replace] {
                let mut plan = full();
                plan.options.gate_state = Some(state);
                plan.options.on_conflict = conflict;
                plan.options.existing_assignments = existing;
                assert_eq!(errors(&serde_json::to_value(plan).unwrap()), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn what_no_plan_holds_is_refused() {
    let good = serde_json::to_value(full()).unwrap();
    for (pointer, value) in [
        ("/format", json!(2)),
        ("/target", Value::Null),
        ("/treeFingerprint", json!("0B")),
        ("/options", json!({})),
        ("/options/onConflict", json!("overwrite")),
        ("/options/assignments", json!("pilot")),
        ("/options/rename", json!("MIG")),
        ("/options/maxCreates", json!(-1)),
        ("/options/decided", json!({"settings-catalog/1": {"onConflict": "overwrite"}})),
        ("/options/decided", json!({"no type": {}})),
        ("/pilot", json!({"name": "Pilot"})),
        ("/steps/0/action", json!("delete")),
        ("/steps/0/assignments", json!(true)),
        ("/steps/1/key", json!("")),
        ("/steps/1/needs/0", json!("no type")),
        ("/steps/1/findings/0/severity", json!("fatal")),
        ("/steps/1/findings/0/code", json!("Not Kebab")),
        // A blocked step says why and writes nothing.
        ("/steps/4/findings", json!([])),
        ("/steps/4/assignments", json!("write")),
        ("/findings/0/fix", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!errors(&bad).is_empty(), "{pointer}");
    }
}

#[test]
fn unknown_and_missing_properties_are_refused_by_both() {
    let good = serde_json::to_value(full()).unwrap();
    for place in ["", "/target", "/options", "/steps/0", "/steps/0/findings/0"] {
        let mut bad = good.clone();
        bad.pointer_mut(place).unwrap()["payload"] = json!({});
        assert!(!errors(&bad).is_empty(), "{place}");
        assert!(serde_json::from_value::<Plan>(bad).is_err(), "{place}");
    }
    for (place, name) in
        [("", "steps"), ("", "options"), ("/steps/0", "action"), ("/steps/0", "assignments"), ("/options", "restore")]
    {
        let mut bad = good.clone();
        bad.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        assert!(!errors(&bad).is_empty(), "{place}/{name}");
        assert!(serde_json::from_value::<Plan>(bad).is_err(), "{place}/{name}");
    }
}

/// The matched object is what an import holds the target against before it writes.
#[test]
fn a_step_that_writes_over_something_names_it() {
    for (index, name) in [(1, "targetId"), (1, "targetFingerprint"), (2, "targetId"), (3, "targetFingerprint")] {
        let mut bad = serde_json::to_value(full()).unwrap();
        bad["steps"][index].as_object_mut().unwrap().remove(name).unwrap();
        assert!(!errors(&bad).is_empty(), "{index} {name}");
    }
    let mut bad = serde_json::to_value(full()).unwrap();
    bad["steps"][0]["targetId"] = json!("5");
    assert!(!errors(&bad).is_empty());
}
