//! The tenants and the tree that every answer about writing is tried with.

use std::time::Duration;

use intune_ferry::sandbox::{Answer, Behaviour, Field};
use serde_json::{Value, json};

use crate::app_content::{put, win32};
use crate::env::{Env, PRODUCTION, TRIAL, empty, quick};
use crate::packages::package;

pub const APPS: &str = "deviceAppManagement/mobileApps";
pub const CATEGORIES: &str = "deviceAppManagement/mobileAppCategories";
pub const LOCATIONS: &str = "identity/conditionalAccess/namedLocations";
pub const ACCESS: &str = "identity/conditionalAccess/policies";
pub const CONTEXTS: &str = "identity/conditionalAccess/authenticationContextClassReferences";
pub const FILTERS: &str = "deviceManagement/assignmentFilters";
pub const PROFILES: &str = "deviceManagement/deviceConfigurations";
pub const ENROLLMENT: &str = "deviceManagement/deviceEnrollmentConfigurations";
pub const SCOPE: &str = "policies/mobileDeviceManagementPolicies";
pub const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";

/// How many `WinGet` apps the tree has.
pub const WINGET: usize = 11;

/// The answers that one tree can meet; what needs pauses, and what only a person may write, has tests of its own.
pub fn writing() -> Vec<Answer> {
    use Answer as A;
    vec![
        A::NamedLocation1040,
        A::GroupNotYetKnown,
        A::NewNotYetKnown,
        A::AppProcessing,
        A::AppFixed,
        A::EdgeFilterRefused,
        A::ContentListsRefused,
        A::FilterInUse,
        A::PriorityGaps,
        A::DefaultEnrollmentFixed,
        A::NoODataRoute,
    ]
}

pub fn guid(number: usize) -> String {
    format!("a3000000-0000-4000-8000-{number:012}")
}

pub fn group(number: usize, name: &str) -> Value {
    json!({"id": guid(number), "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
        "groupTypes": []})
}

pub fn to_group(intent: Option<&str>) -> Value {
    let mut entry = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": guid(1),
        "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none"}});
    if let Some(intent) = intent {
        entry["intent"] = json!(intent);
    }
    entry
}

pub fn winget(number: usize) -> Value {
    let mut app = json!({
        "@odata.type": "#microsoft.graph.winGetApp", "id": guid(100 + number), "displayName": format!("Store {number:02}"),
        "publisher": "Contoso", "publishingState": "published", "packageIdentifier": format!("9PACKAGE{number:04}"),
        "installExperience": {"runAsAccount": "system"},
        "categories@odata.bind": [format!("{CATEGORIES}('{}')", guid(2))],
        "assignments": [to_group(Some("required"))],
    });
    if number == 2 {
        app["relationships"] = json!([{"@odata.type": "#microsoft.graph.mobileAppDependency", "id": "r",
            "targetId": guid(101), "targetType": "child", "dependencyType": "autoInstall"}]);
    }
    app
}

pub fn status_page(number: usize, priority: u64) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration",
        "id": format!("{}_Windows10EnrollmentCompletionPageConfiguration", guid(200 + number)),
        "displayName": format!("Status page {number}"), "priority": priority, "assignments": [to_group(None)],
    })
}

/// Everything that the answers are about, assigned to a group that the target does not have.
pub fn source() -> Value {
    let edge = json!({
        "@odata.type": "#microsoft.graph.windowsMicrosoftEdgeApp", "id": guid(90), "displayName": "Edge",
        "publisher": "Microsoft", "publishingState": "published", "channel": "stable",
        "assignments": [to_group(Some("required"))],
    });
    let mut tool = win32(1, "Tool", "tool.intunewin");
    tool["assignments"] = json!([to_group(Some("required"))]);
    let mut base = json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "id": guid(10),
        "displayName": "Base", "assignments": [to_group(None)]});
    base["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(guid(3));
    base["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let default_page = json!({
        "@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration",
        "id": format!("{TRIAL}_DefaultWindows10EnrollmentCompletionPageConfiguration"), "priority": 0,
        "displayName": "Everybody here", "description": "Ours", "showInstallationProgress": true,
        "deviceEnrollmentConfigurationType": "defaultWindows10EnrollmentCompletionPageConfiguration",
    });
    json!({
        "groups": [group(1, "Pilot"), group(6, "Enrolled")],
        CATEGORIES: [{"id": guid(2), "displayName": "Ours"}],
        FILTERS: [{"id": guid(3), "displayName": "Corporate", "platform": "windows10AndLater",
            "rule": "(device.deviceOwnership -eq \"Corporate\")", "assignmentFilterManagementType": "devices"}],
        LOCATIONS: [{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": guid(4), "displayName": "Office",
            "isTrusted": true,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}]}],
        CONTEXTS: [{"id": "c7", "displayName": "Strong", "description": "", "isAvailable": true}],
        ACCESS: [{"id": guid(5), "displayName": "Office only", "state": "enabled", "conditions": {
            "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"],
            "users": {"includeGroups": [guid(1)]},
            "locations": {"includeLocations": ["All"], "excludeLocations": [guid(4)]}},
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}],
        PROFILES: [base],
        ENROLLMENT: [status_page(1, 2), status_page(2, 5), default_page],
        APPS: (1..=WINGET).map(winget).chain([edge, tool]).collect::<Vec<_>>(),
    })
}

/// The tree of such a tenant, and a target that plays these answers.
pub fn ready(answers: &[Answer], target: &Value, behaviour: Behaviour) -> Env {
    let (mut trial, mut production) = (empty(TRIAL, "Contoso Trial"), empty(PRODUCTION, "Fabrikam Production"));
    trial.objects = source();
    production.objects = target.clone();
    production.objects["groups"] = json!([group(7, "Enrolled")]);
    production.field = answers.iter().copied().collect::<Field>();
    let env = Env::start(vec![trial, production], behaviour);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let create = json!({"kind": "group", "source": {"id": guid(1), "name": "Pilot"}, "decision": "create"});
    let map = json!({"kind": "group", "source": {"id": guid(6)}, "decision": "map", "target": {"id": guid(7)}});
    env.write_mapping(&[create, map], &[]);
    put(&env, "tool.intunewin", &package(4000, "setup.exe"));
    env.sandbox().go_on();
    env
}

/// Somewhat slower than one look of the program.
pub fn behaviour() -> Behaviour {
    Behaviour { content_lag: Duration::from_millis(350), ..quick() }
}
