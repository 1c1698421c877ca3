//! Parts that have calls of their own, and what goes with them.

use super::*;

const STRENGTHS: &str = "policies/authenticationStrengthPolicies";
const KEY: &str = "cb69481e-8ff7-4039-93ec-0a2729a154a8";

fn keys() -> Value {
    json!({"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "appliesToCombinations": ["fido2"], "allowedAAGUIDs": [KEY]})
}

#[tokio::test]
async fn combinations_are_written_one_by_one_and_read_with_the_strength() {
    let client = plain().await;
    let strength = json!({"displayName": "Keys", "allowedCombinations": ["fido2", "x509CertificateMultiFactor"]});
    let id = client.made(STRENGTHS, strength).await;
    let path = format!("{STRENGTHS}/{id}/combinationConfigurations");
    let first = client.made(&path, keys()).await;
    let with = |name: &str, value: Value| {
        let mut body = keys();
        body[name] = value;
        body
    };
    for refused in [
        keys(),
        json!({"appliesToCombinations": ["fido2"]}),
        with("appliesToCombinations", json!(["x509CertificateMultiFactor"])),
        with("appliesToCombinations", json!([])),
        with("allowedAAGUIDs", json!(["no guid"])),
        json!({"@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration", "appliesToCombinations": ["x509CertificateSingleFactor"]}),
    ] {
        assert_eq!(client.post(&path, refused.clone()).await.status, 400, "{refused}");
    }
    // The three spellings of the path show the same.
    for root in [
        STRENGTHS,
        "identity/conditionalAccess/authenticationStrength/policies",
        "identity/conditionalAccess/authenticationStrengths/policies",
    ] {
        let (list, _) = client.all(&format!("{root}/{id}/combinationConfigurations")).await;
        assert_eq!((list.len(), &list[0]["id"], &list[0]["allowedAAGUIDs"]), (1, &json!(first), &json!([KEY])));
        let item = client.get(&format!("{root}/{id}")).await.body;
        assert_eq!(item["combinationConfigurations"][0]["id"], json!(first));
        assert!(item["combinationConfigurations@odata.context"].is_string());
    }
    let expanded = client.get(&format!("{STRENGTHS}/{id}?$expand=combinationConfigurations")).await.body;
    assert_eq!(expanded["combinationConfigurations"][0]["@odata.type"], keys()["@odata.type"]);
    let one = format!("{path}/{first}");
    assert_eq!(client.patch(&one, json!({"allowedAAGUIDs": []})).await.status, 400, "the type is missing");
    assert_eq!(client.patch(&one, with("allowedAAGUIDs", json!([]))).await.status, 204);
    assert_eq!(client.get(&one).await.body["allowedAAGUIDs"], json!([]));
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(client.get(&one).await.status, 404);
    let built_in = format!("{STRENGTHS}/00000000-0000-0000-0000-000000000004/combinationConfigurations");
    assert_eq!(client.post(&built_in, keys()).await.status, 400);
}

#[tokio::test]
async fn privacy_controls_have_an_action_and_are_read_behind_the_cast() {
    let client = plain().await;
    let body = json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "displayName": "G"});
    let mut inline = body.clone();
    inline["privacyAccessControls"] = json!([]);
    assert_eq!(client.post(CONFIGURATIONS, inline).await.status, 400);
    let id = client.made(CONFIGURATIONS, body).await;
    let path = format!("{CONFIGURATIONS}/{id}");
    let controls = json!({"windowsPrivacyAccessControls": [{"accessLevel": "forceDeny", "dataCategory": "camera"}]});
    let action = format!("{path}/windowsPrivacyAccessControls");
    for _ in 0..2 {
        assert_eq!(client.post(&action, controls.clone()).await.status, 204);
    }
    let cast = format!("{path}/microsoft.graph.windows10GeneralConfiguration/privacyAccessControls");
    let (list, _) = client.all(&cast).await;
    assert_eq!((list.len(), &list[0]["accessLevel"]), (1, &json!("forceDeny")), "the list was replaced");
    assert!(list[0]["id"].is_string());
    assert!(client.get(&path).await.body.get("privacyAccessControls").is_none());
    let other = json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "O"});
    let other = client.made(CONFIGURATIONS, other).await;
    let refused = client.post(&format!("{CONFIGURATIONS}/{other}/windowsPrivacyAccessControls"), controls).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn the_discovery_script_is_a_script_and_no_reusable_setting() {
    let client = plain().await;
    let script =
        json!({"displayName": "D", "publisher": "P", "detectionScriptContent": "QQ==", "runAsAccount": "system"});
    let script = client.made("deviceManagement/deviceComplianceScripts", script).await;
    let policy = |definition: &str, id: &str| {
        json!({"name": "L", "platforms": "linux", "technologies": "linuxMdm", "settings": [{"settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance", "settingDefinitionId": definition,
            "simpleSettingValue": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationReferenceSettingValue", "value": id}
        }}]})
    };
    let root = "deviceManagement/compliancePolicies";
    client.made(root, policy("linux_customcompliance_discoveryscript", &script)).await;
    let foreign = client.post(root, policy("linux_customcompliance_discoveryscript", FOREIGN_GROUP)).await;
    assert!(foreign.message().contains("DeviceComplianceScript"), "{}", foreign.text);
    let reusable = client.post(root, policy("linux_firewall_group", &script)).await;
    assert!(reusable.message().contains("Reusable setting"), "{}", reusable.text);
}

