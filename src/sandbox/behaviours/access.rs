//! Conditional Access: every id in a policy is checked, strengths go by id only, locations in use stay (api 9, evidence
//! "CA"). The strengths themselves are in [`super::strengths`].

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Refusal, Reply, bad, refuse};
use crate::service::core::Service;
use crate::service::present::View;
use crate::service::rules::{Body, Rules};
use crate::tenant::constants::{APPLICATION_NAMES, MICROSOFT_APPLICATIONS, ROLE_TEMPLATES, ZERO};
use crate::tenant::store::{id_of, text};

use crate::tenant::roots::STRENGTHS;
pub(crate) use crate::tenant::roots::{CONTEXTS, POLICIES};
pub(crate) const LOCATIONS: &str = "identity/conditionalAccess/namedLocations";
/// Policies that were deleted.
pub(crate) const DELETED: &str = "identity/conditionalAccess/deletedItems/policies";

pub(crate) struct AccessPolicies;

impl Rules for AccessPolicies {
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        check_policy(service, body, true)
    }

    fn before_update(&self, service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        check_policy(service, body, false)
    }

    /// api 9: deletion is soft.
    fn deleted(&self, service: &mut Service<'_>, object: Body) {
        service.tenant.put(DELETED, object, service.now);
    }

    /// evidence "CA policies carry templateId, partialEnablementStrategy, conditions.times".
    fn decorate(&self, service: &Service<'_>, shown: &mut Body, _value: &Body, ty: &str, _view: &View<'_>) {
        if ty != "conditionalAccessPolicy" {
            return;
        }
        for name in ["templateId", "partialEnablementStrategy"] {
            shown.entry(name.to_owned()).or_insert(Value::Null);
        }
        if let Some(Value::Object(conditions)) = shown.get_mut("conditions") {
            conditions.entry("times".to_owned()).or_insert(Value::Null);
        }
        show_strength(service, shown);
    }
}

/// Policies that were deleted.
pub(crate) struct DeletedPolicies;

impl Rules for DeletedPolicies {
    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, _body: &Body) -> Option<Outcome> {
        (name == "restore").then(|| restore_policy(service, id))
    }
}

pub(crate) struct Contexts;

impl Rules for Contexts {
    fn new_id(&self, service: &Service<'_>, _ty: &str, chosen: &str) -> Result<String, Refusal> {
        context_id(service, chosen)
    }

    /// requests.md: a published one cannot be deleted.
    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        match current.get("isAvailable") {
            Some(Value::Bool(true)) => Err(bad("A published authentication context cannot be deleted.")),
            _ => Ok(()),
        }
    }
}

pub(crate) struct Locations;

impl Rules for Locations {
    fn before_delete(&self, service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        before_location_delete(service, current)
    }
}

/// A refusal in the words of the service: a number and a sentence.
fn wrong(number: u16, message: impl std::fmt::Display) -> Refusal {
    bad(format!("{number}: {message}"))
}

/// Checks a policy's body, whole or in part.
fn check_policy(service: &Service<'_>, body: &mut Map<String, Value>, whole: bool) -> Result<(), Refusal> {
    if whole {
        demand_whole(body)?;
    }
    // evidence "security defaults".
    let defaults = service.tenant.all("policies/identitySecurityDefaultsEnforcementPolicy").first();
    let defaults = defaults.is_some_and(|stored| stored.value.get("isEnabled") == Some(&json!(true)));
    if defaults && text(body, "state") == "enabled" {
        return Err(wrong(1104, "Security defaults must be disabled before a policy is enabled"));
    }
    if let Some(conditions) = body.get("conditions").filter(|c| c.is_object()) {
        check_users(service, &conditions["users"])?;
        check_applications(service, conditions)?;
        check_locations(service, &conditions["locations"])?;
    }
    if let Some(grant) = body.get("grantControls").and_then(Value::as_object) {
        check_grant(service, grant)?;
    }
    Ok(())
}

fn demand_whole(body: &Map<String, Value>) -> Result<(), Refusal> {
    for name in ["displayName", "state"] {
        if text(body, name).is_empty() {
            return Err(wrong(1003, format!("The policy needs '{name}'")));
        }
    }
    let conditions = body.get("conditions").unwrap_or(&Value::Null);
    let has_subject = conditions["users"].is_object() || conditions["clientApplications"].is_object();
    if !has_subject || !conditions["applications"].is_object() {
        return Err(wrong(1007, "The policy must specify users or clients, and applications"));
    }
    let set = |name: &str| body.get(name).is_some_and(Value::is_object);
    if !set("grantControls") && !set("sessionControls") {
        return Err(wrong(1031, "The policy must specify grant controls or session controls"));
    }
    Ok(())
}

fn strings<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    value[name].as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn check_users(service: &Service<'_>, users: &Value) -> Result<(), Refusal> {
    for name in ["includeUsers", "excludeUsers"] {
        let list = strings(users, name);
        // api 9: "All" cannot be combined with ids in include lists.
        if name == "includeUsers" && list.len() > 1 && (list.contains(&"All") || list.contains(&"None")) {
            return Err(wrong(1026, "'All' and 'None' cannot be combined with other users"));
        }
        for id in list {
            let special = ["All", "None", "GuestsOrExternalUsers"].contains(&id);
            if !special && !service.tenant.has("users", id) {
                return Err(wrong(1010, format!("User '{id}' does not exist in the directory")));
            }
        }
    }
    for name in ["includeGroups", "excludeGroups"] {
        for id in strings(users, name) {
            if !service.tenant.knows_group(id, service.now) {
                return Err(wrong(1011, format!("Group '{id}' does not exist in the directory")));
            }
        }
    }
    for name in ["includeRoles", "excludeRoles"] {
        for id in strings(users, name) {
            let known = ROLE_TEMPLATES.contains(&id)
                || service.tenant.has("directoryRoleTemplates", id)
                || service.tenant.has("roleManagement/directory/roleDefinitions", id);
            if !known {
                return Err(wrong(1012, format!("Role '{id}' does not exist in the directory")));
            }
        }
    }
    Ok(())
}

