//! The token endpoint: who asks, and what proves it. The token itself is in [`super::issue`].

use super::clients::Proofs;
use super::desk::{Grant, Wanted};
use super::issue::answer;
use super::said::{Ask, Form, error, unknown_application, unknown_tenant};
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
        "client_credentials" => {
            let Some(proofs) = clients::proofs(tenant, client) else {
                return unknown_application(client, &tenant.display_name);
            };
            let hosts = [ask.origin, "https://login.microsoftonline.com"];
            let proven = proof(world, tenant, &proofs, &form, &hosts);
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
fn proof(world: &World, tenant: &Tenant, proofs: &Proofs, form: &Form, hosts: &[&str]) -> Result<(), Reply> {
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
        return assertion::check(&world.desk, tenant, (form.get("client_id"), proofs), signed, hosts);
    }
    if proofs.secret.as_deref() == Some(secret) {
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
