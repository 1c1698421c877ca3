//! Values are compared as what their types say they are, also where another tool or another day spelled them
//! otherwise: the import goes through, verify finds nothing, and the second import writes nothing. What Graph would
//! refuse is said by lint and plan alike.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows, tenants};

/// A tree of these files, adopted from a folder as other tools write them.
fn adopted(files: &[(&str, Value)]) -> Env {
    let env = Env::start(vec![empty(TRIAL, "Trial"), empty(PRODUCTION, "Production")], quick());
    for (name, value) in files {
        env.write(&format!("in/{name}"), value);
    }
    env.run(&["adopt", "in", "--out", "tree"]);
    env
}

/// Imports, and fails unless all is created, verify finds nothing and a second import writes nothing.
#[track_caller]
fn settles(env: &Env, count: usize) {
    let first = env.import(&["--on-conflict", "update"]);
    assert_eq!(first["counts"]["created"], count, "{first:#}");
    assert_eq!(codes(&first, "verify-differs"), 0, "{first:#}");
    let writes = env.writes(PRODUCTION);
    wait();
    let verified = env.run(&["verify", "tree", "--to", "production"]);
    assert_eq!(verified["counts"]["equal"], count, "{verified:#}");
    let second = env.import(&["--on-conflict", "update"]);
    assert_eq!(env.writes(PRODUCTION), writes, "{second:#}");
}

/// Until the lists show what is new.
fn wait() {
    std::thread::sleep(quick().list_lag * 2);
}

fn codes(document: &Value, code: &str) -> usize {
    document.to_string().matches(&format!("\"code\":\"{code}\"")).count()
}

fn catalog(name: &str, value: &Value, more: &Value) -> Value {
    let mut policy = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "name": name,
        "description": null, "platforms": "windows10", "technologies": "mdm",
        "settings": [{"settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": "device_vendor_msft_policy_config_devicelock_mindevicepasswordlength", "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue", "value": value}}}]});
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

#[test]
fn what_is_not_set_is_what_the_service_makes_of_it() {
    let env = adopted(&[
        ("a.json", catalog("Unsaid", &json!(8), &json!({}))),
        ("b.json", catalog("Empty tags", &json!(8), &json!({"roleScopeTagIds": []}))),
        ("c.json", catalog("Null tags", &json!(8), &json!({"roleScopeTagIds": null}))),
        ("d.json", catalog("Null template", &json!(8), &json!({"templateReference": null, "roleScopeTagIds": ["0"]}))),
        (
            "e.json",
            json!({"@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration", "displayName": "Ring",
            "automaticUpdateMode": "autoInstallAtMaintenanceTime", "roleScopeTagIds": [],
            "installationSchedule": {"@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
                "activeHoursStart": "08:00:00", "activeHoursEnd": "17:00:00.0000000"}}),
        ),
    ]);
    settles(&env, 5);
}

#[test]
fn a_switched_off_property_of_another_type_of_the_collection_says_nothing() {
    // As tools fill in one form for both kinds of Autopilot profiles; the tags are as they leave them, too.
    let profile = |name: &str, checks: bool| {
        json!({"@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "displayName": name,
            "description": "", "locale": "os-default", "preprovisioningAllowed": false, "deviceType": "windowsPc",
            "hardwareHashExtractionEnabled": false, "roleScopeTagIds": [],
            "hybridAzureADJoinSkipConnectivityCheck": checks,
            "outOfBoxExperienceSetting": {"deviceUsageType": "shared", "escapeLinkHidden": true, "eulaHidden": true,
                "privacySettingsHidden": true, "userType": "standard", "keyboardSelectionPageSkipped": true}})
    };
    settles(&adopted(&[("a.json", profile("Kiosks", false))]), 1);
    // Switched on it says something that the type has no place for.
    let env = adopted(&[("a.json", profile("Kiosks", true))]);
    let plan = env.plan(&[]);
    assert_eq!((plan["counts"]["blocked"].as_u64(), codes(&plan, "schema")), (Some(1), 1), "{plan:#}");
}

#[test]
fn a_scope_tag_that_somebody_added_is_a_difference_and_the_default_comes_back() {
    let env = adopted(&[("a.json", catalog("Null tags", &json!(8), &json!({"roleScopeTagIds": null})))]);
    let imported = env.import(&[]);
    wait();
    let id = imported["objects"][0]["targetId"].as_str().unwrap().to_owned();
    let tagged = json!({"roleScopeTagIds": ["7"]});
    assert!(env.sandbox().edit(PRODUCTION, "deviceManagement/configurationPolicies", &id, &tagged));
    assert_eq!(env.run(&["verify", "tree", "--to", "production"])["counts"]["differs"], 1);
    env.import(&["--on-conflict", "update"]);
    assert_eq!(env.run(&["verify", "tree", "--to", "production"])["counts"]["equal"], 1);
}

