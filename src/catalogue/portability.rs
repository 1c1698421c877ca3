//! Whether a policy can move to another tenant as it is, and what of its type differs from the rest.

use serde::Deserialize;
use serde_json::Value;

use super::content::Upload;
use super::predicate::Predicate;
use super::requests::Update;
use crate::policy::{JsonPath, Policy};

/// Whether objects can move between tenants.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Portability {
    /// The verdict of the type as such.
    #[serde(default)]
    pub verdict: TypeVerdict,
    /// Why, in a sentence; required where the verdict is not `portable`.
    #[serde(default)]
    pub reason: String,
    /// What to do instead.
    #[serde(default)]
    pub fix: String,
    /// Where the content stands that Graph does not give; a policy that has some of it needs no more.
    #[serde(default)]
    pub content: Option<JsonPath>,
    /// Where the name of the file stands that Graph does not give.
    #[serde(default)]
    pub file_name: Option<JsonPath>,
    /// How that file is uploaded where someone has it; without it, it has to be done manually.
    #[serde(default)]
    pub upload: Option<Upload>,
}

impl Portability {
    /// Why this policy does not move, with the name of the file that it lacks, where it says one.
    pub fn reason_for(&self, policy: &Policy) -> String {
        match self.file_of(policy) {
            Some(name) => format!("{} The file is called \"{name}\".", self.reason),
            None => self.reason.clone(),
        }
    }

    /// The name of the file that the policy lacks, where it says one.
    pub fn file_of<'p>(&self, policy: &'p Policy) -> Option<&'p str> {
        let name = self.file_name.as_ref().and_then(|path| path.first_in(&policy.body)).and_then(Value::as_str);
        name.filter(|name| !name.is_empty())
    }

    /// Whether the policy has the content that Graph does not give.
    pub(super) fn has_content(&self, policy: &Policy) -> bool {
        let Some(path) = &self.content else { return false };
        let mut has = false;
        path.visit_in(&policy.body, &mut |_, value| has |= value.as_str().is_some_and(|text| !text.is_empty()));
        has
    }
}

/// The verdict of a policy type or variant as such, before a policy's own needs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TypeVerdict {
    /// Can be created in another tenant.
    #[default]
    Portable,
    /// Cannot exist in another tenant.
    TenantBound,
    /// The service no longer accepts new ones.
    Retired,
    /// Needs a file that Graph does not give.
    NeedsContent,
}

/// Objects that exist in every tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DefaultRule {
    /// Which objects; all of the type where nothing is said.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// Properties that are equal in every tenant; none where there is only one object.
    #[serde(default)]
    pub key: Vec<String>,
    /// What the service has fixed in them: not sent and not compared.
    #[serde(default)]
    pub read_only: Vec<JsonPath>,
}

/// A part of the type that is written differently.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variant {
    /// Kebab-case name.
    pub name: String,
    /// Which policies.
    pub when: Predicate,
    /// Replaces the type's.
    #[serde(default)]
    pub portability: Option<Portability>,
    /// Added to the type's `create.strip` and `update.strip`.
    #[serde(default)]
    pub strip: Vec<JsonPath>,
    /// Added to the type's `create-only`.
    #[serde(default)]
    pub create_only: Vec<JsonPath>,
    /// Replaces the type's.
    #[serde(default)]
    pub update: Option<Update>,
}
