//! Signing in to the emulated tenants, as Entra and the platforms around it do (api 7): client secret, client
//! assertion, browser, device code, managed identity, and the token services of GitHub Actions and Azure DevOps.

mod assertion;
mod browser;
mod clients;
mod desk;
mod device;
mod html;
mod identity;
mod issue;
pub(crate) mod outside;
pub(crate) mod said;
mod token;

use serde_json::json;

use crate::http::world::World;
use crate::odata::call::Reply;
use said::unknown_tenant;

pub(crate) use desk::Desk;
pub use desk::{FederatedSeed, SignInSeed};
pub(crate) use issue::issue;
pub(crate) use said::Ask;

/// Answers a path of the sign-in host, if it is one.
pub(crate) fn answer(world: &mut World, ask: &Ask<'_>) -> Option<Reply> {
    let segments: Vec<&str> = ask.path.split('/').filter(|s| !s.is_empty()).collect();
    match (ask.method, segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => Some(token::token(world, tenant, ask)),
        ("POST", [tenant, "oauth2", "v2.0", "devicecode"]) => Some(device::code(world, tenant, ask)),
        ("GET", [tenant, "oauth2", "v2.0", "authorize"]) => Some(browser::authorize(world, tenant, ask)),
        ("POST", [_, "login"]) => Some(browser::account(world, &ask.form())),
        ("GET", [tenant, "v2.0", "adminconsent"] | [tenant, "adminconsent"]) => {
            Some(browser::admin_page(world, tenant, ask))
        }
        ("POST", [tenant, "adminconsent"]) => Some(browser::admin_consent(world, tenant, &ask.form())),
        ("POST", [_, "consent"]) => Some(browser::consent(world, &ask.form())),
        ("GET", ["devicelogin"]) => Some(device::page()),
        ("POST", ["devicelogin"]) => Some(device::decide(world, &ask.form())),
        ("GET", ["metadata", "identity", "oauth2", "token"]) => Some(identity::metadata(world, ask)),
        ("GET", ["msi", "token"]) => Some(identity::platform(world, ask)),
        ("GET", ["_pipeline", "github"]) => Some(outside::github(world, ask)),
        ("POST", ["_pipeline", "azure-devops"]) => Some(outside::azure_devops(world, ask)),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => Some(match world.tenant(tenant) {
            Some(tenant) => configuration(&tenant.id, ask.origin),
            None => unknown_tenant(tenant),
        }),
        ("GET", ["common", "discovery", "instance"]) => Some(Reply::new(
            200,
            json!({"tenant_discovery_endpoint": format!("{}/common/v2.0/.well-known/openid-configuration", ask.origin), "api-version": "1.1", "metadata": []}),
        )),
        _ => None,
    }
}

fn configuration(tenant: &str, origin: &str) -> Reply {
    Reply::new(
        200,
        json!({
            "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
            "issuer": format!("{origin}/{tenant}/v2.0"),
            "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys")
        }),
    )
}
