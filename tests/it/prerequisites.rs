//! What policies need the target to have is asked before any write, only for what is written, and told with the fix
//! on the policies it touches. What may not be read is unknown and blocks nothing.

mod plans;

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

use plans::{DEFENDER, action, catalog_policy, compliance, plan, told};

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
        unknown.iter().any(|(name, why)| *name == "At once" && why.contains("LicenseAssignment.Read.All")),
        "{unknown:?}"
    );
    assert_eq!(action(&planned, "With a partner"), "create");
    // What is there already needs nothing.
    assert_eq!(told(&planned, "prerequisite-missing"), []);
}

#[test]
fn what_is_from_a_template_that_the_target_no_longer_offers_is_left_behind() {
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
    let planned = env.ferry(&["plan", "tree", "--to", "production", "--format", "json"]).exits(3).json();
    let actions = ["Old", "New", "Without"].map(|name| action(&planned, name));
    assert_eq!(actions, ["left-behind", "create", "create"], "{planned:#}");
    assert_eq!(told(&planned, "retired").len(), 1);
}

#[test]
fn settings_that_the_target_does_not_offer_are_told_before_anything_is_written() {
    let root = "deviceManagement/configurationPolicies";
    let (known, new, newer) = ("device_vendor_msft_known", "device_vendor_msft_new", "device_vendor_msft newer");
    let linux = "linux_deviceencryption_required";
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({
        root: [
            catalog_policy(1, "Old settings", &[known]), catalog_policy(2, "New settings", &[known, new, newer]),
            catalog_policy(3, "There", &[known, "device_vendor_msft_there"]), catalog_policy(4, "Unchanged", &[newer]),
        ],
        "deviceManagement/compliancePolicies": [{
            "id": "a1000000-0000-4000-8000-000000000005", "name": "Linux", "platforms": "linux", "technologies": "linuxMdm",
            "settings": catalog_policy(5, "", &[linux])["settings"], "scheduledActionsForRule": [{"ruleName": null,
                "scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": 0}]}],
        }],
        "deviceManagement/reusablePolicySettings": [{
            "id": "a1000000-0000-4000-8000-000000000006", "displayName": "Addresses", "settingDefinitionId": new,
            "settingInstance": catalog_policy(6, "", &[new])["settings"][0]["settingInstance"],
        }],
    });
    let mut target = empty(PRODUCTION, "Production");
    target.objects = json!({root: [
        catalog_policy(3, "There", &["device_vendor_msft_there"]), catalog_policy(4, "Unchanged", &[newer]),
    ]});
    target.unoffered_settings = vec![new.to_owned(), newer.to_owned()];
    let env = Env::start(vec![trial, target], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let args = ["plan", "tree", "--to", "production", "--on-conflict", "update", "--format", "json"];
    let planned = env.ferry(&args).exits(4).json();
    let missing = told(&planned, "prerequisite-missing");
    assert_eq!(
        missing,
        [
            ("Addresses", "the target does not have the settings that the policy uses: device_vendor_msft_new"),
            (
                "New settings",
                "the target does not have the settings that the policy uses: device_vendor_msft newer, device_vendor_msft_new"
            ),
        ]
    );
    let finding = &planned["objects"].as_array().unwrap().iter().find(|it| it["name"] == "New settings").unwrap();
    let place = finding["findings"][0]["at"].as_str().unwrap();
    assert!(place.starts_with("/settings/") && place.ends_with("/settingDefinitionId"), "{place}");
    assert_eq!(env.writes(PRODUCTION), 0);
    // Each is asked for once; where the usage of a setting is another one, in the other collections too; what the
    // target's own policies have is there.
    let asked = |id: &str| {
        let escaped = id.replace(' ', "%20");
        let of_id =
            |path: &str| path.ends_with(&format!("Settings/{escaped}")) || path.ends_with(&format!("Settings/{id}"));
        env.sandbox().requests(PRODUCTION).iter().filter(|it| of_id(&it.path)).count()
    };
    assert_eq!([known, new, newer, linux, "device_vendor_msft_there"].map(asked), [1, 3, 3, 2, 0]);

    // What Graph would refuse is not sent, and nothing else is held.
    let done = env.ferry(&["import", "tree", "--to", "production", YES, "--format", "json"]).exits(4).json();
    let actions = ["Old settings", "New settings", "Addresses", "Linux"].map(|name| action(&done, name));
    assert_eq!(actions, ["created", "blocked", "blocked", "created"], "{done:#}");

    // Without the settings it goes across, and is as decided from then on.
    let leave_out = json!([new, newer]);
    env.write(
        "decide.json",
        &json!({"format": 1, "decisions": [
        {"type": "settings-catalog", "name": "New settings", "leaveOut": leave_out}]}),
    );
    let import = ["import", "tree", "--to", "production", YES, "--decide", "decide.json", "--format", "json"];
    let done = env.ferry(&import).exits(4).json();
    assert_eq!(action(&done, "New settings"), "created", "{done:#}");
    shows(&done, &["left-out"]);
    std::thread::sleep(quick().list_lag * 2);
    let verified =
        env.ferry(&["verify", "tree", "--to", "production", "--decide", "decide.json", "--format", "json"]).json();
    assert_eq!(action(&verified, "New settings"), "equal", "{verified:#}");
    let writes = env.writes(PRODUCTION);
    env.ferry(&[import.as_slice(), &["--on-conflict", "update"]].concat());
    let again = env.ferry(&[import.as_slice(), &["--on-conflict", "update"]].concat()).json();
    assert_eq!(action(&again, "New settings"), "unchanged", "{again:#}");
    assert!(env.writes(PRODUCTION) <= writes + 1, "only what differed before is written, once");
}

