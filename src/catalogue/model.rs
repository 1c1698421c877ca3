//! What a policy type's file may hold. The files are `policies-schema/types/*.toml`; adding a type is
//! adding a file. Facts every type shares stand in `policies-schema/shared.toml` in the same words.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::kind::{DirectoryKind, Likeness};
use super::prerequisite::{DateRule, Prerequisite, TargetNeed};
pub use super::requests::{
    AssignWrite, Assignments, CastPart, ChildPart, Create, Link, Part, PartRead, PartWrite, Read, Remove, Requirement,
    Update, UpdateMethod,
};
use super::rule::{ReferenceRule, SecretRule, SidecarRule, When};
use crate::policy::{JsonPath, Policy, Rules, SortRule, path};

/// One policy type: a Graph collection and what must be known to read, compare and write it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyType {
    /// Kebab-case name; also the folder in a tree and the kind in a mapping.
    pub name: String,
    /// As the admin centre calls it.
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
    /// Objects are created in the order of this number property (enrollment priority).
    #[serde(default)]
    pub order_by: Option<String>,
    /// The throttling sub-service (api-behaviour.md section 1).
    pub bucket: String,
    /// Least privileged permissions.
    pub permissions: Permissions,
    /// Things the admin centre shows as their own.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// How the objects are read.
    #[serde(default)]
    pub read: Read,
    /// Sub-collections and properties that are read or written by requests of their own.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Parts that only some of the type's `@odata.type`s have; their paths go through the cast.
    #[serde(default)]
    pub cast_parts: Vec<CastPart>,
    /// Navigation properties that a plain GET does not return, written as `…@odata.bind`.
    #[serde(default)]
    pub links: Vec<Link>,
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
    /// Places that change by themselves, beside the shared ones: not in the tree.
    #[serde(default)]
    pub volatile: Vec<JsonPath>,
    /// Arrays whose order means nothing, beside the shared ones.
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
    /// Parts of the type that are written differently, the first that fits.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// The property by which a policy is switched on, for types whose policies take effect by themselves.
    #[serde(default)]
    pub gate: Option<Gate>,
    /// Objects inside a policy that Graph gives whole and takes only in part.
    #[serde(default)]
    pub reduce: Vec<ReduceRule>,
    /// What makes an object of the target the same one, the surest first; its name where nothing is said.
    #[serde(default)]
    pub identify: Vec<Likeness>,
    /// The property that holds a certificate in base64: its thumbprint is known of objects that are not in the tree.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Properties that a tree's directory keeps, so that an object that is not in the tree can be made anew.
    #[serde(default)]
    pub remake: Vec<String>,
    /// Places with addresses of the company's own servers: what stands there is another in another tenant.
    #[serde(default)]
    pub addresses: Vec<JsonPath>,
    /// Policies of which a device takes only one.
    #[serde(default)]
    pub one_of: Vec<OneOf>,
    /// What the target must have for policies to do anything there.
    #[serde(default)]
    pub needs: Vec<TargetNeed>,
    /// Dates that are of no use once they have passed.
    #[serde(default)]
    pub dates: Vec<DateRule>,
    /// How other tools' exports call it.
    #[serde(default)]
    pub recognise: Recognise,
}

/// The property by which a policy is switched on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Gate {
    /// The property.
    pub property: String,
    /// Its value when the policy does nothing.
    pub off: String,
    /// Its value when the policy only reports.
    pub report: String,
    /// What makes a policy hold for all users.
    #[serde(default)]
    pub everyone: Option<When>,
    /// The lists of whom it then does not hold for.
    #[serde(default)]
    pub except: Vec<JsonPath>,
}

/// What a device takes only one of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OneOf {
    /// What it is called, in the singular.
    pub title: String,
    /// Which policies; all of the type where not given.
    #[serde(default)]
    pub when: Option<When>,
}

/// An object that Graph gives whole and takes only in part.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReduceRule {
    /// The object.
    pub at: JsonPath,
    /// The properties that are sent and compared.
    pub keep: Vec<String>,
}

impl ReduceRule {
    /// Leaves only the kept properties.
    pub fn apply(&self, value: &mut Value) {
        for pointer in self.at.find(value) {
            if let Some(Value::Object(map)) = value.pointer_mut(&pointer) {
                map.retain(|key, _| self.keep.contains(key));
            }
        }
    }
}

/// Where a policy says which object it is below (`parent_path('id')`); never sent.
pub const PARENT: &str = "parent@odata.bind";

