//! The error that a request ends with.

use super::error::{Facts, GraphError};
use super::retry::Outcome;

/// The error for a try that ended so and is the last.
pub(super) fn ended(outcome: Outcome, facts: Facts) -> GraphError {
    match outcome {
        Outcome::NotConnected => GraphError::Unreachable(Box::new(facts)),
        Outcome::Untrusted => GraphError::Untrusted(Box::new(facts)),
        Outcome::Broken if facts.status.is_none() => GraphError::Unreachable(Box::new(facts)),
        Outcome::Broken | Outcome::Unreadable | Outcome::TooLarge => GraphError::Answer(Box::new(facts)),
        Outcome::Status { .. } => by_status(facts),
    }
}

/// The error for an answer that is not a success.
pub(super) fn by_status(facts: Facts) -> GraphError {
    let facts = Box::new(facts);
    match facts.status.unwrap_or_default() {
        300..=399 => GraphError::Redirect(facts),
        401 => GraphError::SignIn {
            code: None,
            message: format!("Graph does not accept the token: {}", facts.message),
            request_id: facts.request_id,
        },
        403 => GraphError::Forbidden(facts),
        404 => GraphError::NotFound(facts),
        408 => GraphError::Unreachable(facts),
        429 => GraphError::Throttled(facts),
        400..=499 => GraphError::Refused(facts),
        500..=599 => GraphError::Server(facts),
        _ => GraphError::Answer(facts),
    }
}
