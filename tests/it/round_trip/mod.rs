//! Every concrete type of every policy type goes the whole way at once: seed, export, import into an empty
//! tenant, verify, a second import that writes nothing; then one property, one setting and one assignment change
//! and one of each goes, and it is imported and verified again. A campaign of its own: it runs where the
//! environment variable `FERRY_ROUND_TRIP` is set to `there` (up to the second import) or `back` (all of it).

mod change;
pub mod graph;
mod invented;
pub mod samples;
mod special;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use intune_ferry::catalogue::Catalogue;
use intune_ferry::catalogue::model::TypeVerdict;
use intune_ferry::policy::Policy;
use intune_ferry::sandbox::{Behaviour, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, sample};
use graph::Graph;
use samples::{GROUPS, Sample, id, made};

/// Codes that say why a policy as such does not move.
const VERDICTS: [&str; 3] = ["tenant-bound", "retired", "needs-content"];

/// Types with objects that every tenant has of its own, changed on request.
const DEFAULTS: &str = "tenant-settings,remote-help-settings,exchange-access-settings,mdm-scope,mam-scope,\
                        branding-profiles,tunnel-health-thresholds,compliance-policies,enrollment-configurations";

fn behaviour() -> Behaviour {
    Behaviour { list_lag: Duration::from_millis(20), group_lag: Duration::ZERO, page_size: 100, ..Behaviour::default() }
}

pub fn groups(side: &str) -> Vec<Value> {
    let group = |name: &&str| {
        json!({"id": id(side, name), "displayName": name, "mailNickname": name.replace(' ', ""), "mailEnabled": false,
            "securityEnabled": true, "groupTypes": []})
    };
    GROUPS.iter().map(group).collect()
}

/// Puts made objects where their collections are; those below others last.
pub fn plant(catalogue: &Catalogue, samples: &[&Sample], seed: &mut TenantSeed) {
    let (below, own): (Vec<&&Sample>, Vec<&&Sample>) =
        samples.iter().partition(|sample| catalogue.get(&sample.type_name).unwrap().parent.is_some());
    for sample in own.into_iter().chain(below) {
        let policy_type = catalogue.get(&sample.type_name).unwrap();
        let into = match policy_type.parent_path() {
            None => &mut seed.objects[&policy_type.path],
            Some(parent) => {
                let own = sample.object["id"].as_str().unwrap();
                let above = seed.objects[parent].as_array_mut().unwrap();
                let above = above.iter_mut().find(|above| own.starts_with(above["id"].as_str().unwrap())).unwrap();
                &mut above[policy_type.path.rsplit('/').next().unwrap()]
            }
        };
        if into.is_null() {
            *into = json!([]);
        }
        into.as_array_mut().unwrap().push(sample.object.clone());
    }
}

/// The two tenants: one with everything, and one with what cannot be brought there.
fn tenants(graph: &Graph, catalogue: &Catalogue) -> (TenantSeed, TenantSeed, Vec<Sample>) {
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

fn objects<'a>(document: &'a Value, action: &str) -> Vec<&'a Value> {
    document["objects"].as_array().into_iter().flatten().filter(|object| object["action"] == action).collect()
}

