//! Facts that every policy type shares.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{GroupUse, LockOut, Platform, SettingArea};
use super::kind::DirectoryKind;
use super::prerequisite::Prerequisite;
use super::rule::{ReferenceRule, UnsetRule};
use crate::policy::{JsonPath, SortRule};

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
    /// Arrays whose order means nothing: their elements are sorted as they are.
    pub unordered: Vec<JsonPath>,
    /// Arrays whose order means nothing and whose elements are sorted by something in them.
    pub sort: Vec<SortRule>,
    /// What Graph makes of properties that no one sets.
    #[serde(default)]
    pub unset: Vec<UnsetRule>,
    /// Tenant-bound ids: assignment groups and filters, scope tags.
    pub references: Vec<ReferenceRule>,
    /// Ids that are Microsoft's own and the same in every tenant.
    pub constant_ids: Vec<String>,
    /// Properties whose ids and words are Microsoft's own: `templateId` of every type, `type/property` of one of Graph's.
    pub constant_properties: Vec<String>,
    /// The kind of reference that decides who may see a policy.
    #[serde(default)]
    pub seen_by: Option<String>,
    /// What a reference can name beside a policy type: groups, users, apps.
    #[serde(default)]
    pub directory_kinds: Vec<DirectoryKind>,
    /// What other tools write for a fact of the tenant that a policy goes to.
    #[serde(default)]
    pub tenant_placeholders: Vec<TenantPlaceholder>,
    /// The throttling sub-service of collections that do not belong to a policy type.
    #[serde(default)]
    pub buckets: BTreeMap<String, String>,
    /// What is read and written beside the policies.
    #[serde(default)]
    pub other_permissions: Vec<OtherPermission>,
    /// Permissions that others give as well.
    #[serde(default)]
    pub implied_permissions: Vec<ImpliedPermission>,
    /// Permissions that have another name where a user signs in.
    #[serde(default)]
    pub delegated_permissions: Vec<DelegatedPermission>,
    /// How the service says that it does not know yet what was made, or still knows what is gone.
    #[serde(default)]
    pub not_yet: Vec<String>,
    /// What policies may need the target to have.
    #[serde(default)]
    pub prerequisites: Vec<Prerequisite>,
    /// The platforms that policies are for.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// What settings are about.
    #[serde(default)]
    pub areas: Vec<SettingArea>,
    /// What groups get which policies.
    #[serde(default)]
    pub group_use: GroupUse,
    /// How devices could be locked out.
    #[serde(default)]
    pub lock_out: LockOut,
}

/// A text that stands for a fact of the tenant that a policy goes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TenantPlaceholder {
    /// The text; other tools find it whatever its case.
    pub text: String,
    /// Which fact.
    pub stands_for: TenantFact,
    /// Also in policies that are known to come from a tenant.
    #[serde(default)]
    pub anywhere: bool,
}

impl Shared {
    /// Whether a property of one of Graph's types holds Microsoft's own ids or words.
    pub fn is_constant(&self, entity: &str, property: &str) -> bool {
        let is_it = |known: &String| match known.split_once('/') {
            Some((of, own)) => of == entity && own == property,
            None => known == property,
        };
        self.constant_properties.iter().any(is_it)
    }

    /// All arrays whose order means nothing.
    pub(super) fn sort_rules(&self) -> impl Iterator<Item = SortRule> {
        SortRule::all(&self.unordered, &self.sort)
    }

    /// The placeholders that policies may hold which come from a tenant, or from no one knows where.
    pub fn placeholders(&self, of_tenant: bool) -> impl Iterator<Item = &TenantPlaceholder> {
        self.tenant_placeholders.iter().filter(move |known| known.anywhere || !of_tenant)
    }
}

/// A fact of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenantFact {
    /// Its id.
    Id,
    /// Its name.
    Name,
    /// Its default domain.
    DefaultDomain,
    /// The domain that it was born with.
    InitialDomain,
}

/// Something that is read or written beside the policies, with its least privileged permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OtherPermission {
    /// What it is, for people.
    pub what: String,
    /// To read it.
    pub read: Vec<String>,
    /// To write it; empty where it is never written.
    #[serde(default)]
    pub write: Vec<String>,
}

/// A permission that an application has and a user does not, with what a user needs in its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DelegatedPermission {
    /// The application's.
    pub permission: String,
    /// The user's.
    pub delegated: String,
}

/// A permission that others give as well.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImpliedPermission {
    /// The permission.
    pub permission: String,
    /// The others.
    pub given_by: Vec<String>,
}
