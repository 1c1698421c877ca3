//! What is called the same in every tenant and is not a policy: the built-in roles. For people; nothing is decided by it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// By kind and id.
static NAMES: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("../../policies-schema/known-names.toml")).unwrap_or_default());

/// The name of what has this id in every tenant.
pub fn known_name(kind: &str, id: &str) -> Option<&'static str> {
    NAMES.get(kind)?.get(&id.to_ascii_lowercase()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ids::is_guid;

    #[test]
    fn roles_have_names_and_ids_are_guids() {
        assert_eq!(known_name("role", "62E90394-69F5-4237-9190-012177145E10"), Some("Global Administrator"));
        assert_eq!(known_name("role", "none"), None);
        assert!(NAMES["role"].len() > 100 && NAMES["role"].keys().all(|id| is_guid(id)), "{NAMES:?}");
    }
}
