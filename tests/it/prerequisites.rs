//! What policies need the target to have is asked before any write, only for what is written, and told with the fix
//! on the policies it touches. What may not be read is unknown and blocks nothing.

use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, shows};

const DEFENDER: &str = "fc780465-2017-40d4-a0c5-307022471b92";

fn compliance(number: u32, name: &str, more: &Value) -> Value {
    let mut policy = json!({
        "@odata.type": "#microsoft.graph.iosCompliancePolicy", "id": format!("a1000000-0000-4000-8000-{number:012}"),
        "displayName": name, "scheduledActionsForRule": [{"ruleName": null, "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": []}]}],
    });
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

fn trial() -> TenantSeed {
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

fn plan(target: TenantSeed, more: &[&str]) -> (Env, Value) {
    let env = Env::start(vec![trial(), target], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let args = [&["plan", "tree", "--to", "production", "--format", "json"], more].concat();
    let plan = env.ferry(&args).json();
    (env, plan)
}

/// The findings of a code: name of the policy, message.
fn told<'a>(plan: &'a Value, code: &str) -> Vec<(&'a str, &'a str)> {
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

fn action<'a>(plan: &'a Value, name: &str) -> &'a str {
    let found = plan["objects"].as_array().unwrap().iter().find(|object| object["name"] == name);
    found.unwrap()["action"].as_str().unwrap()
}

#[test]
fn what_the_target_lacks_is_told_on_the_policies_that_need_it() {
    let mut target = empty(PRODUCTION, "Production");
    target.objects = json!({"organization": [{"id": PRODUCTION, "displayName": "Production", "mobileDeviceManagementAuthority": "unknown",
        "verifiedDomains": [{"name": "production.onmicrosoft.com", "isDefault": true}]}]});
    let (env, planned) = plan(target, &[]);
    shows(&planned, &["prerequisite-missing", "date-passed"]);
    let mut missing: Vec<(&str, &str)> = told(&planned, "prerequisite-missing");
    missing.sort_unstable();
    let lacks = |name: &str, what: &str| missing.iter().any(|(own, message)| *own == name && message.contains(what));
    assert!(lacks("With a partner", "Mobile Threat Defense connector"), "{missing:?}");
    assert!(lacks("With Defender", "Microsoft Defender for Endpoint"), "{missing:?}");
    assert!(lacks("At once", "Windows Enterprise"), "{missing:?}");
    assert!(lacks("Kiosks", "managed Google Play"), "{missing:?}");
    assert!(lacks("the target", "MDM authority"), "{missing:?}");
    assert_eq!(missing.len(), 5, "{missing:?}");
    assert_eq!(action(&planned, "With a partner"), "create");
    assert_eq!(env.writes(PRODUCTION), 0);

    // Graph refuses a date that has passed, so the plan says so first.
    assert_eq!(action(&planned, "Late"), "blocked");
    assert_eq!(told(&planned, "date-passed").len(), 1, "{planned:#}");
    // Only what is needed is asked for, and once.
    let asked = |path: &str| env.sandbox().requests(PRODUCTION).iter().filter(|it| it.path.contains(path)).count();
    assert_eq!([asked("subscribedSkus"), asked("mobileThreatDefenseConnectors"), asked("ndesConnectors")], [1, 1, 0]);
}

#[test]
fn what_the_target_has_is_not_told_and_what_may_not_be_read_is_unknown() {
    let mut target = empty(PRODUCTION, "Production");
    target.objects = json!({
        "deviceManagement/mobileThreatDefenseConnectors": [{"id": DEFENDER, "partnerState": "enabled"}],
        "deviceManagement/androidManagedStoreAccountEnterpriseSettings": {"id": "p", "bindStatus": "boundAndValidated"},
        "subscribedSkus": [{"id": "s", "skuPartNumber": "SPE_E3", "capabilityStatus": "Enabled",
            "servicePlans": [{"servicePlanName": "WIN10_PRO_ENT_SUB", "provisioningStatus": "Success"}]}],
    });
    let (_, planned) = plan(target.clone(), &[]);
    assert_eq!(told(&planned, "prerequisite-missing"), []);
    assert_eq!(told(&planned, "prerequisite-unknown"), []);

    target.permissions = ["DeviceManagementConfiguration.ReadWrite.All", "Group.Read.All"].map(String::from).to_vec();
    let (_, planned) = plan(target, &["--only", "compliance-policies,feature-update-profiles"]);
    shows(&planned, &["prerequisite-unknown"]);
    let unknown = told(&planned, "prerequisite-unknown");
    assert!(
        unknown
            .iter()
            .any(|(name, why)| *name == "With a partner" && why.contains("DeviceManagementServiceConfig.Read.All")),
        "{unknown:?}"
    );
    assert!(
        unknown.iter().any(|(name, why)| *name == "At once" && why.contains("Organization.Read.All")),
        "{unknown:?}"
    );
    assert_eq!(action(&planned, "With a partner"), "create");
    // What is there already needs nothing.
    assert_eq!(told(&planned, "prerequisite-missing"), []);
}

#[test]
fn a_template_that_the_target_no_longer_offers_blocks_before_anything_is_written() {
    let template = "abcdefab-0000-4000-8000-000000000000_1";
    let mut trial = empty(TRIAL, "Trial");
    let policy = |number: u32, name: &str, template: &str| {
        let id = format!("a1000000-0000-4000-8000-{number:012}");
        json!({"id": id, "name": name, "platforms": "windows10", "technologies": "mdm", "settings": [],
            "templateReference": {"templateId": template, "templateFamily": "endpointSecurityFirewall"}})
    };
    let other = "abcdefab-0000-4000-8000-000000000000_2";
    trial.objects = json!({"deviceManagement/configurationPolicies": [
        policy(1, "Old", template), policy(2, "New", other), policy(3, "Without", ""),
    ]});
    let mut target = empty(PRODUCTION, "Production");
    target.retired_templates = vec![template.to_owned()];
    let env = Env::start(vec![trial, target], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "settings-catalog"]).exits(0);
    let planned = env.ferry(&["plan", "tree", "--to", "production", "--format", "json"]).exits(4).json();
    let actions = ["Old", "New", "Without"].map(|name| action(&planned, name));
    assert_eq!(actions, ["blocked", "create", "create"], "{planned:#}");
    assert_eq!(told(&planned, "retired").len(), 1);
}
