//! Microsoft's table, part A, and tenants with an object for each of its rows.

use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{PRODUCTION, TRIAL, empty, sample};

pub const APPS: &str = "deviceAppManagement/mobileApps";
pub const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";

/// A row of part A.
pub struct Row {
    /// As Microsoft calls it.
    pub what: &'static str,
    pub type_name: &'static str,
    pub name: &'static str,
    /// The verdict on export, as `lint` words it.
    pub verdict: &'static str,
    /// The code on export and on import, and words of its reason and of its fix; empty where it simply moves.
    pub code: &'static str,
    pub reason: &'static str,
    pub fix: &'static str,
    /// What an import does with no one's help, and when the fix was followed.
    pub alone: &'static str,
    pub helped: &'static str,
}

#[rustfmt::skip]
pub const ROWS: [Row; 13] = [
    Row { what: "Android LOB app", type_name: "apps", name: "LOB for Android", verdict: "needs-content", code: "needs-content",
        reason: ".apk", fix: ".apk", alone: "blocked", helped: "assigned" },
    Row { what: "iOS LOB app", type_name: "apps", name: "LOB for iOS", verdict: "needs-content", code: "needs-content",
        reason: ".ipa", fix: ".ipa", alone: "blocked", helped: "assigned" },
    Row { what: "Apple VPP apps", type_name: "apps", name: "Bought from Apple", verdict: "tenant-bound", code: "tenant-bound",
        reason: "VPP token", fix: "VPP token", alone: "left-behind", helped: "assigned" },
    Row { what: "Managed Google Play apps", type_name: "apps", name: "From managed Google Play", verdict: "tenant-bound", code: "tenant-bound",
        reason: "managed Google Play", fix: "approve the app", alone: "left-behind", helped: "assigned" },
    Row { what: "Microsoft Store for Business", type_name: "apps", name: "From the old store", verdict: "retired", code: "retired",
        reason: "Microsoft Store for Business", fix: "new Microsoft Store", alone: "left-behind", helped: "left-behind" },
    Row { what: "Win32 app", type_name: "apps", name: "Tool as Win32", verdict: "needs-content", code: "needs-content",
        reason: "\"tool.intunewin\"", fix: ".intunewin", alone: "blocked", helped: "assigned" },
    Row { what: "Compliance, non-compliance actions", type_name: "compliance-policies", name: "iOS mails", verdict: "portable", code: "",
        reason: "", fix: "", alone: "created", helped: "created" },
    Row { what: "Assignments", type_name: "device-configurations", name: "Assigned root", verdict: "needs-mapping", code: "mapping-undecided",
        reason: "group", fix: "decision", alone: "blocked", helped: "created" },
    Row { what: "Email, VPN, Wi-Fi, without certificates", type_name: "device-configurations", name: "Wi-Fi without certificates",
        verdict: "portable", code: "", reason: "", fix: "", alone: "created", helped: "created" },
    Row { what: "Email, VPN, Wi-Fi, with certificates", type_name: "device-configurations", name: "Wi-Fi with certificates",
        verdict: "portable", code: "blocked-by", reason: "SCEP profile", fix: "finding", alone: "blocked", helped: "created" },
    Row { what: "SCEP", type_name: "device-configurations", name: "SCEP profile", verdict: "portable", code: "mapping-undecided",
        reason: "ndes.contoso-trial.example", fix: "", alone: "blocked", helped: "created" },
    Row { what: "Endpoint detection and response", type_name: "settings-catalog", name: "Win - EDR onboarding", verdict: "needs-secret",
        code: "needs-secret", reason: "FERRY_", fix: "environment variable", alone: "blocked", helped: "created" },
    Row { what: "Endpoint detection and response, by the connector", type_name: "device-configurations", name: "EDR by the connector",
        verdict: "portable", code: "", reason: "", fix: "", alone: "created", helped: "created" },
];

/// An id of its own for a number.
pub fn id(side: char, number: u32) -> String {
    format!("{side}1000000-0000-4000-8000-{number:012}")
}

pub fn group(side: char, name: &str) -> Value {
    json!({"id": id(side, 900), "displayName": name, "mailNickname": "x", "mailEnabled": false, "securityEnabled": true,
        "groupTypes": []})
}