fn check_applications(service: &Service<'_>, conditions: &Value) -> Result<(), Refusal> {
    let applications = &conditions["applications"];
    for name in ["includeApplications", "excludeApplications"] {
        let list = strings(applications, name);
        if name == "includeApplications" && list.len() > 1 && (list.contains(&"All") || list.contains(&"None")) {
            return Err(wrong(1026, "'All' and 'None' cannot be combined with other applications"));
        }
        for id in list {
            let mut own = service.tenant.all("servicePrincipals").iter();
            let known = APPLICATION_NAMES.contains(&id)
                || MICROSOFT_APPLICATIONS.contains(&id)
                || own.any(|sp| text(&sp.value, "appId").eq_ignore_ascii_case(id));
            if !known {
                return Err(wrong(1016, format!("Application '{id}' does not exist in the directory")));
            }
        }
    }
    for id in strings(applications, "includeAuthenticationContextClassReferences") {
        if !service.tenant.has(CONTEXTS, id) {
            return Err(wrong(1017, format!("Authentication context '{id}' does not exist")));
        }
    }
    let clients = &conditions["clientApplications"];
    for name in ["includeServicePrincipals", "excludeServicePrincipals"] {
        for id in strings(clients, name) {
            if id != "ServicePrincipalsInMyTenant" && !service.tenant.has("servicePrincipals", id) {
                return Err(wrong(1018, format!("Service principal '{id}' does not exist in the directory")));
            }
        }
    }
    Ok(())
}

fn check_locations(service: &Service<'_>, locations: &Value) -> Result<(), Refusal> {
    for name in ["includeLocations", "excludeLocations"] {
        for id in strings(locations, name) {
            // portability.md B: these stay as they are; the zero GUID means the MFA trusted addresses.
            if !["All", "AllTrusted", ZERO].contains(&id) && !service.tenant.has(LOCATIONS, id) {
                return Err(wrong(1040, format!("Named location '{id}' does not exist")));
            }
        }
    }
    Ok(())
}

fn check_grant(service: &Service<'_>, grant: &Map<String, Value>) -> Result<(), Refusal> {
    let controls = Value::Object(grant.clone());
    for id in strings(&controls, "termsOfUse") {
        if !service.tenant.has("agreements", id) {
            return Err(wrong(1022, format!("Terms of use '{id}' do not exist")));
        }
    }
    let Some(strength) = grant.get("authenticationStrength").and_then(Value::as_object) else {
        return Ok(());
    };
    if !service.tenant.has(STRENGTHS, id_of(strength)) {
        return Err(wrong(1047, format!("Authentication strength '{}' does not exist", id_of(strength))));
    }
    // api 9: builtInControls and authenticationStrength are mutually limited.
    if strings(&controls, "builtInControls").contains(&"mfa") {
        return Err(wrong(1048, "'mfa' and an authentication strength cannot be combined"));
    }
    Ok(())
}

/// The id of an authentication context is chosen by who creates it: c1 to c99 (portability.md B).
fn context_id(service: &Service<'_>, id: &str) -> Result<String, Refusal> {
    let number = id.strip_prefix('c').and_then(|number| number.parse::<u8>().ok());
    if !number.is_some_and(|number| (1..=99).contains(&number)) {
        return Err(bad("The id of an authentication context must be c1 to c99."));
    }
    if service.tenant.has(CONTEXTS, id) {
        return Err(bad(format!("The authentication context '{id}' exists already.")));
    }
    Ok(id.to_owned())
}

/// api 9: a location in use cannot be deleted; `isTrusted` must be set to false first.
fn before_location_delete(service: &Service<'_>, current: &Map<String, Value>) -> Result<(), Refusal> {
    if current.get("isTrusted") == Some(&json!(true)) {
        return Err(wrong(1133, "A trusted named location cannot be deleted"));
    }
    if service.used_in(POLICIES, id_of(current)) {
        return Err(wrong(1132, "The named location is used by a policy and cannot be deleted"));
    }
    Ok(())
}

/// A policy names its strength by id; reading shows the whole of it.
fn show_strength(service: &Service<'_>, shown: &mut Map<String, Value>) {
    let Some(Value::Object(grant)) = shown.get_mut("grantControls") else {
        return;
    };
    let strength = grant
        .get("authenticationStrength")
        .and_then(Value::as_object)
        .and_then(|given| service.tenant.find(STRENGTHS, id_of(given)));
    let context = service.context("identity/conditionalAccess/policies/grantControls/authenticationStrength/$entity");
    grant.insert("authenticationStrength@odata.context".into(), json!(context));
    grant.insert("authenticationStrength".into(), strength.cloned().map_or(Value::Null, Value::Object));
}

fn restore_policy(service: &mut Service<'_>, id: &str) -> Outcome {
    let policy =
        service.tenant.remove(DELETED, id).ok_or_else(|| refuse(404, "ResourceNotFound", "Resource not found."))?;
    service.tenant.put(POLICIES, policy.clone(), service.now);
    Ok(Reply::new(200, Value::Object(policy)))
}
