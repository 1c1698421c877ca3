//! The token endpoint: who asks, what proves it, and the token.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::json;
use uuid::Uuid;

use super::desk::{Grant, Kept, Wanted};
use super::said::{Ask, Form, error, unknown_application, unknown_tenant, unsigned};
use super::{assertion, browser, clients, device};
use crate::http::world::World;
use crate::odata::call::Reply;
use crate::tenant::store::Tenant;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn token(world: &mut World, name: &str, ask: &Ask<'_>) -> Reply {
    let form = ask.form();
    let Some(tenant) = world.tenant(name) else { return unknown_tenant(name) };
    let client = form.get("client_id");
    if !clients::is_known(world, &tenant.id, client) {
        return unknown_application(client, &tenant.display_name);
    }
    let id = tenant.id.clone();
    match form.get("grant_type") {
        "client_credentials" if client != tenant.client_id => unknown_application(client, &tenant.display_name),
        "client_credentials" => {
            let proven = proof(world, tenant, &form, &[ask.origin, "https://login.microsoftonline.com"]);
            match proven.and_then(|()| scope(&form)) {
                Ok(()) => answer(world, &Grant { tenant: id, client: client.to_owned(), user: None }, false, None),
                Err(refusal) => refusal,
            }
        }
        DEVICE => device::poll(world, &id, &form),
        "refresh_token" => refreshed(world, &id, &form),
        "authorization_code" => browser::redeem(world, &id, &form),
        other => error(
            400,
            "unsupported_grant_type",
            70_003,
            &format!("The app requested an unsupported grant type '{other}'."),
        ),
    }
}

fn refreshed(world: &mut World, tenant: &str, form: &Form) -> Reply {
    let refuse = |code: u32, message: &str| error(400, "invalid_grant", code, message);
    let known = world.desk.refresh.get(form.get("refresh_token"));
    let Some(kept) = known.filter(|kept| kept.grant.tenant == tenant && kept.grant.client == form.get("client_id"))
    else {
        return refuse(50_173, "The provided grant has expired due to it being revoked.");
    };
    if kept.expired {
        return refuse(700_082, "The refresh token has expired due to inactivity.");
    }
    let (grant, wanted) = (kept.grant.clone(), Wanted::of(form.get("scope")));
    if !clients::missing(world, tenant, &grant.client, &wanted).is_empty() {
        return refuse(65_001, "The user or administrator has not consented to use the application.");
    }
    answer(world, &grant, form.get("scope").contains("offline_access"), None)
}

/// What proves that the application itself asks.
fn proof(world: &World, tenant: &Tenant, form: &Form, hosts: &[&str]) -> Result<(), Reply> {
    let (secret, signed) = (form.get("client_secret"), form.get("client_assertion"));
    if secret.is_empty() && signed.is_empty() {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(error(401, "invalid_client", 7_000_218, message));
    }
    if !signed.is_empty() {
        if form.get("client_assertion_type") != ASSERTION {
            let message = "The request body must contain the following parameter: 'client_assertion_type'.";
            return Err(error(400, "invalid_request", 900_144, message));
        }
        return assertion::check(&world.desk, tenant, signed, hosts);
    }
    if secret == tenant.client_secret {
        return Ok(());
    }
    let message = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.";
    Err(error(401, "invalid_client", 7_000_215, message))
}

fn scope(form: &Form) -> Result<(), Reply> {
    if form.get("scope").ends_with("/.default") {
        return Ok(());
    }
    let message = format!(
        "The provided value for scope {} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
        form.get("scope")
    );
    Err(error(400, "invalid_scope", 1_002_012, &message))
}

/// The answer with a token; for a sign-in that sent a nonce, with an identity token as well.
pub(super) fn answer(world: &mut World, grant: &Grant, may_refresh: bool, nonce: Option<&str>) -> Reply {
    let token = issue_to(world, grant);
    let mut body = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token});
    if let Some(nonce) = nonce {
        body["id_token"] = json!(unsigned(&json!({
            "aud": grant.client, "iss": format!("https://login.microsoftonline.com/{}/v2.0", grant.tenant),
            "nonce": nonce, "preferred_username": grant.user, "tid": grant.tenant, "ver": "2.0",
        })));
    }
    if may_refresh {
        let refresh = format!("1.{}", Uuid::new_v4().simple());
        body["refresh_token"] = json!(refresh);
        world.desk.refresh.insert(refresh, Kept { grant: grant.clone(), expired: false });
    }
    Reply::new(200, body)
}

/// A token that the tenant accepts, for its own application.
pub(crate) fn issue(world: &mut World, tenant: &str, user: Option<&str>) -> String {
    let Some(tenant) = world.tenant(tenant) else { return String::new() };
    let (tenant, client) = (tenant.id.clone(), tenant.client_id.clone());
    issue_to(world, &Grant { tenant, client, user: user.map(ToOwned::to_owned) })
}

fn issue_to(world: &mut World, grant: &Grant) -> String {
    let Some(tenant) = world.tenant(&grant.tenant) else { return String::new() };
    let (client, user) = (&grant.client, grant.user.as_deref());
    let mut claims = json!({
        "tid": tenant.id, "appid": client, "azp": client, "oid": object_id(&tenant.id, user.unwrap_or(client)),
        "app_displayname": "Sandbox application", "aud": "https://graph.microsoft.com", "jti": Uuid::new_v4().to_string(),
        "iss": format!("https://sts.windows.net/{}/", tenant.id),
    });
    claims["idtyp"] = json!(if user.is_some() { "user" } else { "app" });
    if let Some(user) = user {
        claims["upn"] = json!(user);
        let own = clients::of_person(world, &tenant.id, client);
        // Not Entra's: it tells the emulated Graph that this list is all there is.
        claims["consented"] = json!(own.is_some());
        let scopes = own.map_or_else(|| roles(&tenant.permissions), |own| own.into_iter().collect());
        claims["scp"] = json!(scopes.join(" "));
    } else {
        claims["roles"] = json!(roles(&tenant.permissions));
    }
    let (token, id) = (unsigned(&claims), tenant.id.clone());
    world.tokens.insert(token.clone(), id);
    token
}

/// The id of the account that holds the token: always the same for one name.
fn object_id(tenant: &str, holder: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (tenant, holder).hash(&mut hasher);
    Uuid::from_u64_pair(hasher.finish(), hasher.finish()).to_string()
}

/// The roles in the token; with everything granted, the ones that this kind of program asks for.
fn roles(granted: &[String]) -> Vec<String> {
    if !granted.is_empty() {
        return granted.to_vec();
    }
    [
        "DeviceManagementConfiguration.ReadWrite.All",
        "DeviceManagementScripts.ReadWrite.All",
        "DeviceManagementApps.ReadWrite.All",
        "DeviceManagementServiceConfig.ReadWrite.All",
        "DeviceManagementRBAC.ReadWrite.All",
        "Policy.Read.All",
        "Policy.ReadWrite.ConditionalAccess",
        "Policy.ReadWrite.AuthenticationMethod",
        "AuthenticationContext.ReadWrite.All",
        "Agreement.ReadWrite.All",
        "Application.Read.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Organization.Read.All",
        "CloudPC.ReadWrite.All",
        "User.Read.All",
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}
