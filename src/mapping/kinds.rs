//! The kinds of things a mapping can speak of: policy types, and objects of the directory.

use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::policy::directory::Facts;

/// The kind of groups, the only objects of the directory that an import makes.
pub const GROUP: &str = "group";
/// The kind of single people.
pub const USER: &str = "user";

/// The kind of objects of the directory of which only the id is known, such as those behind a security identifier.
pub const DIRECTORY_OBJECT: &str = "directory-object";

/// The fact that says which secrets of the policies name an object: no text of the tree does.
pub const IN_SECRETS: &str = "inSecrets";

/// Whether the import can create an object of this kind that is not in the tree.
pub fn can_create(kind: &str, catalogue: &Catalogue) -> bool {
    kind == GROUP || catalogue.get(kind).is_some_and(|policy_type| !policy_type.recreate_from.is_empty())
}

/// The kinds that the import can create although they are not in the tree.
pub fn creatable_kinds(catalogue: &Catalogue) -> Vec<String> {
    let remade = catalogue.iter().filter(|policy_type| !policy_type.recreate_from.is_empty());
    std::iter::once(GROUP.to_owned()).chain(remade.map(|policy_type| policy_type.name.clone())).collect()
}

/// Why an object with these facts cannot be created; none where it can.
pub fn not_creatable(kind: &str, facts: &Facts, catalogue: &Catalogue) -> Option<String> {
    let is = |property: &str, wanted: bool| facts.get(property).and_then(serde_json::Value::as_bool) == Some(wanted);
    let has = |property: &str| facts.get(property).is_some_and(|value| !value.is_null());
    if facts.contains_key("state") {
        return Some(String::from("the source tenant did not return it, so its details are unknown"));
    }
    if kind == GROUP {
        return if has("onPremisesSecurityIdentifier") {
            Some(String::from("it is synced from an on-premises directory and can be created only there"))
        } else if is("mailEnabled", true) || is("securityEnabled", false) {
            Some(String::from("it is mail-enabled or not a security group; Graph cannot create such groups"))
        } else if is("isAssignableToRole", true) {
            Some(String::from("directory roles can be assigned to it; create it manually"))
        } else {
            None
        };
    }
    // A description may be empty; what names the object and says what it is must be there.
    let needed = catalogue.get(kind).map(|policy_type| policy_type.recreate_from.iter()).into_iter().flatten();
    let missing = needed.filter(|property| *property != "description").find(|property| !has(property))?;
    Some(format!("its `{missing}` is unknown; export again, or include it in the selection"))
}

/// Whether ids of this kind can be mapped without a person naming each.
pub fn is_supported(kind: &str, catalogue: &Catalogue) -> bool {
    let can_look = |kind: &crate::catalogue::DirectoryKind| kind.path.is_some() || !kind.by_ids.is_empty();
    catalogue.get(kind).is_some() || catalogue.directory_kind(kind).is_some_and(can_look)
}

/// All kinds a mapping may name: policy types, directory kinds, and what else the catalogue refers to.
pub fn known_kinds(catalogue: &Catalogue) -> BTreeSet<String> {
    let types = catalogue.iter().map(|policy_type| policy_type.name.clone());
    let referred = catalogue.iter().flat_map(|own| catalogue.reference_rules(&own.name)).map(|rule| rule.kind.clone());
    let kinds = catalogue.shared.directory_kinds.iter().map(|kind| kind.name.clone());
    types.chain(referred).chain(kinds).collect()
}
