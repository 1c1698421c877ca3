//! A tenant in which each kind of reference occurs: it goes across, every reference leads to the object of the
//! right name, and an entry that nobody has decided blocks exactly those who use it.

use std::collections::{BTreeMap, BTreeSet};

use intune_ferry::catalogue::{Catalogue, Selection, references};
use intune_ferry::engine::options::Options;
use intune_ferry::engine::plan::PlanInputs;
use intune_ferry::engine::plan::planner;
use intune_ferry::engine::shape::secrets::NoSecrets;
use intune_ferry::engine::tenant::Tenant;
use intune_ferry::engine::{Action, Step};
use intune_ferry::event::Silent;
use intune_ferry::graph::{Auth, Client, Settings};
use intune_ferry::mapping::{Decision, Mapping};
use intune_ferry::sandbox::TenantSeed;
use intune_ferry::tree::{self, Tree};
use serde_json::{Value, json};

use crate::env::{CLIENT, Env, PRODUCTION, SECRET, TRIAL, YES, empty, quick, sample};

/// Kinds of portability.md C, D and F that can be named by id.
const KINDS: [&str; 19] = [
    "admx-definition",
    "application",
    "apps",
    "assignment-filters",
    "authentication-contexts",
    "authentication-strengths",
    "compliance-scripts",
    "derived-credentials",
    "device",
    "device-configurations",
    "group",
    "named-locations",
    "notification-templates",
    "reusable-settings",
    "scope-tags",
    "service-principal",
    "terms-of-use",
    "tunnel-sites",
    "user",
];

fn fixture() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/references.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn add(seed: &mut TenantSeed, more: &Value) {
    for (collection, objects) in more.as_object().unwrap() {
        let list = &mut seed.objects[collection.as_str()];
        if list.is_null() {
            *list = json!([]);
        }
        list.as_array_mut().unwrap().extend(objects.as_array().unwrap().iter().cloned());
    }
}

/// Both tenants, with the tree exported and a complete mapping.
fn env() -> Env {
    let fixture = fixture();
    let mut source = sample("contoso-trial", TRIAL, "Contoso Trial");
    add(&mut source, &fixture["source"]);
    let mut target = empty(PRODUCTION, "Fabrikam Production");
    let other = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
    for directory in ["groups", "users", "servicePrincipals", "deviceAppManagement/mobileApps"] {
        target.objects[directory] = other.objects[directory].clone();
    }
    add(&mut target, &fixture["target"]);
    let env = Env::start(vec![source, target], quick());
    env.ferry(&["export", "trial", "--out", "tree"]);
    let decisions = format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(decisions, env.path("mapping.json")).unwrap();
    env.ferry(&[
        "map",
        "tree",
        "--to",
        "production",
        "--out",
        "mapping.json",
        "--accept",
        "user:same-local-part",
        "--accept",
        "device:same-name",
        "--accept",
        "service-principal:same-name",
    ]);
    env
}

struct Loaded {
    catalogue: Catalogue,
    tree: Tree,
    mapping: Mapping,
    client: Client,
}

fn load(env: &Env) -> Loaded {
    let catalogue = Catalogue::built_in().unwrap();
    let tree = tree::read(&env.path("tree"), &catalogue).unwrap();
    let mapping = Mapping::load(&env.path("mapping.json"), &catalogue).unwrap();
    let url: url::Url = env.sandbox().url.parse().unwrap();
    let auth = Auth::ClientSecret(SECRET.to_owned().into());
    let client = Client::new(Settings::new(url.clone(), url, PRODUCTION.into(), CLIENT.into(), auth)).unwrap();
    Loaded { catalogue, tree, mapping, client }
}

/// The policies that a plan with this mapping blocks.
fn blocked(runtime: &tokio::runtime::Runtime, loaded: &Loaded, mapping: &Mapping) -> BTreeSet<String> {
    of_action(runtime, loaded, mapping, Action::Blocked)
}

fn of_action(
    runtime: &tokio::runtime::Runtime,
    loaded: &Loaded,
    mapping: &Mapping,
    action: Action,
) -> BTreeSet<String> {
    let (options, selection) = (Options { allow_broad: true, ..Options::default() }, Selection::default());
    let inputs = PlanInputs {
        tenant: Tenant { client: &loaded.client, catalogue: &loaded.catalogue, reporter: &Silent },
        tree: &loaded.tree,
        mapping: Some(mapping),
        options: &options,
        selection: &selection,
        secrets: &NoSecrets,
        content: None,
    };
    let prepared = runtime.block_on(planner::plan(inputs)).unwrap();
    prepared.plan.steps.iter().filter(|step| step.action == action).map(Step::reference).collect()
}

/// The text of every policy with its payloads decoded, by type and id: what a person would search.
fn texts(tree: &Tree) -> BTreeMap<String, String> {
    use base64::Engine as _;
    fn clear(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                out.push_str(text);
                out.push('\n');
                let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok();
                out.push_str(&decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default());
                out.push('\n');
            }
            Value::Array(list) => list.iter().for_each(|value| clear(value, out)),
            Value::Object(map) => map.values().for_each(|value| clear(value, out)),
            _ => {}
        }
    }
    let text = |body: &serde_json::Map<String, Value>| {
        let mut out = String::new();
        clear(&Value::Object(body.clone()), &mut out);
        out.to_lowercase()
    };
    tree.policies.iter().map(|policy| (policy.reference(), text(&policy.open().body))).collect()
}

