//! Tests that the JSON Schema for type files fits the files, and refuses what the model refuses.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::collections::BTreeSet;

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Catalogue, DirectoryKind, Likeness, PolicyType, Predicate, ReferenceRule, Variant, blank, check, cleared, content,
    meaning, model, part, prerequisite, requests, rule, secret_rule, shared,
};
use crate::policy::SortRule;

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
        ("/send-only/0", "keep", json!("id")),
        ("/enabled-by", "on", json!("enabled")),
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
fn the_shared_file_fits() {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let shared = json!({"$ref": "#/$defs/shared", "$defs": schema["$defs"].take()});
    let validator = jsonschema::validator_for(&shared).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&as_json(SHARED)).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The keys that a part of the model takes: what it says that it expected instead of one that nothing has.
fn taken<T: DeserializeOwned>() -> BTreeSet<String> {
    let error = toml::from_str::<T>("nothing-has-this = 1").err().map(|error| error.to_string()).unwrap_or_default();
    let (_, expected) = error.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The reference of all keys is made from the schema, so the schema must have all that the model takes.
#[test]
fn the_schema_has_the_models_keys_and_no_others() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for (pointer, taken) in [
        ("", taken::<PolicyType>()),
        ("/properties/permissions", taken::<model::Permissions>()),
        ("/properties/groups/items", taken::<model::Group>()),
        ("/properties/rank", taken::<model::Rank>()),
        ("/properties/read", taken::<model::Read>()),
        ("/properties/read/properties/through", taken::<requests::Through>()),
        ("/properties/links/items", taken::<model::Link>()),
        ("/properties/ready", taken::<model::Ready>()),
        ("/properties/create", taken::<model::Create>()),
        ("/properties/create/properties/requires", taken::<model::Requirement>()),
        ("/properties/remove", taken::<model::Remove>()),
        ("/properties/assignments", taken::<model::Assignments>()),
        ("/properties/sidecars/items", taken::<rule::SidecarRule>()),
        ("/properties/secrets/items", taken::<secret_rule::SecretRule>()),
        ("/properties/secrets/items/properties/reveal", taken::<secret_rule::Reveal>()),
        ("/properties/defaults/items", taken::<model::DefaultRule>()),
        ("/properties/variants/items", taken::<Variant>()),
        ("/properties/enabled-by", taken::<rule::EnabledBy>()),
        ("/properties/send-only/items", taken::<rule::SendOnly>()),
        ("/properties/alternatives/items", taken::<rule::Alternatives>()),
        ("/properties/unset/items", taken::<rule::UnsetRule>()),
        ("/properties/blank/items", taken::<blank::BlankRule>()),
        ("/properties/meaning/items", taken::<meaning::Meaning>()),
        ("/properties/tenant-ids/items", taken::<rule::TenantIdRule>()),
        ("/properties/shell-scripts/items", taken::<rule::ShellScriptRule>()),
        ("/properties/exclusive/items", taken::<rule::Exclusive>()),
        ("/properties/needs/items", taken::<prerequisite::TargetNeed>()),
        ("/properties/dates/items", taken::<prerequisite::DateRule>()),
        ("/properties/adopt", taken::<model::Adopt>()),
        ("/properties/adopt/properties/places/items", taken::<model::Place>()),
        ("/$defs/part", taken::<model::Part>()),
        ("/$defs/part/properties/call", taken::<part::PartCall>()),
        ("/$defs/part/properties/cleared", taken::<cleared::ClearedRule>()),
        ("/$defs/part/properties/children/items", taken::<model::ChildPart>()),
        ("/$defs/portability", taken::<model::Portability>()),
        ("/$defs/portability/properties/upload", taken::<content::Upload>()),
        ("/$defs/predicate", taken::<Predicate>()),
        ("/$defs/reference", taken::<ReferenceRule>()),
        ("/$defs/likeness", taken::<Likeness>()),
        ("/$defs/sort", taken::<SortRule>()),
        ("/$defs/updateRule", taken::<model::Update>()),
        ("/$defs/shared", taken::<model::Shared>()),
        ("/$defs/shared/properties/directory-kinds/items", taken::<DirectoryKind>()),
        ("/$defs/shared/properties/tenant-placeholders/items", taken::<shared::TenantPlaceholder>()),
        ("/$defs/shared/properties/other-permissions/items", taken::<model::OtherPermission>()),
        ("/$defs/shared/properties/delegated-permissions/items", taken::<model::DelegatedPermission>()),
        ("/$defs/shared/properties/implied-permissions/items", taken::<model::ImpliedPermission>()),
        ("/$defs/shared/properties/prerequisites/items", taken::<prerequisite::Prerequisite>()),
        ("/$defs/shared/properties/prerequisites/items/properties/check", taken::<check::Check>()),
        ("/$defs/shared/properties/platforms/items", taken::<check::Platform>()),
        ("/$defs/shared/properties/areas/items", taken::<check::SettingArea>()),
        ("/$defs/shared/properties/group-use", taken::<check::GroupUse>()),
        ("/$defs/shared/properties/lock-out", taken::<check::LockOut>()),
    ] {
        let properties = schema.pointer(&format!("{pointer}/properties")).and_then(Value::as_object).unwrap();
        let named: BTreeSet<String> = properties.keys().cloned().collect();
        assert_eq!(named, taken, "{pointer}");
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
