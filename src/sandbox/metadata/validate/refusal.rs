//! A refusal and the words of Graph for each reason. Not here: when to refuse.

use serde_json::Value;

/// Why Graph would refuse a body: the status, and code and message of the error object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: String,
    /// `error.message`.
    pub message: String,
}

/// Longest part of a refused value that a message repeats.
const SHOWN: usize = 80;

impl Refusal {
    /// A 400 with the code that most Intune services use.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { status: 400, code: "BadRequest".to_owned(), message: message.into() }
    }

    /// A 400 of the model check.
    pub fn model(message: impl Into<String>) -> Self {
        Self { status: 400, code: "ModelValidationFailure".to_owned(), message: message.into() }
    }

    pub(super) fn unknown_property(name: &str, ty: &str) -> Self {
        Self::model(format!(
            "The property '{name}' does not exist on type 'microsoft.graph.{ty}'. Make sure to only use property \
             names that are defined by the type."
        ))
    }

    pub(super) fn not_writable(name: &str, ty: &str, why: &str) -> Self {
        Self::model(format!("The property '{name}' of type 'microsoft.graph.{ty}' cannot be set: {why}."))
    }

    pub(super) fn wrong_value(name: &str, value: &Value, expected: &str) -> Self {
        Self::model(format!(
            "Cannot convert the literal '{}' of '{name}' to the expected type '{expected}'.",
            shown(value)
        ))
    }

    pub(super) fn null(name: &str, expected: &str) -> Self {
        Self::model(format!(
            "A null value was found for the property named '{name}', which has the expected type \
             '{expected}[Nullable=False]'. The expected type '{expected}[Nullable=False]' does not allow null values."
        ))
    }

    pub(super) fn unresolved_type(name: &str) -> Self {
        Self::bad_request(format!("A type named '{name}' could not be resolved by the model."))
    }

    pub(super) fn abstract_type(ty: &str) -> Self {
        Self::model(format!(
            "The type 'microsoft.graph.{ty}' is abstract: an object of it needs the annotation '@odata.type' with a \
             type that derives from it."
        ))
    }

    pub(super) fn annotation(name: &str) -> Self {
        Self::model(format!("The annotation '{name}' is not allowed in a request."))
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => "{…}".to_owned(),
        Value::Array(_) => "[…]".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(['…']).collect() }
}
