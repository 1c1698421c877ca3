//! What a policy type's file may hold. The files are `policies-schema/types/*.toml`; adding a type is
//! adding a file. Facts every type shares stand in `policies-schema/shared.toml` in the same words. What belongs to
//! one subject has a file of its own, and its words are to be had from here as well.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

pub use super::adopt::{Adopt, ConvertStep, Place};
pub use super::api::Api;
use super::blank::BlankRule;
use super::content::Upload;
use super::entities::Entities;
use super::kind::Likeness;
use super::meaning::Meaning;
pub use super::part::{ChildPart, Part, PartRead, PartWrite};
pub use super::paths::{PARENT, url_segment};
pub use super::portability::{DefaultRule, Portability, TypeVerdict, Variant};
use super::predicate::Predicate;
use super::prerequisite::{DateRule, TargetNeed};
pub use super::requests::{
    AssignWrite, Assignments, Create, Link, Rank, Read, Ready, Remove, Requirement, Update, UpdateMethod,
};
use super::rule::{
    Alternatives, AudienceRule, EnabledBy, Exclusive, ReferenceRule, SendOnly, ShellScriptRule, SidecarRule,
    TenantIdRule, UnsetRule,
};
use super::secret_rule::SecretRule;
pub use super::shared::{DelegatedPermission, ImpliedPermission, OtherPermission, Shared};
pub use super::sign_in::SignIn;
use crate::policy::{Called, JsonPath, Kept, Policy, Rules, SortRule};