/// What another tenant answers in another spelling is the same, in every command that compares.
#[test]
fn times_durations_ids_flags_and_sets_have_no_spelling() {
    let protection = |period: &str, stores: &Value| {
        json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "id": "T_a1000000-0000-4000-8000-000000000001", "displayName": "Protect", "periodBeforePinReset": period,
        "allowedDataStorageLocations": stores, "allowedDataIngestionLocations": stores})
    };
    let rollout = |start: &str| {
        json!({"id": "a1000000-0000-4000-8000-000000000002", "displayName": "Rollout",
        "featureUpdateVersion": "Windows 11, version 24H2", "rolloutSettings": {"offerStartDateTimeInUTC": start}})
    };
    let guard = |technologies: &str| {
        let mut policy = catalog("Guard", &json!(8), &json!({"id": "a1000000-0000-4000-8000-000000000003"}));
        policy["technologies"] = json!(technologies);
        policy
    };
    let kiosk = |time: &str| {
        json!({"@odata.type": "#microsoft.graph.sharedPCConfiguration",
        "id": "a1000000-0000-4000-8000-000000000004", "displayName": "Shared", "maintenanceStartTime": time})
    };
    let objects = |period: &str, stores: Value, start: &str, technologies: &str, time: &str| {
        json!({
            "deviceAppManagement/iosManagedAppProtections": [protection(period, &stores)],
            "deviceManagement/windowsFeatureUpdateProfiles": [rollout(start)],
            "deviceManagement/configurationPolicies": [guard(technologies)],
            "deviceManagement/deviceConfigurations": [kiosk(time)],
        })
    };
    let env = tenants(
        &objects("PT1H", json!(["sharePoint", "box"]), "2030-01-01T00:00:00Z", "mdm,microsoftSense", "08:00:00"),
        &objects(
            "PT60M",
            json!(["box", "sharePoint"]),
            "2030-01-01T02:00:00.0000000+02:00",
            "microsoftSense,mdm",
            "08:00:00.0000000",
        ),
    );
    let only = ["--only", "app-protection-ios,feature-update-profiles,settings-catalog,device-configurations"];
    for (tenant, tree) in [("trial", "tree"), ("production", "other")] {
        env.ferry(&[&["export", tenant, "--out", tree], only.as_slice()].concat()).exits(0);
    }
    let planned = env.plan(&only);
    assert_eq!(planned["counts"]["unchanged"], 4, "{planned:#}");
    assert_eq!(env.run(&["verify", "tree", "--to", "production"])["counts"]["equal"], 4);
    env.ferry(&["diff", "tree", "other"]).exits(0);
    let own = |tree: &str| env.files(tree).into_iter().find(|(name, _)| name.starts_with("app-protection-ios/"));
    let [one, other] = ["tree", "other"].map(|tree| String::from_utf8(own(tree).unwrap().1).unwrap());
    assert_eq!(one.replace("PT1H", "PT60M"), other, "the order of the places is not in a tree");

    // Another value is another one.
    let env = tenants(
        &objects("PT1H", json!(["box"]), "2030-01-01T00:00:00Z", "mdm,microsoftSense", "08:00:00"),
        &objects("PT61M", json!(["box", "sharePoint"]), "2030-01-01T00:00:00+02:00", "mdm,microsoftSense", "08:00:01"),
    );
    env.ferry(&[&["export", "trial", "--out", "tree"], only.as_slice()].concat()).exits(0);
    let planned = env.plan(&only);
    assert_eq!([&planned["counts"]["unchanged"], &planned["counts"]["exists-differs"]], [1, 3], "{planned:#}");
}