/// An id as a path segment: ids come from tenants and trees, so nothing in them may change the path.
pub fn url_segment(id: &str) -> String {
    use std::fmt::Write as _;
    // URLs take these for steps up and down the path, even when they are escaped once.
    if id == "." || id == ".." {
        return id.replace('.', "%252E");
    }
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~!".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn display_name() -> String {
    String::from("displayName")
}

/// Which version of Graph a type is read and written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// `/beta`.
    #[default]
    Beta,
    /// `/v1.0`.
    #[serde(rename = "v1.0")]
    V1,
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
}

impl Portability {
    /// Why this policy does not move, with the name of the file that it lacks, where it says one.
    pub fn reason_for(&self, policy: &Policy) -> String {
        let value = policy.to_value();
        let name = self.file_name.as_ref().and_then(|path| path.first(&value)).and_then(Value::as_str);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => format!("{} The file is called \"{name}\".", self.reason),
            None => self.reason.clone(),
        }
    }

    /// Whether the policy has the content that Graph does not give.
    fn has_content(&self, policy: &Policy) -> bool {
        let Some(path) = &self.content else { return false };
        let text = |place: &String| path::at(&policy.body, place).and_then(Value::as_str);
        path.find_in(&policy.body).iter().any(|place| text(place).is_some_and(|text| !text.is_empty()))
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

/// Least privileged application permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Permissions {
    /// To read.
    pub read: Vec<String>,
    /// To write.
    pub write: Vec<String>,
}

/// What the admin centre shows as a thing of its own inside a collection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Kebab-case name for `--only`.
    pub name: String,
    /// As shown.
    pub title: String,
    /// Which policies belong to it.
    pub when: When,
}

/// Objects that exist in every tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DefaultRule {
    /// Which objects; all of the type where nothing is said.
    #[serde(default)]
    pub when: Option<When>,
    /// Properties that are equal in every tenant; none where there is only one object.
    #[serde(default)]
    pub key: Vec<String>,
}

/// A part of the type that is written differently.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variant {
    /// Kebab-case name.
    pub name: String,
    /// Which policies.
    pub when: When,
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

/// How other tools' exports call the type; hints only, the content decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recognise {
    /// Folder names, such as IntuneManagement's.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Property sets, each of which marks an object without `@odata.type` or context as this type; where
    /// sets of several types fit, the largest counts.
    #[serde(default)]
    pub properties: Vec<Vec<String>>,
    /// Ids of objects that every tenant has, by the name that some tools write instead.
    #[serde(default)]
    pub ids: BTreeMap<String, String>,
    /// Folders of IntuneManagement for some of the type's policies; the others lie in the first of `folders`.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Whether IntuneManagement keeps the parts in a file beside the policy's.
    #[serde(default)]
    pub settings_file: bool,
    /// Whether the admin centre imports files of this type.
    #[serde(default)]
    pub admin_center: bool,
    /// The property whose value, a GUID, some tools write only at the beginning of the file's name.
    #[serde(default)]
    pub file_name_begins: Option<String>,
    /// The property whose value, a GUID, some tools write only at the end of the file's name.
    #[serde(default)]
    pub file_name_ends: Option<String>,
}