/// Those whose text holds one of these words as a whole, and those that name one of them, to any depth.
fn users(texts: &BTreeMap<String, String>, words: &[String]) -> BTreeSet<String> {
    let holds = |text: &str, word: &str| {
        text.match_indices(word).any(|(start, _)| {
            let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
            edge(text[..start].chars().next_back()) && edge(text[start + word.len()..].chars().next())
        })
    };
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = words.to_vec();
    while let Some(word) = open.pop() {
        for (reference, text) in texts {
            let own = reference.split_once('/').unwrap().1;
            if own != word && holds(text, &word.to_lowercase()) && found.insert(reference.clone()) && own.len() >= 36 {
                open.push(own.to_owned());
            }
        }
    }
    found
}

#[test]
fn each_kind_of_reference_goes_across_to_the_object_of_the_right_name() {
    let env = env();
    let loaded = load(&env);
    let kinds: BTreeSet<String> = loaded
        .tree
        .policies
        .iter()
        .flat_map(|policy| references(&policy.open(), &loaded.catalogue))
        .map(|found| found.kind)
        .collect();
    let missing: Vec<&str> = KINDS.into_iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "the tenant has no reference of these kinds: {missing:?}; it has {kinds:?}");

    let args =
        ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad", YES, "--format", "json"];
    let done = env.ferry(&args).json();
    let of_fixture = |object: &&Value| object["name"].as_str().is_some_and(|name| name.starts_with("References: "));
    let objects: Vec<&Value> = done["objects"].as_array().unwrap().iter().filter(of_fixture).collect();
    assert_eq!(objects.len(), 9, "{objects:#?}");
    for object in &objects {
        assert_eq!(object["action"], "created", "{object:#}");
    }
    // By the same export the target's policies refer to objects of the names that the source's refer to.
    env.ferry(&["export", "production", "--out", "there"]);
    let there = tree::read(&env.path("there"), &loaded.catalogue).unwrap();
    let mapping = Mapping::load(&env.path("mapping.json"), &loaded.catalogue).unwrap();
    let mut compared = 0;
    for object in done["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "created") {
        let find = |tree: &Tree, id: &Value| {
            let fits =
                |policy: &&intune_ferry::policy::Kept| policy.type_name == object["type"] && policy.id() == id.as_str();
            tree.policies.iter().find(fits).map(intune_ferry::policy::Kept::open)
        };
        let (Some(own), Some(theirs)) = (find(&loaded.tree, &object["id"]), find(&there, &object["targetId"])) else {
            continue;
        };
        // Assignments that are held are not there yet.
        let held =
            object["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "exclusion-group-empty");
        let name = |tree: &Tree, kind: &str, id: &str| -> String {
            let is = |own: &str| own.eq_ignore_ascii_case(id);
            let of_tree = tree.policies.iter().find(|p| p.type_name == kind && p.id().is_some_and(is));
            let name = of_tree.map(intune_ferry::policy::Kept::name);
            let name = name.or_else(|| tree.directory.name(kind, id).map(str::to_owned));
            format!("{kind} {}", name.unwrap_or_else(|| id.to_owned()))
        };
        let of = |policy| {
            let all = references(policy, &loaded.catalogue).into_iter();
            all.filter(|found| !(held && found.in_assignments()))
        };
        let found: BTreeSet<String> = of(&theirs).map(|found| name(&there, &found.kind, &found.id)).collect();
        // What a person chose may have another name; what the import made has the policy's own.
        let wanted: BTreeSet<String> = of(&own)
            .filter_map(|found| {
                let entry =
                    mapping.entry(&found.kind, &found.id).filter(|entry| entry.how.as_deref() != Some("imported"));
                match entry {
                    Some(entry) if entry.decision == Decision::Drop => None,
                    Some(entry) if entry.target_id().is_some() => Some(name(&there, &found.kind, entry.target_id()?)),
                    _ => Some(name(&loaded.tree, &found.kind, &found.id)),
                }
            })
            .collect();
        assert_eq!(found, wanted, "{object:#}");
        compared += wanted.len();
    }
    assert!(compared > 80, "only {compared} references were compared");
}

#[test]
fn an_undecided_entry_blocks_exactly_those_who_use_it() {
    let env = env();
    let loaded = load(&env);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // What does not move in any case is not asked for.
    let mut before = blocked(&runtime, &loaded, &loaded.mapping);
    before.extend(of_action(&runtime, &loaded, &loaded.mapping, Action::LeftBehind));
    let texts = texts(&loaded.tree);
    let decided: Vec<usize> = (0..loaded.mapping.entries.len())
        .filter(|index| loaded.mapping.entries[*index].decision != Decision::Undecided)
        .collect();
    assert!(decided.len() >= 20, "{}", decided.len());
    for index in decided {
        let mut mapping = loaded.mapping.clone();
        let entry = &mut mapping.entries[index];
        (entry.decision, entry.target) = (Decision::Undecided, None);
        let id = entry.source_id().to_owned();
        let words: Vec<String> =
            [Some(id.clone()), intune_ferry::policy::ids::entra_sid(&id)].into_iter().flatten().collect();
        let subject = entry.subject();
        let expected: BTreeSet<String> =
            users(&texts, &words).into_iter().filter(|user| !before.contains(user)).collect();
        let found: BTreeSet<String> =
            blocked(&runtime, &loaded, &mapping).into_iter().filter(|user| !before.contains(user)).collect();
        assert_eq!(found, expected, "{subject}");
    }
}
