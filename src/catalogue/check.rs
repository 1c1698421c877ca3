//! What the readiness page says of a prerequisite in addition to whether it is met: when it expires, when it was last seen,
//! what weakens it, for which platforms it is switched on, who looks after it where. Facts only: the engine judges.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::predicate::Predicate;
use super::sign_in::SignIn;
use crate::policy::assignment::bare_type;
use crate::policy::{JsonPath, Policy};

/// A row of the readiness page.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own in the file")]
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Check {
    /// The heading that the row is under.
    pub area: Area,
    /// Where it is set up.
    pub place: String,
    /// Who can do that.
    pub who: String,
    /// What to do if it is weak or expires soon; without it, the fix.
    #[serde(default)]
    pub renew: Option<String>,
    /// It is looked at in every tenant, whatever a tree has.
    #[serde(default)]
    pub health: bool,
    /// Every tree needs it.
    #[serde(default)]
    pub always: bool,
    /// Policies for one of these platforms need it.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Policies that need it, beside those whose types say so.
    #[serde(default)]
    pub policies: Vec<PolicyNeed>,
    /// A tenant may do without it: where it does not have it, nothing is missing.
    #[serde(default)]
    pub optional: bool,
    /// What is missing is a hint, and does not make a tenant unready.
    #[serde(default)]
    pub hint: bool,
    /// An answer that the object does not exist means that the tenant does not have it.
    #[serde(default)]
    pub not_found_is_missing: bool,
    /// Who may read it.
    #[serde(default)]
    pub sign_in: SignIn,
    /// Which objects of the answer's list count.
    #[serde(default)]
    pub only: Option<Predicate>,
    /// The property that an object is called by.
    #[serde(default)]
    pub named: Option<JsonPath>,
    /// When it expires.
    #[serde(default)]
    pub expires: Option<Deadline>,
    /// When it was last heard of.
    #[serde(default)]
    pub seen: Option<Contact>,
    /// What makes it weak.
    #[serde(default)]
    pub weak: Vec<Weakness>,
    /// By platform: what says that it is switched off for it.
    #[serde(default)]
    pub off_when: BTreeMap<String, Predicate>,
    /// The entry of `connectorStatus` that says something of it as well.
    #[serde(default)]
    pub connector: Option<String>,
    /// More people than this are many.
    #[serde(default)]
    pub most: Option<u64>,
    /// What judges it, where the keys above do not.
    #[serde(default)]
    pub step: Option<CheckStep>,
}

/// A heading of the readiness page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The subscription, the MDM authority, settings of the whole tenant.
    Tenant,
    /// Licenses and free seats.
    Licenses,
    /// Groups and who is in them.
    People,
    /// How devices come in.
    Enrollment,
    /// Connectors, tokens and certificates.
    Connectors,
    /// Conditional Access and roles.
    Access,
    /// What users see.
    Users,
}

impl Area {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 7] =
        [Self::Tenant, Self::Licenses, Self::People, Self::Enrollment, Self::Connectors, Self::Access, Self::Users];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::Licenses => "Licenses",
            Self::People => "Groups and people",
            Self::Enrollment => "Enrollment",
            Self::Connectors => "Connectors, tokens and certificates",
            Self::Access => "Access",
            Self::Users => "What users see",
        }
    }
}

/// Policies that need something.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyNeed {
    /// Their types.
    pub types: Vec<String>,
    /// Which of them; all where nothing is said.
    #[serde(default)]
    pub when: Option<Predicate>,
}

/// When something expires.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Deadline {
    /// Where the date is, in the object.
    pub at: JsonPath,
    /// So many days before it, it expires soon.
    pub within_days: i64,
}

/// When something was last heard of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contact {
    /// Where the date is, in the object.
    pub at: JsonPath,
    /// Silent for longer, it is weak.
    pub within_days: i64,
    /// Silent for longer, it does not work.
    pub lost_after_days: i64,
}

/// What makes something weak.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Weakness {
    /// What in the object says so.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// What in the object says that it is not so.
    #[serde(default)]
    pub unless: Option<Predicate>,
    /// What it means.
    pub says: String,
    /// It does not work so.
    #[serde(default)]
    pub broken: bool,
}

impl Weakness {
    /// Whether an object has it.
    pub fn is_of(&self, object: &Value) -> bool {
        let holds = |test: &Option<Predicate>, otherwise| test.as_ref().map_or(otherwise, |test| test.holds(object));
        holds(&self.when, true) && !holds(&self.unless, false)
    }
}

/// What judges a row by more than one property of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStep {
    /// Service plans in the tenant's subscriptions, whose names `met-when` tests.
    License,
    /// The same, with the seats that are free.
    LicenseWithSeats,
    /// Devices without a compliance policy that count as non-compliant where Conditional Access asks for compliance.
    LockOut,
    /// The entries of `connectorStatus` that no other row speaks of.
    OtherConnectors,
    /// The names by which devices find the service.
    Dns,
    /// Who has a role, and for which groups.
    Roles,
}

