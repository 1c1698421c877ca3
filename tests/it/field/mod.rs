//! The answers of the field, through the program: what the service has been seen to answer in some tenants never ends
//! an export before its time, loses no more than itself, and is said with its reason.

mod answers;
mod branding;
mod content;
mod crossing;
mod forms;
mod parts;

use std::collections::BTreeSet;

use intune_ferry::sandbox::{Answer, Behaviour, Field, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, TRIAL, quick, sample};

pub const GROUP: &str = "a1000000-0000-4000-8000-00000000f001";
const APP: &str = "a1000000-0000-4000-8000-00000000f002";
const CATEGORY: &str = "a1000000-0000-4000-8000-00000000f003";
const ROLE: &str = "a1000000-0000-4000-8000-00000000f004";

/// The sample tenant, with something of everything that the answers are about.
pub fn tenant() -> TenantSeed {
    let mut seed = sample("contoso-trial", TRIAL, "Contoso Trial");
    let mut add = |collection: &str, object: Value| {
        let list = seed.objects.as_object_mut().unwrap().entry(collection).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(object);
    };
    add("groups", json!({"id": GROUP, "displayName": "Field group", "securityEnabled": true}));
    add("deviceAppManagement/mobileAppCategories", json!({"id": CATEGORY, "displayName": "Field tools"}));
    add(
        "deviceAppManagement/mobileApps",
        json!({
            "@odata.type": "#microsoft.graph.webApp", "id": APP, "displayName": "Field app", "publisher": "Contoso",
            "appUrl": "https://apps.example/field",
            "categories@odata.bind": [format!("deviceAppManagement/mobileAppCategories('{CATEGORY}')")],
        }),
    );
    let setting = |n: usize| {
        json!({"settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": format!("com.microsoft.edge.mamedgeappconfigsettings.field_{n:02}"),
            "choiceSettingValue": {"value": "on", "children": []},
        }})
    };
    add(
        "deviceAppManagement/targetedManagedAppConfigurations",
        json!({
            "id": "a1000000-0000-4000-8000-00000000f005", "displayName": "Field app configuration",
            "settings": (0..30).map(setting).collect::<Vec<_>>(),
        }),
    );
    add(
        "deviceAppManagement/policySets",
        json!({
            "id": "a1000000-0000-4000-8000-00000000f006", "displayName": "Field set",
            "items": [{"@odata.type": "#microsoft.graph.mobileAppPolicySetItem", "payloadId": APP}],
        }),
    );
    add(
        "deviceManagement/roleDefinitions",
        json!({
            "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition", "id": ROLE,
            "displayName": "Field role", "isBuiltIn": false, "rolePermissions": [],
        }),
    );
    add(
        "deviceManagement/roleAssignments",
        json!({
            "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleAssignment",
            "id": "a1000000-0000-4000-8000-00000000f007", "displayName": "Field helpers", "members": [GROUP],
            "resourceScopes": [GROUP], "roleDefinition@odata.bind": format!("deviceManagement/roleDefinitions('{ROLE}')"),
        }),
    );
    add(
        "deviceManagement/virtualEndpoint/userSettings",
        json!({
            "id": "a1000000-0000-4000-8000-00000000f008", "displayName": "Field Cloud PC users",
            "assignments": [{"target": {
                "@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": GROUP,
            }}],
        }),
    );
    add(
        "deviceManagement/resourceAccessProfiles",
        json!({
            "@odata.type": "#microsoft.graph.windows10XTrustedRootCertificate",
            "id": "a1000000-0000-4000-8000-00000000f009", "displayName": "Field 10X root",
        }),
    );
    seed
}

/// A tenant that plays these answers.
pub fn playing(answers: impl IntoIterator<Item = Answer>) -> Env {
    let field = Field::from_iter(answers);
    // Nothing but the answers differs from one sandbox to the next.
    Env::start(vec![TenantSeed { field, ..tenant() }], Behaviour { restless: false, ..quick() })
}

/// The codes and subjects of a run's findings, without those of every export of this tenant.
pub fn said(document: &Value) -> BTreeSet<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(finding, "code"), text(finding, "subject"))).collect()
}

/// What a run says of one subject.
pub fn message(document: &Value, subject: &str) -> String {
    let found = document["findings"].as_array().unwrap().iter().find(|finding| finding["subject"] == subject);
    found.unwrap_or_else(|| panic!("nothing of {subject}: {document:#}"))["message"].as_str().unwrap().to_owned()
}
