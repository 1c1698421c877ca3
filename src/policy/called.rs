//! What tells which policy it is, whether it is open or kept for later.

use std::borrow::Cow;

/// What can be called by its name: a policy, kept or open.
pub trait Called {
    /// The policy type's name.
    fn own_type(&self) -> &str;
    /// What identifies it within its tree.
    fn own_key(&self) -> String;
    /// A top-level text property.
    fn property(&self, property: &str) -> Option<Cow<'_, str>>;
    /// The name it has whatever its type.
    fn usual_name(&self) -> String;
}

impl<T: Called> Called for &T {
    fn own_type(&self) -> &str {
        (**self).own_type()
    }

    fn own_key(&self) -> String {
        (**self).own_key()
    }

    fn property(&self, property: &str) -> Option<Cow<'_, str>> {
        (**self).property(property)
    }

    fn usual_name(&self) -> String {
        (**self).usual_name()
    }
}
