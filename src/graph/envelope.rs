//! Graph's error envelope, and the text that Intune nests in it, made into code, message and request id.
//! Pure. Nothing branches on the message: it is for people.

use serde_json::{Map, Value};

/// What an error body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    pub(super) client_request_id: Option<String>,
}

/// Codes that say more than the ones around them. An inner code counts only if it is one of these.
const SPECIFIC: &[&str] = &[
    "accessDenied",
    "activityLimitReached",
    "itemNotFound",
    "nameAlreadyExists",
    "notAllowed",
    "notSupported",
    "quotaLimitReached",
    "resourceModified",
    "serviceNotAvailable",
    "unauthenticated",
    "Authorization_RequestDenied",
    "Conflict",
    "Directory_QuotaExceeded",
    "InvalidAuthenticationToken",
    "Request_BadRequest",
    "Request_ResourceNotFound",
    "ResourceNotFound",
    "TooManyRequests",
];

const LONGEST_MESSAGE: usize = 2_000;
const DEEPEST: usize = 8;
const MESSAGE_KEYS: [&str; 2] = ["Message", "message"];
const OPERATION_ID: &str = "Operation ID (for customer support)";
const ACTIVITY_ID: &str = "Activity ID:";

/// Reads an error body; an empty envelope where it is none.
pub(super) fn parse(body: &Value) -> Envelope {
    let Some(error) = body.get("error") else { return Envelope::default() };
    let Some(error) = error.as_object() else {
        // The sign-in service's form: {"error": "code", "error_description": "…"}.
        return Envelope {
            code: error.as_str().and_then(short),
            message: readable(text(body.as_object(), "error_description").unwrap_or_default()),
            ..Envelope::default()
        };
    };
    let mut envelope = Envelope { code: text(Some(error), "code").and_then(short), ..Envelope::default() };
    let mut level = Some(error);
    for _ in 0..DEEPEST {
        let Some(object) = level else { break };
        if let Some(code) = text(Some(object), "code").filter(|code| SPECIFIC.contains(code)) {
            envelope.code = Some(code.to_owned());
        }
        let id = |name| text(Some(object), name).and_then(short);
        envelope.request_id = envelope.request_id.or_else(|| id("request-id"));
        envelope.client_request_id = envelope.client_request_id.or_else(|| id("client-request-id"));
        level = ["innerError", "innererror"].iter().find_map(|key| object.get(*key)?.as_object());
    }
    let (message, activity) = unfold(text(Some(error), "message").unwrap_or_default());
    envelope.message = message;
    envelope.request_id = envelope.request_id.or(activity);
    envelope
}

/// Intune's message is often JSON text with a `Message` inside, which ends in ids and an internal URL.
fn unfold(message: &str) -> (String, Option<String>) {
    let mut message = message.to_owned();
    for _ in 0..DEEPEST {
        if !message.trim_start().starts_with('{') {
            break;
        }
        let Ok(Value::Object(nested)) = serde_json::from_str(&message) else { break };
        let inner = MESSAGE_KEYS.iter().find_map(|key| text(Some(&nested), key)).filter(|text| !text.trim().is_empty());
        let Some(inner) = inner.or_else(|| text(Some(&nested), "CustomApiErrorPhrase")) else { break };
        message = String::from(inner);
    }
    let activity = message.split_once(ACTIVITY_ID).and_then(|(_, rest)| short(rest.split_whitespace().next()?));
    let kept = message.split_once(OPERATION_ID).map_or(message.as_str(), |(before, _)| before);
    (readable(kept.trim_end_matches([' ', '-', '\r', '\n'])), activity)
}

fn text<'a>(object: Option<&'a Map<String, Value>>, key: &str) -> Option<&'a str> {
    object?.get(key)?.as_str()
}

/// An id or code from outside: short and printable, or it is none.
pub(super) fn short(text: &str) -> Option<String> {
    let text = text.trim();
    let fine = !text.is_empty() && text.len() <= 128 && !text.chars().any(char::is_control);
    fine.then(|| text.to_owned())
}

/// A message from outside on one line, without control characters, of bearable length.
pub(super) fn readable(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > LONGEST_MESSAGE {
            let end = line.floor_char_boundary(LONGEST_MESSAGE);
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_usual_envelope() {
        let body = json!({"error": {"code": "Forbidden", "message": "No access.",
            "innerError": {"date": "2026-01-01", "request-id": "r-1", "client-request-id": "c-1"}}});
        let envelope = parse(&body);
        assert_eq!(envelope.code.as_deref(), Some("Forbidden"));
        assert_eq!(envelope.message, "No access.");
        assert_eq!(envelope.request_id.as_deref(), Some("r-1"));
        assert_eq!(envelope.client_request_id.as_deref(), Some("c-1"));
    }

    #[test]
    fn an_inner_code_counts_only_where_it_says_more() {
        let body = |inner: &str| json!({"error": {"code": "BadRequest", "message": "m", "innererror": {"code": inner, "innererror": {"code": "429"}}}});
        assert_eq!(parse(&body("nameAlreadyExists")).code.as_deref(), Some("nameAlreadyExists"));
        assert_eq!(parse(&body("UnknownError")).code.as_deref(), Some("BadRequest"));
    }

    #[test]
    fn intunes_nested_message_is_made_readable_and_its_activity_id_kept() {
        let nested = json!({"_version": 3, "Message": "Name is in use. - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 5f1d0001-0000-4000-8000-000000000002 - Url: https://fef.example.invalid/StatelessX/", "CustomApiErrorPhrase": "", "RetryAfter": null});
        let envelope = parse(&json!({"error": {"code": "Conflict", "message": nested.to_string()}}));
        assert_eq!(envelope.message, "Name is in use.");
        assert_eq!(envelope.request_id.as_deref(), Some("5f1d0001-0000-4000-8000-000000000002"));
    }

    #[test]
    fn the_tail_is_cut_from_a_plain_message_too_and_the_envelopes_own_id_wins() {
        let envelope = parse(
            &json!({"error": {"code": "BadRequest", "message": "Bad value - Operation ID (for customer support): x - Activity ID: a-2 - Url: u", "innerError": {"request-id": "r-9"}}}),
        );
        assert_eq!((envelope.message.as_str(), envelope.request_id.as_deref()), ("Bad value", Some("r-9")));
    }

    #[test]
    fn a_message_that_only_begins_like_json_stays_text() {
        assert_eq!(parse(&json!({"error": {"message": "{oops"}})).message, "{oops");
    }

    #[test]
    fn control_characters_and_length_are_tamed() {
        let line = readable(&format!("a\u{1b}[31m\r\nb {}", "ü".repeat(5_000)));
        assert!(line.starts_with("a [31m b ü") && line.len() < LONGEST_MESSAGE + 8, "{}", line.len());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(message in ".*", code in ".*") {
            let nested = json!({"Message": message}).to_string();
            for body in [json!({"error": {"code": code, "message": message}}), json!({"error": {"message": nested}}), json!({"error": message}), json!(message)] {
                prop_assert!(!parse(&body).message.chars().any(char::is_control));
            }
        }
    }
}