/// One policy type: a Graph collection and what must be known to read, compare and write it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyType {
    /// Kebab-case name; also the folder in a tree and the kind in a mapping.
    pub name: String,
    /// As the admin center calls it.
    pub title: String,
    /// One sentence for `types`.
    pub about: String,
    /// Where the facts come from.
    pub sources: Vec<String>,
    /// Path of the collection below the version root, without a leading slash.
    pub path: String,
    /// Other paths of the same collection, as they stand in contexts and bind addresses.
    #[serde(default)]
    pub also_at: Vec<String>,
    /// The path is one object that every tenant has or may have, not a collection.
    #[serde(default)]
    pub single: bool,
    /// Read only where it is named by `--only`: what is Microsoft's own, or lists of devices.
    #[serde(default)]
    pub on_request: bool,
    /// Who may read it; anybody with the permissions, unless said otherwise.
    #[serde(default)]
    pub sign_in: SignIn,
    /// What a tenant has to have for the service to answer at all: a license, or a feature that Microsoft has retired.
    /// Completes "it takes …".
    #[serde(default)]
    pub available_with: Option<String>,
    /// The type of the objects that the collection is below, for a path with `{id}` in it.
    #[serde(default)]
    pub parent: Option<String>,
    /// `beta` unless said otherwise.
    #[serde(default)]
    pub api: Api,
    /// Graph's element type, without `#microsoft.graph.`.
    pub entity: String,
    /// The property that holds the display name.
    #[serde(default = "display_name")]
    pub name_property: String,
    /// Properties that tell two objects of the same name apart when matching, beside `@odata.type`.
    #[serde(default)]
    pub discriminators: Vec<JsonPath>,
    /// What an object is known by in every tenant (a package id); the first of these properties that it has
    /// takes the place of its name when matching.
    #[serde(default)]
    pub identity: Vec<String>,
    /// Whether objects can move, and why not.
    #[serde(default)]
    pub portability: Portability,
    /// Tie-breaker in the order of creation.
    #[serde(default)]
    pub phase: Phase,
    /// The service ranks the objects (enrollment priority): they are created in the order of the tree.
    #[serde(default)]
    pub rank: Option<Rank>,
    /// The throttling sub-service (api-behaviour.md section 1).
    pub bucket: String,
    /// Least privileged permissions.
    pub permissions: Permissions,
    /// Things the admin center shows as their own.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// How the objects are read.
    #[serde(default)]
    pub read: Read,
    /// Sub-collections and properties that are read or written by requests of their own.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Parts that only some of the type's `@odata.type`s have, as Graph's metadata says; their paths go through the cast.
    #[serde(default)]
    pub cast_parts: Vec<Part>,
    /// Navigation properties that a plain GET does not return, written as `…@odata.bind`.
    #[serde(default)]
    pub links: Vec<Link>,
    /// What an object must have become before anything is written that belongs to it.
    #[serde(default)]
    pub ready: Option<Ready>,
    /// Writes are made one at a time, with a pause after each.
    #[serde(default)]
    pub one_at_a_time: bool,
    /// How `convert` reads the objects to make settings catalog policies of them.
    #[serde(default)]
    pub converts_by: Option<ConvertStep>,
    /// How objects are created.
    #[serde(default)]
    pub create: Create,
    /// How objects are changed.
    #[serde(default)]
    pub update: Update,
    /// How objects are deleted.
    #[serde(default)]
    pub remove: Remove,
    /// Properties the service makes by itself: kept in the tree, never sent, never compared.
    #[serde(default)]
    pub read_only: Vec<JsonPath>,
    /// Properties sent at creation and refused afterwards.
    #[serde(default)]
    pub create_only: Vec<JsonPath>,
    /// Of these, what the meaning of the others depends on, beside discriminators and identities: where one differs,
    /// nothing of the object is updated.
    #[serde(default)]
    pub decisive: Vec<JsonPath>,
    /// Contents that Graph takes and never gives back: sent, never compared.
    #[serde(default)]
    pub write_only: Vec<JsonPath>,
    /// Places that change by themselves, beside the shared ones: not in the tree.
    #[serde(default)]
    pub volatile: Vec<JsonPath>,
    /// Arrays whose order means nothing, beside the shared ones: their elements are sorted as they are.
    #[serde(default)]
    pub unordered: Vec<JsonPath>,
    /// Arrays whose order means nothing and whose elements are sorted by something in them.
    #[serde(default)]
    pub sort: Vec<SortRule>,
    /// How assignments are read and written; none where the type has none.
    #[serde(default)]
    pub assignments: Option<Assignments>,
    /// Tenant-bound ids, beside the shared ones (assignment groups and filters, scope tags).
    #[serde(default)]
    pub references: Vec<ReferenceRule>,
    /// Payloads that become files of their own.
    #[serde(default)]
    pub sidecars: Vec<SidecarRule>,
    /// Secrets and their masks.
    #[serde(default)]
    pub secrets: Vec<SecretRule>,
    /// Objects that exist in every tenant: matched by `key`, never created, never removed.
    #[serde(default)]
    pub defaults: Vec<DefaultRule>,
    /// Microsoft's own objects in the collection: unless they are assigned, they are in no export.
    #[serde(default)]
    pub unowned_when: Option<Predicate>,
    /// Parts of the type that are written differently, the first that fits.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// The property by which a policy is switched on, for types whose policies take effect by themselves.
    #[serde(default)]
    pub enabled_by: Option<EnabledBy>,
    /// Objects inside a policy that Graph gives whole and takes only in part.
    #[serde(default)]
    pub send_only: Vec<SendOnly>,
    /// Properties that say the same in two ways, of which Graph takes only one.
    #[serde(default)]
    pub alternatives: Vec<Alternatives>,
    /// What Graph makes of properties that nobody sets, beside the shared ones.
    #[serde(default)]
    pub unset: Vec<UnsetRule>,
    /// Elements of lists that do not say what they are about.
    #[serde(default)]
    pub blank: Vec<BlankRule>,
    /// What makes an object of the target the same one, the surest first; its name where nothing is said.
    #[serde(default)]
    pub identify: Vec<Likeness>,
    /// The property that holds a certificate in base64: its thumbprint is known of objects that are not in the tree.
    #[serde(default)]
    pub certificate: Option<String>,
    /// What policies that are narrowed by its objects are narrowed to: compared between two tenants.
    #[serde(default)]
    pub meaning: Vec<Meaning>,
    /// Properties that a tree's directory keeps, so that an object that is not in the tree can be created again.
    #[serde(default)]
    pub recreate_from: Vec<String>,
    /// Places with addresses of the company's own servers: what stands there is another in another tenant.
    #[serde(default)]
    pub addresses: Vec<JsonPath>,
    /// Places that are known to hold the id of the policy's own tenant.
    #[serde(default)]
    pub tenant_ids: Vec<TenantIdRule>,
    /// Places with scripts for a shell of Linux or macOS, whose lines must not end with CR LF.
    #[serde(default)]
    pub shell_scripts: Vec<ShellScriptRule>,
    /// Who policies are for, at places that hold no id of the tenant.
    #[serde(default)]
    pub audience: Vec<AudienceRule>,
    /// Policies of which a device takes only one.
    #[serde(default)]
    pub exclusive: Vec<Exclusive>,
    /// What the target must have for policies to do anything there.
    #[serde(default)]
    pub needs: Vec<TargetNeed>,
    /// Dates that are of no use once they have passed.
    #[serde(default)]
    pub dates: Vec<DateRule>,
    /// How other tools' exports call it.
    #[serde(default)]
    pub adopt: Adopt,
}

fn display_name() -> String {
    String::from("displayName")
}

/// Ties in the order of creation are broken by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the rest: things others refer to.
    Early,
    /// In the middle.
    #[default]
    Normal,
    /// After the rest: what puts policies to work.
    Last,
}

/// Least privileged application permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Permissions {
    /// To read.
    pub read: Vec<String>,
    /// To write.
    pub write: Vec<String>,
}

/// What the admin center shows as a thing of its own inside a collection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Kebab-case name for `--only`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// Which policies belong to it.
    pub when: Predicate,
}

