//! The two files that an import leaves to people and scripts, the plan and the journal: real ones, held
//! against their schemas.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::env::{Env, PRODUCTION, TRIAL, YES, quick, sample};

fn validator(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies-schema").join(name);
    jsonschema::validator_for(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

fn assert_fits(validator: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_real_plan_and_a_real_journal_fit_their_schemas() {
    let trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let production = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
    let env = Env::start(vec![trial, production], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decisions = format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(decisions, env.path("mapping.json")).unwrap();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let to = ["tree", "--to", "production", "--mapping", "mapping.json", "--on-conflict", "update", "--allow-broad"];
    env.ferry(&[&["plan"], &to[..], &["--out", "plan.json"]].concat());

    let plan: Value = serde_json::from_slice(&std::fs::read(env.path("plan.json")).unwrap()).unwrap();
    assert_fits(&validator("plan.schema.json"), &plan);
    let actions: BTreeSet<&str> =
        plan["steps"].as_array().unwrap().iter().filter_map(|step| step["action"].as_str()).collect();
    assert!(["blocked", "create", "unchanged", "update"].iter().all(|action| actions.contains(action)), "{actions:?}");

    let run = ["--plan", "plan.json", "--journal", "run.ndjson", YES];
    env.ferry(&[&["import"], &to[..], &run].concat());
    let text = std::fs::read_to_string(env.path("run.ndjson")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = validator("journal.schema.json");
    for line in &lines {
        assert_fits(&schema, line);
    }
    assert_eq!((&lines[0]["kind"], &lines[lines.len() - 1]["kind"]), (&"header".into(), &"end".into()));

    // Every request that changed the tenant has its intent and its result, and nothing else has.
    let of = |kind: &str| -> Vec<u64> {
        let mut numbers: Vec<u64> =
            lines.iter().filter(|line| line["kind"] == kind).map(|line| line["n"].as_u64().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(of("intent"), of("result"));
    assert_eq!(of("intent"), (1..=env.writes(PRODUCTION) as u64).collect::<Vec<_>>());
}
