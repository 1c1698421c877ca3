//! The program in the round trip's folder, and what it says, so that it can be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use intune_ferry::catalogue::Catalogue;
use serde_json::{Value, json};

use super::samples::{GROUPS, id};
use super::seeds::steps_below;
use crate::env::{Env, TRIAL, YES};

pub fn objects<'a>(document: &'a Value, action: &str) -> Vec<&'a Value> {
    document["objects"].as_array().into_iter().flatten().filter(|object| object["action"] == action).collect()
}

/// Objects with why, for a message that can be read.
pub fn why(list: &[&Value]) -> String {
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

/// Codes that say why a policy as such does not move.
const VERDICTS: [&str; 3] = ["tenant-bound", "retired", "needs-content"];

/// Whether an object stays for its verdict, and says what to do instead.
pub fn stays(object: &Value) -> bool {
    let findings = object["findings"].as_array().into_iter().flatten();
    let said = |finding: &Value| VERDICTS.contains(&finding["code"].as_str().unwrap()) && finding["fix"].is_string();
    findings.clone().any(said)
}

/// What did not come to its end, and what was held back for no verdict.
pub fn unfinished(import: &Value) -> String {
    let mut bad = ["failed", "not-started", "stale"].map(|action| objects(import, action)).concat();
    bad.extend(objects(import, "blocked").into_iter().filter(|object| !stays(object)));
    let told = |object: &&Value| {
        ["verify-differs", "write-failed"].iter().any(|code| object["findings"].to_string().contains(code))
    };
    bad.extend(
        ["created", "updated", "assigned", "unchanged"]
            .map(|action| objects(import, action))
            .concat()
            .into_iter()
            .filter(told),
    );
    why(&bad)
}

/// The program in the round trip's folder.
pub struct Trip {
    pub env: Env,
    pub catalogue: Catalogue,
    pub secrets: Vec<(String, String)>,
}

impl Trip {
    pub fn run(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
        let secrets: Vec<(&str, &str)> =
            self.secrets.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        self.env.ferry_with(&args, &secrets).json()
    }

    /// Imports the tree; defaults that every tenant has of its own change only where `defaults` names their types.
    pub fn import(&self, defaults: &[&str], more: &[&str]) -> Value {
        let fixed = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad", YES];
        let args: Vec<&str> =
            fixed.iter().chain(&["--ca-state", "keep"]).chain(defaults).chain(more).copied().collect();
        self.run(&args)
    }

    pub fn verify(&self) -> Value {
        self.run(&["verify", "tree", "--to", "production", "--mapping", "mapping.json"])
    }

    /// Makes the mapping, and decides every server's address in the target, as a person would.
    pub fn map(&self) {
        let file = self.env.path("mapping.json");
        std::fs::copy(format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR")), &file).unwrap();
        self.run(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
        let mut mapping: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for pair in mapping["text"].as_array_mut().into_iter().flatten().filter(|pair| !pair["replace"].is_string()) {
            pair["replace"] = json!("server.fabrikam.example");
        }
        let entries = mapping["entries"].as_array_mut().unwrap();
        for created in entries.iter_mut().filter(|entry| entry["decision"] == "create") {
            created["allowWiden"] = json!(true);
        }
        // Nothing in the tree is assigned to it so far.
        entries.retain(|entry| entry["source"]["id"] != id("trial", GROUPS[2]));
        entries.push(json!({
            "kind": "group", "decision": "map", "source": {"id": id("trial", GROUPS[2])},
            "target": {"id": id("production", GROUPS[2])}
        }));
        std::fs::write(&file, mapping.to_string()).unwrap();
    }

    /// The policies of the tree: file, type, body.
    pub fn policies(&self) -> Vec<(PathBuf, String, Value)> {
        let files = self.env.files("tree").into_iter().filter(|(name, _)| name.strip_suffix(".json").is_some());
        files
            .filter_map(|(name, bytes)| {
                let type_name = name.split_once('/')?.0.to_owned();
                Some((self.env.path("tree").join(&name), type_name, serde_json::from_slice(&bytes).ok()?))
            })
            .collect()
    }

    /// The concrete type of a policy's body.
    pub fn concrete(&self, type_name: &str, body: &Value) -> String {
        let implied = self.catalogue.get(type_name).unwrap().implied_type();
        let own = body["@odata.type"].as_str().unwrap_or(&implied);
        own.trim_start_matches("#microsoft.graph.").to_owned()
    }

    /// What Graph does not give and the admin puts beside the file: secrets and documents.
    pub fn supply(&mut self) {
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
pub fn counts(trip: &Trip) -> Vec<(String, usize, usize)> {
    let state = trip.env.sandbox().state(TRIAL);
    let mut of_tree: BTreeMap<String, usize> = BTreeMap::new();
    for (_, type_name, _) in trip.policies() {
        *of_tree.entry(type_name).or_default() += 1;
    }
    let list = |path: &str| state[path].as_array().map_or(0, Vec::len);
    let counted = trip.catalogue.iter().map(|policy_type| {
        let held = match policy_type.parent_path() {
            Some(parent) => {
                let above = state[parent].as_array().into_iter().flatten();
                let below = |above| steps_below(policy_type).fold(above, |value: &Value, step| &value[step]);
                above.map(|above| below(above).as_array().map_or(0, Vec::len)).sum()
            }
            None => policy_type.also_at.iter().chain([&policy_type.path]).map(|path| list(path)).sum(),
        };
        (policy_type.name.clone(), held, of_tree.get(&policy_type.name).copied().unwrap_or(0))
    });
    counted.collect()
}
