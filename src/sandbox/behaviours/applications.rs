//! Registering applications, as Entra does it: the application with its certificates and federated credentials, its
//! service principal, and the application permissions that this one is granted. What signs in with them is in
//! [`crate::sign_in`].
//!
//! Sources, read 2026-11-30: learn.microsoft.com/graph/api/application-post-applications, .../application-update,
//! .../application-delete, .../application-post-federatedidentitycredentials,
//! .../serviceprincipal-post-serviceprincipals, .../serviceprincipal-post-approleassignments, .../resources/keycredential.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;
use x509_parser::parse_x509_certificate;

use crate::field::Answer;
use crate::metadata::model::Model;
use crate::odata::call::{Outcome, Refusal, Reply, refuse};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Anything, Body, Rules, View};
use crate::tenant::roots::{APPLICATIONS, SERVICE_PRINCIPALS};
use crate::tenant::store::{Tenant, id_of, part, text};

/// Microsoft Graph.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// What is granted to a service principal.
const GRANTED: &str = "appRoleAssignments";
const FEDERATED: &str = "federatedIdentityCredentials";
/// An application has no more federated credentials than these.
const MOST_FEDERATED: usize = 20;
/// What a policy for applications can limit a certificate to.
const LONGEST_DAYS: i64 = 180;

pub(crate) struct Applications;

impl Rules for Applications {
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        if text(body, "displayName").trim().is_empty() {
            return Err(wrong("A value is required for property 'displayName' of resource 'Application'."));
        }
        check_body(service, body)
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        body.insert("appId".into(), json!(Uuid::new_v4().to_string()));
        for (name, empty) in
            [("tags", json!([])), ("keyCredentials", json!([])), ("signInAudience", json!("AzureADMyOrg"))]
        {
            body.entry(name).or_insert(empty);
        }
        body.insert(FEDERATED.into(), json!([]));
        number_keys(body);
        Ok(())
    }

    fn before_update(&self, service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        check_body(service, body)
    }

    /// A key that is there already comes back without its bytes, and keeps them.
    fn changed(&self, _service: &mut Service<'_>, current: &Body, next: &mut Body) {
        let known = part(current, "keyCredentials").to_vec();
        for key in next.get_mut("keyCredentials").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(old) = known.iter().find(|old| key["keyId"].is_string() && old["keyId"] == key["keyId"]) {
                *key = old.clone();
            }
        }
        number_keys(next);
    }

    fn updates_silently(&self) -> bool {
        true
    }

    /// The bytes of a key are not shown in lists, and on the object only where the keys are selected.
    fn decorate(&self, _service: &Service<'_>, shown: &mut Body, _value: &Body, _ty: &str, view: &View<'_>) {
        let selected = view.select.is_some_and(|select| select.iter().any(|name| name == "keyCredentials"));
        if !view.list && selected {
            return;
        }
        for key in shown.get_mut("keyCredentials").and_then(Value::as_array_mut).into_iter().flatten() {
            key["key"] = Value::Null;
        }
    }

    fn deleted(&self, service: &mut Service<'_>, object: Body) {
        let all = service.tenant.all(SERVICE_PRINCIPALS).iter();
        let own = all.filter(|it| text(&it.value, "appId") == text(&object, "appId"));
        let own: Vec<String> = own.map(|it| id_of(&it.value).to_owned()).collect();
        for id in own {
            service.tenant.remove(SERVICE_PRINCIPALS, &id);
        }
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == FEDERATED { federate(service, route) } else { Anything.create_part(service, route, name) }
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == FEDERATED { Ok(()) } else { Anything.before_part_delete(service, name, owner, id) }
    }

    fn deletes_silently(&self) -> bool {
        true
    }
}

pub(crate) struct ServicePrincipals;

