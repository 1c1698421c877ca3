//! The two tenants of the round trip: one with an object of everything, and one with what cannot be brought there.

use std::collections::BTreeSet;

use intune_ferry::catalogue::{Catalogue, PolicyType, TENANT};
use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use super::graph::Graph;
use super::samples::{GROUPS, Sample, id, made};
use super::special;
use crate::env::{PRODUCTION, TRIAL, sample};

pub fn groups(side: &str) -> Vec<Value> {
    let group = |name: &&str| {
        json!({"id": id(side, name), "displayName": name, "mailNickname": name.replace(' ', ""), "mailEnabled": false,
            "securityEnabled": true, "groupTypes": []})
    };
    GROUPS.iter().map(group).collect()
}

/// The properties that lead from an object down to the collection below it.
pub fn steps_below(policy_type: &PolicyType) -> impl Iterator<Item = &str> {
    policy_type.path.split_once("/{id}/").into_iter().flat_map(|(_, below)| below.split('/'))
}

/// Puts made objects where their collections are; those below others last.
pub fn plant(catalogue: &Catalogue, samples: &[&Sample], seed: &mut TenantSeed) {
    if seed.objects.get(TENANT).is_none() {
        let domain = json!({"name": seed.default_domain, "isDefault": true, "isInitial": true});
        seed.objects[TENANT] = json!([{"id": seed.tenant_id, "displayName": seed.display_name,
            "mobileDeviceManagementAuthority": "intune", "verifiedDomains": [domain]}]);
    }
    let (below, own): (Vec<&&Sample>, Vec<&&Sample>) =
        samples.iter().partition(|sample| catalogue.get(&sample.type_name).unwrap().parent_path().is_some());
    for sample in own.into_iter().chain(below) {
        let policy_type = catalogue.get(&sample.type_name).unwrap();
        let into = match policy_type.parent_path() {
            None => &mut seed.objects[&policy_type.path],
            Some(parent) => {
                let own = sample.object["id"].as_str().unwrap();
                let above = seed.objects[parent].as_array_mut().unwrap();
                let is_above = |above: &&mut Value| parent == TENANT || own.starts_with(above["id"].as_str().unwrap());
                let above = above.iter_mut().find(is_above).unwrap();
                steps_below(policy_type).fold(above, |value, step| &mut value[step])
            }
        };
        if into.is_null() {
            *into = json!([]);
        }
        into.as_array_mut().unwrap().push(sample.object.clone());
    }
}

/// The two tenants, and what was made for them.
pub fn tenants(graph: &Graph, catalogue: &Catalogue) -> (TenantSeed, TenantSeed, Vec<Sample>) {
    let mut trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let mut target = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
    let kept: BTreeSet<String> = special::FROM_SAMPLES
        .iter()
        .flat_map(|name| catalogue.get(name).map(|it| it.also_at.iter().chain([&it.path])).unwrap())
        .cloned()
        .chain(special::ALSO_FROM_SAMPLES.iter().map(|path| (*path).to_owned()))
        .collect();
    let directory = |path: &str| ["groups", "users", "servicePrincipals", "organization"].contains(&path);
    trial.objects.as_object_mut().unwrap().retain(|path, _| directory(path) || kept.contains(path));
    target.objects.as_object_mut().unwrap().retain(|path, _| directory(path));
    // Definitions of an upload are the tenant's own, and a person must say which is which.
    let uploaded = |policy: &Value| policy["displayName"].as_str().is_some_and(|name| name.contains("uploaded ADMX"));
    trial.objects["deviceManagement/groupPolicyConfigurations"]
        .as_array_mut()
        .unwrap()
        .retain(|policy| !uploaded(policy));
    // Templates are Microsoft's own, the same everywhere.
    target.objects["deviceManagement/templates"] = trial.objects["deviceManagement/templates"].clone();
    for (side, seed) in [("trial", &mut trial), ("production", &mut target)] {
        seed.objects["groups"].as_array_mut().unwrap().extend(groups(side));
    }
    let all = made(graph, catalogue);
    plant(catalogue, &all.iter().collect::<Vec<_>>(), &mut trial);
    let both: Vec<Sample> = all
        .iter()
        .filter(|sample| {
            special::IN_BOTH.contains(&sample.type_name.as_str())
                || special::DEFAULTS.contains(&sample.concrete.as_str())
        })
        .map(|sample| {
            let mut object = sample.object.clone();
            if sample.type_name.starts_with("apple") || sample.type_name.starts_with("cloud") {
                object["id"] = json!(id("production", object["id"].as_str().unwrap()));
            }
            Sample { type_name: sample.type_name.clone(), concrete: sample.concrete.clone(), object }
        })
        .collect();
    plant(catalogue, &both.iter().collect::<Vec<_>>(), &mut target);
    (trial, target, all)
}
