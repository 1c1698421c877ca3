//! Tests that the JSON Schema for type files fits the files, and refuses what the model refuses.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use include_dir::{Dir, include_dir};
use serde_json::{Value, json};

use super::Catalogue;

static TYPES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies-schema/types");
const SHARED: &str = include_str!("../../policies-schema/shared.toml");
const SCHEMA: &str = include_str!("../../policies-schema/type-file.schema.json");

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

fn texts() -> Vec<(&'static str, &'static str)> {
    TYPES
        .files()
        .map(|file| (file.path().file_name().unwrap().to_str().unwrap(), file.contents_utf8().unwrap()))
        .collect()
}

#[test]
fn every_type_file_fits() {
    let validator = validator();
    for (name, text) in texts() {
        let errors: Vec<String> =
            validator.iter_errors(&as_json(text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// The schema is for editors, the model for the program: what one takes and the other does not is a trap.
#[test]
fn schema_and_model_refuse_the_same_files() {
    let validator = validator();
    let (name, text) = texts().into_iter().find(|(name, _)| *name == "conditional-access.toml").unwrap();
    let good = as_json(text);
    for (pointer, key, value) in [
        ("", "color", json!(1)),
        ("", "phase", json!("sometimes")),
        ("", "api", json!("v2")),
        ("", "path", json!(7)),
        ("/permissions", "delete", json!([])),
        ("/references/0", "on-drop", json!("explode")),
        ("/references/0", "form", json!("link")),
        ("/reduce/0", "keep", json!("id")),
        ("/gate", "on", json!("enabled")),
        ("/variants/0", "portability", json!({"verdict": "perhaps"})),
    ] {
        let mut wrong = good.clone();
        wrong.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        assert!(!validator.is_valid(&wrong), "the schema takes {pointer}/{key}");
        let text = toml::to_string(&wrong).unwrap();
        assert!(Catalogue::from_files(SHARED, [(name, text.as_str())]).is_err(), "the model takes {pointer}/{key}");
    }
    for required in ["name", "path", "entity", "bucket", "permissions", "sources", "title", "about"] {
        let mut wrong = good.clone();
        wrong.as_object_mut().unwrap().remove(required);
        assert!(!validator.is_valid(&wrong), "the schema does not need `{required}`");
        let text = toml::to_string(&wrong).unwrap();
        assert!(
            Catalogue::from_files(SHARED, [(name, text.as_str())]).is_err(),
            "the model does not need `{required}`"
        );
    }
}

#[test]
fn a_verdict_needs_its_reason() {
    let (_, text) = texts().into_iter().next().unwrap();
    let mut wrong = as_json(text);
    wrong["portability"] = json!({"verdict": "retired"});
    assert!(!validator().is_valid(&wrong));
    wrong["portability"] = json!({"verdict": "retired", "reason": "It is gone.", "fix": "Leave it out."});
    assert!(validator().is_valid(&wrong));
}
