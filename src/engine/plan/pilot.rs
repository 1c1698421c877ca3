//! `--assignments pilot=GROUP`: what the tree assigns to anybody is assigned to one group of the target
//! instead, so that a tenant can be moved in phases. The tree's groups are not looked at: the mapping need
//! not know them yet. What a device takes only one of is held where several would reach the group.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::plan_file::{Options, PilotGroup};
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::error::EngineError;
use crate::engine::tenant::directory_lookup::equals;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Client};
use crate::mapping::Rewritten;
use crate::policy::Policy;
use crate::policy::assignment::Target;
use crate::policy::ids::is_guid;

/// Finds the group by its id or its name; the first of several is never taken.
pub async fn find(client: &Client, wanted: &str) -> Result<PilotGroup, EngineError> {
    let property = if is_guid(wanted) { "id" } else { "displayName" };
    let path = format!("groups?$filter={}&$select=id,displayName", equals(property, wanted));
    let found = client.list(Api::V1, &path).await?;
    let text = |group: &Value, property: &str| group[property].as_str().unwrap_or_default().to_owned();
    match found.as_slice() {
        [group] => Ok(PilotGroup { id: text(group, "id"), name: text(group, "displayName") }),
        [] => Err(EngineError::Refused {
            message: format!("the target has no group \"{wanted}\" for the pilot"),
            fix: String::from("Name a group in the target after pilot=, by its ID or its exact name."),
        }),
        several => Err(EngineError::Refused {
            message: format!("the target has {} groups named \"{wanted}\"", several.len()),
            fix: String::from("Name the pilot group by its ID."),
        }),
    }
}

/// Replaces what the policies are assigned to by the pilot group; says what keeps an assignment back.
pub fn put(
    rewritten: &mut [Rewritten],
    group: &PilotGroup,
    options: &Options,
    catalogue: &Catalogue,
) -> BTreeMap<usize, Finding> {
    let mut held = BTreeMap::new();
    let mut one_of: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, item) in rewritten.iter_mut().enumerate() {
        let Some(policy_type) = catalogue.get(&item.policy.type_name) else { continue };
        if policy_type.assignments.is_none() {
            continue;
        }
        let mut policy = item.policy.open();
        if !policy.body.contains_key("assignments") {
            continue;
        }
        let entry = match wanted(&policy, options.piloted(&policy.reference())) {
            Meant::Nothing => None,
            Meant::Entry(entry) => Some(entry),
            Meant::LeftOut(message) => {
                item.findings.push(left_out(&item.policy.subject(), message));
                None
            }
            Meant::Several => {
                let message = "the tree assigns the policy in several ways, and the pilot group can have only one";
                let fix =
                    "Set \"pilot\": false for the policy with --decide, or make its assignments equal in the tree.";
                let finding = Finding::new(&codes::PILOT_UNDECIDED, item.policy.subject(), message).fix(fix);
                held.insert(index, finding);
                Some(Map::new())
            }
        };
        let assigned = entry.is_some() && !held.contains_key(&index);
        if let Some(title) = exclusive(policy_type, &policy).filter(|_| assigned) {
            one_of.entry((&policy_type.name, title)).or_default().push(index);
        }
        let entries = entry.map(|entry| to_group(entry, group)).into_iter().collect();
        policy.body.insert(String::from("assignments"), Value::Array(entries));
        item.policy = policy.keep();
    }
    for ((_, title), members) in one_of {
        held.extend(several(rewritten, &members, title, options));
    }
    held
}

/// What of a policy's assignments the pilot group gets.
enum Meant {
    /// The tree assigns nothing.
    Nothing,
    /// Nothing, for a reason.
    LeftOut(&'static str),
    /// One assignment; this is what it says beside its target.
    Entry(Map<String, Value>),
    /// Assignments that differ in more than their target.
    Several,
}

fn wanted(policy: &Policy, decided: Option<bool>) -> Meant {
    let list = policy.assignments();
    if list.is_empty() {
        return Meant::Nothing;
    }
    if decided == Some(false) {
        return Meant::LeftOut("as decided");
    }
    let mut inclusions: Vec<Map<String, Value>> = Vec::new();
    for entry in list.iter().filter(|entry| !Target::of(entry).is_exclusion() && entry["intent"] != "uninstall") {
        let mut entry = entry.as_object().cloned().unwrap_or_default();
        entry.retain(|key, _| key != "target" && key != "id");
        if !inclusions.contains(&entry) {
            inclusions.push(entry);
        }
    }
    match inclusions.len() {
        0 => Meant::LeftOut("the tree does not assign the policy, or only for uninstall"),
        1 => Meant::Entry(inclusions.remove(0)),
        _ => Meant::Several,
    }
}

fn left_out(subject: &str, why: &str) -> Finding {
    let message = format!("not assigned to the pilot group: {why}");
    Finding::new(&codes::ASSIGNMENTS_NOT_WRITTEN, subject, message)
        .fix("No action is needed for the pilot; --wave later writes the assignments in the tree.")
}

fn to_group(mut entry: Map<String, Value>, group: &PilotGroup) -> Value {
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group.id});
    entry.insert(String::from("target"), target);
    Value::Object(entry)
}

/// What the policy is one of, where a device takes only one.
fn exclusive<'t>(policy_type: &'t PolicyType, policy: &Policy) -> Option<&'t str> {
    let document = policy.to_value();
    let holds = |rule: &&crate::catalogue::rule::Exclusive| rule.when.as_ref().is_none_or(|when| when.holds(&document));
    policy_type.exclusive.iter().find(holds).map(|rule| rule.title.as_str())
}

/// Where a device takes only one and several would reach the group, somebody has to choose.
fn several(rewritten: &mut [Rewritten], members: &[usize], title: &str, options: &Options) -> BTreeMap<usize, Finding> {
    let chosen = |index: &usize| options.piloted(&rewritten[*index].policy.reference()) == Some(true);
    let chosen: Vec<usize> = members.iter().copied().filter(chosen).collect();
    // What was not chosen where something was is left out; where nothing or too much was, all wait.
    let (waiting, out): (Vec<usize>, Vec<usize>) = match chosen.len() {
        0 => (members.to_vec(), Vec::new()),
        _ => (chosen.clone(), members.iter().copied().filter(|index| !chosen.contains(index)).collect()),
    };
    for index in out {
        let item = &mut rewritten[index];
        let mut policy = item.policy.open();
        policy.body.insert(String::from("assignments"), Value::Array(Vec::new()));
        item.findings.push(left_out(&policy.subject(), &format!("another {title} was chosen for the pilot group")));
        item.policy = policy.keep();
    }
    if waiting.len() < 2 {
        return BTreeMap::new();
    }
    let names: Vec<String> = waiting.iter().map(|index| format!("\"{}\"", rewritten[*index].policy.name())).collect();
    let message = format!("a device can receive only one {title}, and the pilot group would get {}", names.join(", "));
    let finding = |index: usize| {
        let fix = "Choose one: set \"pilot\": true for it with --decide; the others are then left out.";
        Finding::new(&codes::PILOT_UNDECIDED, rewritten[index].policy.subject(), message.clone()).fix(fix)
    };
    waiting.into_iter().map(|index| (index, finding(index))).collect()
}
