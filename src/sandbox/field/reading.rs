//! The answers of the field about reads: what is refused, what a list holds in addition, how types are spelled.

use serde_json::{Map, Value, json};

use super::{Answer, Field};
use crate::odata::call::{Call, Refusal, Reply, bad, no_route, refuse};
use crate::odata::query::Query;
use crate::odata::route::Route;
use crate::sign_in::said::is_of_application;
use crate::tenant::roots::is_directory;
use crate::tenant::store::Tenant;

const APPS: &str = "deviceAppManagement/mobileApps";
const APP_CONFIGURATIONS: &str = "deviceAppManagement/targetedManagedAppConfigurations";
const POLICY_SETS: &str = "deviceAppManagement/policySets";
const ROLE_ASSIGNMENTS: &str = "deviceManagement/roleAssignments";

/// The most that `$top` may ask for where it is limited.
const MOST_PER_PAGE: usize = 200;

/// Features that not every tenant has, and how the service says so.
const ABSENT: [(&str, u16); 16] = [
    ("deviceAppManagement/managedEBooks", 404),
    ("deviceAppManagement/symantecCodeSigningCertificate", 500),
    ("deviceAppManagement/wdacSupplementalPolicies", 501),
    ("deviceAppManagement/windowsInformationProtectionPolicies", 400),
    ("deviceManagement/androidForWorkEnrollmentProfiles", 500),
    ("deviceManagement/androidForWorkSettings", 400),
    ("deviceManagement/cartToClassAssociations", 400),
    ("deviceManagement/chromeOSOnboardingSettings", 404),
    ("deviceManagement/derivedCredentials", 501),
    ("deviceManagement/embeddedSIMActivationCodePools", 400),
    ("deviceManagement/exchangeConnectors", 404),
    ("deviceManagement/exchangeOnPremisesPolicies", 500),
    ("deviceManagement/inventoryPolicies", 404),
    ("deviceManagement/resourceAccessProfiles", 400),
    ("deviceManagement/serviceNowConnections", 501),
    ("deviceManagement/zebraFotaConnector", 500),
];

