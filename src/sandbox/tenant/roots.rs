//! Names of collections that more than one part of the emulated service speaks of.

use serde_json::{Map, Value};

use crate::odata::value::id_of;

/// Apps.
pub(crate) const APPS: &str = "deviceAppManagement/mobileApps";
/// Authentication contexts.
pub(crate) const CONTEXTS: &str = "identity/conditionalAccess/authenticationContextClassReferences";
/// Policies of Conditional Access.
pub(crate) const POLICIES: &str = "identity/conditionalAccess/policies";
/// Authentication strengths, under the name that they are stored by.
pub(crate) const STRENGTHS: &str = "identity/conditionalAccess/authenticationStrength/policies";
/// The part of a strength that says more of its combinations.
pub(crate) const COMBINATIONS: &str = "combinationConfigurations";
/// The definitions of settings of administrative templates.
pub(crate) const DEFINITIONS: &str = "deviceManagement/groupPolicyDefinitions";
/// Files of such definitions that someone uploaded.
pub(crate) const DEFINITION_FILES: &str = "deviceManagement/groupPolicyUploadedDefinitionFiles";
/// Applications that are registered in the tenant.
pub(crate) const APPLICATIONS: &str = "applications";
/// What an application is in a tenant.
pub(crate) const SERVICE_PRINCIPALS: &str = "servicePrincipals";
/// Assignment filters.
pub(crate) const FILTERS: &str = "deviceManagement/assignmentFilters";
/// Enrollment configurations.
pub(crate) const ENROLLMENT: &str = "deviceManagement/deviceEnrollmentConfigurations";

/// Whether an enrollment configuration is one of the service's own, which every tenant has.
pub(crate) fn is_default_enrollment(value: &Map<String, Value>) -> bool {
    id_of(value).contains("_Default")
}

/// The collections of the directory, with the type of what they hold.
pub(crate) const COLLECTIONS: [(&str, &str); 6] = [
    ("groups", "group"),
    ("users", "user"),
    (SERVICE_PRINCIPALS, "servicePrincipal"),
    ("directoryRoles", "directoryRole"),
    ("devices", "device"),
    (APPLICATIONS, "application"),
];

/// Whether the directory answers, not Intune.
pub(crate) fn is_directory(root: &str) -> bool {
    matches!(root, "directoryObjects" | "organization") || COLLECTIONS.iter().any(|(own, _)| *own == root)
}

/// Where the audit log is read.
pub(crate) const AUDIT: &str = "deviceManagement/auditEvents";
