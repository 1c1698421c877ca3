//! Walks a body along its types.

use serde_json::Value;

use super::Refusal;
use crate::sandbox::model::{Action, Model};

/// What a body is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// POST to a collection.
    Create,
    /// PATCH or PUT of an item.
    Update,
}

/// Checks the body of a create or an update against the declared element type of the collection.
pub fn entity(_model: &Model, _declared: &str, _body: &Value, _purpose: Purpose) -> Result<(), Refusal> {
    Ok(())
}

/// Checks the body of an action against its parameters.
pub fn action(_model: &Model, _action: &Action, _body: &Value) -> Result<(), Refusal> {
    Ok(())
}
