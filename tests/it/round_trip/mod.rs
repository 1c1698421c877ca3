//! Every concrete type of every policy type goes the whole way at once: seed, export, import into an empty
//! tenant, verify, a second import that writes nothing; then one property, one setting and one assignment change
//! and one of each goes, and it is imported and verified again. With the environment variable `FERRY_ROUND_TRIP` it is
//! verified and imported once more in between and at the end, which changes nothing either.

mod change;
mod coverage;
pub mod graph;
mod invented;
pub mod samples;
mod seeds;
mod special;
mod trip;

use std::collections::BTreeSet;
use std::time::Duration;

use intune_ferry::catalogue::Catalogue;
use intune_ferry::catalogue::model::{TypeVerdict, UpdateMethod};
use intune_ferry::policy::Policy;
use intune_ferry::sandbox::Behaviour;
use serde_json::Value;

use crate::env::{Env, PRODUCTION};
use graph::Graph;
pub use seeds::{groups, plant};
use trip::{Trip, counts, objects, stays, unfinished, why};

/// Types with objects that every tenant has of its own, changed on request.
const DEFAULTS: &str = "tenant-settings,remote-help-settings,exchange-access-settings,mdm-scope,mam-scope,\
                        branding-profiles,tunnel-health-thresholds,compliance-policies,enrollment-configurations";

fn behaviour() -> Behaviour {
    Behaviour { list_lag: Duration::from_millis(20), group_lag: Duration::ZERO, page_size: 100, ..Behaviour::default() }
}

/// What verify finds that the import should have brought.
fn not_there(verified: &Value) -> String {
    // Every tenant has its own defaults.
    let is_default = |object: &&Value| object["findings"].to_string().contains("matched-default");
    let mut list: Vec<&Value> = objects(verified, "differs").into_iter().filter(|it| !is_default(it)).collect();
    list.extend(objects(verified, "missing").into_iter().filter(|object| !stays(object)));
    why(&list)
}

/// What the round trip saw of the concrete types.
#[derive(Default)]
struct Seen {
    /// Brought to the target.
    moved: BTreeSet<String>,
    /// Stayed for their verdict.
    stayed: BTreeSet<String>,
    /// Properties, settings, values gone, assignments that were changed.
    changes: [usize; 4],
}

/// Changes every policy of the tree that came to the target and can be changed there.
fn change_all(trip: &Trip, graph: &Graph, first: &Value) -> Seen {
    let held: BTreeSet<(&str, &str)> = ["blocked", "left-behind"]
        .map(|action| objects(first, action))
        .concat()
        .into_iter()
        .filter(|object| stays(object))
        .map(|object| (object["type"].as_str().unwrap(), object["id"].as_str().unwrap()))
        .collect();
    let mut seen = Seen::default();
    for (file, type_name, mut body) in trip.policies() {
        let concrete = trip.concrete(&type_name, &body);
        let policy_type = trip.catalogue.get(&type_name).unwrap();
        let policy = Policy::new(&type_name, body.as_object().unwrap().clone());
        if held.contains(&(type_name.as_str(), policy.key().as_str())) {
            assert_ne!(policy_type.verdict_of(&policy), TypeVerdict::Portable, "{type_name} {concrete}");
            seen.stayed.insert(concrete);
            continue;
        }
        seen.moved.insert(concrete.clone());
        let bound = policy_type.verdict_of(&policy) == TypeVerdict::TenantBound;
        let default = policy_type.default_rule(&policy).is_some();
        if bound || default || policy_type.update.method == UpdateMethod::None {
            continue;
        }
        let done = change::change(graph, policy_type, &concrete, &mut body);
        for (at, done) in [done.property, done.setting, done.removed, done.assignment].into_iter().enumerate() {
            seen.changes[at] += usize::from(done);
        }
        std::fs::write(&file, serde_json::to_string_pretty(&body).unwrap()).unwrap();
    }
    seen
}

#[test]
fn every_concrete_type_goes_there_and_back() {
    let (graph, catalogue) = (Graph::load(), Catalogue::built_in().unwrap());
    let (trial, target, _) = seeds::tenants(&graph, &catalogue);
    let env = Env::start(vec![trial, target], behaviour());
    let mut trip = Trip { env, catalogue, secrets: Vec::new() };

    // Types that are read on request are asked for by name.
    let every: Vec<String> = trip.catalogue.iter().map(|policy_type| policy_type.name.clone()).collect();
    let exported = trip.run(&["export", "trial", "--out", "tree", "--only", &every.join(",")]);
    assert_eq!(exported["outcome"], "done", "{:#}", exported["findings"]);
    let held = counts(&trip);
    let wrong: Vec<_> = held.iter().filter(|(_, held, read)| held != read || *read == 0).collect();
    assert!(wrong.is_empty(), "the tenant holds, the tree has: {wrong:?}");
    let all: usize = held.iter().map(|(_, held, _)| held).sum();
    assert_eq!(exported["counts"]["policies"], all, "{}", exported["counts"]);
    trip.supply();
    trip.map();

    let first = trip.import(&[], &[]);
    let mut problems = vec![unfinished(&first)];
    let writes = trip.env.writes(PRODUCTION);
    let second = trip.import(&[], &[]);
    if trip.env.writes(PRODUCTION) != writes {
        let again = ["updated", "created", "assigned"].map(|action| objects(&second, action)).concat();
        problems.push(format!("the second import wrote: {} {}", second["counts"], why(&again)));
    }
    let whole = std::env::var_os("FERRY_ROUND_TRIP").is_some();
    if whole {
        problems.push(not_there(&trip.verify()));
    }

    let seen = change_all(&trip, &graph, &first);
    let update = ["--on-conflict", "update", "--existing-assignments", "replace"];
    let changed = trip.import(&["--include-defaults", DEFAULTS], &update);
    problems.push(unfinished(&changed));
    problems.push(not_there(&trip.verify()));
    if whole {
        let writes = trip.env.writes(PRODUCTION);
        let last = trip.import(&["--include-defaults", DEFAULTS], &update);
        if trip.env.writes(PRODUCTION) != writes {
            let again = ["updated", "created", "assigned"].map(|action| objects(&last, action)).concat();
            problems.push(format!("the last import wrote: {} {}", last["counts"], why(&again)));
        }
    }
    println!("first {}\nsecond {}\nupdate {}", first["counts"], second["counts"], changed["counts"]);
    problems.retain(|problem| !problem.is_empty());
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    coverage::check(&graph, &trip.catalogue, &seen);
    assert!(seen.changes.iter().all(|count| *count > 60), "{:?}", seen.changes);
}
