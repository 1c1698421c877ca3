//! Sign-in as an application (api 7): a token for a client id and its secret, with Entra's own errors.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{call::Reply, defaults::now_text, world::World};

/// Answers a path of the sign-in host, if it is one.
pub(super) fn answer(world: &mut World, method: &str, path: &str, origin: &str, form: &[u8]) -> Option<Reply> {
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    match (method, segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => Some(token(world, tenant, form)),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => Some(match world.tenant(tenant) {
            Some(tenant) => configuration(&tenant.id, origin),
            None => unknown_tenant(tenant),
        }),
        ("GET", ["common", "discovery", "instance"]) => Some(Reply::new(
            200,
            json!({"tenant_discovery_endpoint": format!("{origin}/common/v2.0/.well-known/openid-configuration"), "api-version": "1.1", "metadata": []}),
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

fn token(world: &mut World, name: &str, form: &[u8]) -> Reply {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let Some(tenant) = world.tenant(name) else {
        return unknown_tenant(name);
    };
    if field("client_id") != tenant.client_id {
        return error(
            400,
            "unauthorized_client",
            700_016,
            &format!(
                "Application with identifier '{}' was not found in the directory '{}'.",
                field("client_id"),
                tenant.display_name
            ),
        );
    }
    match field("grant_type") {
        "client_credentials" => {}
        other => {
            return error(
                400,
                "unsupported_grant_type",
                70_003,
                &format!("The app requested an unsupported grant type '{other}'."),
            );
        }
    }
    if field("client_secret").is_empty() {
        return error(
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        );
    }
    if field("client_secret") != tenant.client_secret {
        return error(
            401,
            "invalid_client",
            7_000_215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
        );
    }
    if !field("scope").ends_with("/.default") {
        return error(
            400,
            "invalid_scope",
            1_002_012,
            &format!(
                "The provided value for scope {} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.",
                field("scope")
            ),
        );
    }
    let claims = json!({
        "tid": tenant.id, "appid": tenant.client_id, "azp": tenant.client_id, "oid": Uuid::new_v4().to_string(),
        "aud": "https://graph.microsoft.com", "idtyp": "app", "jti": Uuid::new_v4().to_string(), "roles": roles(&tenant.permissions)
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.sandbox", part(&json!({"typ": "JWT", "alg": "none"})), part(&claims));
    let id = tenant.id.clone();
    world.tokens.insert(token.clone(), id);
    Reply::new(200, json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}))
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

fn unknown_tenant(name: &str) -> Reply {
    error(
        400,
        "invalid_request",
        90_002,
        &format!(
            "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        ),
    )
}

fn error(status: u16, error: &str, code: u32, message: &str) -> Reply {
    let (trace, correlation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    Reply::new(
        status,
        json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {}", now_text()),
            "error_codes": [code], "timestamp": now_text(), "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}")
        }),
    )
}
