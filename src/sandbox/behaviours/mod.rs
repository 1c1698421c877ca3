//! What each collection does that others do not: one type for each, found by the collection's path.
//!
//! [`Rules`] says what can differ, and what is the same for all. To add a rule, write one of its methods in the file of the
//! collection; a collection that had none gets a type, there or in a new file, and a line in [`of`]. What a rule needs of
//! the request and of the tenant is in [`Service`](crate::service::rules::Service).

mod access;
mod admx;
mod applications;
mod apps;
mod branding;
mod combinations;
mod compliance;
mod connected;
mod contained;
mod device_configurations;
mod directory;
mod enrollment;
mod feature_updates;
mod few;
mod filters;
mod groups;
mod intents;
mod membership;
mod notifications;
mod protection;
mod registration;
mod reusable_settings;
mod roles;
mod scope_tags;
mod scripts;
mod settings;
mod single_assignments;
mod strengths;

use crate::service::rules::{Anything, Rules};
use crate::tenant::roots::{APPLICATIONS, SERVICE_PRINCIPALS};

/// The rules of a collection.
pub(crate) fn of(root: &str) -> &'static dyn Rules {
    match root {
        access::CONTEXTS => &access::Contexts,
        access::DELETED => &access::DeletedPolicies,
        access::LOCATIONS => &access::Locations,
        access::POLICIES => &access::AccessPolicies,
        admx::DEFINITIONS => &admx::Definitions,
        admx::FILES => &admx::DefinitionFiles,
        admx::ROOT => &admx::TemplatePolicies,
        APPLICATIONS => &applications::Applications,
        SERVICE_PRINCIPALS => &applications::ServicePrincipals,
        apps::ROOT => &apps::Apps,
        branding::ROOT => &branding::BrandingProfiles,
        compliance::ROOT => &compliance::CompliancePolicies,
        contained::ROOT => &contained::EnrollmentTokens,
        device_configurations::ROOT => &device_configurations::DeviceConfigurations,
        directory::OBJECTS => &directory::Objects,
        directory::ORGANIZATION => &directory::Organization,
        directory::USERS => &directory::Users,
        enrollment::ROOT => &enrollment::Configurations,
        feature_updates::ROOT => &feature_updates::FeatureUpdates,
        few::AGREEMENTS => &few::Agreements,
        few::CLEANUP => &few::CleanupRules,
        few::CREDENTIALS => &few::DerivedCredentials,
        filters::ROOT => &filters::Filters,
        groups::ROOT => &groups::Groups,
        intents::ROOT => &intents::Intents,
        intents::TEMPLATES => &intents::IntentTemplates,
        membership::ANDROID => &membership::AndroidProfiles,
        notifications::ROOT => &notifications::NotificationTemplates,
        protection::ANDROID => &protection::AppPolicies(protection::ANDROID, "T_"),
        protection::CONFIGURATIONS => &protection::AppPolicies(protection::CONFIGURATIONS, "A_"),
        protection::IOS => &protection::AppPolicies(protection::IOS, "T_"),
        protection::SETS => &protection::PolicySets,
        protection::WINDOWS => &protection::AppPolicies(protection::WINDOWS, ""),
        registration::ROOT => &registration::Registration,
        reusable_settings::ROOT => &reusable_settings::ReusableSettings,
        roles::ASSIGNMENTS => &roles::RoleAssignments,
        roles::DEFINITIONS => &roles::RoleDefinitions,
        scope_tags::ROOT => &scope_tags::ScopeTags,
        scripts::HEALTH => &scripts::HealthScripts,
        scripts::POWERSHELL => &scripts::PowerShellScripts,
        scripts::SHELL => &scripts::Scripts(&["scriptContent"]),
        settings::COMPLIANCE => &settings::LinuxCompliance,
        settings::TEMPLATES => &settings::PolicyTemplates,
        single_assignments::APPLE => &single_assignments::AppleProfiles,
        single_assignments::AUTOPILOT => &single_assignments::Autopilot,
        single_assignments::TERMS => &single_assignments::Terms,
        strengths::ROOT => &strengths::Strengths,
        "deviceAppManagement" => &connected::APP_MANAGEMENT,
        "deviceAppManagement/managedAppPolicies" => &protection::AllAppPolicies,
        "deviceAppManagement/mdmWindowsInformationProtectionPolicies" => {
            &protection::InformationProtection { of_managed_devices: true }
        }
        "deviceAppManagement/windowsInformationProtectionPolicies" => {
            &protection::InformationProtection { of_managed_devices: false }
        }
        "deviceManagement" => &connected::DEVICE_MANAGEMENT,
        "deviceManagement/complianceSettings" => &settings::SettingDefinitions("deviceManagement/complianceSettings"),
        "deviceManagement/conditionalAccessSettings" => &connected::CONDITIONAL_ACCESS,
        "deviceManagement/configurationSettings" => {
            &settings::SettingDefinitions("deviceManagement/configurationSettings")
        }
        "deviceManagement/deviceComplianceScripts" => &scripts::Scripts(&["detectionScriptContent"]),
        "deviceManagement/deviceCustomAttributeShellScripts" => &scripts::Scripts(&["scriptContent"]),
        "deviceManagement/microsoftTunnelHealthThresholds" => &connected::ConnectedOwn { discovery: None },
        "deviceManagement/remoteAssistanceSettings" => &connected::REMOTE_ASSISTANCE,
        "deviceManagement/reusableSettings" => &settings::SettingDefinitions("deviceManagement/reusableSettings"),
        "policies/mobileAppManagementPolicies" => &connected::ConnectedOwn { discovery: Some("MAMService") },
        "policies/mobileDeviceManagementPolicies" => {
            &connected::ConnectedOwn { discovery: Some("EnrollmentServer/Discovery.svc") }
        }
        root if settings::CATALOGUE.contains(&root) => &settings::SettingsPolicies,
        root if connected::is_connected(root) => &connected::Connected,
        _ => &Anything,
    }
}