#[test]
fn a_list_that_is_null_is_the_empty_list() {
    let env = adopted(&[
        (
            "ConditionalAccess/a.json",
            json!({
            "@odata.context": "https://graph.microsoft.com/beta/$metadata#identity/conditionalAccess/policies/$entity",
            "displayName": "Admins", "state": "disabled", "sessionControls": null, "conditions": {
                "applications": {"includeApplications": "All", "excludeApplications": null, "includeUserActions": null},
                "clientAppTypes": "all", "userRiskLevels": "high", "signInRiskLevels": null, "platforms": null, "locations": null,
                "users": {"includeUsers": "None", "excludeUsers": null, "excludeGroups": null}},
            "grantControls": {"operator": "OR", "builtInControls": "block", "termsOfUse": null}}),
        ),
        (
            "SettingsCatalog/b.json",
            json!({
            "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/configurationPolicies(settings())/$entity",
            "name": "Encrypt", "platforms": "windows10", "technologies": "mdm", "roleScopeTagIds": "0", "settings": {
                "settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
                    "settingDefinitionId": "device_vendor_msft_bitlocker_requiredeviceencryption", "choiceSettingValue": {
                        "value": "device_vendor_msft_bitlocker_requiredeviceencryption_1", "children": null}}}}),
        ),
    ]);
    settles(&env, 2);
}

#[test]
fn a_value_of_the_wrong_type_is_said_by_lint_and_plan_and_not_by_the_write() {
    let wrong = json!({"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "displayName": "Quoted",
        "passwordMinimumLength": "8", "bitLockerEnabled": "true", "scheduledActionsForRule": [{"ruleName": null,
            "scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": "0", "notificationTemplateId": "",
                "notificationMessageCCList": []}]}]});
    let env = adopted(&[("a.json", wrong), ("b.json", catalog("Text", &json!("8"), &json!({})))]);
    let places = |document: &Value| -> Vec<String> {
        let objects = document["objects"].as_array().unwrap().iter();
        let findings = objects.flat_map(|object| object["findings"].as_array().unwrap());
        let of_schema = findings.filter(|finding| finding["code"] == "schema" && finding["severity"] == "error");
        let mut places: Vec<String> = of_schema.map(|finding| finding["at"].as_str().unwrap().to_owned()).collect();
        places.sort();
        places
    };
    let linted = env.ferry(&["lint", "tree", "--format", "json"]).exits(4).json();
    assert_eq!(linted["counts"]["needs-correction"], 2, "{linted:#}");
    let planned = env.plan(&[]);
    assert_eq!(planned["counts"]["blocked"], 2, "{planned:#}");
    assert_eq!(places(&linted), places(&planned));
    assert_eq!(
        places(&linted),
        [
            "/bitLockerEnabled",
            "/passwordMinimumLength",
            "/scheduledActionsForRule/0/scheduledActionConfigurations/0/gracePeriodHours",
            "/settings/0/settingInstance/simpleSettingValue/value"
        ]
    );
    let writes = env.writes(PRODUCTION);
    env.ferry(&["import", "tree", "--to", "production", YES]).exits(4);
    assert_eq!(env.writes(PRODUCTION), writes);
}

/// What Graph gave itself is only told, until someone changes the file.
#[test]
fn an_edited_policy_is_held_against_the_types_like_one_written_by_hand() {
    let ring = json!({"@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
        "id": "a1000000-0000-4000-8000-000000000001", "displayName": "Ring"});
    let env = crate::env::exported(&json!({"deviceManagement/deviceConfigurations": [ring]}), &json!({}));
    let only = ["--only", "device-configurations"];
    assert_eq!(env.plan(&only)["counts"]["create"], 1);
    let (name, text) =
        env.files("tree").into_iter().find(|(name, _)| name.starts_with("device-configurations/")).unwrap();
    let mut policy: Value = serde_json::from_slice(&text).unwrap();
    policy["qualityUpdatesDeferralPeriodInDays"] = json!("3");
    env.write(&format!("tree/{name}"), &policy);
    let linted = env.run(&[&["lint", "tree"], only.as_slice()].concat());
    assert_eq!(linted["counts"]["needs-correction"], 1, "{linted:#}");
    assert_eq!(env.plan(&only)["counts"]["blocked"], 1);
}

const ADMX: &str = "https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions";
const SPEED: &str = "f2a7c9d4-1b36-4e58-9c07-a5d8e3b61f42";
const PERSONAL: &str = "3e90b1f7-85ca-4d26-a1f3-7b6c2d0e9584";

