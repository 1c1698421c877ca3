//! What can happen to a property of a body, and when.

/// What a body is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// POST to a collection.
    Create,
    /// PATCH or PUT of an item.
    Update,
}

/// What happens to a property in a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Checked by its type and stored.
    Accepted,
    /// Of the right type or null, and then without effect.
    Ignored,
    /// Ignored whatever it holds.
    Unread,
    /// Refused, with the reason.
    Refused(&'static str),
    /// Only null is accepted.
    OnlyNull,
    /// Only `false` is accepted.
    OnlyFalse,
    /// A reference that is sent as an object with nothing but its id.
    OnlyId,
    /// Refused where the value is this string, or the JSON text of another value.
    RefusedValue(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    Create,
    Update,
}

impl When {
    pub(super) fn holds(self, purpose: Purpose) -> bool {
        match self {
            Self::Always => true,
            Self::Create => purpose == Purpose::Create,
            Self::Update => purpose == Purpose::Update,
        }
    }
}