#[tokio::test]
async fn only_entities_of_a_seed_get_ids() {
    let seeded = seed(json!({
        "deviceAppManagement/mobileAppConfigurations": [{
            "@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "id": "ios", "displayName": "I",
            "settings": [{"appConfigKey": "k", "appConfigKeyType": "stringType", "appConfigKeyValue": "v"}],
            "assignments": [to_group(GROUP)]
        }],
        "deviceManagement/configurationPolicies": [{"id": "p", "name": "P", "settings": [setting(0), setting(1)]}]
    }));
    let client = start(behaviour(), seeded).await;
    let read = client.get("deviceAppManagement/mobileAppConfigurations/ios?$expand=assignments").await.body;
    assert_eq!(read["settings"][0].get("id"), None, "{read}");
    assert!(read["assignments"][0]["id"].is_string());
    let (settings, _) = client.all("deviceManagement/configurationPolicies/p/settings").await;
    assert_eq!(settings[1]["id"], "1");
}

#[tokio::test]
async fn an_app_configuration_takes_its_catalogue_settings_by_an_action() {
    let client = plain().await;
    let root = "deviceAppManagement/targetedManagedAppConfigurations";
    let id = client.made(root, json!({"displayName": "C", "customSettings": []})).await;
    let change = format!("{root}/{id}/changeSettings");
    assert_eq!(client.post(&change, json!({"settings": [setting(0), setting(1)]})).await.status, 204);
    assert_eq!(client.post(&change, json!({"settings": [setting(2)]})).await.status, 204);
    let (settings, _) = client.all(&format!("{root}/{id}/settings")).await;
    assert_eq!((settings.len(), &settings[0]["id"]), (1, &json!("0")));
    assert_eq!(
        settings[0]["settingInstance"]["settingDefinitionId"],
        setting(2)["settingInstance"]["settingDefinitionId"]
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    let client = plain().await;
    let credentials = json!({"displayName": "D", "issuer": "intercede", "helpUrl": "https://x.example", "renewalThresholdPercentage": 20, "notificationType": "none"});
    let root = "deviceManagement/derivedCredentials";
    let id = client.made(root, credentials.clone()).await;
    assert_eq!(client.post(root, credentials).await.status, 400, "one per tenant");
    assert_eq!(client.patch(&format!("{root}/{id}"), json!({"displayName": "E"})).await.status, 400);

    let page = |apps: Value| json!({"@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration", "displayName": "E", "selectedMobileAppIds": apps});
    let root = "deviceManagement/deviceEnrollmentConfigurations";
    let mut default = page(json!([]));
    default["deviceEnrollmentConfigurationType"] = json!("defaultWindows10EnrollmentCompletionPageConfiguration");
    assert_eq!(client.post(root, default).await.status, 400);
}

#[tokio::test]
async fn a_reusable_setting_shows_its_content_only_where_it_is_selected() {
    let client = plain().await;
    let root = "deviceManagement/reusablePolicySettings";
    let body =
        json!({"displayName": "R", "settingDefinitionId": "x", "settingInstance": setting(0)["settingInstance"]});
    let id = client.made(root, body).await;
    assert_eq!(client.get(&format!("{root}/{id}")).await.body["settingInstance"], Value::Null);
    let selected = client.get(&format!("{root}/{id}?$select=id,settingInstance")).await.body;
    assert!(selected["settingInstance"].is_object());
}

#[tokio::test]
async fn security_defaults_keep_policies_from_being_enabled() {
    let seeded = seed(json!({"policies/identitySecurityDefaultsEnforcementPolicy": {"id": "d", "isEnabled": true}}));
    let client = start(behaviour(), seeded).await;
    let policy = |state: &str| {
        json!({"displayName": "CA", "state": state, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
            "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}})
    };
    let root = "identity/conditionalAccess/policies";
    assert_eq!(client.post(root, policy("enabled")).await.status, 400);
    client.made(root, policy("disabled")).await;
    let mut made_from = policy("disabled");
    made_from["templateId"] = json!(KEY);
    assert_eq!(client.post(root, made_from).await.status, 400, "only reading has it");
}
