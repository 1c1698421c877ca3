//! A tree that needs everything, a tenant that has it, and one that does not.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::env::PRODUCTION;

pub const DEFENDER: &str = "fc780465-2017-40d4-a0c5-307022471b92";
pub const GROUP: &str = "a2000000-0000-4000-8000-000000000001";
pub const PLAN: &str = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5";

pub fn in_days(days: i64) -> String {
    Timestamp::from_second(Timestamp::now().as_second() + days * 24 * 60 * 60).unwrap().to_string()
}

pub fn id(number: u32) -> String {
    format!("a1000000-0000-4000-8000-{number:012}")
}

pub fn assigned(group: &str) -> Value {
    json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}])
}

pub fn of_type(number: u32, name: &str, more: &Value) -> Value {
    let mut policy = json!({"@odata.type": format!("#microsoft.graph.{name}"), "id": id(number), "displayName": name});
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

pub fn compliance(number: u32, name: &str, more: &Value) -> Value {
    let rules = json!([{"ruleName": null, "scheduledActionConfigurations": [
        {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": []}]}]);
    let mut policy = of_type(number, name, more);
    policy["scheduledActionsForRule"] = rules;
    policy
}

pub fn catalog(number: u32, family: &str) -> Value {
    json!({"id": id(number), "name": family, "platforms": "windows10", "technologies": "mdm", "settings": [],
        "templateReference": {"templateId": "", "templateFamily": family}})
}

/// Policies that need everything that a policy can need.
pub fn policies() -> Value {
    let scep = json!({"scepServerUrls": ["https://ndes.trial.example/certsrv/mscep/mscep.dll"], "assignments": assigned(GROUP)});
    json!({
        "groups": [{"id": GROUP, "displayName": "Pilot", "securityEnabled": true, "mailEnabled": false}],
        "deviceManagement/deviceCompliancePolicies": [
            compliance(1, "iosCompliancePolicy", &json!({"deviceThreatProtectionEnabled": true, "assignments": assigned(GROUP)})),
            compliance(2, "androidCompliancePolicy", &json!({"advancedThreatProtectionRequiredSecurityLevel": "low"})),
            compliance(12, "androidDeviceOwnerCompliancePolicy", &json!({})),
        ],
        "deviceAppManagement/iosManagedAppProtections": [
            {"id": id(13), "displayName": "Protected apps", "maximumAllowedDeviceThreatLevel": "low", "apps": []},
        ],
        "deviceManagement/windowsFeatureUpdateProfiles": [
            {"id": id(3), "displayName": "24H2", "featureUpdateVersion": "Windows 11, version 24H2", "assignments": assigned(GROUP)},
        ],
        "deviceManagement/androidDeviceOwnerEnrollmentProfiles": [
            {"id": id(4), "displayName": "Kiosks", "enrollmentMode": "corporateOwnedDedicatedDevice"},
        ],
        "deviceManagement/deviceConfigurations": [
            of_type(5, "windows81SCEPCertificateProfile", &scep),
            of_type(6, "windows10PkcsCertificateProfile", &json!({})),
            of_type(7, "windowsDomainJoinConfiguration", &json!({})),
        ],
        "deviceManagement/configurationPolicies": [
            catalog(8, "endpointSecurityEndpointPrivilegeManagement"),
            catalog(9, "endpointSecurityEndpointDetectionAndResponse"),
        ],
        "identity/conditionalAccess/policies": [{"id": id(10), "displayName": "Risk", "state": "enabled", "conditions": {
            "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}, "userRiskLevels": ["high"]},
            "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]}}],
        "deviceManagement/virtualEndpoint/userSettings": [{"id": id(11), "displayName": "Cloud PC"}],
    })
}

pub fn sku(plans: &[&str], used: i64) -> Value {
    let plan = |name: &&str| {
        json!({"servicePlanName": name, "servicePlanId": if *name == "INTUNE_A" { PLAN } else { DEFENDER },
        "provisioningStatus": "Success"})
    };
    json!({"id": "s", "skuPartNumber": "SPE_E5", "capabilityStatus": "Enabled", "consumedUnits": used,
        "prepaidUnits": {"enabled": 25}, "servicePlans": plans.iter().map(plan).collect::<Vec<_>>()})
}

/// A tenant that has everything.
pub fn good() -> Value {
    let soon = in_days(0);
    json!({
        "deviceManagement": {"id": PRODUCTION, "subscriptionState": "active", "unlicensedAdminstratorsEnabled": true,
            "settings": {"secureByDefault": true},
            "dataProcessorServiceForWindowsFeaturesOnboarding": {"areDataProcessorServiceForWindowsFeaturesEnabled": true, "hasValidWindowsLicense": true},
            "connectorStatus": [{"connectorName": "jamfLastSyncDateTime", "status": "healthy", "eventDateTime": soon}]},
        "subscribedSkus": [sku(&["INTUNE_A", "AAD_PREMIUM_P2", "AAD_PREMIUM", "WIN10_PRO_ENT_SUB", "WINDEFATP", "CPC_E_2C_4GB"], 5)],
        "policies/identitySecurityDefaultsEnforcementPolicy": {"id": "d", "isEnabled": false},
        "deviceManagement/mobileThreatDefenseConnectors": [
            {"id": DEFENDER, "partnerDisplayName": "Defender", "partnerState": "enabled", "androidEnabled": true, "lastHeartbeatDateTime": soon},
            {"id": id(50), "partnerDisplayName": "Lookout", "partnerState": "enabled", "iosEnabled": true, "iosMobileApplicationManagementEnabled": true, "lastHeartbeatDateTime": soon}],
        "deviceManagement/complianceManagementPartners": [{"id": id(51), "displayName": "Jamf", "partnerState": "enabled", "lastHeartbeatDateTime": soon}],
        "deviceManagement/exchangeConnectors": [{"id": id(52), "serverName": "mail01", "status": "connected", "lastSyncDateTime": soon}],
        "deviceManagement/exchangeOnPremisesPolicy": {"id": "e", "defaultAccessLevel": "allow"},
        "deviceManagement/ndesConnectors": [{"id": id(53), "displayName": "ndes01", "state": "active", "healthStatus": "noActionRequired", "lastConnectionDateTime": soon}],
        "deviceManagement/certificateConnectorDetails": [{"id": id(54), "connectorName": "pki01", "lastCheckinDateTime": soon}],
        "deviceManagement/domainJoinConnectors": [{"id": id(55), "displayName": "dc01", "state": "active", "lastConnectionDateTime": soon}],
        "deviceManagement/endpointPrivilegeManagementProvisioningStatus": {"id": "p", "licenseType": "paid", "onboardedToMicrosoftManagedPlatform": true},
        "deviceManagement/applePushNotificationCertificate": {"id": "a", "topicIdentifier": "com.apple.mgmt.x", "expirationDateTime": in_days(200)},
        "deviceManagement/depOnboardingSettings": [{"id": id(56), "tokenName": "ADE", "tokenExpirationDateTime": in_days(200), "lastSuccessfulSyncDateTime": soon, "lastSyncErrorCode": 0}],
        "deviceAppManagement/vppTokens": [{"id": id(57), "displayName": "VPP", "state": "valid", "expirationDateTime": in_days(200), "lastSyncDateTime": soon, "lastSyncStatus": "completed"}],
        "deviceManagement/androidManagedStoreAccountEnterpriseSettings": {"id": "p", "bindStatus": "boundAndValidated", "androidDeviceOwnerFullyManagedEnrollmentEnabled": true, "lastAppSyncDateTime": soon},
        "deviceManagement/intuneBrandingProfiles": [{"id": id(58), "profileName": "Default", "isDefaultProfile": true, "displayName": "Contoso",
            "contactITName": "Support", "contactITPhoneNumber": "+1 555", "privacyUrl": "https://contoso.example/privacy"}],
        "deviceManagement/termsAndConditions": [{"id": id(59), "displayName": "Terms"}],
        "deviceManagement/roleAssignments": [{"@odata.type": "#microsoft.graph.deviceAndAppManagementRoleAssignment",
            "id": id(61), "displayName": "Help desk", "members": [GROUP], "scopeMembers": [GROUP], "scopeType": "resourceScope"}],
        "groups": [{"id": GROUP, "displayName": "Pilot", "securityEnabled": true, "mailEnabled": false, "members": [{"id": id(60)}]}],
        "users": [user(60, true)],
    })
}

pub fn user(number: u32, licensed: bool) -> Value {
    let plans = if licensed { json!([{"servicePlanId": PLAN, "capabilityStatus": "Enabled"}]) } else { json!([]) };
    let name = format!("Person {number}");
    json!({"id": id(number), "displayName": name, "userPrincipalName": format!("p{number}@production.example"), "accountEnabled": true, "assignedPlans": plans})
}

/// A tenant in which all is wrong.
pub fn bad() -> Value {
    let mut bad = good();
    let old = in_days(-40);
    for (at, value) in [
        ("/deviceManagement/subscriptionState", json!("lockedOut")),
        ("/deviceManagement/unlicensedAdminstratorsEnabled", json!(false)),
        (
            "/deviceManagement/dataProcessorServiceForWindowsFeaturesOnboarding/areDataProcessorServiceForWindowsFeaturesEnabled",
            json!(false),
        ),
        ("/deviceManagement/connectorStatus/0/status", json!("unhealthy")),
        ("/subscribedSkus", json!([])),
        ("/policies~1identitySecurityDefaultsEnforcementPolicy/isEnabled", json!(true)),
        ("/deviceManagement~1mobileThreatDefenseConnectors/0/partnerState", json!("notSetUp")),
        ("/deviceManagement~1mobileThreatDefenseConnectors/1/iosEnabled", json!(false)),
        ("/deviceManagement~1mobileThreatDefenseConnectors/1/iosMobileApplicationManagementEnabled", json!(false)),
        (
            "/deviceManagement~1androidManagedStoreAccountEnterpriseSettings/androidDeviceOwnerFullyManagedEnrollmentEnabled",
            json!(false),
        ),
        ("/deviceManagement~1complianceManagementPartners/0/partnerState", json!("terminated")),
        ("/deviceManagement~1exchangeConnectors/0/status", json!("disconnected")),
        ("/deviceManagement~1exchangeOnPremisesPolicy/defaultAccessLevel", json!("block")),
        ("/deviceManagement~1ndesConnectors/0/state", json!("inactive")),
        ("/deviceManagement~1certificateConnectorDetails/0/lastCheckinDateTime", json!(old)),
        ("/deviceManagement~1domainJoinConnectors/0/state", json!("error")),
        ("/deviceManagement~1endpointPrivilegeManagementProvisioningStatus/licenseType", json!("notPaid")),
        ("/deviceManagement~1applePushNotificationCertificate/expirationDateTime", json!(old)),
        ("/deviceManagement~1depOnboardingSettings/0/tokenExpirationDateTime", json!(old)),
        ("/deviceAppManagement~1vppTokens/0/state", json!("expired")),
        ("/deviceManagement~1androidManagedStoreAccountEnterpriseSettings/bindStatus", json!("notBound")),
        ("/deviceManagement~1intuneBrandingProfiles/0/privacyUrl", json!(null)),
        ("/deviceManagement~1termsAndConditions", json!([])),
        ("/groups/0/members", json!([])),
    ] {
        *bad.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
    }
    bad["organization"] = json!([{"id": PRODUCTION, "displayName": "Production", "mobileDeviceManagementAuthority": "unknown",
        "verifiedDomains": [{"name": "production.onmicrosoft.com", "isDefault": true}]}]);
    bad["deviceManagement/operationApprovalPolicies"] =
        json!([{"id": id(70), "displayName": "Scripts", "policyType": "script"}]);
    bad["deviceManagement/deviceEnrollmentConfigurations"] = json!([{
        "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration",
        "id": format!("{PRODUCTION}_DefaultPlatformRestrictions"), "displayName": "All users and all devices", "priority": 0,
        "windowsRestriction": {"platformBlocked": true}}]);
    bad
}
