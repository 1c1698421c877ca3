//! Exports that fail in part.

use intune_ferry::catalogue::Selection;
use intune_ferry::engine::EngineError;
use intune_ferry::engine::export::run;
use intune_ferry::tree::TypeRead;
use serde_json::json;

use super::lab::{Lab, SCRIPTS, assigned, everything, fault, group, has, id, script, to_group};
use crate::env::PRODUCTION;

#[test]
fn a_dependency_whose_list_fails_is_told() {
    let mut filtered = to_group(&id(11));
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(id(21));
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let seeded = Lab::with(json!({
        SCRIPTS: [assigned(script(&id(1), "S", "AAAA"), vec![filtered])],
        "deviceManagement/assignmentFilters": [{"id": id(21), "displayName": "F", "platform": "windows10AndLater",
            "rule": "(device.model -eq \"x\")", "assignmentFilterManagementType": "devices"}],
        "groups": [group(&id(11), "A")]}));
    seeded.env.sandbox().fail(fault("GET", "deviceManagement/assignmentFilters", 403));
    let only = Selection::new(&seeded.catalogue, &["platform-scripts".to_owned()], &[], &[]).unwrap();
    let exported = seeded.runtime.block_on(run::export(seeded.tenant(), &only, true, None, None)).unwrap();
    assert!(has(&exported.findings, "read-failed"), "{:#?}", exported.findings);
    assert!(matches!(exported.snapshot.types.get("assignment-filters"), Some(TypeRead::Failed(_))));
}

#[test]
fn every_policy_that_cannot_be_exported_is_named() {
    let lab = Lab::with(json!({SCRIPTS: [script(&id(1), "One", "AAAA"), script(&id(2), "Two", "AAAA")]}));
    lab.env.sandbox().fail(fault("GET", &format!("{SCRIPTS}/{}", id(1)), 403));
    lab.env.sandbox().fail(fault("GET", &format!("{SCRIPTS}/{}", id(2)), 403));
    let exported = lab.runtime.block_on(run::export(lab.tenant(), everything(), true, None, None)).unwrap();
    let text = format!("{:?}", exported.findings);
    assert!(text.contains("One") && text.contains("Two"), "{text}");
}

#[test]
fn an_export_that_loses_the_service_on_the_way_says_so() {
    let lab = Lab::with(json!({SCRIPTS: [script(&id(1), "One", "AAAA")]}));
    lab.refuse_token();
    let outcome = lab.runtime.block_on(run::export(lab.tenant(), everything(), true, None, None));
    assert!(matches!(&outcome, Err(EngineError::Graph(error)) if error.is_sign_in()), "{outcome:?}");
}

#[test]
fn an_app_that_cannot_be_read_right_now_is_not_missing() {
    let config = json!({"@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "id": id(1), "displayName": "C",
        "targetedMobileApps": [id(31)], "encodedSettingXml": null});
    let lab = Lab::with(json!({"deviceAppManagement/mobileAppConfigurations": [config],
        "deviceAppManagement/mobileApps": [{"@odata.type": "#microsoft.graph.iosStoreApp", "id": id(31), "displayName": "App",
            "bundleId": "com.example", "publisher": "x"}]}));
    lab.env.sandbox().fail(fault("GET", &format!("deviceAppManagement/mobileApps/{}", id(31)), 500));
    let exported = lab.runtime.block_on(run::export(lab.tenant(), everything(), true, None, None)).unwrap();
    let facts = exported.snapshot.directory.get("apps", &id(31)).cloned().unwrap_or_default();
    assert_ne!(facts.get("state"), Some(&json!("missing")), "{facts:?}");
}

#[test]
fn an_id_of_dots_leads_nowhere_else() {
    let lab = Lab::with(json!({}));
    for hostile in [".", ".."] {
        let path = intune_ferry::engine::tenant::addresses::encode(hostile);
        let api = intune_ferry::graph::Api::Beta;
        let _ = lab.runtime.block_on(lab.client.get(api, &format!("{SCRIPTS}/{path}/assignments")));
    }
    let requests = lab.env.sandbox().requests(PRODUCTION);
    let strays: Vec<_> = requests
        .iter()
        .filter(|r| {
            r.path.contains("deviceManagement/assignments") || r.path.ends_with("deviceManagementScripts/assignments")
        })
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}
