//! How the credential's requests travel: through our own HTTP client, with every refusal read here,
//! because the credential's own reading loses the error number where the text has an escaped character.
//!
//! The one seam for rehearsal is here too: the credential speaks https only, so for a sign-in URL on this
//! machine, and only then, requests are redirected to it.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use reqwest::Client;
use serde_json::Value;
use url::Url;

use super::answer::{BodyError, http_client, read_body};
use super::envelope::short;
use super::error::GraphError;
use super::{host, retry};

/// Stands in for a sign-in URL on this machine until the request leaves.
const STAND_IN: &str = "https://login.microsoftonline.com";
const LARGEST_ANSWER: usize = 1024 * 1024;

/// The sign-in service said no.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the sign-in service answered {status}")]
pub(super) struct TokenRefused {
    pub(super) status: u16,
    /// The AADSTS number.
    pub(super) code: Option<u32>,
    pub(super) trace_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
    description: String,
}

impl TokenRefused {
    /// The description without the ids and the time at its end.
    pub(super) fn summary(&self) -> &str {
        let text = self.description.split("Trace ID:").next().unwrap_or_default().trim();
        match text.split_once(": ") {
            Some((code, rest)) if code.starts_with("AADSTS") => rest,
            _ => text,
        }
    }

    fn new(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let description = body["error_description"].as_str().or_else(|| body["error"].as_str()).unwrap_or_default();
        let listed = body["error_codes"].get(0).and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok());
        let told = || {
            let digits = description.strip_prefix("AADSTS")?;
            digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
        };
        Self {
            status,
            code: listed.or_else(told),
            trace_id: body["trace_id"].as_str().and_then(short),
            retry_after,
            description: description.to_owned(),
        }
    }
}

/// Carries the credential's requests.
#[derive(Debug)]
pub(super) struct TokenTransport {
    http: Client,
    login_url: Url,
    authority: String,
}

impl TokenTransport {
    pub(super) fn new(login_url: &Url) -> Result<Self, GraphError> {
        let authority = if host::is_loopback(login_url) { STAND_IN } else { login_url.as_str() };
        let authority = authority.trim_end_matches('/').to_owned();
        Ok(Self { http: http_client(login_url)?, login_url: login_url.clone(), authority })
    }

    /// The host that the credential believes it talks to.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Where a request really goes: to the sign-in URL and nowhere else.
    fn target(&self, asked: &Url) -> Option<Url> {
        if host::same_origin(&self.login_url, asked) {
            return Some(asked.clone());
        }
        let expected = Url::parse(&self.authority).ok()?;
        if !host::is_loopback(&self.login_url) || !host::same_origin(&expected, asked) {
            return None;
        }
        let mut target = self.login_url.clone();
        target.set_path(asked.path());
        target.set_query(asked.query());
        Some(target)
    }
}

#[async_trait]
impl HttpClient for TokenTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let other = |message: &'static str| Error::with_message(ErrorKind::Other, message);
        let target = self.target(request.url()).ok_or_else(|| other("a token request to another host is refused"))?;
        let Body::Bytes(body) = request.body().clone() else {
            return Err(other("a token request has a plain body"));
        };
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|_| other("a token request has a plain method"))?;
        let mut builder = self.http.request(method, target).body(body);
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let io = |error: reqwest::Error| Error::new(ErrorKind::Io, error);
        let mut response = builder.send().await.map_err(io)?;
        let status = response.status().as_u16();
        let retry_after = retry::retry_after(response.headers(), SystemTime::now());
        tracing::debug!(status, "sign-in");
        let body = match read_body(&mut response, LARGEST_ANSWER).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => return Err(other("the sign-in service's answer is too large")),
            Err(BodyError::Broken(_)) if status != 200 => Vec::new(),
            Err(BodyError::Broken(_)) => {
                let refused = TokenRefused::new(408, retry_after, &[]);
                return Err(Error::new(ErrorKind::Other, refused));
            }
        };
        if status != 200 {
            return Err(Error::new(ErrorKind::Other, TokenRefused::new(status, retry_after, &body)));
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), body))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn the_number_survives_escaped_characters() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret for app \u0027x\u0027.\r\nTrace ID: t-1","error_codes":[7000215],"trace_id":"t-1"}"#;
        let refused = TokenRefused::new(401, None, body);
        assert_eq!((refused.code, refused.trace_id.as_deref()), (Some(7_000_215), Some("t-1")));
        assert_eq!(refused.summary(), "Invalid client secret for app 'x'.");
        let told = TokenRefused::new(400, None, br#"{"error_description":"AADSTS90002: Tenant not found."}"#);
        assert_eq!(told.code, Some(90_002));
    }

    #[test]
    fn a_body_that_is_no_error_is_survived() {
        for body in [&b""[..], b"<html>", b"[]", b"{\"error\":{}}", b"{\"error_codes\":[-1]}"] {
            assert_eq!(TokenRefused::new(400, None, body).code, None);
        }
    }

    #[test]
    fn only_a_sign_in_url_on_this_machine_is_redirected_to() {
        let asked = Url::parse("https://login.microsoftonline.com/t/oauth2/v2.0/token").unwrap();
        let here = TokenTransport::new(&Url::parse("http://127.0.0.1:9").unwrap()).unwrap();
        assert_eq!(here.target(&asked).unwrap().as_str(), "http://127.0.0.1:9/t/oauth2/v2.0/token");
        assert_eq!(here.target(&Url::parse("https://elsewhere.example/t").unwrap()), None);
        let there = TokenTransport::new(&Url::parse("https://login.microsoftonline.us").unwrap()).unwrap();
        assert_eq!(there.target(&asked), None);
        assert_eq!(there.authority(), "https://login.microsoftonline.us");
    }
}
