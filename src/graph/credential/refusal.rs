//! Why there is no token: the sign-in service's refusal as facts, and the error made of it. Every refusal is
//! read here, because the credentials' own reading loses the error number where the text has an escaped
//! character.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::super::aadsts;
use super::super::claims::{Claims, thumbprint};
use super::super::envelope::{readable, short};
use super::super::error::{Facts, GraphError};
use super::super::retry::Outcome;
use crate::mask::Mask;

/// What is posted and must not come back in an error.
const SECRET_FIELDS: [&str; 6] =
    ["client_secret", "client_assertion", "refresh_token", "device_code", "code", "code_verifier"];
/// Numbers that are about the outside token of a federated credential.
const ABOUT_FEDERATION: [u32; 5] = [70_021, 700_021, 700_211, 700_212, 700_213];
/// The number that is about the certificate.
const ABOUT_CERTIFICATE: u32 = 700_027;

/// There is no token, and why.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::graph) enum NoToken {
    /// The service said no.
    #[error("the sign-in service answered {}", .0.status)]
    Refused(Box<Refusal>),
    /// No one answered, or not to the end: worth another try.
    #[error("{0}")]
    NotReached(String),
    /// The service's certificate is not trusted.
    #[error("{0}")]
    Untrusted(String),
    /// It will not work the next time either.
    #[error("{0}")]
    Final(String),
    /// What came after a person was asked, who is not asked again for it.
    #[error("{0}")]
    AfterAsking(Box<NoToken>),
}

impl NoToken {
    /// The person said no.
    pub(super) fn declined() -> Self {
        Self::Final(String::from("the sign-in was declined in the browser; run the command again to retry"))
    }
}

impl From<Refusal> for NoToken {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<NoToken> for azure_core::Error {
    fn from(reason: NoToken) -> Self {
        // Any other kind is tried again inside the credentials, out of our sight.
        Self::new(azure_core::error::ErrorKind::Other, reason)
    }
}

/// The sign-in service said no.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::graph) struct Refusal {
    pub(in crate::graph) status: u16,
    /// OAuth's word, such as `authorization_pending`.
    pub(in crate::graph) error: String,
    /// The AADSTS number.
    pub(in crate::graph) code: Option<u32>,
    pub(in crate::graph) retry_after: Option<Duration>,
    trace_id: Option<String>,
    description: String,
    /// What was sent, as far as it helps to understand the refusal and is not a secret.
    sent: Option<String>,
}

impl Refusal {
    /// Reads the answer to a form that was posted.
    pub(super) fn new(status: u16, retry_after: Option<Duration>, body: &[u8], form: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = body["error"].as_str().unwrap_or_default();
        let description = body["error_description"].as_str().unwrap_or(error);
        let listed = body["error_codes"].get(0).and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok());
        let told = || {
            let digits = description.strip_prefix("AADSTS")?;
            digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
        };
        let code = listed.or_else(told);
        Self {
            status,
            error: without_secrets(error, form),
            code,
            retry_after,
            trace_id: body["trace_id"].as_str().and_then(short),
            description: without_secrets(description, form),
            sent: code.and_then(|code| sent(code, form)),
        }
    }

    /// Without what else was sent and must not come back.
    pub(super) fn hide(mut self, mask: &Mask) -> Self {
        for text in [&mut self.error, &mut self.description] {
            *text = mask.text(text).into_owned();
        }
        self
    }

    /// Whether all that is missing is a consent.
    pub(super) fn lacks_consent(&self) -> bool {
        self.code.is_some_and(|code| aadsts::LACKS_CONSENT.contains(&code))
    }

    /// The description without the ids and the time at its end.
    fn summary(&self) -> &str {
        let text = self.description.split("Trace ID:").next().unwrap_or_default().trim();
        match text.split_once(": ") {
            Some((code, rest)) if code.starts_with("AADSTS") => rest,
            _ => text,
        }
    }

    /// What it means, in plain words.
    fn meaning(&self) -> String {
        let words = || match readable(self.summary()) {
            text if text.is_empty() => format!("the sign-in service answered {}", self.status),
            text => text,
        };
        let known = self.code.and_then(aadsts::sentence).map_or_else(words, ToOwned::to_owned);
        match &self.sent {
            Some(sent) => format!("{known} ({})", readable(sent)),
            None => known,
        }
    }
}

/// An answer that is not one.
pub(super) fn unreadable() -> NoToken {
    NoToken::Final("the answer from the sign-in service cannot be read".to_owned())
}

/// A service that repeats what it was sent must not get it into a log.
fn without_secrets(text: &str, form: &[u8]) -> String {
    let fields = url::form_urlencoded::parse(form);
    let secrets = fields.filter(|(name, value)| SECRET_FIELDS.contains(&name.as_ref()) && !value.is_empty());
    // Tokens and assertions may be repeated in part; of a secret that a person made, a part can stand by chance.
    let hide = |mask: Mask, (_, value): (Cow<'_, str>, Cow<'_, str>)| mask.secret("***", &value).token(&value);
    secrets.fold(Mask::default(), hide).text(text).into_owned()
}

fn sent(code: u32, form: &[u8]) -> Option<String> {
    let (_, assertion) = url::form_urlencoded::parse(form).find(|(name, _)| name == "client_assertion")?;
    if ABOUT_FEDERATION.contains(&code) {
        let claims = Claims::of(&assertion)?;
        return Some(format!(
            "the token has issuer `{}`, subject `{}`, audience `{}`",
            claims.issuer, claims.subject, claims.audience
        ));
    }
    (code == ABOUT_CERTIFICATE).then(|| thumbprint(&assertion))?.map(|hex| format!("SHA-256 thumbprint {hex}"))
}

