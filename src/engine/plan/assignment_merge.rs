//! How wanted assignments and those of the target go together: what is missing, what is the same, what contradicts.
//! Pure. Writing them is `assign`.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::engine::shape::comparison::explicit_filter;
use crate::engine::shape::request_body;
use crate::finding::{Finding, codes};
use crate::policy::{Policy, differences};

/// Why what is wanted cannot be added to what the target's object has: one target would be assigned in two
/// ways, or a group be on both sides.
pub fn cannot_merge(wanted: &Policy, found: &Policy, policy_type: &PolicyType) -> Option<Finding> {
    let list = |policy| request_body::assignments(policy, policy_type);
    contradiction(&list(wanted), &list(found), &wanted.subject())
}

pub(crate) fn contradiction(wanted: &[Value], there: &[Value], subject: &str) -> Option<Finding> {
    let new = missing_of(wanted.to_vec(), there);
    new.iter().find_map(|entry| {
        let (kind, group, intent) = target_of(entry);
        if there.iter().any(|other| target_of(other) == (kind.clone(), group.clone(), intent.clone())) {
            let message = format!("{group} is assigned already, with another filter or other settings");
            return Some(Finding::new(&codes::MERGED_ASSIGNMENTS_DIFFER, subject, message));
        }
        let other_side = |other: &&Value| {
            let (kind_there, group_there, intent_there) = target_of(other);
            (&group_there, &intent_there) == (&group, &intent) && excludes(&kind_there) != excludes(&kind)
        };
        let both = !group.is_empty() && there.iter().any(|other| other_side(&other));
        let message = || format!("{group} would be included and excluded");
        both.then(|| Finding::new(&codes::EXCLUDED_AND_INCLUDED, subject, message()))
    })
}

pub(crate) fn excludes(kind: &str) -> bool {
    kind.contains("exclusion")
}

/// The wanted assignments that an object does not have.
pub(crate) fn missing_of(mut wanted: Vec<Value>, there: &[Value]) -> Vec<Value> {
    wanted.retain(|entry| !there.iter().any(|other| same(entry, other)));
    wanted
}

/// How many of the wanted assignments an object does not have.
pub fn missing(wanted: &Policy, found: &Policy, policy_type: &PolicyType) -> usize {
    missing_of(request_body::assignments(wanted, policy_type), &request_body::assignments(found, policy_type)).len()
}

/// Whom an assignment is for: the kind of target, the group, and what for.
pub(crate) fn target_of(entry: &Value) -> (String, String, String) {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    (text("/target/@odata.type"), text("/target/groupId"), text("/intent"))
}

/// Whether two assignments say the same.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    let plain = |value: &Value| {
        let mut value = value.clone();
        explicit_filter(&mut value);
        if let Value::Object(map) = &mut value {
            map.retain(|key, _| key != "@odata.type");
        }
        value
    };
    differences(&plain(left), &plain(right)).is_empty()
}
