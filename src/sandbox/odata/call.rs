//! One request and its answer, free of any HTTP library, so that a batch part and a real request are the same thing.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

pub(crate) use crate::metadata::validate::Refusal;

/// A request below `/beta` or `/v1.0`.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: String,
    /// `beta` or `v1.0`.
    pub version: String,
    /// Path below the version, still percent-encoded, without a leading slash.
    pub path: String,
    /// Raw query without the question mark.
    pub query: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
    /// Scheme and host that the client used, for links in answers.
    pub origin: String,
}

impl Call {
    /// A header's value, or the empty string.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether the request changes something.
    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// The body as an object; everything but an object is refused.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match &self.body {
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(_) => Err(bad("the request body must be a JSON object")),
            None => Err(bad("Empty Payload. JSON content expected, for a write request")),
        }
    }

    /// Path and query, decoded: what a fault's pattern is matched against.
    pub(crate) fn line(&self) -> String {
        let raw = if self.query.is_empty() {
            format!("/{}/{}", self.version, self.path)
        } else {
            format!("/{}/{}?{}", self.version, self.path, self.query)
        };
        decode(&raw)
    }
}

/// What is escaped in a query value; `$`, quotes and brackets stay readable, as in Graph's own links.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'=')
    .remove(b'*')
    .remove(b'!');

/// Percent-decoding of a path or a query value; `+` stays, broken escapes stay as they are.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Percent-encoding of a query value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The result of a request: a reply or a refusal.
pub(crate) type Outcome = Result<Reply, Refusal>;

/// A refusal with a status and Graph's error code.
pub(crate) fn refuse(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status, code: code.into(), message: message.into() }
}

/// 400 `BadRequest`.
pub(crate) fn bad(message: impl Into<String>) -> Refusal {
    refuse(400, "BadRequest", message)
}

/// 404 `ResourceNotFound` with the id that was asked for.
pub(crate) fn missing(what: &str, id: &str) -> Refusal {
    refuse(404, "ResourceNotFound", format!("Resource not found: {what} '{id}'"))
}

/// 400 for a path that the service does not have.
pub(crate) fn no_route(path: &str) -> Refusal {
    refuse(
        400,
        "BadRequest",
        format!(
            "No OData route exists that match template ~/singleton/navigation/key/navigation with http verb for request {path}."
        ),
    )
}

/// The error envelope (api 4). Intune nests JSON text in the message for what its own services refuse; what the
/// `OData` layer refuses comes as plain text. Both forms occur, so both are shown.
pub(crate) fn envelope(refusal: &Refusal, path: &str, client_request_id: &str) -> Value {
    let request_id = uuid::Uuid::new_v4().to_string();
    let code: &str = refusal.code.as_ref();
    let intune = path.starts_with("deviceManagement") || path.starts_with("deviceAppManagement");
    let own = matches!(code, "ResourceNotFound" | "Conflict" | "InternalServerError")
        || (code == "BadRequest" && !refusal.message.starts_with("No OData route"));
    let message = if intune && own {
        json!({
            "_version": 3,
            "Message": format!(
                "{} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: {request_id} - Url: https://fef.sandbox.manage.example/{path}",
                refusal.message
            ),
            "CustomApiErrorPhrase": "",
            "RetryAfter": null,
            "ErrorSourceService": "",
            "HttpHeaders": "{}"
        })
        .to_string()
    } else {
        refusal.message.clone()
    };
    json!({"error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": crate::odata::clock::now_text(),
            "request-id": request_id,
            "client-request-id": if client_request_id.is_empty() { request_id.as_str() } else { client_request_id },
        }
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_undoes_encoding_and_leaves_broken_escapes() {
        let text = "displayName eq 'Müller & Co 100%'";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(decode("50%zz%4"), "50%zz%4");
    }
}
