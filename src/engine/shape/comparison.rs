//! What of a policy is compared with the target's object, and how they differ: object and assignments
//! apart. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::display_names::Names;
use super::payloads;
use super::secrets::secret_places;
use crate::catalogue::model::PARENT;
use crate::catalogue::rule::EnabledBy;
use crate::catalogue::{Catalogue, Entities, PolicyType, typed};
use crate::engine::options::GateState;
use crate::engine::tenant::reader::canonical_policy;
use crate::policy::assignment::Target;
use crate::policy::{Difference, Guide, Policy, changes, differences, fingerprint, sealed};

/// How the wanted policy and the target's object differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    /// Outside the assignments.
    pub object: Vec<Difference>,
    /// In the assignments.
    pub assignments: Vec<Difference>,
}

/// Compares what is wanted with what is there. `gate` none leaves the gate's property out: where a
/// policy is switched on manually afterwards, that is not a difference.
pub fn compare(
    wanted: &Policy,
    found: &Policy,
    policy_type: &PolicyType,
    catalogue: &Catalogue,
    gate: Option<GateState>,
) -> Differences {
    // Most are equal as they stand; only where they are not, their types are looked at.
    let plain = compare_sides(&sides([wanted, found], policy_type, catalogue, gate));
    if plain.object.is_empty() && plain.assignments.is_empty() {
        return plain;
    }
    let mut differences = compare_sides(&settled([wanted, found], policy_type, catalogue, gate));
    // The service's own defaults may be for everyone and for no one else: nothing to write, and no difference.
    let fixed = policy_type.default_rule(found).map_or(&[][..], |rule| &rule.read_only);
    if fixed.iter().any(|path| path.to_string() == "assignments") {
        differences.assignments.clear();
    }
    differences
}

fn compare_sides(Sides { object, assignments }: &Sides) -> Differences {
    let mut object = differences(&object[0], &object[1]);
    // Graph names the type of an object only where it is not the declared one.
    object.retain(|difference| difference.found.is_some() || !difference.at.ends_with("/@odata.type"));
    let mut assignments = differences(&assignments[0], &assignments[1]);
    // Nor does it name the type of an assignment, only that of its target.
    assignments.retain(|difference| {
        let own_type = difference.at.ends_with("/@odata.type") && difference.at.matches('/').count() == 3;
        difference.found.is_some() || !own_type
    });
    Differences { object, assignments }
}

/// The given differences for people: elements of lists by what they are called and not by where they stand,
/// references in the words of `names`. What [`compare`] did not find itself stays as it is.
pub fn in_words(
    given: &Differences,
    [wanted, found]: [&Policy; 2],
    policy_type: &PolicyType,
    catalogue: &Catalogue,
    gate: Option<GateState>,
    names: &Names,
) -> Differences {
    let plain = compare(wanted, found, policy_type, catalogue, gate);
    let [wanted, found] = [wanted, found].map(|policy| names.spelled(policy, catalogue));
    let mut sides = settled([&wanted, &found], policy_type, catalogue, gate);
    sides.object.iter_mut().for_each(|side| payloads::decode(side, policy_type));
    let guide = Guide { left_is_wanted: true, ..guide(policy_type, catalogue) };
    let told = |given: &[Difference], plain: &[Difference], [wanted, found]: &[Value; 2]| -> Vec<Difference> {
        let has_all = !plain.is_empty() && plain.iter().all(|own| given.contains(own));
        let told = if has_all { changes(wanted, found, &guide) } else { Vec::new() };
        if told.is_empty() {
            return given.to_vec();
        }
        let told = told.into_iter().map(|one| Difference { at: one.at, wanted: one.left, found: one.right });
        told.chain(given.iter().filter(|own| !plain.contains(own)).cloned()).collect()
    };
    Differences {
        object: told(&given.object, &plain.object, &sides.object),
        assignments: told(&given.assignments, &plain.assignments, &sides.assignments),
    }
}

