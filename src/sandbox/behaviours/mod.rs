//! What each collection does that others do not: one type for each, found by the collection's path.
//!
//! [`Rules`](crate::service::rules::Rules) says what can differ, and what is the same for all. A new rule is a method of one of
//! these types; a collection that had none gets a type and a line in [`of`].

pub(crate) mod access;
pub(crate) mod admx;
pub(crate) mod apps;
mod branding;
mod combinations;
mod compliance;
mod connected;
mod contained;
mod device_configurations;
pub(crate) mod enrollment;
mod feature_updates;
mod few;
mod filters;
mod groups;
mod intents;
mod membership;
mod notifications;
pub(crate) mod protection;
mod registration;
mod reusable_settings;
mod roles;
mod scope_tags;
mod scripts;
mod settings;
mod single_assignments;

use crate::service::rules::Rules;

/// A collection without rules of its own.
pub(crate) struct Anything;

impl Rules for Anything {}

/// The rules of a collection.
pub(crate) fn of(root: &str) -> &'static dyn Rules {
    match root {
        access::CONTEXTS => &access::Contexts,
        access::DELETED => &access::DeletedPolicies,
        access::LOCATIONS => &access::Locations,
        access::POLICIES => &access::AccessPolicies,
        access::STRENGTHS => &access::Strengths,
        admx::FILES => &admx::DefinitionFiles,
        admx::ROOT => &admx::TemplatePolicies,
        apps::ROOT => &apps::Apps,
        branding::ROOT => &branding::BrandingProfiles,
        compliance::ROOT => &compliance::CompliancePolicies,
        contained::ROOT => &contained::EnrollmentTokens,
        device_configurations::ROOT => &device_configurations::DeviceConfigurations,
        enrollment::ROOT => &enrollment::Configurations,
        feature_updates::ROOT => &feature_updates::FeatureUpdates,
        few::AGREEMENTS => &few::Agreements,
        few::CLEANUP => &few::CleanupRules,
        few::CREDENTIALS => &few::DerivedCredentials,
        filters::ROOT => &filters::Filters,
        groups::ROOT => &groups::Groups,
        intents::ROOT => &intents::Intents,
        intents::TEMPLATES => &intents::IntentTemplates,
        notifications::ROOT => &notifications::NotificationTemplates,
        protection::SETS => &protection::PolicySets,
        registration::ROOT => &registration::Registration,
        reusable_settings::ROOT => &reusable_settings::ReusableSettings,
        roles::ASSIGNMENTS => &roles::RoleAssignments,
        roles::DEFINITIONS => &roles::RoleDefinitions,
        scope_tags::ROOT => &scope_tags::ScopeTags,
        scripts::HEALTH => &scripts::HealthScripts,
        settings::COMPLIANCE => &settings::LinuxCompliance,
        settings::TEMPLATES => &settings::PolicyTemplates,
        "deviceManagement/complianceSettings" => &settings::SettingDefinitions("deviceManagement/complianceSettings"),
        "deviceManagement/configurationSettings" => {
            &settings::SettingDefinitions("deviceManagement/configurationSettings")
        }
        "deviceManagement/reusableSettings" => &settings::SettingDefinitions("deviceManagement/reusableSettings"),
        single_assignments::APPLE => &single_assignments::AppleProfiles,
        single_assignments::AUTOPILOT => &single_assignments::Autopilot,
        single_assignments::TERMS => &single_assignments::Terms,
        "deviceAppManagement/androidManagedAppProtections" | "deviceAppManagement/iosManagedAppProtections" => {
            &protection::AppPolicies("T_")
        }
        "deviceAppManagement/managedAppPolicies" => &protection::AllAppPolicies,
        "deviceAppManagement/targetedManagedAppConfigurations" => &protection::AppPolicies("A_"),
        "deviceAppManagement/windowsManagedAppProtections" => &protection::AppPolicies(""),
        "deviceManagement/deviceComplianceScripts" => &scripts::Scripts(&["detectionScriptContent"]),
        "deviceManagement/deviceCustomAttributeShellScripts"
        | "deviceManagement/deviceManagementScripts"
        | "deviceManagement/deviceShellScripts" => &scripts::Scripts(&["scriptContent"]),
        "organization" => &connected::Organization,
        "deviceManagement"
        | "deviceAppManagement"
        | "deviceManagement/conditionalAccessSettings"
        | "deviceManagement/remoteAssistanceSettings" => &connected::TenantsOwn,
        root if settings::CATALOGUE.contains(&root) => &settings::SettingsPolicies,
        root if connected::is_own(root) => &connected::ConnectedOwn,
        root if connected::is_connected(root) => &connected::Connected,
        _ => &Anything,
    }
}
