//! The kinds of things a mapping can speak of: policy types, and objects of the directory.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;

/// The kind of groups.
pub(super) const GROUP: &str = "group";
/// The kind of users.
pub(super) const USER: &str = "user";
/// The kind of service principals.
pub(super) const SERVICE_PRINCIPAL: &str = "service-principal";

/// Directory kinds that can be found again in another tenant.
pub const DIRECTORY_KINDS: [&str; 3] = [GROUP, SERVICE_PRINCIPAL, USER];

/// Whether the import can create an object of this kind that is not in the tree.
pub fn can_create(kind: &str) -> bool {
    kind == GROUP
}

/// Whether ids of this kind can be mapped without a person naming each.
pub fn is_supported(kind: &str, catalogue: &Catalogue) -> bool {
    DIRECTORY_KINDS.contains(&kind) || catalogue.get(kind).is_some()
}

/// All kinds a mapping may name: policy types, directory kinds, and what else the catalogue refers to.
pub fn known_kinds(catalogue: &Catalogue) -> BTreeSet<String> {
    let types = catalogue.iter().map(|policy_type| policy_type.name.clone());
    let referred =
        catalogue.iter().flat_map(|policy_type| policy_type.reference_rules(&catalogue.shared)).map(|rule| rule.kind);
    types.chain(referred).chain(DIRECTORY_KINDS.map(str::to_owned)).collect()
}
