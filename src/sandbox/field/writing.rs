//! The answers of the field about writes: what is not known yet right after it was made, what the service
//! goes on working on, and which changes it takes only alone, or not at all.
//!
//! What is "not known yet" is refused once for each path that names it: the first time is the one that counts.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::reading::has_no_route;
use super::{Answer, Field};
use crate::odata::call::{Call, Refusal, Reply, bad, missing, no_route, refuse};
use crate::odata::route::{Route, Tail};
use crate::sign_in::said::is_of_application;
use crate::tenant::roots::{APPS, ENROLLMENT, is_default_enrollment};
use crate::tenant::store::{Tenant, id_of, text, type_of};

const LOCATIONS: &str = "identity/conditionalAccess/namedLocations";
const BRANDING: &str = "deviceManagement/intuneBrandingProfiles";
const FILTERS: &str = "deviceManagement/assignmentFilters";
const SCOPES: [&str; 2] = ["policies/mobileDeviceManagementPolicies", "policies/mobileAppManagementPolicies"];
const GROUPS: &str = "includedGroups@odata.bind";

/// How often the deletion of a filter is refused after its assignments are gone.
const STILL_IN_USE: u32 = 2;
/// Two writes of enrollment configurations within this time conflict.
const TOO_SOON: Duration = Duration::from_millis(300);

/// What an app is made from, with the types of which it is said; none where it is of all.
const APP_FIXED: [(&str, &str); 14] = [
    ("appIdentifier", ""),
    ("appStoreUrl", ""),
    ("appUrl", ""),
    ("channel", ""),
    ("isSystemApp", ""),
    ("manifestHash", ""),
    ("packageIdentifier", ""),
    ("installExperience", "winGetApp"),
    ("useDeviceContext", "windowsMobileMSI"),
    ("developer", "officeSuiteApp"),
    ("owner", "officeSuiteApp"),
    ("publisher", "officeSuiteApp"),
    ("officePlatformArchitecture", "officeSuiteApp"),
    ("isBundle", "windowsUniversalAppX"),
];

