//! The tokens: what they say of who holds them, and what comes with them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::json;
use uuid::Uuid;

use super::clients;
use super::desk::{Grant, Kept};
use super::said::unsigned;
use crate::http::world::World;
use crate::odata::call::Reply;

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
        let own = clients::of_application(tenant, client);
        claims["consented"] = json!(own.is_some());
        claims["roles"] = json!(own.unwrap_or_else(|| roles(&tenant.permissions)));
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
