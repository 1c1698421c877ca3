//! Gives the tree's policies other names (`--rename 'MIG {name}'`), so that copies arrive beside what the
//! target has of the old name. Done before anything is matched: the next run finds a copy by its new name.
//! Pure.

use crate::catalogue::Catalogue;
use crate::mapping::{Decision, IMPORTED, Mapping, Rewritten};

/// What stands for the old name.
pub const PLACE: &str = "{name}";

/// Renames every policy that the import may create. What a person mapped to an object of the target is that
/// object and keeps its name; so does what exists in every tenant.
pub fn apply(rewritten: &mut [Rewritten], template: &str, catalogue: &Catalogue, mapping: Option<&Mapping>) {
    for item in rewritten {
        let mut policy = item.policy.open();
        let Some(policy_type) = catalogue.get(&policy.type_name) else { continue };
        if policy_type.default_rule(&policy).is_some() || is_mapped(&policy.type_name, &policy.key(), mapping) {
            continue;
        }
        if let Some(serde_json::Value::String(name)) = policy.body.get_mut(&policy_type.name_property) {
            *name = template.replace(PLACE, name);
            item.policy = policy.keep();
        }
    }
}

/// Whether a person said which object of the target the policy is. What an import wrote down is a copy.
fn is_mapped(kind: &str, key: &str, mapping: Option<&Mapping>) -> bool {
    mapping.into_iter().flat_map(|mapping| &mapping.entries).any(|entry| {
        entry.is_for(kind, key) && entry.decision == Decision::Map && entry.how.as_deref() != Some(IMPORTED)
    })
}
