//! The rows themselves: type, properties, when, treatment. Each names its source.
//!
//! The sources: `quirks` and `doc` are pages of facts on Graph (a number is the row of quirks), `im` is what the
//! tool `IntuneManagement` takes out before it sends (`object-types.json`), `metadata` the published description.
//! What a tool takes out is refused, for that is the strict reading; what a tool sends and gets away with is ignored.
//!
//! Not here: how the rows are used, in [`super::rules`].

use super::treatment::Treatment::{
    self, Accepted, Ignored, OnlyFalse, OnlyId, OnlyNull, Refused, RefusedValue, Unread,
};
use super::treatment::When::{self, Always, Create, Update};

pub(super) const READ_ONLY: &str = "it is read-only";
const CREATE_ONLY: &str = "it can only be set when the object is created";
pub(super) const OWN_CALL: &str = "it is set by a call of its own";

/// One row.
pub(super) type Rule = (&'static str, &'static [&'static str], When, Treatment);

/// The first row that fits wins: rows of derived types come before those of their bases.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    // Settings catalog and compliance by settings.
    // quirks 1, 3: settings go inline on POST and PUT. quirks 29 for compliance.
    ("deviceManagementConfigurationPolicy", &["settings"], Always, Accepted),
    ("deviceManagementCompliancePolicy", &["settings"], Always, Accepted),
    // quirks, table: settingCount.
    ("deviceManagementConfigurationPolicy", &["settingCount"], Always, Ignored),
    ("deviceManagementCompliancePolicy", &["settingCount"], Always, Refused(READ_ONLY)),
    // im sends the template reference as it was read.
    ("deviceManagementConfigurationPolicyTemplateReference", &["templateDisplayName", "templateDisplayVersion"], Always, Ignored),
    // metadata: read-only; portability H: taken out before a create.
    ("deviceManagementReusablePolicySetting", &["referencingConfigurationPolicyCount"], Always, Refused(READ_ONLY)),
    // Compliance. quirks 24: needed on create; quirks 25 and table: a PATCH ignores it.
    ("deviceCompliancePolicy", &["scheduledActionsForRule"], Create, Accepted),
    ("deviceCompliancePolicy", &["scheduledActionsForRule"], Update, Unread),
    // quirks 24, 29: the rules of both kinds hold their actions inline.
    ("deviceComplianceScheduledActionForRule", &["scheduledActionConfigurations"], Always, Accepted),
    ("deviceManagementComplianceScheduledActionForRule", &["scheduledActionConfigurations"], Always, Accepted),
    // Device configurations. quirks 13 and table: masked OMA values.
    ("omaSetting", &["secretReferenceValueId"], Always, OnlyNull),
    ("omaSetting", &["isEncrypted"], Always, Accepted),
    // quirks 22, im: pause dates and roll-back marks are what a ring does, not what it is; metadata: read-only.
    ("windowsUpdateForBusinessConfiguration", &[
        "qualityUpdatesPauseStartDate", "featureUpdatesPauseStartDate",
    ], Create, OnlyNull),
    ("windowsUpdateForBusinessConfiguration", &[
        "qualityUpdatesPauseStartDate", "featureUpdatesPauseStartDate", "qualityUpdatesWillBeRolledBack",
        "featureUpdatesWillBeRolledBack", "version",
    ], Update, Refused(READ_ONLY)),
    // im sends them although the metadata marks them read-only.
    ("windows81GeneralConfiguration", &["applyOnlyToWindows81"], Always, Ignored),
    ("windows81VpnConfiguration", &["applyOnlyToWindows81"], Always, Ignored),
    ("windowsPhone81GeneralConfiguration", &["applyOnlyToWindowsPhone81"], Always, Ignored),
    ("windowsPhoneEASEmailProfileConfiguration", &["applyOnlyToWindowsPhone81"], Always, Ignored),
    // quirks 23 and table.
    ("deviceConfiguration", &["supportsScopeTags"], Always, OnlyFalse),
    // im: hardware configurations.
    ("hardwareConfiguration", &["version"], Update, Refused(READ_ONLY)),
    // Administrative templates. quirks, table: inline values are ignored; doc 9: values in a second step.
    ("groupPolicyConfiguration", &["definitionValues"], Always, Unread),
    // im takes it out on create.
    ("groupPolicyConfiguration", &["policyConfigurationIngestionType"], Create, Refused(READ_ONLY)),
    // quirks 49, entity-sets.json: a value carries its presentations inline.
    ("groupPolicyDefinitionValue", &["presentationValues"], Always, Accepted),
    // im takes them out on create.
    ("groupPolicyUploadedDefinitionFile", &[
        "languageCodes", "targetPrefix", "targetNamespace", "policyType", "revision", "status", "uploadDateTime",
    ], Create, Refused(READ_ONLY)),
    // Intents. metadata: a complex setting holds its parts; im takes the template's id out on update.
    ("deviceManagementComplexSettingInstance", &["value"], Always, Accepted),
    ("deviceManagementCollectionSettingInstance", &["value"], Always, Accepted),
    ("deviceManagementAbstractComplexSettingInstance", &["value"], Always, Accepted),
    ("deviceManagementIntent", &["templateId"], Update, Refused(CREATE_ONLY)),
    // Apps. quirks 35 and table.
    ("mobileApp", &[
        "uploadState", "publishingState", "isAssigned", "dependentAppCount", "supersedingAppCount",
        "supersededAppCount",
    ], Always, Refused(READ_ONLY)),
    ("mobileLobApp", &["size"], Always, Refused(READ_ONLY)),
    ("managedMobileLobApp", &["size"], Always, Refused(READ_ONLY)),
    // quirks 33, doc 9: set by PATCH once the content is there.
    ("mobileLobApp", &["committedContentVersion"], Create, Refused("there is no content yet")),
    ("managedMobileLobApp", &["committedContentVersion"], Create, Refused("there is no content yet")),
    // quirks 34 and table.
    ("officeSuiteApp", &["officeSuiteAppDefaultFileFormat"], Create, RefusedValue("notConfigured")),
    // im sends it back.
    ("androidManagedStoreAppConfiguration", &["appSupportsOemConfig"], Always, Ignored),
    // App protection and configuration. entity-sets.json, doc 9: inline on create, else by targetApps.
    ("managedAppProtection", &["apps"], Create, Accepted),
    ("targetedManagedAppConfiguration", &["apps"], Create, Accepted),
    ("managedAppPolicy", &["apps"], Update, Refused(OWN_CALL)),
    // im: sent on create, not supported on update.
    ("windowsInformationProtection", &["protectedAppLockerFiles"], Create, Accepted),
    ("managedAppPolicy", &["version"], Update, Refused(READ_ONLY)),
    // quirks 32: taken out of updates.
    ("managedDeviceMobileAppConfiguration", &["targetedMobileApps"], Update, Refused(CREATE_ONLY)),
    // Enrollment. quirks 37: priority has a call of its own.
    ("deviceEnrollmentConfiguration", &["priority"], Create, Ignored),
    ("deviceEnrollmentConfiguration", &["priority"], Update, Refused(OWN_CALL)),
    // im takes it out on create.
    ("deviceEnrollmentPlatformRestrictionsConfiguration", &["windowsMobileRestriction"], Always, Refused("the platform is retired")),
    // quirks 40, 41.
    ("windowsAutopilotDeploymentProfile", &[
        "deviceType", "hybridAzureADJoinSkipConnectivityCheck", "managementServiceAppId",
    ], Update, Refused(CREATE_ONLY)),
    // im.
    ("appleUserInitiatedEnrollmentProfile", &["platform"], Update, Refused(CREATE_ONLY)),
    // Notifications. quirks 43 and table; im creates templates without the default locale.
    ("localizedNotificationMessage", &["locale", "isDefault"], Update, Refused(CREATE_ONLY)),
    ("notificationMessageTemplate", &["defaultLocale"], Always, Refused("the first message sets it")),
    // Updates. quirks 46, 47 and table; im sends them on create.
    ("windowsFeatureUpdateProfile", &["deployableContentDisplayName", "endOfSupportDate"], Create, Ignored),
    ("windowsFeatureUpdateProfile", &["deployableContentDisplayName", "endOfSupportDate"], Update, Refused(READ_ONLY)),
    ("windowsFeatureUpdateProfile", &["installLatestWindows10OnWindows11IneligibleDevice"], Update, Refused(CREATE_ONLY)),
    ("windowsQualityUpdateProfile", &["releaseDateDisplayName", "deployableContentDisplayName"], Create, Ignored),
    ("windowsQualityUpdateProfile", &["releaseDateDisplayName", "deployableContentDisplayName"], Update, Refused(READ_ONLY)),
    ("windowsDriverUpdateProfile", &["inventorySyncStatus", "newUpdates", "deviceReporting"], Create, Ignored),
    ("windowsDriverUpdateProfile", &[
        "inventorySyncStatus", "newUpdates", "deviceReporting", "approvalType",
    ], Update, Refused(READ_ONLY)),
    // Scripts. quirks 50, 56.
    ("deviceHealthScript", &["isGlobalScript"], Create, OnlyFalse),
    ("deviceHealthScript", &["highestAvailableVersion"], Create, Ignored),
    ("deviceHealthScript", &["isGlobalScript", "highestAvailableVersion", "version"], Update, Refused(READ_ONLY)),
    ("deviceCustomAttributeShellScript", &["customAttributeName", "customAttributeType", "displayName"], Update, Refused(CREATE_ONLY)),
    // Rest. quirks 53.
    ("deviceAndAppManagementAssignmentFilter", &["payloads"], Always, Refused(READ_ONLY)),
    ("deviceAndAppManagementAssignmentFilter", &["platform", "assignmentFilterManagementType"], Update, Refused(CREATE_ONLY)),
    // quirks 54.
    ("intuneBrandingProfile", &["isDefaultProfile", "disableClientTelemetry"], Update, Refused(READ_ONLY)),
    // quirks 52, entity-sets.json: items go inline on create, later through the action; im on what an item may hold.
    ("policySet", &["items"], Create, Accepted),
    ("policySetItem", &["status", "errorCode"], Always, Refused(READ_ONLY)),
    // im sends them on create for custom roles and tags.
    ("roleDefinition", &["isBuiltIn", "isBuiltInRoleDefinition"], Create, OnlyFalse),
    ("roleDefinition", &["isBuiltIn", "isBuiltInRoleDefinition"], Update, Refused(READ_ONLY)),
    ("roleScopeTag", &["isBuiltIn"], Always, OnlyFalse),
    // Conditional access. quirks, table: strengths by id only, resilience; im takes device states out.
    ("conditionalAccessGrantControls", &["authenticationStrength"], Always, OnlyId),
    ("conditionalAccessSessionControls", &["disableResilienceDefaults"], Always, RefusedValue("false")),
    ("conditionalAccessConditionSet", &["deviceStates"], Always, OnlyNull),
    // quirks, table: exports carry them, always null; nothing else is known of them.
    ("conditionalAccessConditionSet", &["times"], Always, OnlyNull),
    ("conditionalAccessPolicy", &["partialEnablementStrategy", "templateId"], Always, OnlyNull),
    ("conditionalAccessSessionControls", &["blockSensitiveActions"], Always, OnlyNull),
    ("deviceManagementConfigurationSettingInstance", &["auditRuleInformation"], Always, OnlyNull),
    // im: the PDF is attached when terms of use are created.
    ("agreement", &["files"], Create, Accepted),
    // Every entity. quirks, table: ignored on create; im sends them on update too.
    ("entity", &[
        "id", "createdDateTime", "lastModifiedDateTime", "version", "isAssigned", "creationSource",
        "priorityMetaData",
    ], Always, Ignored),
    // im takes it out everywhere.
    ("entity", &["modifiedDateTime"], Always, Refused(READ_ONLY)),
];

/// Types whose creation takes these properties and no others. quirks 54, im: branding.
pub(super) const CREATED_WITH: &[(&str, &[&str])] =
    &[("intuneBrandingProfile", &["profileName", "profileDescription", "roleScopeTagIds"])];