/// Objects with why, for a message that can be read.
fn why(list: &[&Value]) -> String {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in list {
        let who = format!("{}/{}", object["type"].as_str().unwrap_or_default(), object["name"]);
        let findings: Vec<String> = object["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|finding| format!("{} {}", finding["code"].as_str().unwrap(), finding["message"].as_str().unwrap()))
            .collect();
        let said = format!("{} {}", findings.join(" | "), object["differences"]);
        by.entry(said.chars().take(600).collect()).or_default().push(who);
    }
    let lines: Vec<String> = by.iter().map(|(said, who)| format!("{said}\n    {}\n", who.join(" "))).collect();
    lines.concat()
}

/// One run of the program in the round trip's folder.
struct Trip {
    env: Env,
    catalogue: Catalogue,
    secrets: Vec<(String, String)>,
}

impl Trip {
    fn run(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
        let secrets: Vec<(&str, &str)> =
            self.secrets.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        self.env.ferry_with(&args, &secrets).json()
    }

    /// Imports the tree; defaults that every tenant has of its own change only where `defaults` names their types.
    fn import(&self, defaults: &[&str], more: &[&str]) -> Value {
        let fixed = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad", YES];
        let args: Vec<&str> =
            fixed.iter().chain(&["--ca-state", "keep"]).chain(defaults).chain(more).copied().collect();
        self.run(&args)
    }

    fn verify(&self) -> Value {
        self.run(&["verify", "tree", "--to", "production", "--mapping", "mapping.json"])
    }

    /// The policies of the tree: file, type, body.
    fn policies(&self) -> Vec<(PathBuf, String, Value)> {
        let files = self.env.files("tree").into_iter().filter(|(name, _)| name.strip_suffix(".json").is_some());
        files
            .filter_map(|(name, bytes)| {
                let type_name = name.split_once('/')?.0.to_owned();
                Some((self.env.path("tree").join(&name), type_name, serde_json::from_slice(&bytes).ok()?))
            })
            .collect()
    }

    /// The concrete type of a policy's body.
    fn concrete(&self, type_name: &str, body: &Value) -> String {
        let implied = self.catalogue.get(type_name).unwrap().implied_type();
        let own = body["@odata.type"].as_str().unwrap_or(&implied);
        own.trim_start_matches("#microsoft.graph.").to_owned()
    }

    /// What Graph does not give and the admin puts beside the file: secrets and documents.
    fn supply(&mut self) {
        for (file, _, mut body) in self.policies() {
            let text = body.to_string();
            for part in text.split("@ferry.secret\":\"").skip(1) {
                self.secrets.push((part.split('"').next().unwrap().to_owned(), String::from("a secret of the target")));
            }
            let document = base64::engine::general_purpose::STANDARD.encode("a document of the admin");
            if file.to_string_lossy().contains("/admx-files/") {
                body["content"] = json!(document);
                std::fs::write(&file, body.to_string()).unwrap();
            } else if file.to_string_lossy().contains("/terms-of-use/") {
                body["files"][0]["fileData"] = json!({"data": document});
                std::fs::write(&file, body.to_string()).unwrap();
            }
        }
    }
}

/// Objects by collection as the sandbox has them and as the tree has them.
fn counts(trip: &Trip) -> Vec<(String, usize, usize)> {
    let state = trip.env.sandbox().state(TRIAL);
    let mut of_tree: BTreeMap<String, usize> = BTreeMap::new();
    for (_, type_name, _) in trip.policies() {
        *of_tree.entry(type_name).or_default() += 1;
    }
    let list = |path: &str| state[path].as_array().map_or(0, Vec::len);
    let counted = trip.catalogue.iter().map(|policy_type| {
        let held = match policy_type.parent_path() {
            Some(parent) => {
                let part = policy_type.path.rsplit('/').next().unwrap();
                let above = state[parent].as_array().into_iter().flatten();
                above.map(|above| above[part].as_array().map_or(0, Vec::len)).sum()
            }
            None => policy_type.also_at.iter().chain([&policy_type.path]).map(|path| list(path)).sum(),
        };
        (policy_type.name.clone(), held, of_tree.get(&policy_type.name).copied().unwrap_or(0))
    });
    counted.collect()
}

#[test]
fn every_concrete_type_goes_there_and_back() {
    let Some(how_far) = std::env::var_os("FERRY_ROUND_TRIP") else {
        println!("skipped: FERRY_ROUND_TRIP is not set");
        return;
    };
    let (graph, catalogue) = (Graph::load(), Catalogue::built_in().unwrap());
    let (trial, target, _) = tenants(&graph, &catalogue);
    let env = Env::start(vec![trial, target], behaviour());
    let mut trip = Trip { env, catalogue, secrets: Vec::new() };

    // Types that are read on request are asked for by name.
    let every: Vec<String> = trip.catalogue.iter().map(|policy_type| policy_type.name.clone()).collect();
    let exported = trip.run(&["export", "trial", "--out", "tree", "--only", &every.join(",")]);
    assert_eq!(exported["outcome"], "done", "{:#}", exported["findings"]);
    let wrong: Vec<_> = counts(&trip).into_iter().filter(|(_, held, read)| held != read || *read == 0).collect();
    assert!(wrong.is_empty(), "the tenant holds, the tree has: {wrong:?}");
    trip.supply();
    std::fs::copy(format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR")), trip.env.path("mapping.json"))
        .unwrap();
    trip.run(&["map", "tree", "--to", "production", "--out", "mapping.json"]);

    let first = trip.import(&[], &[]);
    let bad = [objects(&first, "failed"), objects(&first, "not-started"), objects(&first, "stale")].concat();
    assert!(bad.is_empty(), "{}", why(&bad));
    // What does not move says why by its verdict, and nothing else stays behind.
    let is_bound = |object: &&Value| {
        let codes = object["findings"].as_array().unwrap().iter();
        codes.clone().any(|finding| VERDICTS.contains(&finding["code"].as_str().unwrap()) && finding["fix"].is_string())
    };
    let (mut bound, unexplained): (Vec<&Value>, Vec<&Value>) =
        objects(&first, "blocked").into_iter().partition(is_bound);
    bound.extend(objects(&first, "left-behind"));
    assert!(unexplained.is_empty(), "blocked for no verdict:\n{}", why(&unexplained));

    let writes = trip.env.writes(PRODUCTION);
    let second = trip.import(&[], &[]);
    let again = [objects(&second, "updated"), objects(&second, "created"), objects(&second, "assigned")].concat();
    assert_eq!(trip.env.writes(PRODUCTION), writes, "{} {}", second["counts"], why(&again));
    assert!(objects(&second, "unchanged").len() >= 240, "{}", second["counts"]);
    println!("first {}, second {}", first["counts"], second["counts"]);
    if how_far != "back" {
        return;
    }
    let mut problems = Vec::new();
    let stands = |document: &Value| {
        // Every tenant has its own defaults.
        let is_default = |object: &&Value| object["findings"].to_string().contains("matched-default");
        let mut differ: Vec<&Value> = objects(document, "differs").into_iter().filter(|it| !is_default(it)).collect();
        differ.extend(objects(document, "missing").into_iter().filter(|object| !is_bound(object)));
        why(&differ)
    };
    let verified = trip.verify();
    problems.push(stands(&verified));

    let (mut moved, mut changes) = (BTreeSet::new(), [0; 4]);
    let stayed: BTreeSet<(String, String)> = bound
        .iter()
        .map(|object| (object["type"].as_str().unwrap().to_owned(), object["id"].as_str().unwrap().to_owned()))
        .collect();
    let mut verdicts: BTreeSet<String> = BTreeSet::new();
    for (file, type_name, mut body) in trip.policies() {
        let concrete = trip.concrete(&type_name, &body);
        let policy_type = trip.catalogue.get(&type_name).unwrap().clone();
        let policy = Policy::new(&type_name, body.as_object().unwrap().clone());
        if stayed.contains(&(type_name.clone(), policy.key())) {
            assert_ne!(policy_type.verdict_of(&policy), TypeVerdict::Portable, "{type_name} {concrete}");
            verdicts.insert(concrete);
            continue;
        }
        moved.insert(concrete.clone());
        let bound = policy_type.verdict_of(&policy) == TypeVerdict::TenantBound;
        let default = policy_type.default_rule(&policy).is_some();
        let method = policy_type.update.method;
        if bound || default || method == intune_ferry::catalogue::model::UpdateMethod::None {
            continue;
        }
        let done = change::change(&graph, &policy_type, &concrete, &mut body);
        for (at, done) in [done.property, done.setting, done.removed, done.assignment].into_iter().enumerate() {
            changes[at] += usize::from(done);
        }
        std::fs::write(&file, serde_json::to_string_pretty(&body).unwrap()).unwrap();
    }
    let defaults = ["--include-defaults", DEFAULTS];
    let update = trip.import(&defaults, &["--on-conflict", "update", "--existing-assignments", "replace"]);
    let bad = [objects(&update, "failed"), objects(&update, "not-started"), objects(&update, "stale")].concat();
    problems.push(why(&bad));
    let unexplained: Vec<&Value> = objects(&update, "blocked").into_iter().filter(|object| !is_bound(object)).collect();
    problems.push(why(&unexplained));
    problems.push(stands(&trip.verify()));
    problems.retain(|problem| !problem.is_empty());
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    // Of all the concrete types that the metadata lists, each moved, stayed for its verdict, or is left out for a reason.
    let all: BTreeSet<String> =
        trip.catalogue.iter().flat_map(|policy_type| graph.concrete(&policy_type.entity)).collect();
    let left_out: BTreeSet<String> = special::LEFT_OUT.iter().map(|(name, _)| (*name).to_owned()).collect();
    let seen: BTreeSet<String> = moved.union(&verdicts).cloned().collect();
    let missed: Vec<&String> = all.difference(&seen).filter(|name| !left_out.contains(*name)).collect();
    println!(
        "{} concrete types of {} policy types: {} went there and back, {} stayed for their verdict, {} left out; changed: \
         {} properties, {} settings, {} assignments, and {} values gone",
        all.len(),
        every.len(),
        moved.len(),
        verdicts.difference(&moved).count(),
        left_out.len(),
        changes[0],
        changes[1],
        changes[3],
        changes[2],
    );
    assert!(missed.is_empty(), "neither moved nor left out: {missed:?}");
    assert!(changes.iter().all(|count| *count > 60), "{changes:?}");
}
