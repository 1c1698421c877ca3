//! A policy: the Graph JSON of one object with what belongs to it. Not for knowing what its
//! properties mean: that is the catalogue's.

use serde_json::{Map, Value};

use super::kept::Kept;
use super::object_key::Subject;

/// Properties that hold a display name, the best first.
const NAMES: [&str; 3] = ["displayName", "name", "profileName"];

/// One object of a policy type. Payloads stand in `body` as Graph gives them (base64 and all);
/// only on disk do they become sidecars. A secret stands as `<property>@ferry.secret`,
/// a part that may not be read as `<part>@ferry.unread`.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The policy type's name, as in the catalogue.
    pub type_name: String,
    /// The Graph entity: `@odata.type`, `id`, properties, parts under their Graph names.
    pub body: Map<String, Value>,
    /// The file it was read from, relative to the tree's root with `/`; none when it came from a tenant.
    pub file: Option<String>,
}

impl Policy {
    /// A policy from a tenant.
    pub fn new(type_name: impl Into<String>, body: Map<String, Value>) -> Self {
        Self { type_name: type_name.into(), body, file: None }
    }

    /// The Graph id; a hand-made policy has none.
    pub fn id(&self) -> Option<&str> {
        self.text("id").filter(|id| !id.is_empty())
    }

    /// What identifies this policy within its tree: its id, else its file name.
    pub fn key(&self) -> String {
        key(self.id(), self.file.as_deref())
    }

    /// A top-level text property.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.body.get(property).and_then(Value::as_str)
    }

    /// The same, packed to be kept for later.
    pub fn keep(self) -> Kept {
        self.into()
    }

    /// `@odata.type`, always with its `#`.
    pub fn odata_type(&self) -> Option<&str> {
        self.text("@odata.type")
    }

    /// The assignments; none where what is there is not a list.
    pub fn assignments(&self) -> &[Value] {
        self.body.get("assignments").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The display name: `displayName`, else `name`, `profileName`; else the id or the file.
    pub fn name(&self) -> String {
        name(|property| self.text(property)).map_or_else(|| self.key(), str::to_owned)
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
        Value::Object(self.body.clone())
    }
}

/// What identifies a policy within its tree.
pub(super) fn key(id: Option<&str>, file: Option<&str>) -> String {
    match (id, file) {
        (Some(id), _) => id.to_owned(),
        (None, Some(file)) => format!("file:{file}"),
        (None, None) => String::from("new"),
    }
}

/// The display name, where a policy with these texts has one.
pub(super) fn name<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    NAMES.iter().find_map(|property| text(property))
}
