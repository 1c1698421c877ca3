//! How many of the concrete types that Graph's metadata lists for the catalogue's collections are covered, and
//! which are not, and why.

use std::collections::{BTreeMap, BTreeSet};

use intune_ferry::catalogue::Catalogue;

use super::graph::Graph;
use super::samples::made;
use super::{Seen, special};
use crate::env::{TRIAL, sample};

/// All concrete types of the catalogue's collections, with the policy types that hold them.
fn all(graph: &Graph, catalogue: &Catalogue) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for policy_type in catalogue.iter() {
        for concrete in graph.concrete(&policy_type.entity) {
            all.entry(concrete).or_default().push(policy_type.name.clone());
        }
    }
    all
}

fn left_out() -> BTreeSet<String> {
    special::LEFT_OUT.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Every concrete type moved, stayed for its verdict, or is left out for a reason.
pub fn check(graph: &Graph, catalogue: &Catalogue, seen: &Seen) {
    let all: BTreeSet<String> = all(graph, catalogue).into_keys().collect();
    let (left_out, covered) = (left_out(), seen.moved.union(&seen.stayed).cloned().collect::<BTreeSet<_>>());
    let only_stayed: Vec<&String> = seen.stayed.difference(&seen.moved).collect();
    let [properties, settings, gone, assignments] = seen.changes;
    println!(
        "{} of {} concrete types of {} policy types covered: {} went there and back, {} stayed for their verdict; \
         changed: {properties} properties, {settings} settings, {assignments} assignments, {gone} values gone",
        all.intersection(&covered).count(),
        all.len(),
        catalogue.iter().count(),
        seen.moved.len(),
        only_stayed.len(),
    );
    for (name, reason) in special::LEFT_OUT {
        println!("left out: {name}: {reason}");
    }
    let missed: Vec<&String> = all.difference(&covered).filter(|name| !left_out.contains(*name)).collect();
    assert!(missed.is_empty(), "neither covered nor left out: {missed:?}");
    let both: Vec<&String> = left_out.intersection(&covered).collect();
    assert!(both.is_empty(), "left out and yet covered: {both:?}");
}

#[test]
fn there_is_a_sample_of_every_concrete_type() {
    let (graph, catalogue) = (Graph::load(), Catalogue::built_in().unwrap());
    let mut sampled: BTreeSet<(String, String)> =
        made(&graph, &catalogue).into_iter().map(|sample| (sample.type_name, sample.concrete)).collect();
    let real = sample("contoso-trial", TRIAL, "Contoso Trial").objects;
    for policy_type in special::FROM_SAMPLES.iter().filter_map(|name| catalogue.get(name)) {
        let lists = policy_type.also_at.iter().chain([&policy_type.path]).filter_map(|path| real[path].as_array());
        for object in lists.flatten() {
            let own = object["@odata.type"].as_str().map_or_else(|| policy_type.implied_type(), str::to_owned);
            sampled.insert((policy_type.name.clone(), own.trim_start_matches("#microsoft.graph.").to_owned()));
        }
    }
    let left_out = left_out();
    let mut count = 0;
    for (concrete, types) in all(&graph, &catalogue) {
        let made = !left_out.contains(&concrete) && !special::OF_EVERY_TENANT.contains(&concrete.as_str());
        for type_name in types.into_iter().filter(|_| made) {
            assert!(sampled.contains(&(type_name.clone(), concrete.clone())), "no sample of {type_name} {concrete}");
            count += 1;
        }
    }
    println!("{count} samples");
    // Device configurations alone have over 100.
    assert!(count > 290, "{count}");
    assert!(special::LEFT_OUT.iter().all(|(_, reason)| !reason.is_empty()));
}
