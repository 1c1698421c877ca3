//! A policy that is kept for later, packed. It tells which policy it is; for anything else it is opened. Whoever holds
//! many policies holds these. Not for changing one: open it, change it, keep it again.

use std::borrow::Cow;

use serde_json::Value;

use super::called::Called;
use super::document::{self, Policy};
use super::object_key::Subject;
use super::packed::{self, Packed};

/// A policy, packed. A copy costs nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The policy type's name, as in the catalogue.
    pub type_name: String,
    /// The file it was read from, relative to the tree's root with `/`; none when it came from a tenant.
    pub file: Option<String>,
    /// Its properties, packed.
    pub body: Packed,
}

impl Kept {
    /// The policy, to look at now.
    pub fn open(&self) -> Policy {
        Policy { type_name: self.type_name.clone(), body: self.body.open(), file: self.file.clone() }
    }

    /// Whether two policies have the same properties, to the letter.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.body == other.body
    }

    /// The Graph id; a hand-made policy has none.
    pub fn id(&self) -> Option<&str> {
        self.body.at_hand("id").filter(|id| !id.is_empty())
    }

    /// `@odata.type`, always with its `#`.
    pub fn odata_type(&self) -> Option<&str> {
        self.body.at_hand("@odata.type")
    }

    /// What identifies this policy within its tree: its id, else its file name.
    pub fn key(&self) -> String {
        document::key(self.id(), self.file.as_deref())
    }

    /// The display name: `displayName`, else `name`, `profileName`; else the id or the file.
    pub fn name(&self) -> String {
        document::name(|property| self.body.at_hand(property)).map_or_else(|| self.key(), str::to_owned)
    }

    /// How findings and views name it: `type/name`.
    pub fn subject(&self) -> String {
        Subject { kind: &self.type_name, name: &self.name() }.to_string()
    }

    /// What identifies it among all policies: `type/key`.
    pub fn reference(&self) -> String {
        Subject { kind: &self.type_name, name: &self.key() }.to_string()
    }

    /// The whole document as one JSON value.
    pub fn to_value(&self) -> Value {
        Value::Object(self.body.open())
    }
}

impl From<Policy> for Kept {
    fn from(policy: Policy) -> Self {
        Self { type_name: policy.type_name, file: policy.file, body: policy.body.into() }
    }
}

impl Called for Policy {
    fn own_type(&self) -> &str {
        &self.type_name
    }

    fn own_key(&self) -> String {
        self.key()
    }

    fn property(&self, property: &str) -> Option<Cow<'_, str>> {
        self.text(property).map(Cow::Borrowed)
    }

    fn usual_name(&self) -> String {
        self.name()
    }
}

impl Called for Kept {
    fn own_type(&self) -> &str {
        &self.type_name
    }

    fn own_key(&self) -> String {
        self.key()
    }

    fn property(&self, property: &str) -> Option<Cow<'_, str>> {
        if packed::is_at_hand(property) {
            return self.body.at_hand(property).map(Cow::Borrowed);
        }
        self.open().text(property).map(str::to_owned).map(Cow::Owned)
    }

    fn usual_name(&self) -> String {
        self.name()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kept_policy_tells_the_same_of_itself() {
        for (body, file) in [
            (json!({"id": "1", "displayName": "A", "description": "d"}), None),
            (json!({"profileName": "P", "@odata.type": "#x"}), Some("scripts/p.json")),
            (json!({"id": ""}), None),
        ] {
            let mut policy = Policy::new("scripts", body.as_object().unwrap().clone());
            policy.file = file.map(str::to_owned);
            let kept = policy.clone().keep();
            assert_eq!((kept.id(), kept.key(), kept.name()), (policy.id(), policy.key(), policy.name()));
            assert_eq!((kept.odata_type(), kept.subject()), (policy.odata_type(), policy.subject()));
            assert_eq!((kept.reference(), kept.to_value()), (policy.reference(), policy.to_value()));
            assert_eq!(kept.property("description"), policy.property("description"));
            assert_eq!(kept.open(), policy);
        }
    }
}