#[test]
fn a_field_that_says_nothing_is_left_out_and_the_rest_is_kept() {
    let presentation = |id: &str, more: &Value| {
        let mut value = json!({"presentation@odata.bind": format!("{ADMX}('{SPEED}')/presentations('{id}')")});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let values = json!({"updated": [], "deletedIds": [], "added": [
        {"definition@odata.bind": format!("{ADMX}('{PERSONAL}')"), "enabled": false,
            "presentationValues": [presentation("", &json!({"id": null, "value": [], "@odata.type": null}))]},
        {"definition@odata.bind": format!("{ADMX}('{SPEED}')"), "enabled": true, "presentationValues": [
            presentation("7c1e4b90-6d2f-4a83-b5e7-09f3a8c2d614", &json!({"value": 512, "@odata.type": "#microsoft.graph.groupPolicyPresentationValueDecimal"}))]},
    ]});
    let template = json!({"Displayname": "Office sync", "Description": "", "Type": "Admin", "RAWJson": values.to_string(),
        "GUID": "b7a1c3d2-1111-4222-8333-444455556666"});
    let env = adopted(&[("b7a1c3d2-1111-4222-8333-444455556666.IntuneTemplate.json", template)]);
    settles(&env, 1);
}

#[test]
fn a_setting_that_names_no_definition_is_left_behind_by_name() {
    let value = |id: &str, definition: Value| {
        json!({"id": id, "enabled": true, "configurationType": "policy", "definition": definition,
        "presentationValues": []})
    };
    let source = json!({"deviceManagement/groupPolicyConfigurations": [{"id": "a1000000-0000-4000-8000-000000000001",
        "displayName": "OneDrive", "definitionValues": [
            value("v1", json!({"id": PERSONAL, "displayName": "Prevent", "classType": "user", "categoryPath": "\\OneDrive"})),
            value("v2", Value::Null)]}]});
    let env = crate::env::exported(&source, &json!({}));
    let only = ["--only", "administrative-templates"];
    let linted = env.run(&[&["lint", "tree"], only.as_slice()].concat());
    shows(&linted, &["left-out"]);
    let planned = env.plan(&only);
    shows(&planned, &["left-out"]);
    assert_eq!(planned["counts"]["create"], 1, "{planned:#}");
    assert!(planned.to_string().contains("a setting without a definition"), "{planned:#}");
    let first = env.import(&only);
    assert_eq!(codes(&first, "verify-differs"), 0, "{first:#}");
    wait();
    let verified = env.run(&[&["verify", "tree", "--to", "production"], only.as_slice()].concat());
    assert_eq!(verified["counts"]["equal"], 1, "{verified:#}");
    let writes = env.writes(PRODUCTION);
    env.import(&[only.as_slice(), &["--on-conflict", "update"]].concat());
    assert_eq!(env.writes(PRODUCTION), writes);
}

#[test]
fn the_tenants_of_guests_are_not_groups() {
    let policy = json!({"id": "a1000000-0000-4000-8000-000000000001", "displayName": "Guests but the partner", "state": "disabled",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]}, "users": {
            "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest", "externalTenants": {
                "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "membershipKind": "enumerated",
                "members": ["0c8f2c53-3a3d-4b14-9d7f-6f0a4a3a2d11"]}}}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}});
    let env = crate::env::exported(&json!({"identity/conditionalAccess/policies": [policy]}), &json!({}));
    let only = ["--only", "conditional-access"];
    let first = env.import(&only);
    assert_eq!(first["counts"]["created"], 1, "{first:#}");
    wait();
    let verified = env.run(&[&["verify", "tree", "--to", "production"], only.as_slice()].concat());
    assert_eq!(verified["counts"]["equal"], 1, "{verified:#}");
}

/// Both sides of a changed payload are the text that they are, from where they part.
#[test]
fn a_changed_script_is_shown_where_it_changed() {
    let script = |last: &str| {
        let text = format!("{}{last}", "Write-Host same\n".repeat(40));
        json!({"deviceManagement/deviceManagementScripts": [{"id": "a1000000-0000-4000-8000-000000000001", "displayName": "Map",
            "fileName": "map.ps1", "runAsAccount": "system", "enforceSignatureCheck": false, "runAs32Bit": false,
            "scriptContent": intune_ferry::policy::decode::to_base64(text.as_bytes())}]})
    };
    let env = tenants(&script("New-PSDrive -Name H"), &script("New-PSDrive -Name K"));
    let only = ["--only", "platform-scripts"];
    env.ferry(&[&["export", "trial", "--out", "tree"], only.as_slice()].concat()).exits(0);
    for command in ["plan", "verify"] {
        let shown = env.ferry(&[&[command, "tree", "--to", "production"], only.as_slice()].concat()).exits(3).out;
        let shown: String = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = "- New-PSDrive -Name K + New-PSDrive -Name H";
        assert!(shown.contains(wanted), "{command}: {shown}");
    }
}