impl Rules for ServicePrincipals {
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        let app_id = text(body, "appId");
        let of_app = |root| service.tenant.all(root).iter().any(|it| text(&it.value, "appId") == app_id);
        if !of_app(APPLICATIONS) {
            let message =
                format!("The appId '{app_id}' of the service principal does not reference a valid application object.");
            return Err(refuse(400, "Request_BadRequest", message));
        }
        if of_app(SERVICE_PRINCIPALS) {
            let message = format!(
                "The service principal cannot be created because the service principal name {app_id} is already in use."
            );
            return Err(refuse(409, "Request_MultipleObjectsWithSameKeyValue", message));
        }
        Ok(())
    }

    fn arrange(&self, service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        let mut all = service.tenant.all(APPLICATIONS).iter();
        let application = all.find(|it| text(&it.value, "appId") == text(body, "appId")).map(|it| &it.value);
        for name in ["displayName", "tags"] {
            if let Some(value) = application.and_then(|it| it.get(name)) {
                body.insert(name.into(), value.clone());
            }
        }
        body.insert("servicePrincipalType".into(), json!("Application"));
        body.insert(GRANTED.into(), json!([]));
        Ok(())
    }

    fn updates_silently(&self) -> bool {
        true
    }

    fn not_in_lists(&self) -> &'static [&'static str] {
        &["appRoles"]
    }

    fn selects_in_lists(&self) -> bool {
        true
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == GRANTED { grant(service, route) } else { Anything.create_part(service, route, name) }
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == GRANTED { Ok(()) } else { Anything.before_part_delete(service, name, owner, id) }
    }

    fn deletes_silently(&self) -> bool {
        true
    }

    /// Microsoft Graph is in every tenant, with the permissions that applications can be granted.
    fn built_in(&self, tenant: &Tenant) -> Vec<Value> {
        if tenant.all(SERVICE_PRINCIPALS).iter().any(|it| text(&it.value, "appId") == GRAPH) {
            return Vec::new();
        }
        vec![json!({
            "id": named_id(&tenant.id), "appId": GRAPH, "displayName": "Microsoft Graph",
            "servicePrincipalType": "Application", "appRoles": roles(), GRANTED: []
        })]
    }
}

/// An id that is always the same for this name.
fn named_id(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (GRAPH, name).hash(&mut hasher);
    Uuid::from_u64_pair(hasher.finish(), 0x8000_0000_0000_0001).to_string()
}

/// The permissions that applications can be granted: those of the collections, and some that the published permission
/// table (2026-08) names beside them. Mobility management is for users only.
fn roles() -> Vec<Value> {
    let beside = [
        "DeviceManagementScripts.Read.All",
        "DeviceManagementScripts.ReadWrite.All",
        "Device.Read.All",
        "Directory.Read.All",
        "Group.Create",
        "Group.ReadWrite.All",
        "LicenseAssignment.Read.All",
        "Organization.Read.All",
        "Policy.Read.All",
        "RoleManagement.Read.Directory",
    ];
    let collections = Model::load().collections();
    let listed = collections.flat_map(|(_, it)| [&it.permissions.read, &it.permissions.write]).flatten();
    let mut names: BTreeSet<&str> = listed.map(String::as_str).chain(beside).collect();
    names.retain(|name| !name.contains("MobilityManagement"));
    let role = |name: &str| {
        json!({
            "id": named_id(name), "value": name, "displayName": name, "isEnabled": true,
            "allowedMemberTypes": ["Application"]
        })
    };
    names.into_iter().map(role).collect()
}

fn wrong(message: impl Into<String>) -> Refusal {
    refuse(400, "Request_BadRequest", message)
}

