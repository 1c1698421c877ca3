//! All answers of the field by name, each with what it says, where it was seen and when. To add one: a line here, and
//! its doing in the file that it belongs to (`reading` for what is read).

/// Makes the enumeration and its table from one list.
macro_rules! answers {
    ($($answer:ident: $name:literal, $says:literal, $source:literal, $date:literal;)+) => {
        /// What the service has been seen to answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Answer {
            $(#[doc = $says] $answer,)+
        }

        impl Answer {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$answer),+];

            /// What is known of it.
            pub fn seen(self) -> Seen {
                match self {
                    $(Self::$answer => Seen { name: $name, says: $says, source: $source, date: $date },)+
                }
            }
        }
    };
}

/// What is known of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How a configuration names it.
    pub name: &'static str,
    /// What the service does.
    pub says: &'static str,
    /// Who saw it.
    pub source: &'static str,
    /// When it was last reported, as year and month.
    pub date: &'static str,
}

impl Answer {
    /// How a configuration names it.
    pub fn name(self) -> &'static str {
        self.seen().name
    }

    /// The answer of this name.
    pub fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|answer| answer.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|answer| answer.name()).collect();
            format!("there is no answer `{name}` of the field; there are {}", known.join(", "))
        })
    }
}

answers! {
    // Reading.
    ScopeAppOnly: "scope-401-app-only",
        "MDM and MAM scope answer an application with 401 \"Unsupported app-only call.\"",
        "mondoohq/mql#5777 and #6082; permissions.json lists delegated permissions only", "2026-06";
    ForbiddenUnauthorized: "forbidden-401",
        "Branding profiles answer an application with 401 and Forbidden inside",
        "microsoftgraph/microsoft-graph-docs-contrib#237, microsoftgraph/powershell-intune-samples#121 and #168", "2023-01";
    TermsOfUseAppOnly: "terms-of-use-401-app-only",
        "Terms of use answer an application with 401: they are for a signed-in user",
        "documentation of agreements and permissions.json list delegated permissions only; Microsoft365DSC#3329 and a Terraform provider read them as an application", "2026-08";
    NoODataRoute: "no-odata-route",
        "What is below an app or a role assignment has no route through a cast, and the parts of a policy set have none",
        "microsoftgraph/msgraph-sdk-powershell#2565, microsoftgraph/microsoft-graph-docs-contrib#6283", "2024-02";
    ExpandRefused: "expand-refused",
        "No collection of Intune can be expanded as a list",
        "Micke-K/IntuneManagement EndpointManager.psm1 (expansion of some lists is turned off)", "2025-09";
    TopRefused: "top-refused",
        "A page of Intune has at most 200 entries",
        "no page names a limit; clients in use ask for 200 to 1000", "2026-05";
    SelectRefused: "select-refused",
        "Nothing can be selected of the root of Intune",
        "no client in use selects of the root; microsoft-graph-docs devicemanagement-get", "2026-05";
    CloudPcUnlicensed: "cloud-pc-unlicensed",
        "Without a Windows 365 license, everything about Cloud PCs is refused",
        "microsoft/Microsoft365DSC#6907, microsoftgraph/msgraph-sdk-raptor#569", "2026-02";
    FeatureNotAvailable: "feature-not-available",
        "Lists of retired or unlicensed features answer 400, 404, 500 or 501",
        "no client in use reads them; permissions.json still lists them", "2026-05";
    BuiltInApps: "builtin-apps",
        "The list of apps holds Microsoft's own managed apps, which every tenant has",
        "matbe/MEMDocumentAndExporter#7; five clients in use leave them out by appAvailability", "2026-05";
    TypesWithoutHash: "types-without-hash",
        "Types are named without a leading #",
        "Micke-K/IntuneManagement#261 and #125; Graph's own pages", "2025-09";
    SettingsByExpandOnly: "settings-by-expand-only",
        "The settings of an app configuration come only by expanding the configuration",
        "microsoft/Microsoft365DSC#5672", "2025-01";
    RoleAssignmentsByRole: "role-assignments-by-role",
        "Role assignments are listed only below the role that they give",
        "microsoft/Microsoft365DSC and almenscorner/IntuneCD (go through roleDefinitions/{id}/roleAssignments)", "2025-03";
    GetByIdsRefused: "get-by-ids-refused",
        "The question for objects of any kind by their ids is refused: it wants to read the whole directory",
        "documentation of directoryobject-getbyids (Directory.Read.All is the least permission)", "2026-08";
    IdListRefused: "id-list-refused",
        "A filter of the directory takes no list of ids",
        "documentation of the directory's objects says `in` for id, no client in use asks so", "2026-08";
    // Writing.
    NamedLocation1040: "named-location-1040",
        "A Conditional Access policy that names a location which was just made is refused: 1040",
        "KelvinTegelaar/CIPP-API#3932, #4194 and #4655, New-CIPPCAPolicy.ps1", "2026-08";
    GroupNotYetKnown: "group-not-yet-known",
        "What names a group that was just made is refused: a valid AADGroupId is expected",
        "deploymenttheory/terraform-provider-microsoft365 (waits before it assigns)", "2026-08";
    NewNotYetKnown: "new-not-yet-known",
        "What names an object that was just made, or belongs to it, is refused: it does not exist",
        "deploymenttheory/terraform-provider-microsoft365 (repeats 404 after writes)", "2026-08";
    AppProcessing: "app-processing",
        "A new app is processed first, and until it is published takes no assignment, relationship or category",
        "Micke-K/IntuneManagement#323, andrew-s-taylor/public#20, terraprovider/terraform-provider-microsoft365wp", "2026-05";
    AppFixed: "app-fixed",
        "What an app is made from cannot be changed",
        "terraprovider/terraform-provider-microsoft365wp mobile_app.go", "2026-05";
    EdgeFilterRefused: "edge-filter-refused",
        "An assignment of Microsoft Edge for Windows must not mention a filter",
        "Micke-K/IntuneManagement EndpointManager.psm1", "2025-09";
    ContentListsRefused: "content-lists-refused",
        "The content versions of an app and their files cannot be listed",
        "no client in use lists them", "2026-05";
    ContentOneAtATime: "content-one-at-a-time",
        "While the new file of one app waits for its address, a new file of another app is refused",
        "terraprovider/terraform-provider-microsoft365wp (makes them one after another)", "2026-05";
    FilterInUse: "filter-in-use",
        "An assignment filter cannot be deleted for a while after its assignments are gone: 5001",
        "deploymenttheory/terraform-provider-microsoft365 (waits and repeats)", "2026-08";
    PriorityGaps: "priority-gaps",
        "Priorities of enrollment configurations have gaps, and two of them change places",
        "terraprovider/terraform-provider-microsoft365wp device_enrollment_configuration.md", "2026-05";
    PriorityRace: "priority-race",
        "Enrollment configurations that are made too quickly get the same priority",
        "terraprovider/terraform-provider-microsoft365wp device_enrollment_configuration.md", "2026-05";
    DefaultEnrollmentFixed: "default-enrollment-fixed",
        "Name, description and scope tags of default enrollment configurations cannot be sent",
        "terraprovider/terraform-provider-microsoft365wp device_enrollment_configuration.go", "2026-05";
    ScopePatchStrict: "scope-patch-strict",
        "MDM and MAM scope take appliesTo alone and never \"selected\", which follows from the groups",
        "documentation of mobiledevicemanagementpolicies-update; CIPP standard MDMScope", "2026-08";
    DefaultBrandingFixed: "default-branding-fixed",
        "Name and description of the tenant's default branding profile cannot be sent",
        "terraprovider/terraform-provider-microsoft365wp intune_branding_profile.go; Micke-K/IntuneManagement", "2026-05";
    BrandingAssignAppOnly: "branding-assign-app-only",
        "A branding profile is assigned by a signed-in user only: an application is answered 401",
        "terraprovider/terraform-provider-microsoft365wp docs/resources/intune_branding_profile.md", "2026-05";
    NullSettingsDropped: "null-settings-dropped",
        "A setting of an endpoint security policy that is set to null is not among its settings any more",
        "exports of tenants in use show such settings both ways; Micke-K/IntuneManagement EndpointSecurity", "2025-09";
    KeyLifetimeLimited: "key-lifetime-limited",
        "A policy for applications refuses certificates that are valid for longer than 180 days",
        "documentation of keycredentialconfiguration (asymmetricKeyLifetime)", "2026-11";
}