impl NoToken {
    /// The credentials wrap what happened in several layers; ours is the innermost. What has none was said
    /// by the credential itself.
    pub(in crate::graph) fn of(error: &azure_core::Error) -> Self {
        let mut layer: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(reason) = layer {
            if let Some(ours) = reason.downcast_ref::<Self>() {
                return ours.clone();
            }
            layer = reason.source();
        }
        unreadable()
    }

    /// As the retry table sees it.
    pub(in crate::graph) fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(refusal) => {
                Outcome::Status { status: refusal.status, retry_after: refusal.retry_after.is_some() }
            }
            Self::NotReached(_) => Outcome::NotConnected,
            Self::Untrusted(_) => Outcome::Untrusted,
            Self::Final(_) | Self::AfterAsking(_) => Outcome::TooLarge,
        }
    }

    /// When the service wants us back.
    pub(in crate::graph) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// The error for people, after all tries.
    pub(in crate::graph) fn into_error(self) -> GraphError {
        let facts = |status, message| {
            let (method, path) = ("POST".to_owned(), "sign-in".to_owned());
            Box::new(Facts { method, path, status, message, ..Facts::default() })
        };
        match self {
            Self::Refused(refusal) if matches!(refusal.status, 408 | 429 | 500..) => {
                let mut message = "the sign-in service is not available".to_owned();
                if let Some(asked) = refusal.retry_after {
                    message = format!("{message}; it asks to retry after {} s", asked.as_secs());
                }
                GraphError::Unreachable(facts(Some(refusal.status), message))
            }
            Self::Refused(refusal) if (300..400).contains(&refusal.status) => {
                let message = "the sign-in service answered with a redirect, which is not followed".to_owned();
                GraphError::Redirect(facts(Some(refusal.status), message))
            }
            Self::Refused(refusal) => {
                GraphError::SignIn { code: refusal.code, message: refusal.meaning(), request_id: refusal.trace_id }
            }
            Self::NotReached(reason) => GraphError::Unreachable(facts(None, reason)),
            Self::Untrusted(reason) => GraphError::Untrusted(facts(None, reason)),
            Self::AfterAsking(reason) => reason.into_error(),
            Self::Final(message) => GraphError::SignIn { code: None, message: readable(&message), request_id: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn refusal(status: u16, body: &[u8]) -> Refusal {
        Refusal::new(status, None, body, b"")
    }

    #[test]
    fn the_number_survives_escaped_characters() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret for app \u0027x\u0027.\r\nTrace ID: t-1","error_codes":[7000215],"trace_id":"t-1"}"#;
        let refused = refusal(401, body);
        assert_eq!((refused.code, refused.trace_id.as_deref()), (Some(7_000_215), Some("t-1")));
        assert_eq!(refused.summary(), "Invalid client secret for app 'x'.");
        let told = refusal(400, br#"{"error_description":"AADSTS90002: Tenant not found."}"#);
        assert_eq!(told.code, Some(90_002));
    }

    #[test]
    fn a_body_that_is_no_error_is_survived() {
        for body in [&b""[..], b"<html>", b"[]", b"{\"error\":{}}", b"{\"error_codes\":[-1]}"] {
            assert_eq!(refusal(400, body).code, None);
        }
    }

    #[test]
    fn nothing_that_was_posted_in_secret_comes_back() {
        let form = b"client_id=app&client_secret=a%2Bb~c&refresh_token=r-7.x&client_assertion=";
        let body = br#"{"error":"x","error_description":"Odd: a+b~c and r-7.x, a%2Bb%7Ec of app"}"#;
        assert_eq!(Refusal::new(400, None, body, form).summary(), "Odd: *** and ***, *** of app");
    }

    #[test]
    fn a_federated_token_that_fits_nowhere_is_described() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!(
            "{}.{}.s",
            part("{}"),
            part(r#"{"iss":"https://issuer","sub":"repo:a/b:ref:refs/heads/main","aud":"api://x"}"#)
        );
        let form = format!("client_assertion={token}");
        let body =
            br#"{"error":"invalid_client","error_description":"AADSTS700213: No match.","error_codes":[700213]}"#;
        let error = NoToken::from(Refusal::new(401, None, body, form.as_bytes())).into_error().to_string();
        assert!(
            error.contains("subject `repo:a/b:ref:refs/heads/main`") && error.contains("https://issuer"),
            "{error}"
        );
        assert!(!error.contains(&token), "{error}");
    }

    #[test]
    fn an_inner_reason_is_found_below_the_credentials_layers() {
        let inner: azure_core::Error = NoToken::NotReached("gone".to_owned()).into();
        let outer = azure_core::Error::with_error(azure_core::error::ErrorKind::Credential, inner, "outer");
        assert!(matches!(NoToken::of(&outer), NoToken::NotReached(reason) if reason == "gone"));
        let foreign = azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, "odd");
        assert!(NoToken::of(&foreign).into_error().is_sign_in());
        let wait = Refusal { status: 429, retry_after: Some(Duration::from_hours(8760)), ..Refusal::default() };
        assert!(NoToken::from(wait).into_error().to_string().contains("31536000 s"));
    }
}
