//! What an ADMX file says.

use std::collections::HashMap;

use crate::gpo::{RegistryData, Scope};

/// A key and a value's name, in lower case. The name `*` stands for all values of the key.
pub type Place = (String, String);

/// One ADMX file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdmxFile {
    /// The file's name without its ending, as it is written.
    pub stem: String,
    /// Its namespace.
    pub namespace: String,
    /// Namespaces by the prefix that the file uses for them.
    pub prefixes: HashMap<String, String>,
    /// Categories by their name in lower case.
    pub categories: HashMap<String, Category>,
    /// Its policies.
    pub policies: Vec<Policy>,
}

/// A category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub display: Text,
    /// The category above, with a prefix where it is in another file.
    pub parent: Option<String>,
}

/// A text: by its id in the ADML files, or itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Text {
    /// The id of a string.
    Id(String),
    /// The text itself.
    Itself(String),
    /// No text.
    #[default]
    None,
}

/// Which scopes a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Computers.
    Machine,
    /// People.
    User,
    /// Both.
    Both,
}

impl Class {
    /// Whether a policy of this class can be in the scope.
    pub fn is_of(self, scope: Scope) -> bool {
        matches!((self, scope), (Self::Both, _) | (Self::Machine, Scope::Computer) | (Self::User, Scope::User))
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name in the file.
    pub name: String,
    /// Its scopes.
    pub class: Class,
    /// What it is called.
    pub display: Text,
    /// The id of its presentation.
    pub presentation: Option<String>,
    /// Its registry key.
    pub key: String,
    /// The value that says whether it is on.
    pub value_name: Option<String>,
    /// Its category, with a prefix where it is in another file.
    pub parent: Option<String>,
    /// What the value is when it is enabled.
    pub enabled: Option<Data>,
    /// What the value is when it is disabled.
    pub disabled: Option<Data>,
    /// Further values that enabling sets.
    pub enabled_list: Vec<ListValue>,
    /// Further values that disabling sets.
    pub disabled_list: Vec<ListValue>,
    /// Its elements.
    pub elements: Vec<Element>,
}

impl Policy {
    fn place(&self, key: Option<&String>, name: &str) -> Place {
        (key.unwrap_or(&self.key).to_lowercase(), name.to_lowercase())
    }

    /// The registry values that the policy can set.
    pub(super) fn footprint(&self) -> Vec<Place> {
        let own = self.value_name.iter().map(|name| self.place(None, name));
        let listed = self.enabled_list.iter().chain(&self.disabled_list);
        let listed = listed.map(|value| self.place(value.key.as_ref(), &value.value_name));
        let elements = self.elements.iter().map(|element| match element.kind {
            ElementKind::List { .. } => self.place(element.key.as_ref(), "*"),
            _ => self.place(element.key.as_ref(), &element.value_name),
        });
        own.chain(listed).chain(elements).collect()
    }
}

/// A value in a list of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListValue {
    /// The key, where it is not the policy's.
    pub key: Option<String>,
    /// The value's name.
    pub value_name: String,
    /// Its data.
    pub data: Data,
}

/// Data as an ADMX file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// The value is deleted.
    Delete,
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl Data {
    /// Whether the registry has this; none means that the value is deleted.
    pub fn is(&self, found: Option<&RegistryData>) -> bool {
        match (self, found) {
            (Self::Delete, None) => true,
            (Self::Number(wanted), Some(RegistryData::Number(number))) => wanted == number,
            (Self::Number(wanted), Some(RegistryData::Text(text))) => text.trim().parse() == Ok(*wanted),
            (Self::Text(wanted), Some(RegistryData::Text(text))) => wanted.eq_ignore_ascii_case(text),
            _ => false,
        }
    }
}

/// An element of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its id.
    pub id: String,
    /// The key, where it is not the policy's.
    pub key: Option<String>,
    /// The value's name; empty for lists.
    pub value_name: String,
    /// What it holds.
    pub kind: ElementKind,
}

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementKind {
    /// A number.
    Decimal,
    /// A box, with its two values.
    Boolean {
        /// Data when ticked.
        on: Data,
        /// Data when not.
        off: Data,
    },
    /// One of several items.
    Enum(Vec<Item>),
    /// A text.
    Text,
    /// Several lines.
    MultiText,
    /// A list below a key.
    List {
        /// Whether each value has a name of its own.
        explicit: bool,
    },
}

/// An item to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub display: Text,
    /// Its data.
    pub data: Data,
}

/// A control of a presentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What it looks like.
    pub kind: ControlKind,
    /// The element that it is for.
    pub element: String,
    /// Its label.
    pub label: String,
}

/// What a control looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlKind {
    /// A box to tick.
    CheckBox,
    /// A list to choose from.
    DropDown,
    /// A number.
    Decimal,
    /// A line of text, possibly with suggestions.
    Line,
    /// Several lines.
    Lines,
    /// A list.
    List,
}
