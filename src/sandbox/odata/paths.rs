//! What is particular about single paths: other names for the same objects, and what v1.0 has.
//!
//! How a path is read is in [`crate::odata::route`].

/// Paths that show the same objects. evidence: metadata lists both; identity/… is the newer spelling.
const ALIASES: [(&str, &str); 5] = [
    ("policies/conditionalAccessPolicies", "identity/conditionalAccess/policies"),
    ("policies/authenticationStrengthPolicies", "identity/conditionalAccess/authenticationStrength/policies"),
    (
        "identity/conditionalAccess/authenticationStrengths/policies",
        "identity/conditionalAccess/authenticationStrength/policies",
    ),
    ("identityGovernance/termsOfUse/agreements", "agreements"),
    ("roleManagement/deviceManagement/roleDefinitions", "deviceManagement/roleDefinitions"),
];

/// Collections of `deviceManagement` and `deviceAppManagement` that v1.0 has; all others are beta only (general knowledge).
pub(crate) const V1: [&str; 24] = [
    "deviceCategories",
    "deviceCompliancePolicies",
    "deviceConfigurations",
    "deviceEnrollmentConfigurations",
    "importedWindowsAutopilotDeviceIdentities",
    "managedDevices",
    "mobileThreatDefenseConnectors",
    "notificationMessageTemplates",
    "roleAssignments",
    "roleDefinitions",
    "termsAndConditions",
    "windowsAutopilotDeviceIdentities",
    "androidManagedAppProtections",
    "defaultManagedAppProtections",
    "iosManagedAppProtections",
    "managedAppPolicies",
    "managedEBooks",
    "mdmWindowsInformationProtectionPolicies",
    "mobileAppCategories",
    "mobileAppConfigurations",
    "mobileApps",
    "targetedManagedAppConfigurations",
    "vppTokens",
    "windowsInformationProtectionPolicies",
];

/// The stored name of a collection.
pub(crate) fn stored_name(template: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == template).map_or(template, |(_, name)| name)
}