/// What an application must not be made with, or changed to.
fn check_body(service: &Service<'_>, body: &Body) -> Result<(), Refusal> {
    for key in part(body, "keyCredentials") {
        if key["keyId"].is_string() && key["key"].is_null() {
            continue;
        }
        let der = key["key"].as_str().and_then(|key| STANDARD.decode(key).ok()).unwrap_or_default();
        let right = key["type"] == "AsymmetricX509Cert" && key["usage"] == "Verify";
        let Some((_, certificate)) = parse_x509_certificate(&der).ok().filter(|_| right) else {
            return Err(wrong(
                "New password credentials must be generated with service actions; the key is not a certificate.",
            ));
        };
        let ends = certificate.validity().not_after.timestamp();
        let days = (ends - jiff::Timestamp::now().as_second()) / 86_400;
        if days < 0 {
            return Err(refuse(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid."));
        }
        if service.tenant.field.plays(Answer::KeyLifetimeLimited) && days > LONGEST_DAYS {
            let message = "The credential lifetime exceeds the max value allowed as per assigned policy.";
            return Err(refuse(400, "CredentialInvalidLifetimeAsPerAppPolicy", message));
        }
    }
    let roles = roles();
    for resource in part(body, "requiredResourceAccess") {
        if resource["resourceAppId"] != GRAPH {
            return Err(wrong("Invalid value specified for property 'resourceAppId'."));
        }
        for access in resource["resourceAccess"].as_array().into_iter().flatten() {
            if access["type"] != "Role" || !roles.iter().any(|role| role["id"] == access["id"]) {
                return Err(wrong("Invalid value specified for property 'resourceAccess'."));
            }
        }
    }
    Ok(())
}

/// Every key gets an id, and the thumbprint as its name where it has none.
fn number_keys(body: &mut Body) {
    for key in body.get_mut("keyCredentials").and_then(Value::as_array_mut).into_iter().flatten() {
        if key["keyId"].is_null() {
            key["keyId"] = json!(Uuid::new_v4().to_string());
        }
    }
}

/// The part of the object that the path names, with one more element.
fn add(service: &mut Service<'_>, route: &Route, name: &str, mut element: Body) -> Outcome {
    let owner = id_of(service.object(route)?).to_owned();
    element.insert("id".into(), json!(Uuid::new_v4().to_string()));
    let shown = Value::Object(element);
    if let Some(object) = service.tenant.find_mut(&route.root, &owner)
        && let Some(all) = object.entry(name).or_insert_with(|| json!([])).as_array_mut()
    {
        all.push(shown.clone());
    }
    Ok(Reply::new(201, shown))
}

fn federate(service: &mut Service<'_>, route: &Route) -> Outcome {
    let body = service.call.object()?;
    let there = part(service.object(route)?, FEDERATED);
    if ["name", "issuer", "subject"].iter().any(|name| text(&body, name).is_empty())
        || part(&body, "audiences").len() != 1
    {
        return Err(wrong("A federated identity credential needs a name, an issuer, a subject and one audience."));
    }
    if there.iter().any(|it| it["name"] == body["name"]) {
        let message = format!("FederatedIdentityCredential with name {} already exists.", text(&body, "name"));
        return Err(refuse(409, "Request_MultipleObjectsWithSameKeyValue", message));
    }
    if there.iter().any(|it| it["issuer"] == body["issuer"] && it["subject"] == body["subject"]) {
        return Err(wrong(
            "FederatedIdentityCredential with the same issuer and subject already exists on this object.",
        ));
    }
    if there.len() >= MOST_FEDERATED {
        return Err(wrong("The object has too many federated identity credentials."));
    }
    add(service, route, FEDERATED, body)
}

fn grant(service: &mut Service<'_>, route: &Route) -> Outcome {
    let mut body = service.call.object()?;
    let owner = service.object(route)?;
    if text(&body, "principalId") != id_of(owner) {
        return Err(wrong("Invalid value specified for property 'principalId'."));
    }
    let graph = service.tenant.find(SERVICE_PRINCIPALS, text(&body, "resourceId"));
    if !graph.is_some_and(|it| part(it, "appRoles").iter().any(|role| role["id"] == body["appRoleId"])) {
        return Err(wrong("Permission being assigned was not found on application."));
    }
    if part(owner, GRANTED)
        .iter()
        .any(|it| it["appRoleId"] == body["appRoleId"] && it["resourceId"] == body["resourceId"])
    {
        return Err(wrong("Permission being assigned already exists on the object."));
    }
    let name = owner.get("displayName").cloned().unwrap_or_default();
    body.insert("principalDisplayName".into(), name);
    body.insert("principalType".into(), json!("ServicePrincipal"));
    body.insert("resourceDisplayName".into(), json!("Microsoft Graph"));
    add(service, route, GRANTED, body)
}
