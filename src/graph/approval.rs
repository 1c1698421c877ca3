//! Multi Admin Approval on the wire: what a write says to ask for an approval, or that it has one, and how a
//! refusal is recognized that requires one. Statuses differ (400, 403, 409, 412); the names of the headers do not.
//! What becomes of a write that waits is the engine's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use super::envelope::short;

/// The header that names an approval: in an answer the one to be given, in a request the one that was given.
pub(super) const CODE: &str = "x-msft-approval-code";
/// The header that asks for one, and says why.
const JUSTIFICATION: &str = "x-msft-approval-justification";
/// The longest reason that is accepted, in characters.
pub const LONGEST: usize = 1024;

/// What a write says about approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Why it should be approved, where an approval is needed.
    Justification(String),
    /// The approval that was given.
    Code(String),
}

impl Approval {
    /// The header that says so; none where the text cannot be one.
    pub(super) fn header(&self) -> Option<(&'static str, HeaderValue)> {
        let (name, value) = match self {
            // The service takes no plain text here.
            Self::Justification(text) => (JUSTIFICATION, STANDARD.encode(text)),
            Self::Code(code) => (CODE, code.clone()),
        };
        Some((name, HeaderValue::from_str(&value).ok()?))
    }
}

/// Whether a refusal wants an approval.
pub(super) fn is_asked_for(code: Option<&str>, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    code.is_some_and(|code| code.eq_ignore_ascii_case("ApprovalRequired"))
        || [JUSTIFICATION, CODE, "active approval request already exists"].iter().any(|sign| message.contains(sign))
}

/// The code of an approval where a message names it: `x-msft-approval-code: CODE`.
pub(super) fn code_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(&format!("{CODE}: "))?;
    let code = rest.split_whitespace().next()?.trim_end_matches(['.', ',']);
    short(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_wants_an_approval_is_told_from_others() {
        for (code, message) in [
            (Some("BadRequest"), "Header 'x-msft-approval-justification' is required to request approval"),
            (Some("ApprovalRequired"), "Approval Required."),
            (Some("Conflict"), "An active Approval Request already exists for this resource."),
            (None, "x-msft-approval-code: 7"),
        ] {
            assert!(is_asked_for(code, message), "{message}");
        }
        assert!(!is_asked_for(Some("Forbidden"), "Application is not authorized to perform this operation."));
    }

    #[test]
    fn the_code_is_found_in_the_message() {
        let message = "Approval Required. Request Approval using the code. x-msft-approval-code: aabb-12.";
        assert_eq!(code_in(message).as_deref(), Some("aabb-12"));
        assert_eq!(code_in("no code here"), None);
        assert_eq!(code_in("x-msft-approval-code: "), None);
    }

    #[test]
    fn a_reason_goes_as_base64_and_a_code_as_it_is() {
        let header =
            |approval: Approval| approval.header().and_then(|(_, value)| value.to_str().map(str::to_owned).ok());
        assert_eq!(header(Approval::Justification("für Müller".into())).as_deref(), Some("ZsO8ciBNw7xsbGVy"));
        assert_eq!(header(Approval::Code("a-1".into())).as_deref(), Some("a-1"));
        assert_eq!(header(Approval::Code("a\nb: c".into())), None);
    }
}