/// Refuses a request that the field refuses.
pub(crate) fn check(field: &Field, route: &Route, query: &Query, call: &Call) -> Result<(), Refusal> {
    if field.plays(Answer::GetByIdsRefused) && call.path.ends_with("directoryObjects/getByIds") {
        return Err(refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."));
    }
    if call.method != "GET" {
        return Ok(());
    }
    let lists_ids = || query.filter.as_deref().is_some_and(|filter| filter.starts_with("id in"));
    if field.plays(Answer::IdListRefused) && is_directory(&route.root) && lists_ids() {
        return Err(refuse(400, "Request_UnsupportedQuery", "Unsupported query filter: 'in' on property 'id'."));
    }
    let of_application = || is_of_application(call.header("authorization").trim_start_matches("Bearer "));
    let intune = route.root.starts_with("deviceManagement") || route.root.starts_with("deviceAppManagement");
    let scope = matches!(
        route.root.as_str(),
        "policies/mobileDeviceManagementPolicies" | "policies/mobileAppManagementPolicies"
    );
    if field.plays(Answer::ScopeAppOnly) && scope && of_application() {
        return Err(refuse(401, "UnknownError", "Unsupported app-only call."));
    }
    if field.plays(Answer::ForbiddenUnauthorized)
        && route.root == "deviceManagement/intuneBrandingProfiles"
        && of_application()
    {
        return Err(unauthorized(&call.path));
    }
    if field.plays(Answer::TermsOfUseAppOnly) && route.root == "agreements" && of_application() {
        return Err(refuse(401, "UnknownError", "Unsupported app-only call."));
    }
    if field.plays(Answer::CloudPcUnlicensed) && route.root.starts_with("deviceManagement/virtualEndpoint/") {
        return Err(refuse(403, "AccessDenied", "Access denied."));
    }
    if field.plays(Answer::FeatureNotAvailable)
        && let Some((_, status)) = ABSENT.iter().find(|(root, _)| *root == route.root)
    {
        return Err(absent(*status, &route.root));
    }
    if field.plays(Answer::NoODataRoute) && has_no_route(route) {
        return Err(no_route(&call.path));
    }
    let below = route.subs.first().map(|sub| sub.name.as_str());
    if field.plays(Answer::SettingsByExpandOnly) && route.root == APP_CONFIGURATIONS && below == Some("settings") {
        return Err(no_route(&call.path));
    }
    let is_list = route.key.is_none() && route.subs.is_empty();
    if field.plays(Answer::RoleAssignmentsByRole) && route.template == ROLE_ASSIGNMENTS && is_list {
        return Err(no_route(&call.path));
    }
    if field.plays(Answer::ExpandRefused) && intune && is_list && !query.expand.is_empty() {
        return Err(bad("The query specified in the URI is not valid. The query option 'Expand' is not allowed here."));
    }
    if field.plays(Answer::TopRefused) && intune && query.top.is_some_and(|top| top > MOST_PER_PAGE) {
        return Err(bad(format!("The limit of '{MOST_PER_PAGE}' for Top query has been exceeded.")));
    }
    if field.plays(Answer::SelectRefused) && route.template == "deviceManagement" && query.select.is_some() {
        return Err(bad("The query specified in the URI is not valid. The query option 'Select' is not allowed."));
    }
    Ok(())
}

/// What is below an app or a role assignment cannot be reached through a cast, and of a policy set only by expanding
/// it. The content of an app is reached through the cast: microsoftgraph/mggraph-intune-samples (2026).
pub(super) fn has_no_route(route: &Route) -> bool {
    let Some(first) = route.subs.first() else { return false };
    match route.root.as_str() {
        APPS => route.cast.is_some() && first.name != "contentVersions",
        ROLE_ASSIGNMENTS => route.cast.is_some() || first.name == "roleDefinition",
        POLICY_SETS => true,
        _ => false,
    }
}

/// Intune's 401 in its own words: Forbidden as the code, and the challenge of its inner service inside the message.
fn unauthorized(path: &str) -> Refusal {
    let said = json!({
        "_version": 3,
        "Message": format!("An error has occurred - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 00000000-0000-4000-8000-000000000401 - Url: https://fef.sandbox.manage.example/{path}"),
        "CustomApiErrorPhrase": "",
        "RetryAfter": null,
        "ErrorSourceService": "",
        "HttpHeaders": "{\"WWW-Authenticate\":\"Bearer realm=\\\"urn:intune:service\\\"\"}"
    });
    refuse(401, "Forbidden", said.to_string())
}

fn absent(status: u16, root: &str) -> Refusal {
    match status {
        404 => refuse(404, "ResourceNotFound", "Resource not found."),
        500 => refuse(500, "InternalServerError", "An internal server error has occurred"),
        501 => refuse(501, "NotImplemented", "This feature is not supported."),
        _ => refuse(400, "BadRequest", format!("Resource not found for the segment '{root}'.")),
    }
}

/// What a tenant that plays these answers holds besides its seed.
pub(crate) fn objects(tenant: &Tenant) -> Vec<(&'static str, Value)> {
    let plays = tenant.field.plays(Answer::BuiltInApps);
    let built_in = [
        ("managedIOSStoreApp", "bundleId", "Microsoft Outlook", "com.microsoft.Office.Outlook"),
        ("managedAndroidStoreApp", "packageId", "Microsoft Outlook", "com.microsoft.office.outlook"),
        ("managedAndroidStoreApp", "packageId", "Microsoft Teams", "com.microsoft.teams"),
    ];
    let app = |(ty, property, name, id): (&str, &str, &str, &str)| {
        (
            APPS,
            json!({
                "@odata.type": format!("#microsoft.graph.{ty}"), "displayName": name, "publisher": "Microsoft Corporation",
                "appAvailability": "global", "publishingState": "published", property: id
            }),
        )
    };
    built_in.map(app).into_iter().filter(|_| plays).collect()
}

/// Spells an answer as the field does.
pub(crate) fn alter(field: &Field, reply: &mut Reply) {
    if let (true, Some(body)) = (field.plays(Answer::TypesWithoutHash), &mut reply.body) {
        without_hash(body);
    }
}

fn without_hash(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_hash),
        Value::Object(map) => plain(map),
        _ => {}
    }
}

fn plain(map: &mut Map<String, Value>) {
    for (name, child) in map {
        match child {
            Value::String(ty) if name == "@odata.type" => *ty = ty.trim_start_matches('#').to_owned(),
            child => without_hash(child),
        }
    }
}
