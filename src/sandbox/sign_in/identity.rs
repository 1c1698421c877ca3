//! Managed identities: Azure's metadata service as a virtual machine sees it, and the address that App Service
//! names (api 7).

use serde_json::json;

use super::issue;
use super::said::{Ask, now};
use crate::http::world::World;
use crate::odata::call::Reply;

const GRAPH: &str = "https://graph.microsoft.com";

/// As at 169.254.169.254.
pub(super) fn metadata(world: &mut World, ask: &Ask<'_>) -> Reply {
    if !ask.header("metadata").eq_ignore_ascii_case("true") {
        return refuse("invalid_request", "Required metadata header not specified");
    }
    if !["2018-02-01", "2019-08-01"].contains(&ask.query().get("api-version")) {
        return refuse("bad_request_102", "Required api-version is not supported");
    }
    give(world, ask)
}

/// As at `IDENTITY_ENDPOINT`.
pub(super) fn platform(world: &mut World, ask: &Ask<'_>) -> Reply {
    if ask.header("x-identity-header") != world.desk.secret {
        return Reply::new(401, json!({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."}));
    }
    if ask.query().get("api-version") != "2019-08-01" {
        return refuse("bad_request_102", "Required api-version is not supported");
    }
    give(world, ask)
}

fn give(world: &mut World, ask: &Ask<'_>) -> Reply {
    let query = ask.query();
    if query.get("resource").trim_end_matches('/') != GRAPH {
        return refuse("invalid_resource", "The resource principal was not found in the tenant.");
    }
    let wanted = query.get("client_id");
    let found = world.tenants.values().find_map(|tenant| {
        let own = tenant.sign_in.managed_identity.as_ref()?;
        (wanted.is_empty() || wanted == own).then(|| (tenant.id.clone(), own.clone()))
    });
    let Some((tenant, client_id)) = found else { return refuse("invalid_request", "Identity not found") };
    let token = issue::issue(world, &tenant, None);
    let now = now();
    Reply::new(
        200,
        json!({
            "access_token": token, "client_id": client_id, "expires_in": "86399", "ext_expires_in": "86399",
            "expires_on": (now + 86_399).to_string(), "not_before": now.to_string(), "resource": GRAPH, "token_type": "Bearer"
        }),
    )
}

fn refuse(error: &str, description: &str) -> Reply {
    Reply::new(400, json!({"error": error, "error_description": description}))
}
