//! What a made object needs beyond what its properties tell. Each row says why.

use intune_ferry::catalogue::Catalogue;
use intune_ferry::catalogue::model::Assignments;
use serde_json::{Value, json};

use super::graph::Graph;
use super::samples::{Sample, id};

/// Concrete types of the metadata that no object can have or get, with the reason.
pub const LEFT_OUT: &[(&str, &str)] =
    &[("whatIfAnalysisResult", "an answer of the what-if function, never an object of the collection")];

/// Not made: every tenant has its own, and new ones are for one platform.
pub const OF_EVERY_TENANT: &[&str] = &["deviceEnrollmentPlatformRestrictionsConfiguration"];

/// Policy types whose objects have a shape that their properties do not tell: settings that a template or a
/// definition allows, ids that must exist. They come from `samples/tenants/contoso-trial`.
pub const FROM_SAMPLES: &[&str] = &[
    "administrative-templates",
    "authentication-strengths",
    "conditional-access",
    "intents",
    "linux-compliance-policies",
    "settings-catalog",
];

/// Collections that the samples need beside those.
pub const ALSO_FROM_SAMPLES: &[&str] = &[
    "deviceManagement/groupPolicyDefinitions",
    "deviceManagement/templates",
    "deviceManagement/reusablePolicySettings",
    "deviceManagement/deviceComplianceScripts",
    "deviceManagement/notificationMessageTemplates",
    "deviceManagement/assignmentFilters",
    "deviceManagement/roleScopeTags",
    "identity/conditionalAccess/namedLocations",
];

/// Types that are bound to their tenant, or the same everywhere, and are in both tenants.
pub const IN_BOTH: &[&str] = &[
    "apple-enrollment-tokens",
    "apple-vpp-tokens",
    "cloud-pc-network-connections",
    "organization-branding",
    "security-templates",
    "settings-catalog-templates",
    "tunnel-health-thresholds",
];

/// Concrete types that are a default of every tenant.
pub const DEFAULTS: &[&str] = &["defaultDeviceCompliancePolicy"];

/// The name that the id of the first object of a type is made from.
pub fn first_of(graph: &Graph, kind: &str) -> String {
    let catalogue = Catalogue::built_in().unwrap();
    let entity = &catalogue.get(kind).unwrap().entity;
    format!("{kind} {}", graph.concrete(entity)[0])
}

/// Ids that are chosen or the same everywhere.
pub fn fixed_id(type_name: &str) -> Option<&'static str> {
    match type_name {
        "authentication-contexts" => Some("c42"),
        "mdm-scope" | "mam-scope" => Some("0000000a-0000-0000-c000-000000000000"),
        _ => None,
    }
}

/// Shapes that a type's properties do not tell.
pub fn dress(graph: &Graph, sample: &mut Sample) {
    let object = &mut sample.object;
    if graph.is_a(&sample.concrete, "deviceCompliancePolicy") {
        // quirks.md 24: at least one block action.
        object["scheduledActionsForRule"] = json!([{"ruleName": null, "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": []}
        ]}]);
    }
    if graph.is_a(&sample.concrete, "deviceEnrollmentConfiguration") {
        // quirks.md 37: only the defaults have the rank 0.
        object["priority"] = json!(1);
    }
    match sample.concrete.as_str() {
        // One for each platform, and the service's own have other ids.
        "intuneBrandingProfile" => object["isDefaultProfile"] = json!(false),
        "deviceManagementConfigurationPolicy" => {
            // An inventory policy: any setting will do.
            object["settings"] = json!([{"settingInstance": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                "settingDefinitionId": "inventory_battery",
                "simpleSettingValue": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue", "value": "yes"
                }
            }}]);
            object["templateReference"] = json!({"templateId": "", "templateFamily": "none",
                "templateDisplayName": null, "templateDisplayVersion": null});
        }
        "policySet" => {
            object["items"] = json!([
                {"@odata.type": "#microsoft.graph.deviceConfigurationPolicySetItem", "payloadId": "x"},
                {"@odata.type": "#microsoft.graph.deviceCompliancePolicyPolicySetItem", "payloadId": "x"},
                {"@odata.type": "#microsoft.graph.managedAppProtectionPolicySetItem", "payloadId": "x",
                    "itemType": "#microsoft.graph.iosManagedAppProtection"},
                {"@odata.type": "#microsoft.graph.managedAppProtectionPolicySetItem", "payloadId": "x",
                    "itemType": "#microsoft.graph.androidManagedAppProtection"}
            ]);
        }
        "agreement" => {
            object["files"] = json!([{"fileName": "terms.pdf", "displayName": "Terms", "language": "en-US",
                "isDefault": true, "isMajorVersion": true}]);
        }
        // quirks.md 42; portability.md F.
        "deviceEnrollmentNotificationConfiguration" => {
            object["notificationTemplates"] = json!(["Email_x"]);
            object["notificationMessageTemplateId"] = json!("00000000-0000-0000-0000-000000000000");
        }
        // quirks.md 38.
        "deviceEnrollmentPlatformRestrictionConfiguration" => object["platformType"] = json!("ios"),
        "deviceAndAppManagementRoleAssignment" => object["scopeType"] = json!("resourceScope"),
        _ => {}
    }
}

/// One assignment to a group, as the type has it.
pub fn assignment(type_name: &str, rule: &Assignments, group: &str) -> Value {
    let group = id("trial", group);
    let mut target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    if type_name.starts_with("cloud-pc") {
        target = json!({"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": group});
    }
    let mut entry = json!({"target": target});
    if rule.keep.iter().any(|kept| kept == "intent") {
        entry["@odata.type"] = json!("#microsoft.graph.mobileAppAssignment");
        entry["intent"] = json!("required");
    }
    entry
}
