//! The neutral value of a group policy object.

use std::fmt;

use super::pol::Entry;

/// Which half of the object a setting is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Computer configuration.
    Computer,
    /// User configuration.
    User,
}

impl Scope {
    /// How the console calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Computer => "Computer Configuration",
            Self::User => "User Configuration",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Computer => "computer",
            Self::User => "user",
        })
    }
}

/// A group policy object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gpo {
    /// Its GUID, lower case without braces; empty where the files do not say it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The domain it is of.
    pub domain: String,
    /// The comment that its author wrote.
    pub comment: String,
    /// Where it is linked.
    pub links: Vec<Link>,
    /// Who it applies to, where that is not everyone below the links.
    pub filter: Vec<Trustee>,
    /// Who it is denied to.
    pub denied: Vec<Trustee>,
    /// The name of its WMI filter.
    pub wmi_filter: Option<String>,
    /// The scopes that are switched off.
    pub disabled: Vec<Scope>,
    /// Whether a report is among its files.
    pub has_report: bool,
    /// Everything it sets, in the order of the files.
    pub settings: Vec<Setting>,
    /// Files and parts that cannot be read, each with the reason.
    pub problems: Vec<(String, String)>,
}

/// Where an object is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The canonical path of the organizational unit, domain or site.
    pub path: String,
    /// Whether the link is on.
    pub enabled: bool,
    /// Whether objects below cannot override it.
    pub enforced: bool,
}

/// An account or group.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trustee {
    /// Its security identifier; empty where only a name is known.
    pub sid: String,
    /// Its name, often `DOMAIN\name`.
    pub name: String,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its scope.
    pub scope: Scope,
    /// Where the console shows it, such as `Administrative Templates/System/Logon`.
    pub place: String,
    /// What it is called.
    pub name: String,
    /// What it sets.
    pub what: What,
}

/// What a setting sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An administrative template's policy, as a report shows it.
    Template(Template),
    /// A value in the registry.
    Registry(Entry),
    /// A setting with a key that does not depend on the language.
    Native {
        /// The kind of the key.
        area: Area,
        /// The key.
        key: String,
        /// The value.
        value: NativeValue,
    },
    /// A registry item of a preference.
    Item {
        /// The item.
        item: RegistryItem,
        /// What it says, in short.
        detail: String,
    },
    /// A setting of another extension, such as a preference.
    Other {
        /// The extension's type, such as `DriveMapSettings`.
        kind: String,
        /// What it says, in short.
        detail: String,
    },
}

/// A registry item of a preference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryItem {
    /// The type of the extension, such as `RegistrySettings`.
    pub extension: String,
    /// What it does: `C`, `R`, `U` or `D`.
    pub action: String,
    /// The hive.
    pub hive: String,
    /// The key below it.
    pub key: String,
    /// The value's name; empty for the default value.
    pub name: String,
    /// The value's type.
    pub kind: String,
    /// The value, numbers in hexadecimal digits.
    pub value: String,
    /// Whether it is switched off.
    pub off: bool,
    /// Whether it is only for some computers or people.
    pub filtered: bool,
}

/// An administrative template's policy, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its category, the outermost first.
    pub category: Vec<String>,
    /// Whether it is enabled.
    pub state: State,
    /// The values of its elements.
    pub parts: Vec<Part>,
    /// Whether the template has this category and these labels to the letter. A report may be of another version, but
    /// it has the values in the order of the presentation.
    pub exact: bool,
}

/// The state of an administrative template's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Enabled.
    Enabled,
    /// Disabled.
    Disabled,
    /// Neither, although it is listed.
    NotConfigured,
}

/// The value of one element, with the label that the presentation gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The label.
    pub label: String,
    /// The value.
    pub value: PartValue,
}

/// The value of one element, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartValue {
    /// The text of the chosen item.
    Choice(String),
    /// A box, ticked or not.
    Tick(bool),
    /// A number.
    Number(String),
    /// A text.
    Text(String),
    /// A text, or the data of the chosen item.
    Plain(String),
    /// Several lines.
    Lines(Vec<String>),
    /// A list of names and values; the names are empty where the list has only values.
    List(Vec<(String, String)>),
}

/// The kinds of keys that do not depend on the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// A name in the section `System Access`: passwords, lock-out, accounts.
    SystemAccess,
    /// A registry path of the security options.
    RegistryValue,
    /// A user right.
    PrivilegeRight,
    /// The GUID of an audit subcategory.
    Audit,
    /// A name in the section `Event Audit`: the nine old audit categories.
    EventAudit,
    /// A service.
    Service,
    /// A name in the section `Kerberos Policy`.
    Kerberos,
    /// `LOG/name` of an event log.
    EventLog,
    /// A restricted group's members or memberships.
    GroupMembership,
    /// A file, folder or registry key with a security descriptor.
    Acl,
}

impl Area {
    /// Its name in the rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemAccess => "system-access",
            Self::RegistryValue => "registry-value",
            Self::PrivilegeRight => "privilege-right",
            Self::Audit => "audit",
            Self::EventAudit => "event-audit",
            Self::Service => "service",
            Self::Kerberos => "kerberos",
            Self::EventLog => "event-log",
            Self::GroupMembership => "group-membership",
            Self::Acl => "acl",
        }
    }

    /// Where the console shows it.
    pub fn place(self) -> &'static str {
        match self {
            Self::SystemAccess => "Security Settings/Account Policies",
            Self::RegistryValue => "Security Settings/Local Policies/Security Options",
            Self::PrivilegeRight => "Security Settings/Local Policies/User Rights Assignment",
            Self::Audit => "Security Settings/Advanced Audit Policy Configuration",
            Self::EventAudit => "Security Settings/Local Policies/Audit Policy",
            Self::Service => "Security Settings/System Services",
            Self::Kerberos => "Security Settings/Account Policies/Kerberos Policy",
            Self::EventLog => "Security Settings/Event Log",
            Self::GroupMembership => "Security Settings/Restricted Groups",
            Self::Acl => "Security Settings/File System and Registry",
        }
    }
}

/// The value of a setting with a language-free key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeValue {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several lines.
    Lines(Vec<String>),
    /// Accounts.
    Accounts(Vec<Trustee>),
}

impl fmt::Display for NativeValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
            Self::Lines(lines) => out.write_str(&lines.join(", ")),
            Self::Accounts(accounts) => {
                let shown = |own: &Trustee| if own.name.is_empty() { own.sid.clone() } else { own.name.clone() };
                out.write_str(&accounts.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