/// A platform that policies are for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Platform {
    /// Kebab-case name.
    pub name: String,
    /// As the admin center says it.
    pub title: String,
    /// How the `@odata.type`s of its policies begin, without namespace; their case does not matter.
    pub types_start: Vec<String>,
    /// What a policy's `platforms`, `platform` or `platformType` says of it; the case does not matter.
    pub words: Vec<String>,
    /// Policy types that are for it alone.
    #[serde(default)]
    pub policy_types: Vec<String>,
    /// What a person does to enroll a device.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// What settings are about.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SettingArea {
    /// Kebab-case name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What is in a setting's name, in small letters.
    #[serde(default)]
    pub words: Vec<String>,
    /// Policy types all of whose settings are of it.
    #[serde(default)]
    pub policy_types: Vec<String>,
    /// What people notice of it; nothing where they do not.
    #[serde(default)]
    pub says: Option<String>,
}

impl SettingArea {
    /// Whether a setting of a policy is of it.
    pub fn is_of(&self, policy_type: &str, setting: &str) -> bool {
        let setting = setting.to_ascii_lowercase();
        self.policy_types.iter().any(|name| name == policy_type)
            || self.words.iter().any(|word| setting.contains(word.as_str()))
    }
}

/// The properties that name a policy's platforms.
const NAMES: [&str; 3] = ["platforms", "platform", "platformType"];

impl Platform {
    /// Whether a policy is for it.
    pub fn is_of(&self, policy: &Policy) -> bool {
        if self.policy_types.contains(&policy.type_name) {
            return true;
        }
        if let Some(named) = NAMES.iter().find_map(|name| policy.text(name)) {
            return named.split(',').any(|word| self.words.iter().any(|own| own.eq_ignore_ascii_case(word.trim())));
        }
        let own = policy.odata_type().map(bare_type).unwrap_or_default().to_ascii_lowercase();
        self.types_start.iter().any(|start| own.starts_with(&start.to_ascii_lowercase()))
    }
}

/// Which groups get what, for what is said of the people and devices in them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GroupUse {
    /// Policy types that reach devices only.
    #[serde(default)]
    pub for_devices: Vec<String>,
    /// Policy types that reach users only.
    #[serde(default)]
    pub for_users: Vec<String>,
    /// Policy types whose groups are administrators, not recipients.
    #[serde(default)]
    pub for_roles: Vec<String>,
    /// The service plans of which a person needs one, by their ids.
    #[serde(default)]
    pub plans: Vec<String>,
}

/// Devices that are judged by no policy and asked to be compliant.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockOut {
    /// The types whose policies judge devices.
    pub judged_by: Vec<String>,
    /// The policies that ask for a compliant device.
    #[serde(default)]
    pub demanded_by: Vec<PolicyNeed>,
}

impl PolicyNeed {
    /// Whether a policy is one of those. Any of the places that the test leads to counts.
    pub fn is_of(&self, policy: &Policy, now: jiff::Timestamp) -> bool {
        let when = |when: &Predicate| when.holds_anywhere(&policy.to_value(), now);
        self.types.contains(&policy.type_name) && self.when.as_ref().is_none_or(when)
    }

    /// The same for an object of one of the types.
    pub fn is_of_object(&self, object: &Map<String, Value>, now: jiff::Timestamp) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds_anywhere(&Value::Object(object.clone()), now))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::super::Catalogue;
    use super::*;

    fn platforms(type_name: &str, body: &Value) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let policy = Policy::new(type_name, body.as_object().unwrap().clone());
        let of = catalogue.shared.platforms.iter().filter(|platform| platform.is_of(&policy));
        of.map(|platform| platform.name.clone()).collect()
    }

    #[test]
    fn a_policy_says_its_platforms_by_its_words_or_its_type() {
        assert_eq!(platforms("settings-catalog", &json!({"platforms": "windows10"})), ["windows"]);
        assert_eq!(platforms("settings-catalog", &json!({"platforms": "macOS, iOS"})), ["ios", "macos"]);
        let of_type = |name: &str| json!({"@odata.type": format!("#microsoft.graph.{name}")});
        assert_eq!(platforms("device-configurations", &of_type("iosGeneralDeviceConfiguration")), ["ios"]);
        assert_eq!(
            platforms("device-configurations", &of_type("androidWorkProfileGmailEasConfiguration")),
            ["android"]
        );
        assert_eq!(platforms("apps", &of_type("win32LobApp")), ["windows"]);
        assert_eq!(platforms("feature-update-profiles", &json!({})), ["windows"]);
        assert_eq!(platforms("scope-tags", &json!({})), Vec::<String>::new());
    }
}