/// What is compared, the wanted one first.
struct Sides {
    object: [Value; 2],
    assignments: [Value; 2],
}

/// The same with everything in the one spelling of its type, and without what both leave unset.
fn settled(policies: [&Policy; 2], policy_type: &PolicyType, catalogue: &Catalogue, gate: Option<GateState>) -> Sides {
    let [mut wanted, mut found] = policies.map(Policy::clone);
    settle([&mut wanted, &mut found], policy_type, catalogue);
    sides([&wanted, &found], policy_type, catalogue, gate)
}

/// Gives two policies the one spelling of their types, and takes out what both leave unset.
pub fn settle(mut policies: [&mut Policy; 2], policy_type: &PolicyType, catalogue: &Catalogue) {
    for policy in &mut policies {
        typed::settle_ids(policy, catalogue);
        typed::settle(&mut policy.body, &policy_type.entity, Entities::built_in());
    }
    let [left, right] = policies;
    for rule in catalogue.shared.unset.iter().chain(&policy_type.unset) {
        rule.leave_out([&mut left.body, &mut right.body]);
    }
}

fn sides(policies: [&Policy; 2], policy_type: &PolicyType, catalogue: &Catalogue, gate: Option<GateState>) -> Sides {
    let [wanted, found] = policies;
    let wanted = with_gate(wanted.clone(), policy_type, gate);
    let policies =
        [wanted, found.clone()].map(|policy| canonical_policy(catalogue, policy_type, explicit_filters(policy)));
    let assigned = |policy: &Policy| match policy_type.assignments {
        Some(_) => json!({"assignments": assignments(policy)}),
        None => Value::Null,
    };
    let assignments = policies.each_ref().map(assigned);
    let mut object = policies.each_ref().map(|policy| object(policy, policy_type, catalogue, gate));
    leave_out_secrets(&mut object, policy_type);
    Sides { object, assignments }
}

/// How policies of a type are read for what is between two.
pub fn guide(policy_type: &PolicyType, catalogue: &Catalogue) -> Guide {
    let mut beside: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in &policy_type.secrets {
        let property = rule.at.as_str().rsplit('/').next().unwrap_or_default();
        beside.entry(property.to_owned()).or_default().extend(rule.with.iter().chain(rule.send_with.keys()).cloned());
    }
    Guide { lists: policy_type.rules(&catalogue.shared).sort, beside_secrets: beside, left_is_wanted: false }
}

/// What an object is, in two words that say whether it is still the same: beside what the service changes by
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prints {
    /// Outside the assignments.
    pub object: String,
    /// Of the assignments.
    pub assignments: String,
}

/// The fingerprints of an object of the target.
pub fn prints(found: &Policy, policy_type: &PolicyType, catalogue: &Catalogue) -> Prints {
    let found = canonical_policy(catalogue, policy_type, explicit_filters(found.clone()));
    let assigned = assignments(&found);
    let mut value = object(&found, policy_type, catalogue, Some(GateState::Keep));
    if let Value::Object(map) = &mut value {
        map.remove("assignments");
    }
    Prints { object: fingerprint(&value), assignments: fingerprint(&assigned) }
}

/// The policy with its gate as asked for.
pub fn with_gate(mut policy: Policy, policy_type: &PolicyType, state: Option<GateState>) -> Policy {
    if let (Some(gate), Some(state)) = (&policy_type.enabled_by, state)
        && let Some(value) = gate_value(gate, state, policy.text(&gate.property))
    {
        policy.body.insert(gate.property.clone(), Value::String(value));
    }
    policy
}

/// The value the gate's property gets; none where it stays as it is. A policy that is off stays off.
fn gate_value(gate: &EnabledBy, state: GateState, now: Option<&str>) -> Option<String> {
    let open = now.is_some_and(|now| now != gate.off);
    match state {
        GateState::Disabled => Some(gate.off.clone()),
        // One that does not say is not switched on by anyone's guess.
        _ if now.is_none() => Some(gate.off.clone()),
        GateState::ReportOnly if open => Some(gate.report.clone()),
        GateState::ReportOnly | GateState::Keep => None,
    }
}

