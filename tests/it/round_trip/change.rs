//! Changes a policy's file as a person would: one property, one setting and one assignment get another value,
//! and one of each goes.

use std::collections::BTreeSet;

use intune_ferry::catalogue::PolicyType;
use intune_ferry::policy::Policy;
use serde_json::{Value, json};

use super::graph::Graph;
use super::samples::{GROUPS, id};
use super::special;

/// Properties that say what an object is rather than what it demands: another value is another object.
const FIXED: &[&str] = &[
    "@odata.type",
    "id",
    "platforms",
    "technologies",
    "templateReference",
    "templateId",
    "platformType",
    "isAssigned",
    "appGroupType",
    "priority",
    "createdDateTime",
];

/// What was changed, for the count.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one kind of change was made")]
pub struct Changed {
    pub property: bool,
    pub setting: bool,
    pub removed: bool,
    pub assignment: bool,
}

/// Changes the body of a policy of `concrete`.
pub fn change(graph: &Graph, policy_type: &PolicyType, concrete: &str, body: &mut Value) -> Changed {
    let mut changed = Changed::default();
    let fixed = fixed(policy_type, body);
    let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
    let plain = |name: &String| {
        let known = graph.property(concrete, name)?;
        let settable = known["nav"] != true && known["readOnly"] != true && !fixed.contains(name.as_str());
        settable.then(|| (known["type"].as_str().unwrap_or_default().to_owned(), known["nullable"] == true))
    };
    for name in ["description", "profileDescription", "notes"] {
        if body.get(name).is_some() && plain(&name.to_owned()).is_some() {
            body[name] = json!("Another description");
            changed.property = true;
            break;
        }
    }
    for name in &names {
        let Some((kind, nullable)) = plain(name) else { continue };
        let value = body[name].clone();
        if !changed.setting
            && let (Some(old), "boolean") = (value.as_bool(), kind.as_str())
        {
            body[name] = json!(!old);
            changed.setting = true;
        } else if !changed.removed && nullable && kind == "string" && value.is_string() && !is_described(name) {
            body[name] = Value::Null;
            changed.removed = true;
        }
    }
    if !changed.property && !changed.removed {
        // A name is a property as well; the mapping knows which object it is.
        if policy_type.name_property != "id" && !fixed.contains(policy_type.name_property.as_str()) {
            body[&policy_type.name_property] = json!(format!("Another {concrete}"));
            changed.property = true;
        }
    }
    let gone = id("trial", GROUPS[1]);
    if let (Some(rule), Some(list)) = (&policy_type.assignments, body["assignments"].as_array_mut()) {
        changed.assignment = if list.iter().any(|entry| entry.to_string().contains(&gone)) {
            // One goes and another comes.
            *list = [0, 2].iter().map(|at| special::assignment(&policy_type.name, rule, GROUPS[*at])).collect();
            true
        } else {
            list.pop().is_some()
        };
    }
    changed
}

fn is_described(name: &str) -> bool {
    ["description", "profileDescription", "notes"].contains(&name)
}

/// Properties that are not settings of this policy.
fn fixed(policy_type: &PolicyType, body: &Value) -> BTreeSet<String> {
    let policy = Policy::new(&policy_type.name, body.as_object().unwrap().clone());
    let variant = policy_type.variant(&policy);
    let roots = policy_type
        .read_only
        .iter()
        .chain(&policy_type.create_only)
        .chain(&policy_type.volatile)
        .chain(&policy_type.discriminators)
        .chain(&policy_type.create.strip)
        .chain(&policy_type.update.strip)
        .chain(variant.into_iter().flat_map(|variant| variant.strip.iter().chain(&variant.create_only)))
        .chain(policy_type.references.iter().map(|rule| &rule.at))
        .chain(policy_type.secrets.iter().map(|rule| &rule.at))
        .chain(policy_type.sidecars.iter().map(|rule| &rule.at))
        .filter_map(|path| path.root().map(str::to_owned));
    let named = policy_type.identity.iter().chain(&policy_type.create.required).cloned();
    let own = [policy_type.name_property.clone()];
    let gate = policy_type.enabled_by.iter().map(|gate| gate.property.clone());
    roots.chain(named).chain(own).chain(gate).chain(FIXED.iter().map(|name| (*name).to_owned())).collect()
}