#[test]
fn service_principals_of_microsofts_applications_are_asked_for() {
    const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
    let policy = json!({"id": "a1000000-0000-4000-8000-000000000001", "displayName": "Enrollment app", "state": "disabled",
        "conditions": {"clientAppTypes": ["all"], "users": {"includeUsers": ["None"]},
            "applications": {"includeApplications": [ENROLLMENT], "excludeApplications": ["Office365"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}});
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({"identity/conditionalAccess/policies": [policy]});
    for (has, told_of) in [(false, 1), (true, 0)] {
        let mut target = empty(PRODUCTION, "Production");
        let own = json!({"id": "b1000000-0000-4000-8000-000000000001", "appId": ENROLLMENT, "displayName": "Microsoft Intune Enrollment"});
        target.objects = json!({"servicePrincipals": if has { vec![own] } else { Vec::new() }});
        let env = Env::start(vec![trial.clone(), target], quick());
        env.ferry(&["export", "trial", "--out", "tree", "--only", "conditional-access"]).exits(0);
        let exit = if has { 3 } else { 4 };
        let planned = env.ferry(&["plan", "tree", "--to", "production", "--format", "json"]).exits(exit).json();
        assert_eq!(action(&planned, "Enrollment app"), if has { "create" } else { "blocked" });
        let missing = told(&planned, "prerequisite-missing");
        assert_eq!(missing.len(), told_of, "{planned:#}");
        assert!(
            missing.iter().all(|(name, message)| *name == "Enrollment app" && message.contains(ENROLLMENT)),
            "{missing:?}"
        );
        assert!(!has || !planned.to_string().contains("New-MgServicePrincipal"));
        let how = format!("New-MgServicePrincipal -AppId {ENROLLMENT}");
        assert!(has || planned.to_string().contains(&how), "the plan says how to create it: {planned:#}");
    }
}

/// A policy that excludes, or includes, an application that the target knows nothing of is not sent, on no import.
#[test]
fn an_application_without_a_service_principal_is_left_out_by_a_decision_or_holds_the_policy() {
    const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
    let policy = |number: u32, name: &str, applications: &Value| {
        json!({"id": format!("a1000000-0000-4000-8000-{number:012}"), "displayName": name, "state": "disabled",
            "conditions": {"clientAppTypes": ["all"], "users": {"includeUsers": ["None"]}, "applications": applications},
            "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
    };
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({"identity/conditionalAccess/policies": [
        policy(1, "Includes", &json!({"includeApplications": [ENROLLMENT]})),
        policy(2, "Excludes", &json!({"includeApplications": ["All"], "excludeApplications": [ENROLLMENT]})),
    ]});
    let env = Env::start(vec![trial, empty(PRODUCTION, "Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "conditional-access"]).exits(0);
    let import = ["import", "tree", "--to", "production", YES, "--format", "json"];
    for _ in 0..2 {
        let done = env.ferry(&import).exits(4).json();
        assert_eq!([action(&done, "Includes"), action(&done, "Excludes")], ["blocked", "blocked"], "{done:#}");
    }
    assert_eq!(env.writes(PRODUCTION), 0);

    let decide = |more: &Value| {
        let mut decision = json!({"type": "conditional-access", "name": "Excludes", "leaveOut": [ENROLLMENT]});
        decision.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let includes = json!({"type": "conditional-access", "name": "Includes", "leaveOut": [ENROLLMENT]});
        env.write("decide.json", &json!({"format": 1, "decisions": [decision, includes]}));
    };
    // Without its exclusion the policy would hit more.
    decide(&json!({}));
    let with = [import.as_slice(), &["--decide", "decide.json"]].concat();
    let done = env.ferry(&with).exits(4).json();
    shows(&done, &["would-widen", "left-out"]);
    assert_eq!([action(&done, "Includes"), action(&done, "Excludes")], ["created", "blocked"], "{done:#}");
    decide(&json!({"allowWiden": true}));
    let done = env.ferry(&with).exits(0).json();
    assert_eq!([action(&done, "Includes"), action(&done, "Excludes")], ["unchanged", "created"], "{done:#}");
    let state = env.sandbox().state(PRODUCTION);
    let policies = state["identity/conditionalAccess/policies"].as_array().unwrap();
    let of = |name: &str| policies.iter().find(|policy| policy["displayName"] == name).unwrap()["conditions"].clone();
    assert_eq!(of("Includes")["applications"]["includeApplications"], json!(["None"]));
    assert!(!of("Excludes").to_string().contains(ENROLLMENT));
    env.ferry(&["verify", "tree", "--to", "production", "--decide", "decide.json"]).exits(0);
}

/// What an unedited file holds that no Graph takes is not sent; what this program only does not know is.
#[test]
fn a_value_of_another_kind_is_blocked_and_an_unknown_property_is_sent() {
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({"deviceManagement/deviceCompliancePolicies": [
        compliance(1, "Text for a number", &json!({"passcodeMinimumLength": "8"})),
        compliance(2, "Newer than this program", &json!({"passcodeOfTheFuture": true})),
    ]});
    let env = Env::start(vec![trial, empty(PRODUCTION, "Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "compliance-policies"]).exits(0);
    let planned = env.ferry(&["plan", "tree", "--to", "production", "--format", "json"]).exits(4).json();
    shows(&planned, &["schema"]);
    let actions = ["Text for a number", "Newer than this program"].map(|name| action(&planned, name));
    assert_eq!(actions, ["blocked", "create"], "{planned:#}");
    env.write(
        "decide.json",
        &json!({"format": 1, "decisions": [
            {"type": "compliance-policies", "name": "Text for a number", "leaveOut": ["passcodeMinimumLength"]}]}),
    );
    let with = ["plan", "tree", "--to", "production", "--decide", "decide.json", "--format", "json"];
    let planned = env.ferry(&with).exits(3).json();
    assert_eq!(action(&planned, "Text for a number"), "create", "{planned:#}");
}

#[test]
fn an_app_configuration_without_its_app_is_not_sent() {
    let app = "a1000000-0000-4000-8000-000000000001";
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({
        "deviceAppManagement/mobileApps": [{"@odata.type": "#microsoft.graph.iosStoreApp", "id": app, "displayName": "Mail",
            "publisher": "Vendor", "bundleId": "com.vendor.mail", "publishingState": "published", "assignments": [],
            "appStoreUrl": "https://apps.apple.com/app/id1", "minimumSupportedOperatingSystem": {"v15_0": true}}],
        "deviceAppManagement/mobileAppConfigurations": [{"@odata.type": "#microsoft.graph.iosMobileAppConfiguration",
            "id": "a1000000-0000-4000-8000-000000000002", "displayName": "Mail settings", "targetedMobileApps": [app],
            "settings": [{"appConfigKey": "a", "appConfigKeyType": "stringType", "appConfigKeyValue": "b"}]}],
    });
    let env = Env::start(vec![trial, empty(PRODUCTION, "Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "app-configurations-devices", "--without-dependencies"])
        .exits(0);
    env.write_mapping(&[json!({"kind": "apps", "source": {"id": app, "name": "Mail"}, "decision": "drop"})], &[]);
    let with = ["tree", "--to", "production", "--mapping", "mapping.json", "--format", "json"];
    let planned = env.ferry(&[["plan"].as_slice(), with.as_slice()].concat()).exits(4).json();
    assert_eq!(action(&planned, "Mail settings"), "blocked", "{planned:#}");
    assert!(planned.to_string().contains("no `targetedMobileApps`"), "{planned:#}");
    env.ferry(&[["import", YES].as_slice(), with.as_slice()].concat()).exits(4);
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn tokens_that_an_app_or_a_profile_needs_are_looked_for_and_one_that_expired_is_none() {
    let app = |number: u32| {
        json!({"@odata.type": "#microsoft.graph.iosVppApp", "id": format!("a1000000-0000-4000-8000-{number:012}"),
            "displayName": "Bought", "publisher": "Vendor", "bundleId": "com.vendor.bought", "publishingState": "published",
            "assignments": []})
    };
    let token = |number: u32, until: &str| {
        json!({"id": format!("a1000000-0000-4000-8000-{number:012}"), "tokenName": "Apple Business Manager",
            "tokenExpirationDateTime": until, "enrollmentProfiles": []})
    };
    let mut trial = empty(TRIAL, "Trial");
    let mut assigned = app(1);
    assigned["assignments"] = json!([{"id": "a", "intent": "required",
        "target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}]);
    let mut with_profile = token(2, "2040-01-01T00:00:00Z");
    with_profile["enrollmentProfiles"] = json!([{"@odata.type": "#microsoft.graph.depIOSEnrollmentProfile",
        "id": "a1000000-0000-4000-8000-000000000002_a1000000-0000-4000-8000-000000000003", "displayName": "Phones", "supervisedModeEnabled": true}]);
    trial.objects =
        json!({"deviceAppManagement/mobileApps": [assigned], "deviceManagement/depOnboardingSettings": [with_profile]});
    let told_with = |until: &str, state: &str| {
        let mut target = empty(PRODUCTION, "Production");
        target.objects = json!({
            "deviceAppManagement/mobileApps": [app(11)],
            "deviceManagement/depOnboardingSettings": [token(12, until)],
            "deviceAppManagement/vppTokens": [{"id": "a1000000-0000-4000-8000-000000000013", "state": state}],
        });
        let env = Env::start(vec![trial.clone(), target], quick());
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
        let args =
            ["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad", "--format", "json"];
        let planned = env.ferry(&args).json();
        assert_eq!(action(&planned, "Phones"), "create", "{planned:#}");
        let missing = told(&planned, "prerequisite-missing");
        let lacks = |name: &str, what: &str| missing.iter().any(|(own, why)| *own == name && why.contains(what));
        [lacks("Bought", "VPP token"), lacks("Phones", "enrollment program token")]
    };
    assert_eq!(told_with("2040-01-01T00:00:00Z", "valid"), [false, false]);
    assert_eq!(told_with("2020-01-01T00:00:00Z", "expired"), [true, true]);
}

#[test]
fn a_group_that_devices_join_must_belong_to_intunes_provisioning_client() {
    const CLIENT: &str = "f1346770-5b25-470b-88bd-d5744ab7952c";
    let group = |side: char, number: u32, owner: Option<&str>| {
        let owners = owner.map(|app| {
            json!({"@odata.type": "#microsoft.graph.servicePrincipal", "appId": app,
            "id": "b2000000-0000-4000-8000-000000000999"})
        });
        json!({"id": format!("{side}1000000-0000-4000-8000-{number:012}"), "displayName": format!("Group {number}"),
            "mailNickname": "g", "groupTypes": [], "mailEnabled": false, "securityEnabled": true,
            "owners": owners.into_iter().collect::<Vec<_>>()})
    };
    let policy = |number: u32, of: u32| {
        let mut policy = catalog_policy(number, &format!("Prepare {of}"), &["enrollment_autopilot_dpp_timeout"]);
        policy["technologies"] = json!("enrollment");
        policy["templateReference"] = json!({"templateId": "80d33118-b7b4-40d8-b15f-81be745e053f_1", "templateFamily": "enrollmentConfiguration"});
        let id = json!("abcdefab-0000-4000-8000-000000000009");
        let instance = &mut policy["settings"][0]["settingInstance"];
        instance["settingInstanceTemplateReference"] = json!({"settingInstanceTemplateId": id});
        instance["simpleSettingValue"]["settingValueTemplateReference"] = json!({"settingValueTemplateId": id});
        policy["enrollmentTimeDeviceMembershipTargets@sandbox"] = json!([format!("a1000000-0000-4000-8000-{of:012}")]);
        policy
    };
    let mut trial = empty(TRIAL, "Trial");
    trial.objects = json!({
        "groups": [group('a', 900, Some(CLIENT)), group('a', 901, Some(CLIENT)), group('a', 902, Some(CLIENT))],
        "deviceManagement/configurationPolicies": [policy(1, 900), policy(2, 901), policy(3, 902)],
    });
    let mut target = empty(PRODUCTION, "Production");
    target.objects = json!({"groups": [group('b', 900, Some(CLIENT)), group('b', 901, Some("another"))]});
    let env = Env::start(vec![trial, target], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "settings-catalog"]).exits(0);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(0);
    let args = ["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--format", "json"];
    let planned = env.ferry(&args).exits(4).json();
    let missing = told(&planned, "prerequisite-missing");
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Prepare 901", "Prepare 902"], "{missing:?}");
    assert!(missing.iter().all(|(_, message)| message.contains("Intune Provisioning Client")), "{missing:?}");
    assert!(
        !env.sandbox().requests(PRODUCTION).iter().any(|it| it.path.contains("a1000000")),
        "what is new is not asked for"
    );

    let actions = ["Prepare 900", "Prepare 901", "Prepare 902"].map(|name| action(&planned, name));
    assert_eq!(actions, ["create", "blocked", "blocked"], "{planned:#}");
    let import = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--format", "json"];
    let done = env.ferry(&import).exits(4).json();
    assert_eq!(told(&done, "write-failed"), [], "what is known to be refused is not sent");
    let actions = ["Prepare 900", "Prepare 901", "Prepare 902"].map(|name| action(&done, name));
    assert_eq!(actions, ["created", "blocked", "blocked"], "{done:#}");
    let groups = env.sandbox().state(PRODUCTION)["groups"].as_array().unwrap().len();
    assert_eq!(groups, 2, "no group is made for a policy that is blocked");
}