fn object(policy: &Policy, policy_type: &PolicyType, catalogue: &Catalogue, gate: Option<GateState>) -> Value {
    let mut value = policy.to_value();
    for path in policy_type.read_only_of(policy, &catalogue.shared).chain(&policy_type.write_only) {
        path.remove(&mut value);
    }
    for rule in &policy_type.send_only {
        rule.apply(&mut value);
    }
    for rule in &policy_type.alternatives {
        rule.apply(&mut value);
    }
    for rule in &policy_type.blank {
        rule.leave_out(&mut value);
    }
    for part in &policy_type.parts {
        part.without_cleared(&mut value);
    }
    if let Value::Object(map) = &mut value {
        map.remove(PARENT);
    }
    if let (Some(rule), None, Value::Object(map)) = (&policy_type.enabled_by, gate, &mut value) {
        map.remove(&rule.property);
    }
    value
}

/// A secret cannot be compared, nor can what goes along with its mask: where either side has one, both
/// lose it.
fn leave_out_secrets(sides: &mut [Value; 2], policy_type: &PolicyType) {
    let places: BTreeSet<String> = sides.iter().flat_map(secret_places).collect();
    for place in places {
        let Some((holder, property)) = place.rsplit_once('/') else { continue };
        let rules = policy_type.secrets.iter().filter(|rule| rule.at.as_str().rsplit('/').next() == Some(property));
        let with: BTreeSet<&String> = rules.flat_map(|rule| rule.with.iter().chain(rule.send_with.keys())).collect();
        for side in sides.iter_mut() {
            if let Some(Value::Object(map)) = side.pointer_mut(holder) {
                map.remove(property);
                map.remove(&format!("{property}{}", sealed::MARK));
                map.retain(|key, _| !with.contains(key));
            }
        }
    }
}

/// Whether an object is still what it was when the plan read it. A list may have left something out that
/// reading the object by its id gives.
pub fn is_as_before(before: &Policy, now: &Policy) -> bool {
    differences(&before.to_value(), &now.to_value()).is_empty()
}

/// Whether two objects have the same assignments, however each says that there is no filter.
pub fn is_assigned_alike(left: &Policy, right: &Policy) -> bool {
    let [left, right] = [left, right].map(|policy| assignments(&explicit_filters(policy.clone())));
    differences(&left, &right).is_empty() && differences(&right, &left).is_empty()
}

/// The filter of an assignment's target.
const FILTER: [&str; 2] = ["deviceAndAppManagementAssignmentFilterId", "deviceAndAppManagementAssignmentFilterType"];

/// An assignment that says it has no filter where it has none: saying nothing does not allow one.
pub fn explicit_filter(assignment: &mut Value) {
    if let Some(Value::Object(target)) = assignment.get_mut("target") {
        let has = target.get(FILTER[0]).and_then(Value::as_str).is_some_and(|id| !id.is_empty() && id != NO_FILTER);
        if !has {
            target.extend(FILTER.map(|property| (property.to_owned(), Value::Null)));
        }
    }
}

/// How Graph may write that there is no filter.
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

fn explicit_filters(mut policy: Policy) -> Policy {
    let list = policy.body.get_mut("assignments").and_then(Value::as_array_mut);
    list.into_iter().flatten().for_each(explicit_filter);
    policy
}

fn assignments(policy: &Policy) -> Value {
    policy.body.get("assignments").cloned().filter(|list| !list.is_null()).unwrap_or_else(|| Value::Array(Vec::new()))
}

/// Whether the policy has any assignment.
pub fn is_assigned(policy: &Policy) -> bool {
    !policy.assignments().is_empty()
}

/// Whether an assignment goes to all users or all devices.
pub fn is_broad(policy: &Policy) -> bool {
    policy.assignments().iter().any(|entry| Target::of(entry).is_broad())
}
