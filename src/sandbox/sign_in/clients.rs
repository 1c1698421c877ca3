//! The applications that sign in: the tenant's own, those that were registered in it, and Microsoft's public client that
//! every tenant knows; and what was consented to for them.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;
use x509_parser::prelude::parse_x509_pem;

use super::desk::{FederatedSeed, Wanted};
use crate::http::world::World;
use crate::tenant::roots::{APPLICATIONS, SERVICE_PRINCIPALS};
use crate::tenant::store::{Stored, Tenant, id_of, part, text};

/// What an application proves with that it is the one that asks.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    /// Certificates, as DER.
    pub certificates: Vec<Vec<u8>>,
    pub federated: Vec<FederatedSeed>,
    /// Only the tenant's own application has one.
    pub secret: Option<String>,
}

/// An application that can sign in by itself: the tenant's own, or one that was registered and has a service principal.
pub(super) fn proofs(tenant: &Tenant, client: &str) -> Option<Proofs> {
    if tenant.client_id == client {
        let pem = |pem: &String| Some(parse_x509_pem(pem.as_bytes()).ok()?.1.contents);
        return Some(Proofs {
            certificates: tenant.sign_in.certificates.iter().filter_map(pem).collect(),
            federated: tenant.sign_in.federated.clone(),
            secret: Some(tenant.client_secret.clone()),
        });
    }
    let application = of_app(tenant, APPLICATIONS, client)?;
    of_app(tenant, SERVICE_PRINCIPALS, client)?;
    let key = |key: &Value| STANDARD.decode(key["key"].as_str()?).ok();
    let federated = part(&application.value, "federatedIdentityCredentials").iter().map(|it| {
        let own = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let audience = it["audiences"][0].as_str().unwrap_or_default().to_owned();
        FederatedSeed { issuer: own("issuer"), subject: own("subject"), audience }
    });
    Some(Proofs {
        certificates: part(&application.value, "keyCredentials").iter().filter_map(key).collect(),
        federated: federated.collect(),
        secret: None,
    })
}

/// What the directory holds under this client id.
fn of_app<'t>(tenant: &'t Tenant, root: &str, client: &str) -> Option<&'t Stored> {
    tenant.all(root).iter().find(|it| !client.is_empty() && text(&it.value, "appId") == client)
}

/// The application permissions that were granted to a registered application, by name; none of the tenant's own.
pub(super) fn of_application(tenant: &Tenant, client: &str) -> Option<Vec<String>> {
    if tenant.client_id == client {
        return None;
    }
    let principal = of_app(tenant, SERVICE_PRINCIPALS, client)?;
    let name = |grant: &Value| {
        let resource = tenant.find(SERVICE_PRINCIPALS, grant["resourceId"].as_str()?)?;
        let role = part(resource, "appRoles").iter().find(|role| role["id"] == grant["appRoleId"])?;
        role["value"].as_str().map(ToOwned::to_owned)
    };
    Some(part(&principal.value, "appRoleAssignments").iter().filter_map(name).collect())
}

/// An administrator consents to all application permissions that a registered application asks for. Without a service
/// principal there is nothing to grant them to.
fn grant_required(tenant: &mut Tenant, client: &str) {
    let Some(application) = of_app(tenant, APPLICATIONS, client).map(|it| it.value.clone()) else { return };
    let Some(principal) = of_app(tenant, SERVICE_PRINCIPALS, client).map(|it| id_of(&it.value).to_owned()) else {
        return;
    };
    let mut grants = Vec::new();
    for resource in part(&application, "requiredResourceAccess") {
        let app_id = resource["resourceAppId"].as_str().unwrap_or_default();
        let Some(of) = of_app(tenant, SERVICE_PRINCIPALS, app_id).map(|it| id_of(&it.value).to_owned()) else {
            continue;
        };
        for access in resource["resourceAccess"].as_array().into_iter().flatten() {
            let id = Uuid::new_v4().to_string();
            grants.push(json!({"id": id, "principalId": principal, "resourceId": of, "appRoleId": access["id"]}));
        }
    }
    let principal = tenant.find_mut(SERVICE_PRINCIPALS, &principal);
    if let Some(all) = principal.and_then(|it| it.get_mut("appRoleAssignments")).and_then(Value::as_array_mut) {
        grants.retain(|new| !all.iter().any(|old| old["appRoleId"] == new["appRoleId"]));
        all.extend(grants);
    }
}

/// Microsoft Graph Command Line Tools (learn.microsoft.com/troubleshoot/entra/entra-id/governance/
/// verify-first-party-apps-sign-in, read 2026-11-30): public, with `http://localhost` as its address.
const COMMON: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

pub(super) fn is_known(world: &World, tenant: &str, client: &str) -> bool {
    let is_own = |tenant: &Tenant| tenant.client_id == client || of_app(tenant, APPLICATIONS, client).is_some();
    client == COMMON || world.tenant(tenant).is_some_and(is_own)
}

/// Whether it may sign a person in without a secret.
pub(super) fn is_public(world: &World, tenant: &str, client: &str) -> bool {
    client == COMMON
        || world.tenant(tenant).is_some_and(|tenant| tenant.client_id == client && tenant.sign_in.public_client)
}

/// What is asked for and was not consented to. What the tenant's own application may do is granted with it.
pub(super) fn missing(world: &World, tenant: &str, client: &str, wanted: &Wanted) -> BTreeSet<String> {
    let Some(named) = wanted.named.as_ref().filter(|_| client == COMMON) else { return BTreeSet::new() };
    let given = consented(world, tenant, client);
    named.difference(&given).cloned().collect()
}

/// What was consented to so far: the token holds all of it, whatever is asked for.
/// (learn.microsoft.com/entra/identity-platform/scopes-oidc, read 2026-11-30)
pub(super) fn consented(world: &World, tenant: &str, client: &str) -> BTreeSet<String> {
    world.desk.consents.get(&(tenant.to_owned(), client.to_owned())).cloned().unwrap_or_default()
}

pub(super) fn consent(world: &mut World, tenant: &str, client: &str, wanted: &Wanted) {
    if let Some(tenant) = world.tenants.get_mut(tenant) {
        grant_required(tenant, client);
    }
    let own = world.desk.consents.entry((tenant.to_owned(), client.to_owned())).or_default();
    own.extend(wanted.named.iter().flatten().cloned());
}

/// The permissions of a person's token; none where they are those of the tenant's application.
pub(super) fn of_person(world: &World, tenant: &str, client: &str) -> Option<BTreeSet<String>> {
    (client == COMMON).then(|| consented(world, tenant, client))
}