/// A folder of IntuneManagement for some policies of a type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Place {
    /// The folder's name.
    pub folder: String,
    /// Which policies.
    pub when: When,
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

    /// The default rule a policy falls under: such an object exists in every tenant.
    pub fn default_rule(&self, policy: &Policy) -> Option<&DefaultRule> {
        self.defaults.iter().find(|rule| rule.when.as_ref().is_none_or(|when| when.holds_in(&policy.body)))
    }

    /// The group of the type a policy is shown under.
    pub fn group_of(&self, policy: &Policy) -> Option<&Group> {
        self.groups.iter().find(|group| group.when.holds_in(&policy.body))
    }

    /// The display name of a policy of this type.
    pub fn name_of(&self, policy: &Policy) -> String {
        policy.text(&self.name_property).map_or_else(|| policy.name(), str::to_owned)
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
        let has = move |cast: &&CastPart| odata_type.is_some_and(|own| cast.on.iter().any(|on| on == own));
        self.cast_parts.iter().filter(has).map(|cast| &cast.part)
    }

    /// The links a policy of this `@odata.type` can have.
    pub fn links_of<'a>(&'a self, odata_type: Option<&'a str>) -> impl Iterator<Item = &'a Link> {
        let implied = self.implied_type();
        self.links.iter().filter(move |link| link.on.iter().any(|on| on == odata_type.unwrap_or(&implied)))
    }

    /// The path of the collection that the policy is created in.
    pub fn collection_for(&self, policy: &Policy) -> String {
        let parent = policy.text(PARENT).and_then(|bind| super::references::bare_id(bind, super::rule::Form::Bind));
        self.collection_below(parent.unwrap_or_default())
    }

    /// The collection's path; one below the objects of another collection holds `{id}` for that object.
    pub fn collection_below(&self, parent: &str) -> String {
        if self.parent.is_some() { self.path.replace("{id}", &url_segment(parent)) } else { self.path.clone() }
    }

    /// How a policy names the object it is below, where it is below one: an object's own id begins with that
    /// of its parent (`PARENT_OWN`).
    pub fn parent_of(&self, id: &str) -> Option<String> {
        let parent = id.split('_').next().unwrap_or_default();
        self.parent_path().map(|path| format!("{path}('{parent}')"))
    }

    /// The collection that this one's objects are below, where they are.
    pub fn parent_path(&self) -> Option<&str> {
        self.path.split_once("/{id}/").map(|(parent, _)| parent)
    }

    /// The path of one object.
    pub fn item_path(&self, id: &str) -> String {
        if self.single {
            return self.path.clone();
        }
        format!("{}/{}", self.collection_below(id.split('_').next().unwrap_or_default()), url_segment(id))
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

    /// The type's canonical rules together with the shared ones.
    pub fn rules(&self, shared: &Shared) -> Rules {
        Rules {
            volatile: shared.volatile.iter().chain(&self.volatile).cloned().collect(),
            sort: shared.sort.iter().chain(&self.sort).cloned().collect(),
            implied_type: Some(self.implied_type()),
        }
    }

    /// All reference rules that apply, the shared ones included; links as bind references.
    pub fn reference_rules(&self, shared: &Shared) -> Vec<ReferenceRule> {
        let links = self.links.iter().map(|link| ReferenceRule {
            at: JsonPath::new(&if link.many {
                format!("{}@odata.bind/*", link.property)
            } else {
                format!("{}@odata.bind", link.property)
            }),
            kind: link.kind.clone(),
            form: super::rule::Form::Bind,
            when: None,
            near: None,
            narrows: link.narrows,
            literals: Vec::new(),
            on_drop: if link.many { super::rule::OnDrop::RemoveElement } else { super::rule::OnDrop::RemoveProperty },
            when_empty: None,
        });
        let parent = self.parent.iter().map(|kind| ReferenceRule {
            at: JsonPath::new(PARENT),
            kind: kind.clone(),
            form: super::rule::Form::Bind,
            when: None,
            near: None,
            narrows: false,
            literals: Vec::new(),
            on_drop: super::rule::OnDrop::Refuse,
            when_empty: None,
        });
        let mut rules: Vec<_> = self.references.iter().cloned().chain(links).chain(parent).collect();
        // A type's own rule for a place replaces the shared one.
        for rule in &shared.references {
            if !rules.iter().any(|own| own.at == rule.at && own.when == rule.when) {
                rules.push(rule.clone());
            }
        }
        rules
    }
}

/// Facts that every policy type shares: `policies-schema/shared.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shared {
    /// Version of the catalogue's words; a tree names the one it was written by.
    pub version: u32,
    /// Places that change by themselves.
    pub volatile: Vec<JsonPath>,
    /// Properties never sent.
    pub read_only: Vec<JsonPath>,
    /// Arrays whose order means nothing.
    pub sort: Vec<SortRule>,
    /// Tenant-bound ids: assignment groups and filters, scope tags.
    pub references: Vec<ReferenceRule>,
    /// Ids that are Microsoft's own and the same in every tenant.
    pub constant_ids: Vec<String>,
    /// Properties whose ids are Microsoft's own (`settingDefinitionId`, `templateId`).
    pub constant_properties: Vec<String>,
    /// What a reference can name beside a policy type: groups, users, apps.
    #[serde(default)]
    pub directory_kinds: Vec<DirectoryKind>,
    /// The throttling sub-service of collections that are no policy type's.
    #[serde(default)]
    pub buckets: BTreeMap<String, String>,
    /// What is read and written beside the policies.
    #[serde(default)]
    pub beside: Vec<Beside>,
    /// Permissions that others give as well.
    #[serde(default)]
    pub wider: Vec<Wider>,
    /// What policies may need the target to have.
    #[serde(default)]
    pub prerequisites: Vec<Prerequisite>,
}

/// Something that is read or written beside the policies, with its least privileged permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Beside {
    /// What it is, for people.
    pub what: String,
    /// To read it.
    pub read: Vec<String>,
    /// To write it; empty where it is never written.
    #[serde(default)]
    pub write: Vec<String>,
}

/// A permission that others give as well.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wider {
    /// The permission.
    pub permission: String,
    /// The others.
    pub given_by: Vec<String>,
}
