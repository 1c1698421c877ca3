//! Real policies exported by others go the whole way: adopt, lint, map, plan, import into an empty tenant,
//! verify, a second import that writes nothing, and an export that equals the tree but for ids. Skipped
//! where the corpus is not beside the project; nothing of it is part of the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::env::{Env, PRODUCTION, empty, quick};

/// The corpus, where it is beside the project.
fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        root.ancestors().map(|folder| folder.join("shared/corpus")).find(|folder| folder.join("index.json").is_file());
    if found.is_none() {
        println!("skipped: no corpus beside the project");
    }
    found
}

/// The result of a source, for the printed line.
fn crossing(source: &str) {
    let Some(corpus) = corpus() else { return };
    let mut trial = empty("5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903", "Nobody");
    trial.tenant_id = String::from("0d0d0d0d-0000-4000-8000-000000000001");
    let env = Env::start(vec![trial, empty(PRODUCTION, "Empty Production")], quick());
    let folder = corpus.join(source);
    let folder = folder.to_str().unwrap();

    let adopted = json(&env, &["adopt", folder, "--out", "tree"]);
    let lint = json(&env, &["lint", "tree"]);
    json(&env, &["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]);
    let import = [
        "import",
        "tree",
        "--to",
        "production",
        "--mapping",
        "mapping.json",
        "--allow-broad",
        "--ca-state",
        "keep",
        crate::env::YES,
    ];
    let plan = json(&env, &["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad"]);
    let first = json(&env, &import);
    println!(
        "{source}: adopt {} | lint {} | plan {} | import {}",
        adopted["counts"], lint["counts"], plan["counts"], first["counts"]
    );
    for (code, subjects) in why(&adopted["findings"]).into_iter().chain(blocked(&first)) {
        println!("  {code}: {} ({})", subjects.len(), subjects.iter().take(4).cloned().collect::<Vec<_>>().join("; "));
    }

    // What the plan knows will be refused is not sent.
    let failed = objects(&first, "failed");
    assert!(failed.is_empty(), "{source}: {failed:#?}");
    for object in objects(&first, "blocked") {
        assert!(object["findings"].as_array().is_some_and(|list| !list.is_empty()), "{source}: unexplained {object}");
    }
    let writes = env.writes(PRODUCTION);
    let verify =
        json(&env, &["verify", "tree", "--to", "production", "--mapping", "mapping.json", "--ca-state", "keep"]);
    let differs = objects(&verify, "differs");
    assert!(differs.is_empty(), "{source}: {differs:#?}");
    let second = json(&env, &import);
    assert_eq!(env.writes(PRODUCTION), writes, "{source}: the second import wrote something: {}", second["counts"]);

    // The target's export equals what was imported, but for ids.
    env.ferry(&["export", "production", "--out", "back"]);
    compare_trees(&env, source, &first);
}

/// Every object that is in the target is in its export as the tree has it; ids aside.
fn compare_trees(env: &Env, source: &str, imported: &Value) {
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let read = |name: &str| intune_ferry::tree::read(&env.path(name), &catalogue).unwrap();
    let (tree, back) = (read("tree"), read("back"));
    for object in imported["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "created") {
        let (type_name, key, id) = (text(&object["type"]), text(&object["id"]), text(&object["targetId"]));
        let wanted = tree.policies.iter().find(|policy| policy.type_name == type_name && policy.key() == key).unwrap();
        let found = back.policies.iter().find(|policy| policy.type_name == type_name && policy.key() == id);
        let found = found.unwrap_or_else(|| panic!("{source}: {type_name}/{} is not in the export", object["name"]));
        let policy_type = catalogue.get(type_name).unwrap();
        let gate = Some(intune_ferry::engine::plan::plan_file::GateState::Keep);
        let mut wanted = wanted.open();
        let mut found = found.open();
        // Ids of other objects differ between tenants by their nature.
        for policy in [&mut wanted, &mut found] {
            for place in intune_ferry::catalogue::references(policy, &catalogue) {
                let mut document = policy.to_value();
                if let Some(value) = document.pointer_mut(&place.pointer) {
                    *value = "(id)".into();
                }
                policy.body.clone_from(document.as_object().unwrap());
            }
            // The placeholder means the target's own id.
            let text = policy.to_value().to_string().replace("%OrganizationId%", PRODUCTION);
            policy.body = serde_json::from_str::<serde_json::Map<String, Value>>(&text).unwrap();
        }
        let differences =
            intune_ferry::engine::shape::comparison::compare(&wanted, &found, policy_type, &catalogue, gate);
        assert!(differences.object.is_empty(), "{source}: {type_name}/{}: {:#?}", object["name"], differences.object);
    }
}

fn json(env: &Env, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    env.ferry(&args).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn objects<'a>(document: &'a Value, action: &str) -> Vec<&'a Value> {
    document["objects"].as_array().into_iter().flatten().filter(|object| object["action"] == action).collect()
}

fn why(findings: &Value) -> BTreeMap<String, Vec<String>> {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in findings.as_array().into_iter().flatten() {
        codes.entry(text(&finding["code"]).to_owned()).or_default().push(text(&finding["subject"]).to_owned());
    }
    codes
}

fn blocked(document: &Value) -> BTreeMap<String, Vec<String>> {
    let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in objects(document, "blocked") {
        for (code, subjects) in why(&object["findings"]) {
            codes.entry(format!("blocked, {code}")).or_default().extend(subjects);
        }
    }
    codes
}

macro_rules! sources {
    ($($test:ident = $source:literal;)*) => { $( #[test] fn $test() { crossing($source); } )* };
}

sources! {
    oib = "oib";
    intuneadmin_baselines = "intuneadmin-baselines";
    j0eyv_ca = "j0eyv-ca";
    cloudshield_ca = "cloudshield-ca";
    alexfilipin_ca = "alexfilipin-ca";
    hydrationkit = "hydrationkit";
    ms_config_frameworks = "ms-config-frameworks";
    ms_acsc = "ms-acsc";
    nathanmcnulty = "nathanmcnulty";
    aaronparker = "aaronparker";
    ces2026_intunecd = "ces2026-intunecd";
}
