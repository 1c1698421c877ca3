//! Which requests fail, and how: counts matches and builds the error answers.

use globset::{GlobBuilder, GlobMatcher};
use serde_json::{Value, json};

use crate::http::fault::{Failure, Fault};
use crate::odata::call::{Reply, envelope, refuse};

/// The faults with their counters.
#[derive(Default)]
pub(crate) struct Faults(Vec<Live>);

struct Live {
    fault: Fault,
    glob: Option<GlobMatcher>,
    seen: u64,
    hits: u64,
}

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let mut all = Self::default();
        for fault in faults {
            all.add(fault.clone());
        }
        all
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        // A query holds `?`, `[` and `{` as plain characters: only `*` makes a pattern.
        let glob = fault
            .path
            .contains('*')
            .then(|| {
                let escaped: String = fault
                    .path
                    .chars()
                    .flat_map(|c| match c {
                        '?' | '[' | ']' | '{' | '}' | '\\' => vec!['[', c, ']'],
                        _ => vec![c],
                    })
                    .collect();
                GlobBuilder::new(&format!("*{escaped}*"))
                    .literal_separator(false)
                    .build()
                    .ok()
                    .map(|glob| glob.compile_matcher())
            })
            .flatten();
        self.0.push(Live { fault, glob, seen: 0, hits: 0 });
    }

    /// The fault that this request meets, if any. Every matching fault counts, the first due one wins.
    pub(crate) fn meet(&mut self, method: &str, line: &str) -> Option<Fault> {
        let mut met = None;
        for live in &mut self.0 {
            let fault = &live.fault;
            let right = fault.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
                && live.glob.as_ref().map_or_else(|| line.contains(fault.path.as_str()), |glob| glob.is_match(line));
            if !right {
                continue;
            }
            live.seen += 1;
            let due = live.seen > fault.after && fault.times.is_none_or(|times| live.hits < times);
            if due && met.is_none() {
                live.hits += 1;
                met = Some(fault.clone());
            }
        }
        met
    }
}

/// The error answer of a fault; api 4 for the codes.
pub(crate) fn answer(fault: &Fault, path: &str) -> Reply {
    let status = match fault.status {
        Failure::Status(status) => status,
        Failure::Drop | Failure::Truncate | Failure::Hang | Failure::Delay | Failure::List(_) => 504,
    };
    let (code, message) = match status {
        401 => ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
        403 => ("Forbidden", "Application is not authorized to perform this operation."),
        404 => ("ResourceNotFound", "Resource not found."),
        409 => ("Conflict", "The resource is being changed."),
        412 => ("resourceModified", "The resource has changed since it was read."),
        423 => ("Locked", "The resource is locked."),
        429 => ("TooManyRequests", "Please retry after some time."),
        500 => ("InternalServerError", "An internal server error has occurred"),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable."),
        504 => ("UnknownError", ""),
        _ => ("UnknownError", "The request failed."),
    };
    let body = if status == 504 {
        // A gateway's answer carries no envelope worth reading.
        json!({"error": {"code": code, "message": message}})
    } else {
        envelope(&refuse(status, code, fault.message.as_deref().unwrap_or(message)), path, "")
    };
    let reply = Reply::new(status, body);
    match &fault.retry_after {
        Some(after) => reply.with("retry-after", after.clone()),
        None => reply,
    }
}

/// The body for a fault added while the sandbox runs.
pub(crate) fn parse(body: &Value) -> Result<Fault, String> {
    serde_json::from_value(body.clone()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_counts_and_ends() {
        let mut faults = Faults::new(&[Fault {
            method: Some("get".into()),
            path: "*/groups?*$skiptoken=2".into(),
            after: 1,
            times: Some(2),
            ..Fault::default()
        }]);
        let line = "/beta/groups?$top=5&$skiptoken=2";
        let met: Vec<bool> = (0..5).map(|_| faults.meet("GET", line).is_some()).collect();
        assert_eq!(met, [false, true, true, false, false]);
        assert!(faults.meet("POST", line).is_none());
    }

    #[test]
    fn an_answer_carries_retry_after_as_given() {
        let reply = answer(
            &Fault { status: Failure::Status(429), retry_after: Some("2.128".into()), ..Fault::default() },
            "groups",
        );
        assert_eq!(reply.status, 429);
        assert_eq!(reply.headers, [("retry-after", "2.128".to_owned())]);
    }
}