impl PolicyType {
    /// The variant a policy belongs to.
    pub fn variant(&self, policy: &Policy) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.when.holds_in(&policy.body))
    }

    /// The portability of a policy by its type or variant.
    pub fn portability_of(&self, policy: &Policy) -> &Portability {
        self.variant(policy).and_then(|variant| variant.portability.as_ref()).unwrap_or(&self.portability)
    }

    /// The verdict of a policy by its type or variant, and by whether it has the content that others lack.
    pub fn verdict_of(&self, policy: &Policy) -> TypeVerdict {
        let portability = self.portability_of(policy);
        match portability.verdict {
            TypeVerdict::NeedsContent if portability.has_content(policy) => TypeVerdict::Portable,
            verdict => verdict,
        }
    }

    /// How the content that the policy lacks is uploaded, and what its file is called, where it says that.
    pub fn upload_of<'a>(&'a self, policy: &'a Policy) -> Option<(&'a Upload, Option<&'a str>)> {
        let portability = self.portability_of(policy);
        Some((portability.upload.as_ref()?, portability.file_of(policy)))
    }

    /// The default rule a policy falls under: such an object exists in every tenant.
    pub fn default_rule(&self, policy: &Policy) -> Option<&DefaultRule> {
        self.defaults.iter().find(|rule| rule.when.as_ref().is_none_or(|when| when.holds_in(&policy.body)))
    }

    /// The same of a policy that is kept; it is opened only where the type has such objects.
    pub fn default_rule_of(&self, kept: &Kept) -> Option<&DefaultRule> {
        if self.defaults.is_empty() { None } else { self.default_rule(&kept.open()) }
    }

    /// The properties of a policy that are never sent and never compared.
    pub fn read_only_of<'a>(&'a self, policy: &Policy, shared: &'a Shared) -> impl Iterator<Item = &'a JsonPath> {
        let of_default = self.default_rule(policy).map_or(&[][..], |rule| &rule.read_only);
        self.read_only.iter().chain(of_default).chain(&shared.read_only)
    }

    /// How a policy is changed, by its variant or its type.
    pub fn update_of(&self, policy: &Policy) -> &Update {
        self.variant(policy).and_then(|variant| variant.update.as_ref()).unwrap_or(&self.update)
    }

    /// Whether the object is Microsoft's own and nobody uses it.
    pub fn is_nobodys_own(&self, kept: &Kept) -> bool {
        let is_unowned = |when: &Predicate| {
            let policy = kept.open();
            policy.assignments().is_empty() && when.holds_in(&policy.body)
        };
        self.unowned_when.as_ref().is_some_and(is_unowned)
    }

    /// The group of the type a policy is shown under.
    pub fn group_of(&self, policy: &Policy) -> Option<&Group> {
        self.groups.iter().find(|group| group.when.holds_in(&policy.body))
    }

    /// The display name of a policy of this type.
    pub fn name_of(&self, policy: &impl Called) -> String {
        policy.property(&self.name_property).map_or_else(|| policy.usual_name(), Cow::into_owned)
    }

    /// What the policy is known by in every tenant, where it has that.
    pub fn identity_of(&self, policy: &Policy) -> Option<String> {
        let mut known = self.identity.iter().filter_map(|property| policy.text(property));
        known.find(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The parts a policy of this `@odata.type` has.
    pub fn parts_of<'a>(&'a self, odata_type: Option<&'a str>) -> impl Iterator<Item = &'a Part> {
        self.parts.iter().chain(self.cast_parts_of(odata_type))
    }

    /// Those of them whose paths go through the cast.
    pub fn cast_parts_of<'a>(&'a self, odata_type: Option<&'a str>) -> impl Iterator<Item = &'a Part> {
        let has = move |part: &&Part| odata_type.is_some_and(|own| Entities::built_in().type_leads(own, &part.name));
        self.cast_parts.iter().filter(has)
    }

    /// The links a policy of this `@odata.type` can have.
    pub fn links_of<'a>(&'a self, odata_type: Option<&'a str>) -> impl Iterator<Item = &'a Link> {
        let implied = self.implied_type();
        let leads = move |property: &str| Entities::built_in().type_leads(odata_type.unwrap_or(&implied), property);
        self.links.iter().filter(move |link| leads(&link.property))
    }

    /// The change without which Graph refuses to delete the object, where it needs one.
    pub fn remove_first(&self, policy: &Policy) -> Option<Value> {
        let mut change = self.remove.first.clone();
        change.retain(|property, value| policy.body.get(property).is_some_and(|now| now != value));
        if change.is_empty() {
            return None;
        }
        let own = policy.odata_type().map_or_else(|| self.implied_type(), str::to_owned);
        change.insert(String::from("@odata.type"), Value::String(own));
        Some(Value::Object(change))
    }

    /// The `@odata.type` that objects of the collection have where they do not say another.
    pub fn implied_type(&self) -> String {
        format!("#microsoft.graph.{}", self.entity)
    }

    /// All parts, those of some concrete types included.
    pub fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().chain(&self.cast_parts)
    }

    /// All arrays whose order means nothing.
    pub(super) fn sort_rules(&self) -> impl Iterator<Item = SortRule> {
        SortRule::all(&self.unordered, &self.sort)
    }

    /// The type's canonical rules together with the shared ones.
    pub fn rules(&self, shared: &Shared) -> Rules {
        Rules {
            volatile: shared.volatile.iter().chain(&self.volatile).cloned().collect(),
            sort: shared.sort_rules().chain(self.sort_rules()).collect(),
            implied_type: Some(self.implied_type()),
        }
    }
}