/// Refuses a request that the field refuses.
pub(crate) fn check(tenant: &mut Tenant, route: &Route, call: &Call) -> Result<(), Refusal> {
    let field = tenant.field.clone();
    let below = route.subs.last().map(|sub| sub.name.as_str());
    if call.method == "GET" {
        let lists = matches!(below, Some("contentVersions" | "files")) && !route.is_item();
        let refused = field.plays(Answer::ContentListsRefused) && route.root == APPS && lists;
        return if refused { Err(no_route(&call.path)) } else { Ok(()) };
    }
    if field.plays(Answer::NoODataRoute) && route.root == APPS && has_no_route(route) {
        return Err(no_route(&call.path));
    }
    let begins_file = route.root == APPS && below == Some("files") && call.method == "POST" && !route.is_item();
    let app_id = route.key.as_deref().unwrap_or_default();
    if field.plays(Answer::ContentOneAtATime) && begins_file && tenant.contents.is_busy_with_another(app_id) {
        return Err(bad("Another content file is being prepared. Try again later."));
    }
    let current = route.key.as_deref().and_then(|id| tenant.find(&route.root, id)).cloned().unwrap_or_default();
    let nothing = Map::new();
    let body = call.body.as_ref().and_then(Value::as_object).unwrap_or(&nothing);
    not_known_yet(tenant, &field, route, call)?;
    match route.root.as_str() {
        APPS => app(&field, route, call, &current, body),
        ENROLLMENT => {
            let fixed = ["displayName", "description", "roleScopeTagIds"];
            let changes = call.method == "PATCH" && is_default_enrollment(&current);
            if field.plays(Answer::DefaultEnrollmentFixed) && changes && fixed.iter().any(|it| body.contains_key(*it)) {
                return Err(bad("What a default enrollment configuration is called cannot be changed."));
            }
            Ok(())
        }
        BRANDING => branding(&field, route, call, &current, body),
        FILTERS if call.method == "DELETE" && field.plays(Answer::FilterInUse) => {
            let key = format!("{FILTERS}/{}", id_of(&current));
            if tenant.memory.refuses(key, STILL_IN_USE) {
                return Err(bad("An internal error: the object is locked, code 5001."));
            }
            Ok(())
        }
        root if SCOPES.contains(&root) && call.method == "PATCH" && field.plays(Answer::ScopePatchStrict) => {
            let own = body.keys().filter(|name| !name.contains('@')).count();
            match body.get("appliesTo").and_then(Value::as_str) {
                Some(_) if own > 1 => Err(bad(
                    "Simultaneous patch requests on both the appliesTo and URL properties are currently not supported.",
                )),
                Some("selected") => Err(bad("The value 'selected' cannot be set; add groups instead.")),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The default profile keeps its name, and an application assigns no profile.
fn branding(
    field: &Field,
    route: &Route,
    call: &Call,
    current: &Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    let is_default = current.get("isDefaultProfile") == Some(&json!(true));
    let fixed = ["profileName", "profileDescription", "isDefaultProfile", "disableClientTelemetry"];
    let changes = call.method == "PATCH" && is_default && fixed.iter().any(|name| body.contains_key(*name));
    if field.plays(Answer::DefaultBrandingFixed) && changes {
        return Err(bad("What the default branding profile is called cannot be changed."));
    }
    let assigns = matches!(&route.tail, Tail::Action { name, .. } if name == "assign");
    let by_application = is_of_application(call.header("authorization").trim_start_matches("Bearer "));
    if field.plays(Answer::BrandingAssignAppOnly) && assigns && by_application {
        return Err(refuse(401, "UnknownError", "Unsupported app-only call."));
    }
    Ok(())
}

/// What was made a moment ago is not known everywhere.
fn not_known_yet(tenant: &mut Tenant, field: &Field, route: &Route, call: &Call) -> Result<(), Refusal> {
    // A question is not a write, by whatever method it is asked.
    if matches!(&route.tail, Tail::Action { name, .. } if name.starts_with("get") || name.starts_with("retrieve")) {
        return Ok(());
    }
    let text = call.body.as_ref().map(|body| body.to_string().to_lowercase()).unwrap_or_default();
    let owner = route.key.clone().unwrap_or_default().to_lowercase();
    for (id, root) in tenant.memory.named(&format!("{text} {owner}")) {
        let refusal = match root.as_str() {
            LOCATIONS
                if field.plays(Answer::NamedLocation1040) && route.root == "identity/conditionalAccess/policies" =>
            {
                bad(format!("1040: NamedLocation with id {id} does not exist in the directory."))
            }
            "groups" if field.plays(Answer::GroupNotYetKnown) && route.root != "groups" => {
                bad(format!("Invalid GroupId : {id}. a valid AADGroupId is expected"))
            }
            LOCATIONS | "groups" => continue,
            _ if field.plays(Answer::NewNotYetKnown) && owner == id && call.method != "DELETE" => {
                missing(&route.root, &id)
            }
            _ if field.plays(Answer::NewNotYetKnown) && text.contains(&id) => {
                bad(format!("The referenced object '{id}' does not exist."))
            }
            _ => continue,
        };
        if tenant.memory.refuses(format!("{} {} {id}", call.method, call.path), 1) {
            return Err(refusal);
        }
    }
    Ok(())
}

fn app(
    field: &Field,
    route: &Route,
    call: &Call,
    current: &Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    let ty = type_of(current, "");
    let action = match &route.tail {
        Tail::Action { name, .. } => name.as_str(),
        _ => "",
    };
    let links = route.tail == Tail::Reference || action == "updateRelationships";
    if field.plays(Answer::AppProcessing) && links && text(current, "publishingState") != "published" {
        return Err(bad("The app's PublishingState is not 'Published'."));
    }
    let filter = call.body.as_ref().is_some_and(|body| body.to_string().contains("AssignmentFilterType"));
    if field.plays(Answer::EdgeFilterRefused) && action == "assign" && ty == "windowsMicrosoftEdgeApp" && filter {
        return Err(bad("Assignment filters are not supported for this app type."));
    }
    let fixed = |(name, of): &&(&str, &str)| body.contains_key(*name) && (of.is_empty() || *of == ty);
    if field.plays(Answer::AppFixed)
        && call.method == "PATCH"
        && let Some((name, _)) = APP_FIXED.iter().find(fixed)
    {
        return Err(bad(format!("The property '{name}' cannot be updated.")));
    }
    Ok(())
}

/// What follows from a write that was taken.
pub(crate) fn written(tenant: &mut Tenant, route: &Route, call: &Call, reply: &mut Reply, lag: Duration) {
    let made = call.method == "POST" && route.key.is_none() && route.tail == Tail::Entity;
    let new = reply.body.as_ref().and_then(|body| body["id"].as_str()).filter(|_| made).map(str::to_owned);
    if let Some(id) = &new {
        tenant.memory.made.insert(id.to_lowercase(), route.root.clone());
    }
    match (route.root.as_str(), &new) {
        (APPS, Some(id)) if tenant.field.plays(Answer::AppProcessing) => {
            let Some(app) = tenant.find_mut(APPS, id).filter(|app| text(app, "publishingState") == "published") else {
                return;
            };
            app.insert("publishingState".into(), json!("processing"));
            tenant.contents.process(id, Instant::now() + lag);
            show(reply, "publishingState", json!("processing"));
        }
        (ENROLLMENT, _) => enrolled(tenant, new.as_deref(), reply),
        (root, _) if SCOPES.contains(&root) && tenant.field.plays(Answer::ScopePatchStrict) => {
            let id = route.key.clone().unwrap_or_default();
            let Some(scope) = tenant.find_mut(root, &id) else { return };
            let groups = scope.get(GROUPS).and_then(Value::as_array).map_or(0, Vec::len);
            let to = text(scope, "appliesTo").to_owned();
            if route.tail == Tail::Reference {
                let follows = if groups > 0 { "selected" } else { "none" };
                scope.insert("appliesTo".into(), json!(follows));
            } else if to == "all" {
                scope.remove(GROUPS);
            }
        }
        _ => {}
    }
}

fn enrolled(tenant: &mut Tenant, new: Option<&str>, reply: &mut Reply) {
    let soon = tenant.memory.enrolled.replace(Instant::now()).is_some_and(|last| last.elapsed() < TOO_SOON);
    let (gaps, race) = (tenant.field.plays(Answer::PriorityGaps), tenant.field.plays(Answer::PriorityRace));
    let Some(configuration) = new.and_then(|id| tenant.find_mut(ENROLLMENT, id)) else { return };
    let given = configuration.get("priority").and_then(Value::as_u64).unwrap_or(0);
    let number = match given {
        1 if gaps => 3,
        _ if gaps => given + 2,
        2.. if race && soon => given - 1,
        _ => return,
    };
    configuration.insert("priority".into(), json!(number));
    show(reply, "priority", json!(number));
}

fn show(reply: &mut Reply, name: &str, value: Value) {
    if let Some(Value::Object(body)) = &mut reply.body {
        body.insert(name.to_owned(), value);
    }
}
