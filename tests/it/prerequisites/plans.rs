//! Policies that need something, and the plan of them against a target.

use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{Env, TRIAL, empty, quick};

pub const DEFENDER: &str = "fc780465-2017-40d4-a0c5-307022471b92";

pub fn compliance(number: u32, name: &str, more: &Value) -> Value {
    let mut policy = json!({
        "@odata.type": "#microsoft.graph.iosCompliancePolicy", "id": format!("a1000000-0000-4000-8000-{number:012}"),
        "displayName": name, "scheduledActionsForRule": [{"ruleName": null, "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": []}]}],
    });
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

pub fn trial() -> TenantSeed {
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({
        "deviceManagement/deviceCompliancePolicies": [
            compliance(1, "With a partner", &json!({"deviceThreatProtectionEnabled": true})),
            compliance(2, "With Defender", &json!({"advancedThreatProtectionRequiredSecurityLevel": "low"})),
            compliance(3, "Plain", &json!({})),
        ],
        "deviceManagement/windowsFeatureUpdateProfiles": [
            {"id": "a1000000-0000-4000-8000-000000000010", "displayName": "Late", "featureUpdateVersion": "Windows 11, version 24H2",
             "rolloutSettings": {"offerStartDateTimeInUTC": "2020-01-01T00:00:00Z"}},
            {"id": "a1000000-0000-4000-8000-000000000011", "displayName": "At once", "featureUpdateVersion": "Windows 11, version 24H2"},
        ],
        "deviceManagement/androidDeviceOwnerEnrollmentProfiles": [
            {"id": "a1000000-0000-4000-8000-000000000020", "displayName": "Kiosks", "enrollmentMode": "corporateOwnedDedicatedDevice"},
        ],
    });
    trial
}

pub fn plan(target: TenantSeed, more: &[&str]) -> (Env, Value) {
    let env = Env::start(vec![trial(), target], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let args = [&["plan", "tree", "--to", "production", "--format", "json"], more].concat();
    let plan = env.ferry(&args).json();
    (env, plan)
}

/// The findings of a code: name of the policy, message.
pub fn told<'a>(plan: &'a Value, code: &str) -> Vec<(&'a str, &'a str)> {
    let objects = plan["objects"].as_array().unwrap().iter();
    let of_objects = objects.flat_map(|object| {
        let name = object["name"].as_str().unwrap();
        object["findings"].as_array().unwrap().iter().map(move |finding| (name, finding))
    });
    let own =
        plan["findings"].as_array().unwrap().iter().map(|finding| (finding["subject"].as_str().unwrap(), finding));
    let found = own.chain(of_objects).filter(|(_, finding)| finding["code"] == code);
    found
        .map(|(name, finding)| {
            assert!(!finding["fix"].as_str().unwrap().is_empty());
            (name, finding["message"].as_str().unwrap())
        })
        .collect()
}

pub fn action<'a>(plan: &'a Value, name: &str) -> &'a str {
    let found = plan["objects"].as_array().unwrap().iter().find(|object| object["name"] == name);
    found.unwrap()["action"].as_str().unwrap()
}

pub fn catalog_policy(number: u32, name: &str, settings: &[&str]) -> Value {
    let setting = |id: &&str| {
        json!({"settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": id, "settingInstanceTemplateReference": null, "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue", "value": 1,
                "settingValueTemplateReference": null}}})
    };
    json!({"id": format!("a1000000-0000-4000-8000-{number:012}"), "name": name, "platforms": "windows10",
        "technologies": "mdm", "templateReference": {"templateId": "", "templateFamily": "none"},
        "settings": settings.iter().map(setting).collect::<Vec<_>>()})
}
