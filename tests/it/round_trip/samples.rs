//! A tenant with one object of every concrete type that the catalogue's collections can hold: those of
//! `samples/` where a type needs a shape that its properties do not tell, and made ones for all others.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use intune_ferry::catalogue::model::{PARENT, TypeVerdict};
use intune_ferry::catalogue::{Catalogue, Form, PolicyType};
use intune_ferry::policy::Policy;
use serde_json::{Value, json};

use super::graph::Graph;
use super::special;

/// The groups of the assignments, the same by name in both tenants.
pub const GROUPS: [&str; 3] = ["Round trip A", "Round trip B", "Round trip C"];

/// One made object.
pub struct Sample {
    pub type_name: String,
    /// Without `#microsoft.graph.`.
    pub concrete: String,
    pub object: Value,
}

/// An id that is the same in every run; `side` tells the tenants apart.
pub fn id(side: &str, what: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    (side, what).hash(&mut hasher);
    let hash = hasher.finish();
    format!("{:08x}-1111-4111-8111-{:012x}", hash >> 32, hash & 0xffff_ffff)
}

/// A made object for every concrete type of every policy type, but those that come from `samples/`.
pub fn made(graph: &Graph, catalogue: &Catalogue) -> Vec<Sample> {
    let mut samples = Vec::new();
    let made = |name: &str| !special::FROM_SAMPLES.contains(&name);
    for policy_type in catalogue.iter().filter(|policy_type| made(&policy_type.name)) {
        for concrete in graph.concrete(&policy_type.entity) {
            let left_out = special::LEFT_OUT.iter().any(|(name, _)| *name == concrete);
            if left_out || special::OF_EVERY_TENANT.contains(&concrete.as_str()) {
                continue;
            }
            let object = graph.object(&concrete, "", 0);
            samples.push(Sample { type_name: policy_type.name.clone(), concrete, object });
        }
    }
    for sample in &mut samples {
        let policy_type = catalogue.get(&sample.type_name).unwrap();
        dress(graph, policy_type, sample);
    }
    let pool: BTreeMap<(String, String), String> = samples
        .iter()
        .map(|sample| ((sample.type_name.clone(), sample.concrete.clone()), text(&sample.object["id"])))
        .collect();
    for sample in &mut samples {
        let policy_type = catalogue.get(&sample.type_name).unwrap();
        refer(graph, catalogue, policy_type, sample, &pool);
    }
    samples
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Name, id, and what the type's file and the special cases say.
fn dress(graph: &Graph, policy_type: &PolicyType, sample: &mut Sample) {
    let own = id("trial", &format!("{} {}", policy_type.name, sample.concrete));
    let parent = policy_type.parent.as_ref().map(|kind| id("trial", &special::first_of(graph, kind)));
    sample.object["id"] = match (&parent, special::fixed_id(&policy_type.name)) {
        (Some(parent), _) => json!(format!("{parent}_{own}")),
        (None, Some(fixed)) => json!(fixed),
        (None, None) => json!(own),
    };
    if policy_type.name_property != "id" {
        sample.object[&policy_type.name_property] = json!(format!("Made {}", sample.concrete));
    }
    for path in policy_type.read_only.iter().chain(&policy_type.volatile) {
        path.remove(&mut sample.object);
    }
    for rule in &policy_type.secrets {
        rule.at.remove(&mut sample.object);
    }
    special::dress(graph, sample);
    if let Some(assignments) = &policy_type.assignments {
        let list = GROUPS.iter().take(2).map(|group| special::assignment(&policy_type.name, assignments, group));
        sample.object["assignments"] = list.collect();
    }
}

/// Every place that holds an id gets one that exists, or goes.
fn refer(
    graph: &Graph,
    catalogue: &Catalogue,
    policy_type: &PolicyType,
    sample: &mut Sample,
    pool: &BTreeMap<(String, String), String>,
) {
    let of_kind = |kind: &str| -> Option<String> {
        if kind == "group" {
            return Some(id("trial", GROUPS[0]));
        }
        let known = catalogue.get(kind)?;
        let movable = |concrete: &str| {
            let body = json!({"@odata.type": format!("#microsoft.graph.{concrete}")});
            let policy = Policy::new(kind, body.as_object().unwrap().clone());
            known.verdict_of(&policy) == TypeVerdict::Portable || special::IN_BOTH.contains(&kind)
        };
        let mut found = pool.iter().filter(|((own, concrete), _)| own == kind && movable(concrete));
        found.next().map(|(_, id)| id.clone())
    };
    for rule in catalogue.reference_rules(&policy_type.name) {
        if rule.at.as_str().starts_with("assignments") || rule.form == Form::Bind || rule.kind == "scope-tags" {
            continue;
        }
        for pointer in rule.at.find(&sample.object) {
            let holder = pointer.rsplit_once('/').map_or("", |(holder, _)| holder);
            let holds = |when: &intune_ferry::catalogue::Predicate| {
                sample.object.pointer(holder).is_some_and(|holder| when.holds(holder))
            };
            if !rule.when.as_ref().is_none_or(holds) {
                continue;
            }
            match of_kind(&rule.kind) {
                Some(id) if rule.form == Form::Prefixed => {
                    *sample.object.pointer_mut(&pointer).unwrap() = json!(format!("Email_{id}"));
                }
                Some(id) => *sample.object.pointer_mut(&pointer).unwrap() = json!(id),
                None => rule.at.remove(&mut sample.object),
            }
        }
    }
    for link in policy_type.links_of(Some(&format!("#microsoft.graph.{}", sample.concrete))) {
        let declared = graph.property(&sample.concrete, &link.property).unwrap()["type"].as_str().unwrap();
        let wanted = declared.trim_start_matches("collection:");
        let reference = if link.kind == "group" {
            Some(format!("groups('{}')", id("trial", GROUPS[0])))
        } else {
            let known = catalogue.get(&link.kind).unwrap();
            // Something without links of its own, so that nothing goes in a circle.
            let plain = |concrete: &str| known.links_of(Some(&format!("#microsoft.graph.{concrete}"))).next().is_none();
            let fits = |concrete: &&(String, String)| {
                concrete.0 == link.kind && graph.is_a(&concrete.1, wanted) && concrete.1 != sample.concrete
            };
            let all: Vec<&(String, String)> = pool.keys().filter(fits).collect();
            let best = all.iter().find(|key| plain(&key.1)).or(all.first());
            best.map(|key| format!("{}('{}')", known.path, pool[*key]))
        };
        if let Some(reference) = reference {
            let name = format!("{}@odata.bind", link.property);
            sample.object[name] = if link.many { json!([reference]) } else { json!(reference) };
        }
    }
    sample.object.as_object_mut().unwrap().remove(PARENT);
}