pub fn to_group(side: char) -> Value {
    json!([{"id": "a", "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id(side, 900)}}])
}

/// The apps of the table; in the target, as someone uploaded, bought or approved them there.
pub fn apps(side: char) -> Vec<Value> {
    let list = [
        ("androidLobApp", "LOB for Android", json!({"packageId": "com.contoso.field", "fileName": "field.apk"})),
        ("iosLobApp", "LOB for iOS", json!({"bundleId": "com.contoso.ios", "fileName": "field.ipa"})),
        ("iosVppApp", "Bought from Apple", json!({"bundleId": "com.vendor.bought"})),
        ("androidManagedStoreApp", "From managed Google Play", json!({"packageId": "com.vendor.play"})),
        ("microsoftStoreForBusinessApp", "From the old store", json!({"productKey": "9ABC"})),
        ("win32LobApp", "Tool as Win32", json!({"fileName": "tool.intunewin", "setupFilePath": "setup.exe"})),
    ];
    let mut made = Vec::new();
    for (number, (kind, name, more)) in (1..).zip(list) {
        let mut app = json!({
            "@odata.type": format!("#microsoft.graph.{kind}"), "id": id(side, number), "displayName": name,
            "publisher": "Contoso", "publishingState": "published",
        });
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match (side, kind) {
            ('b', "microsoftStoreForBusinessApp") => continue,
            // Found by what it is, whatever it is called there.
            ('b', "win32LobApp") => {}
            ('b', _) => app["displayName"] = json!(format!("{name}, in the target")),
            _ => {
                app["assignments"] = to_group('a');
                app["assignments"][0]["@odata.type"] = json!("#microsoft.graph.mobileAppAssignment");
                app["assignments"][0]["intent"] = json!("required");
            }
        }
        made.push(app);
    }
    made
}

pub fn configurations() -> Vec<Value> {
    let bind = |number: u32| json!(format!("{CONFIGURATIONS}('{}')", id('a', number)));
    let list = [
        (
            "iosTrustedRootCertificate",
            "Root",
            json!({"certFileName": "root.cer", "trustedRootCertificate": "AAECAw=="}),
        ),
        (
            "iosTrustedRootCertificate",
            "Assigned root",
            json!({
                "certFileName": "other.cer", "trustedRootCertificate": "AAECBA==", "assignments": to_group('a'),
            }),
        ),
        (
            "iosWiFiConfiguration",
            "Wi-Fi without certificates",
            json!({
                "networkName": "Office", "ssid": "Office", "wiFiSecurityType": "open",
            }),
        ),
        (
            "iosEnterpriseWiFiConfiguration",
            "Wi-Fi with certificates",
            json!({
                "networkName": "Office", "ssid": "Office", "wiFiSecurityType": "wpaEnterprise", "eapType": "eapTls",
                "authenticationMethod": "certificate", "rootCertificatesForServerValidation@odata.bind": [bind(50)],
                "identityCertificateForClientAuthentication@odata.bind": bind(54),
            }),
        ),
        (
            "iosScepCertificateProfile",
            "SCEP profile",
            json!({
                "scepServerUrls": ["https://ndes.contoso-trial.example/mscep.dll"], "rootCertificate@odata.bind": bind(50),
                "subjectNameFormatString": "CN={{UserName}}", "certificateStore": "user", "keySize": "size2048",
                "keyUsage": "digitalSignature", "subjectNameFormat": "custom", "subjectAlternativeNameType": "none",
                "certificateValidityPeriodScale": "years", "certificateValidityPeriodValue": 1, "renewalThresholdPercentage": 20,
                "extendedKeyUsages": [{"name": "Client Authentication", "objectIdentifier": "1.3.6.1.5.5.7.3.2"}],
            }),
        ),
        (
            "windowsDefenderAdvancedThreatProtectionConfiguration",
            "EDR by the connector",
            json!({
                "advancedThreatProtectionAutoPopulateOnboardingBlob": true, "allowSampleSharing": true,
            }),
        ),
    ];
    let made = |(number, (kind, name, more)): (u32, (&str, &str, Value))| {
        let mut one =
            json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id('a', number), "displayName": name});
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    (50..).zip(list).map(made).collect()
}

pub fn tenants(with_apps: bool) -> Vec<TenantSeed> {
    let whole = sample("contoso-trial", TRIAL, "Contoso Trial");
    let catalog = whole.objects["deviceManagement/configurationPolicies"].as_array().unwrap();
    let edr: Vec<Value> = catalog.iter().filter(|one| one["name"] == "Win - EDR onboarding").cloned().collect();
    let mut edr = edr[0].clone();
    edr["assignments"] = json!([]);
    let mails = json!({
        "@odata.type": "#microsoft.graph.iosCompliancePolicy", "id": id('a', 70), "displayName": "iOS mails",
        "scheduledActionsForRule": [{"ruleName": null, "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 24, "notificationTemplateId": "", "notificationMessageCCList": []},
            {"actionType": "notification", "gracePeriodHours": 0, "notificationTemplateId": id('a', 71),
             "notificationMessageCCList": []}]}],
    });
    let template = json!({
        "id": id('a', 71), "displayName": "Please repair", "defaultLocale": "en-us", "brandingOptions": "none",
        "localizedNotificationMessages": [{"id": "m", "locale": "en-us", "subject": "s", "messageTemplate": "t", "isDefault": true}],
    });
    let mut trial = empty(TRIAL, "Contoso Trial");
    trial.objects = json!({
        "groups": [group('a', "Everybody here")], APPS: apps('a'), CONFIGURATIONS: configurations(),
        "deviceManagement/configurationPolicies": [edr], "deviceManagement/deviceCompliancePolicies": [mails],
        "deviceManagement/notificationMessageTemplates": [template],
    });
    let mut target = empty(PRODUCTION, "Fabrikam Production");
    target.objects = json!({"groups": [group('b', "Staff")]});
    if with_apps {
        target.objects[APPS] = json!(apps('b'));
    }
    vec![trial, target]
}
