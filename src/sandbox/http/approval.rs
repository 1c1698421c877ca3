//! Multi Admin Approval (api 8, quirk 64): writes to what an access policy protects are not done but opened
//! as requests, and done when they are repeated, the same to the last byte, with the code of a request that a
//! second administrator approved. Without a reason nothing is opened. Reads are never touched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::odata::call::{Call, Refusal, Reply, bad, envelope, refuse};

const CODE: &str = "x-msft-approval-code";
const JUSTIFICATION: &str = "x-msft-approval-justification";
/// The longest reason, decoded.
const LONGEST: usize = 1024;

/// What access policies protect, and the requests that were opened.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    protected: Vec<String>,
    requests: Vec<ApprovalRequest>,
}

#[derive(Debug)]
struct ApprovalRequest {
    code: String,
    method: String,
    path: String,
    body: Option<Value>,
    state: ApprovalState,
}

#[derive(Debug, PartialEq, Eq)]
enum ApprovalState {
    Needed,
    Approved,
    Completed,
}

impl Approvals {
    pub(crate) fn new(protected: &[String]) -> Self {
        Self { protected: protected.to_vec(), requests: Vec::new() }
    }

    /// A second administrator approves everything that waits; how much that was.
    pub(crate) fn approve(&mut self) -> usize {
        let open = self.requests.iter_mut().filter(|request| request.state == ApprovalState::Needed);
        open.map(|request| request.state = ApprovalState::Approved).count()
    }

    /// Refuses a write that needs an approval which it does not have.
    pub(crate) fn check(&mut self, call: &Call) -> Option<Reply> {
        let reads = call.path.contains("getByIds") || call.path.contains("$batch");
        let protected = self.protected.iter().any(|root| call.path.starts_with(root.as_str()));
        if !protected || !call.is_write() || reads {
            return None;
        }
        let said = |refusal: &Refusal| Reply::new(refusal.status, envelope(refusal, &call.path, ""));
        let same = |request: &&mut ApprovalRequest| {
            (&request.method, &request.path, &request.body) == (&call.method, &call.path, &call.body)
        };
        let code = call.header(CODE);
        if !code.is_empty() {
            let known = self.requests.iter_mut().filter(same).find(|request| request.code == code);
            return match known {
                Some(request) if request.state == ApprovalState::Approved => {
                    request.state = ApprovalState::Completed;
                    None
                }
                Some(request) if request.state == ApprovalState::Needed => Some(waits(&request.code, call)),
                _ => Some(said(&bad("The approval does not fit this request."))),
            };
        }
        let reason = call.header(JUSTIFICATION);
        if reason.is_empty() {
            return Some(said(&bad(format!("Header '{JUSTIFICATION}' is required to request approval"))));
        }
        match STANDARD.decode(reason).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            None => return Some(said(&bad(format!("The header '{JUSTIFICATION}' is not valid base64.")))),
            Some(text) if text.chars().count() > LONGEST => {
                let message =
                    format!("Decoded content of '{JUSTIFICATION}' header must be no greater than {LONGEST} characters");
                return Some(said(&bad(message)));
            }
            Some(_) => {}
        }
        if self.requests.iter_mut().filter(same).any(|request| request.state != ApprovalState::Completed) {
            return Some(said(&refuse(409, "Conflict", "An active Approval Request already exists")));
        }
        let code = uuid::Uuid::new_v4().to_string();
        let (method, path, body) = (call.method.clone(), call.path.clone(), call.body.clone());
        self.requests.push(ApprovalRequest { code: code.clone(), method, path, body, state: ApprovalState::Needed });
        Some(waits(&code, call))
    }
}

/// The request waits. Both statuses are seen: 412, and 403 with a code of its own.
fn waits(code: &str, call: &Call) -> Reply {
    let message = format!(
        "Approval Required. Request Approval using the request ID returned as part of the {CODE} response header. {CODE}: {code}"
    );
    let refusal = if call.method == "POST" {
        refuse(403, "ApprovalRequired", message)
    } else {
        refuse(412, "BadRequest", message)
    };
    Reply::new(refusal.status, envelope(&refusal, &call.path, "")).with(CODE, code.to_owned())
}
