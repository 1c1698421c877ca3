//! A policy type that no one wrote any Rust for: a file beside the others, and an object in the sandbox.

use std::path::Path;

use intune_ferry::catalogue::validate::problems;
use intune_ferry::catalogue::{Catalogue, Selection};
use intune_ferry::engine::Outcome;
use intune_ferry::engine::export::run;
use intune_ferry::engine::plan::plan_file::{Action, Options};
use intune_ferry::tree::{Manifest, Tree};
use serde_json::json;

use crate::env::PRODUCTION;
use crate::regressions::lab::{Lab, id};

const COLLECTION: &str = "deviceManagement/groupPolicyCategories";

const FILE: &str = r#"
name = "invented-things"
title = "Invented things"
about = "What nobody has thought of."
sources = ["this test"]
path = "deviceManagement/groupPolicyCategories"
entity = "groupPolicyCategory"
bucket = "gpanalytics"
read-only = ["ingestionSource"]

[permissions]
read = ["DeviceManagementConfiguration.Read.All"]
write = ["DeviceManagementConfiguration.ReadWrite.All"]
"#;

/// The catalogue of the repository, copied, with one file more.
fn catalogue() -> Catalogue {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies-schema");
    let shared = std::fs::read_to_string(folder.join("shared.toml")).unwrap();
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder.join("types"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.push((String::from("invented-things.toml"), FILE.to_owned()));
    let catalogue =
        Catalogue::from_files(&shared, files.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap();
    assert!(problems(&catalogue).is_empty());
    catalogue
}

#[test]
fn a_type_nobody_wrote_rust_for_goes_there_and_back() {
    let thing = json!({"id": id(1), "displayName": "Perpetuum mobile", "isRoot": true});
    let mut lab = Lab::with(json!({COLLECTION: [thing]}));
    lab.catalogue = catalogue();
    let only = Selection::new(&lab.catalogue, &[String::from("invented-things")], &[], &[]).unwrap();
    let exported = lab.runtime.block_on(run::export(lab.tenant(), &only, true, None, None)).unwrap();
    assert_eq!(exported.snapshot.policies.len(), 1, "{:?}", exported.findings);

    // It goes from the tenant, and the import brings it back; after that there is nothing to do.
    assert!(lab.env.sandbox().edit(PRODUCTION, COLLECTION, &id(1), &json!(null)));
    let tree = Tree {
        root: std::path::PathBuf::new(),
        manifest: Manifest::default(),
        policies: exported.snapshot.policies,
        ..crate::regressions::lab::tree(Vec::new())
    };
    let options = Options::default();
    let prepared = lab.plan(&tree, None, &options);
    assert_eq!(prepared.plan.steps[0].action, Action::Create, "{:?}", prepared.plan.steps);
    let imported = lab.import(prepared);
    assert_eq!(imported.objects[0].action, Outcome::Created, "{:?}", imported.objects);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let again = lab.plan(&tree, None, &options);
    assert_eq!(again.plan.steps[0].action, Action::Unchanged, "{:?}", again.plan.steps);
    let state = lab.env.sandbox().state(PRODUCTION);
    assert_eq!(state[COLLECTION][0]["displayName"], "Perpetuum mobile");
}
