//! How wanted assignments and those of the target go together: what is missing, what is the same, what contradicts.
//! Pure. Writing them is `assign`.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::engine::shape::comparison::explicit_filter;
use crate::engine::shape::request_body;
use crate::finding::{Finding, codes};
use crate::policy::assignment::{Target, bare_type};
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
        let own = AssignedTo::of(entry);
        if there.iter().any(|other| AssignedTo::of(other) == own) {
            let message = format!("{} is already assigned, with a different filter or different settings", own.group);
            return Some(Finding::new(&codes::MERGED_ASSIGNMENTS_DIFFER, subject, message));
        }
        let other_side = |other: &Value| {
            let other = AssignedTo::of(other);
            (&other.group, &other.intent) == (&own.group, &own.intent) && other.excluded != own.excluded
        };
        let both = !own.group.is_empty() && there.iter().any(other_side);
        let message = || format!("{} would be included and excluded", own.group);
        both.then(|| Finding::new(&codes::EXCLUDED_AND_INCLUDED, subject, message()))
    })
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

/// Who an assignment is for, and what for. Two assignments of one audience are not taken.
#[derive(PartialEq)]
struct AssignedTo {
    /// The bare type of the target.
    kind: String,
    group: String,
    intent: String,
    excluded: bool,
}

impl AssignedTo {
    fn of(entry: &Value) -> Self {
        let text = |at: &str| entry.pointer(at).and_then(Value::as_str).unwrap_or_default();
        Self {
            kind: bare_type(text("/target/@odata.type")).to_ascii_lowercase(),
            group: text("/target/groupId").to_ascii_lowercase(),
            intent: text("/intent").to_ascii_lowercase(),
            excluded: Target::of(entry).is_exclusion(),
        }
    }
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
