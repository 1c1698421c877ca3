//! Signing in to the emulated tenants, as Entra and the platforms around it do (api 7): client secret, client
//! assertion, device code, managed identity, and the token services of GitHub Actions and Azure DevOps.

mod assertion;
mod device;
mod identity;
mod outside;
mod token;

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{call::Reply, defaults::now_text, world::World};
use device::Device;
use outside::Outside;

pub(super) use token::issue;

/// The ways to sign in to a tenant beside its client secret; none by itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInSeed {
    /// Certificates registered with the application, as PEM; in a file, paths of PEM files.
    pub certificates: Vec<String>,
    /// Whether the application allows public client flows, as a device code needs.
    pub public_client: bool,
    /// Which tokens from outside are trusted.
    pub federated: Vec<FederatedSeed>,
    /// The client id of a managed identity of this tenant.
    pub managed_identity: Option<String>,
}

/// A federated credential of the application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedSeed {
    /// Who gives the token.
    pub issuer: String,
    /// The audience.
    pub subject: String,
    /// To be exchanged where.
    #[serde(default = "exchange")]
    pub audience: String,
}

fn exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// What sign-ins leave behind.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// What pipelines and platforms show to get a token.
    pub secret: String,
    /// Tenant by refresh token.
    pub refresh: BTreeMap<String, String>,
    outside: BTreeMap<String, Outside>,
    devices: Vec<Device>,
}

/// A request to the sign-in host.
pub(super) struct Ask<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub origin: &'a str,
    pub body: &'a [u8],
}

impl Ask<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    fn query(&self) -> Form {
        Form(url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect())
    }

    fn form(&self) -> Form {
        Form(url::form_urlencoded::parse(self.body).into_owned().collect())
    }
}

/// Named values; what is not there is empty.
struct Form(BTreeMap<String, String>);

impl Form {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Answers a path of the sign-in host, if it is one.
pub(super) fn answer(world: &mut World, ask: &Ask<'_>) -> Option<Reply> {
    let segments: Vec<&str> = ask.path.split('/').filter(|s| !s.is_empty()).collect();
    match (ask.method, segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => Some(token::token(world, tenant, ask)),
        ("POST", [tenant, "oauth2", "v2.0", "devicecode"]) => Some(device::code(world, tenant, ask)),
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

/// A token's text. No one checks its signature: its owner is written down.
fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.sandbox", part(&json!({"typ": "JWT", "alg": "none"})), part(claims))
}

/// Whether the token is an application's own rather than a person's.
pub(super) fn is_of_application(token: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    claims["idtyp"] == "app"
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

fn unknown_application(client_id: &str, tenant: &str) -> Reply {
    error(
        400,
        "unauthorized_client",
        700_016,
        &format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'."),
    )
}

/// An error as Entra words it.
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

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
