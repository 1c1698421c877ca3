//! What of a policy is compared with the target's object, and how they differ: object and assignments
//! apart. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::plan::GateState;
use super::read::canonical_policy;
use crate::catalogue::model::Gate;
use crate::catalogue::{Catalogue, PolicyType};
use crate::policy::{Difference, JsonPath, Policy, differences};

/// How the wanted policy and the target's object differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    /// Outside the assignments.
    pub object: Vec<Difference>,
    /// In the assignments.
    pub assignments: Vec<Difference>,
}

/// Compares what is wanted with what is there. `gate` none leaves the gate's property out: where a
/// policy is switched on by hand afterwards, that is no difference.
pub fn compare(
    wanted: &Policy,
    found: &Policy,
    policy_type: &PolicyType,
    catalogue: &Catalogue,
    gate: Option<GateState>,
) -> Differences {
    let wanted = canonical_policy(catalogue, policy_type, with_gate(wanted.clone(), policy_type, gate));
    let found = canonical_policy(catalogue, policy_type, found.clone());
    let mut sides = [object(&wanted, policy_type, catalogue, gate), object(&found, policy_type, catalogue, gate)];
    leave_out_secrets(&mut sides, policy_type);
    let object = differences(&sides[0], &sides[1]);
    let assignments = match policy_type.assignments {
        Some(_) => differences(&assignments(&wanted), &assignments(&found)),
        None => Vec::new(),
    };
    Differences { object, assignments }
}

/// The policy with its gate as asked for.
pub fn with_gate(mut policy: Policy, policy_type: &PolicyType, state: Option<GateState>) -> Policy {
    if let (Some(gate), Some(state)) = (&policy_type.gate, state)
        && let Some(value) = gate_value(gate, state, policy.text(&gate.property))
    {
        policy.body.insert(gate.property.clone(), Value::String(value));
    }
    policy
}

/// The value the gate's property gets; none where it stays as it is. A policy that is off stays off.
fn gate_value(gate: &Gate, state: GateState, now: Option<&str>) -> Option<String> {
    let open = now.is_some_and(|now| now != gate.off);
    match state {
        GateState::Disabled => Some(gate.off.clone()),
        // One that does not say is not switched on by anybody's guess.
        _ if now.is_none() => Some(gate.off.clone()),
        GateState::ReportOnly if open => Some(gate.report.clone()),
        GateState::ReportOnly | GateState::Keep => None,
    }
}

fn object(policy: &Policy, policy_type: &PolicyType, catalogue: &Catalogue, gate: Option<GateState>) -> Value {
    let mut value = policy.to_value();
    for path in policy_type.read_only.iter().chain(&catalogue.shared.read_only) {
        path.remove(&mut value);
    }
    for rule in &policy_type.reduce {
        rule.apply(&mut value);
    }
    if let (Some(rule), None, Value::Object(map)) = (&policy_type.gate, gate, &mut value) {
        map.remove(&rule.property);
    }
    value
}

/// A secret cannot be compared, nor can what goes along with its mask: where either side has one, both
/// lose it.
fn leave_out_secrets(sides: &mut [Value; 2], policy_type: &PolicyType) {
    let all = JsonPath::new("**");
    let places: BTreeSet<String> = sides
        .iter()
        .flat_map(|side| all.find(side))
        .filter_map(|pointer| pointer.strip_suffix("@ferry.secret").map(str::to_owned))
        .collect();
    for place in places {
        let Some((holder, property)) = place.rsplit_once('/') else { continue };
        let rules = policy_type.secrets.iter().filter(|rule| rule.at.as_str().rsplit('/').next() == Some(property));
        let with: BTreeSet<&String> = rules.flat_map(|rule| rule.with.iter().chain(rule.send_with.keys())).collect();
        for side in sides.iter_mut() {
            if let Some(Value::Object(map)) = side.pointer_mut(holder) {
                map.remove(property);
                map.remove(&format!("{property}@ferry.secret"));
                map.retain(|key, _| !with.contains(key));
            }
        }
    }
}

fn assignments(policy: &Policy) -> Value {
    policy.body.get("assignments").cloned().filter(|list| !list.is_null()).unwrap_or_else(|| Value::Array(Vec::new()))
}

/// Whether the policy has any assignment.
pub fn is_assigned(policy: &Policy) -> bool {
    policy.body.get("assignments").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

/// Whether an assignment goes to all users or all devices.
pub fn is_broad(policy: &Policy) -> bool {
    let list = policy.body.get("assignments").and_then(Value::as_array);
    list.into_iter().flatten().any(|entry| {
        let kind = entry.pointer("/target/@odata.type").and_then(Value::as_str).unwrap_or_default();
        kind.ends_with(".allLicensedUsersAssignmentTarget") || kind.ends_with(".allDevicesAssignmentTarget")
    })
}
