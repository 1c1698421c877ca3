//! Every property that is known to hold an id of its tenant (portability.md, parts C, D and F) has a rule in the
//! catalogue, of the right kind, and marked where dropping it would widen. A row that is missing fails.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use super::load::Catalogue;
use super::rule::{Form, OnDrop};

/// The part, the type, the place, the kind, and whether it narrows.
type Row = (char, &'static str, &'static str, &'static str, bool);

const EVERYWHERE: &[Row] = &[
    ('C', "", "assignments/*/target/groupId", "group", true),
    ('C', "", "assignments/*/target/groupId", "group", false),
    ('C', "", "assignments/*/target/collectionId", "config-manager-collection", false),
    ('C', "", "assignments/*/target/deviceAndAppManagementAssignmentFilterId", "assignment-filters", true),
    ('F', "", "roleScopeTagIds/*", "scope-tags", false),
];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ('C', "cloud-pc-provisioning-policies", "assignments/*/target/servicePlanId", "cloud-pc-service-plan", false),
    ('D', "device-configurations", "rootCertificate@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "rootCertificateForServerValidation@odata.bind", "device-configurations", true),
    ('D', "device-configurations", "rootCertificatesForServerValidation@odata.bind/*", "device-configurations", true),
    ('D', "device-configurations", "rootCertificateForClientValidation@odata.bind", "device-configurations", true),
    ('D', "device-configurations", "secondaryRootCertificateForClientValidation@odata.bind", "device-configurations", true),
    ('D', "device-configurations", "rootCertificatesForClientValidation@odata.bind/*", "device-configurations", true),
    ('D', "device-configurations", "identityCertificateForClientAuthentication@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "secondaryIdentityCertificateForClientAuthentication@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "identityCertificate@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "smimeSigningCertificate@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "smimeEncryptionCertificate@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "singleSignOnExtensionPkinitCertificate@odata.bind", "device-configurations", false),
    ('D', "device-configurations", "derivedCredentialSettings@odata.bind", "derived-credentials", false),
    ('D', "device-configurations", "networkAccessConfigurations@odata.bind/*", "device-configurations", false),
    ('D', "autopilot-profiles", "domainJoinConfiguration@odata.bind", "device-configurations", false),
    ('D', "resource-access-profiles", "rootCertificateId", "resource-access-profiles", true),
    ('D', "resource-access-profiles", "authenticationCertificateId", "resource-access-profiles", false),
    ('F', "multi-admin-approval-policies", "approverGroupIds/*", "group", true),
    ('F', "role-assignments", "members/*", "group", false),
    ('F', "role-assignments", "scopeMembers/*", "group", true),
    ('F', "role-assignments", "resourceScopes/*", "group", true),
    ('F', "role-assignments", "roleDefinition@odata.bind", "role-definitions", true),
    ('F', "role-assignments", "roleScopeTags@odata.bind/*", "scope-tags", true),
    ('F', "compliance-policies", "scheduledActionsForRule/*/scheduledActionConfigurations/*/notificationMessageCCList/*", "group", false),
    ('F', "linux-compliance-policies", "scheduledActionsForRule/*/scheduledActionConfigurations/*/notificationMessageCCList/*", "group", false),
    ('F', "ade-profiles", "enrollmentTimeAzureAdGroupIds/*", "group", false),
    ('F', "managed-google-play", "targetGroupIds/*", "group", false),
    ('F', "managed-google-play", "managedGooglePlayInitialScopeTagIds/*", "scope-tags", false),
    ('F', "conditional-access", "conditions/users/includeGroups/*", "group", false),
    ('F', "conditional-access", "conditions/users/excludeGroups/*", "group", true),
    ('F', "conditional-access", "conditions/users/includeUsers/*", "user", false),
    ('F', "conditional-access", "conditions/users/excludeUsers/*", "user", true),
    ('F', "conditional-access", "conditions/applications/includeApplications/*", "application", false),
    ('F', "conditional-access", "conditions/applications/excludeApplications/*", "application", true),
    ('F', "conditional-access", "conditions/clientApplications/includeServicePrincipals/*", "service-principal", false),
    ('F', "conditional-access", "conditions/clientApplications/excludeServicePrincipals/*", "service-principal", true),
    ('F', "conditional-access", "conditions/applications/includeAuthenticationContextClassReferences/*", "authentication-contexts", false),
    ('F', "conditional-access", "conditions/locations/includeLocations/*", "named-locations", true),
    ('F', "conditional-access", "conditions/locations/excludeLocations/*", "named-locations", true),
    ('F', "conditional-access", "conditions/devices/deviceFilter/rule", "device", true),
    ('F', "conditional-access", "grantControls/authenticationStrength/id", "authentication-strengths", true),
    ('F', "conditional-access", "grantControls/termsOfUse/*", "terms-of-use", true),
    ('F', "conditional-access", "grantControls/customAuthenticationFactors/*", "custom-authentication-factor", true),
    ('F', "device-configurations", "kioskProfiles/*/userAccountsConfiguration/*/groupId", "group", false),
    ('F', "device-configurations", "kioskProfiles/*/userAccountsConfiguration/*/userId", "user", false),
    ('F', "device-configurations", "kioskProfiles/*/appConfiguration/apps/*/appId", "apps", false),
    ('F', "device-configurations", "microsoftTunnelSiteId", "tunnel-sites", false),
    ('F', "policy-sets", "roleScopeTags/*", "scope-tags", false),
    ('F', "assignment-filters", "roleScopeTags/*", "scope-tags", false),
    ('F', "cloud-pc-provisioning-policies", "scopeIds/*", "scope-tags", false),
    ('F', "cloud-pc-provisioning-policies", "imageId", "cloud-pc-images", false),
    ('F', "cloud-pc-provisioning-policies", "domainJoinConfigurations/*/onPremisesConnectionId", "cloud-pc-network-connections", false),
    ('F', "compliance-policies", "scheduledActionsForRule/*/scheduledActionConfigurations/*/notificationTemplateId", "notification-templates", false),
    ('F', "linux-compliance-policies", "scheduledActionsForRule/*/scheduledActionConfigurations/*/notificationTemplateId", "notification-templates", false),
    ('F', "enrollment-configurations", "notificationTemplates/*", "notification-templates", false),
    ('F', "enrollment-configurations", "notificationMessageTemplateId", "notification-templates", false),
    ('F', "enrollment-configurations", "selectedMobileAppIds/*", "apps", false),
    ('F', "compliance-policies", "deviceCompliancePolicyScript/deviceComplianceScriptId", "compliance-scripts", true),
    ('F', "linux-compliance-policies", "settings/**/value", "compliance-scripts", true),
    ('F', "settings-catalog", "settings/**/value", "reusable-settings", true),
    ('F', "app-configurations-devices", "targetedMobileApps/*", "apps", false),
    ('F', "apps", "relationships/*/targetId", "apps", false),
    ('F', "apps", "vppTokenId", "apple-vpp-tokens", false),
    ('F', "policy-sets", "items/*/payloadId", "apps", false),
    ('F', "policy-sets", "items/*/payloadId", "settings-catalog", false),
    ('F', "policy-sets", "items/*/payloadId", "device-configurations", false),
    ('F', "policy-sets", "items/*/payloadId", "compliance-policies", false),
    ('F', "administrative-templates", "definitionValues/*/definition/id", "admx-definition", true),
    ('F', "administrative-templates", "definitionValues/*/presentationValues/*/presentation/id", "admx-presentation", true),
    ('B', "settings-catalog", "settings/**/value", "group", true),
    ('B', "assignment-filters", "rule", "group", true),
];

#[test]
fn every_place_that_holds_an_id_has_its_rule() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut missing = Vec::new();
    for (part, name, at, kind, narrows) in ROWS {
        let rules = catalogue.reference_rules(name);
        if !rules.iter().any(|rule| rule.at.as_str() == *at && rule.kind == *kind && rule.narrows == *narrows) {
            missing.push(format!("part {part}: {name} {at} → {kind}, narrows: {narrows}"));
        }
    }
    for (part, _, at, kind, narrows) in EVERYWHERE {
        let rules = &catalogue.shared.references;
        if !rules.iter().any(|rule| rule.at.as_str() == *at && rule.kind == *kind && rule.narrows == *narrows) {
            missing.push(format!("part {part}: {at} → {kind}, narrows: {narrows}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What a rule says of dropping fits what it says of narrowing: what narrows and can go says so to a person, and
/// what is within a longer text cannot go at all.
#[test]
fn what_stands_within_a_text_is_never_dropped() {
    let catalogue = Catalogue::built_in().unwrap();
    for policy_type in catalogue.iter() {
        for rule in catalogue.reference_rules(&policy_type.name) {
            if matches!(rule.form, Form::Within | Form::Account) {
                assert_eq!(rule.on_drop, OnDrop::Refuse, "{} {}", policy_type.name, rule.at);
            }
        }
    }
}

/// Roles and store identifiers are the same in every tenant: no rule may ask for them (part F).
#[test]
fn what_is_the_same_everywhere_has_no_rule() {
    let catalogue = Catalogue::built_in().unwrap();
    let portable = ["includeRoles", "excludeRoles", "packageId", "bundleId", "settingDefinitionId", "templateId"];
    for policy_type in catalogue.iter() {
        for rule in catalogue.reference_rules(&policy_type.name) {
            let property = rule.at.as_str().trim_end_matches("/*").rsplit('/').next().unwrap_or_default().to_owned();
            assert!(!portable.contains(&property.as_str()), "{} {}", policy_type.name, rule.at);
        }
    }
}
