//! What is asked of the sign-in host, and what it says: forms, errors as Entra words them, tokens without a signature.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::odata::call::Reply;
use crate::odata::clock::now_text;

/// A request to the sign-in host.
pub(crate) struct Ask<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub origin: &'a str,
    pub body: &'a [u8],
}

impl Ask<'_> {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub(super) fn query(&self) -> Form {
        Form(url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect())
    }

    pub(super) fn form(&self) -> Form {
        Form(url::form_urlencoded::parse(self.body).into_owned().collect())
    }
}

/// Named values; a missing one is empty.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// A token's text. No one checks its signature: its owner is written down.
pub(super) fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.sandbox", part(&json!({"typ": "JWT", "alg": "none"})), part(claims))
}

/// Whether the token is an application's own rather than a person's.
pub(crate) fn is_of_application(token: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    claims["idtyp"] == "app"
}

pub(super) fn unknown_tenant(name: &str) -> Reply {
    error(
        400,
        "invalid_request",
        90_002,
        &format!(
            "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        ),
    )
}

pub(super) fn unknown_application(client_id: &str, tenant: &str) -> Reply {
    error(
        400,
        "unauthorized_client",
        700_016,
        &format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'."),
    )
}

/// An error as Entra words it.
pub(super) fn error(status: u16, error: &str, code: u32, message: &str) -> Reply {
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

pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
