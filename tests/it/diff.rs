//! `diff` with the real program: trees and tenants in any combination, and what git makes of two exports.

use std::process::Command;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, has_ending, quick, sample, shows};

fn both() -> Env {
    let trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    Env::start(vec![trial, sample("fabrikam-production", PRODUCTION, "Fabrikam Production")], quick())
}

/// Changes a property of the first object of a collection of the trial that passes a test, as someone in the admin center would.
fn patch(env: &Env, collection: &str, which: impl Fn(&Value) -> bool, change: &Value) -> String {
    let state = env.sandbox().state(TRIAL);
    let objects = state[collection]
        .as_array()
        .unwrap_or_else(|| panic!("no {collection} in {:?}", state.as_object().unwrap().keys()));
    let object = objects.iter().find(|object| which(object)).unwrap();
    let id = object["id"].as_str().unwrap().to_owned();
    assert!(env.sandbox().edit(TRIAL, collection, &id, change));
    object["displayName"].as_str().unwrap().to_owned()
}

#[test]
fn an_unchanged_tenant_is_the_same_as_its_export_and_a_change_is_named() {
    let env = both();
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let same = env.ferry(&["diff", "tree", "tenant:trial", "--format", "json"]).exits(0).json();
    assert_eq!(same["counts"].as_object().unwrap().keys().collect::<Vec<_>>(), ["equal"]);
    assert_eq!(same["details"]["differences"], json!([]));

    let script = base64::engine::general_purpose::STANDARD.encode("# new\nWrite-Host 'changed'\n");
    let collection = "deviceManagement/deviceManagementScripts";
    let name = patch(&env, collection, |_| true, &json!({"scriptContent": script}));
    let ran = env.ferry(&["diff", "tree", "tenant:trial"]).exits(3);
    assert!(ran.out.contains(&format!("~ {name}")) && ran.out.contains("+ Write-Host 'changed'"), "{}", ran.out);
    let document = env.ferry(&["diff", "tree", "tenant:trial", "--format", "json"]).exits(3).json();
    assert_eq!(document["counts"]["changed"], 1);
    let places = document["details"]["differences"].as_array().unwrap();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(places[0]["at"], "/scriptContent");
    assert!(places[0]["right"].as_str().unwrap().starts_with("# new"));
    env.ferry(&["diff", "tree", "tenant:trial", "--ignore", "scriptContent"]).exits(0);

    // git sees the same, as lines of the script and nothing else.
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = Command::new("git").args(who).args(args).current_dir(env.path("tree")).output();
        output.map(|output| String::from_utf8(output.stdout).unwrap())
    };
    if git(&["init", "--quiet"]).is_err() {
        println!("skipped: there is no git");
        return;
    }
    git(&["add", "-A"]).unwrap();
    git(&["commit", "--quiet", "-m", "before"]).unwrap();
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let changed = git(&["diff", "--name-only"]).unwrap();
    let changed: Vec<&str> = changed.lines().collect();
    assert!(changed.len() == 2 && changed[0] == "SHA256SUMS" && changed[1].ends_with("ps1"), "{changed:?}");
    assert!(git(&["diff"]).unwrap().contains("+Write-Host 'changed'"));
}

#[test]
fn two_tenants_are_compared_through_a_mapping() {
    let env = both();
    env.ferry(&["export", "trial", "--out", "trial"]).exits(0);
    env.ferry(&["export", "production", "--out", "production"]).exits(0);
    let decisions = format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(decisions, env.path("mapping.json")).unwrap();
    env.ferry(&["map", "trial", "--to", "production", "--out", "mapping.json"]);
    let import =
        ["import", "trial", "--to", "production", "--mapping", "mapping.json", "--allow-broad", crate::env::YES];
    env.ferry(&import);

    let through = ["diff", "tenant:trial", "tenant:production", "--mapping", "mapping.json", "--format", "json"];
    let document = env.ferry(&through).json();
    let tree =
        env.ferry(&["diff", "trial", "tenant:production", "--mapping", "mapping.json", "--format", "json"]).json();
    assert_eq!(document["counts"], tree["counts"]);
    let counts = |name: &str| document["counts"][name].as_u64().unwrap_or(0);
    assert!(counts("equal") > 55, "{}", document["counts"]);
    // What an import changes on purpose is the state of access policies; the rest was held, blocked or is the target's.
    let changed = document["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "changed");
    let names: Vec<String> = changed.map(|object| format!("{}/{}", object["type"], object["name"])).collect();
    let at: Vec<&Value> =
        document["details"]["differences"].as_array().unwrap().iter().map(|place| &place["at"]).collect();
    assert!(names.len() < 25, "{names:#?} {at:#?}");

    // A rewritten tree calls what it refers to as the target does: where only ids changed, people see no change.
    env.ferry(&["rewrite", "trial", "--mapping", "mapping.json", "--out", "rewritten"]);
    let ran = env.ferry(&["diff", "trial", "rewritten"]).exits(3);
    assert!(ran.out.contains("+ conditions/users/excludeUsers: \"emergency-1@"), "{}", ran.out);
    assert!(!ran.out.contains("assignments"), "{}", ran.out);
    env.ferry(&["report", "rewritten", "--markdown", "rewritten.md"]).exits(0);
    let report = std::fs::read_to_string(env.path("rewritten.md")).unwrap();
    assert!(report.contains("### All laptops") && !report.contains("Win - Hybrid join ("), "{report}");

    let turned = ["diff", "tenant:production", "trial", "--mapping", "mapping.json"];
    let refused = env.ferry(&turned).exits(2);
    assert!(refused.err.contains("swap the two sides"), "{}", refused.err);
}

#[test]
fn a_tree_of_some_types_is_compared_in_these() {
    let env = both();
    env.ferry(&["export", "trial", "--out", "some", "--only", "compliance-policies", "--without-dependencies"])
        .exits(0);
    env.ferry(&["diff", "some", "tenant:trial"]).exits(0);
    env.ferry(&["export", "trial", "--out", "all"]).exits(0);
    shows(&env.run(&["diff", "some", "all"]), &["not-compared"]);
    let ran = env.ferry(&["diff", "some", "all"]).exits(0);
    assert!(ran.out.contains("not-compared") && ran.out.contains("does not contain types"), "{}", ran.out);

    let files = env.files("all");
    let victim = files.keys().find(|name| name.starts_with("compliance-policies/")).unwrap();
    std::fs::write(env.path("all").join(victim), "{").unwrap();
    let ran = env.ferry(&["diff", "some", "all"]).exits(5);
    assert!(!ran.out.contains("only in some") && ran.out.contains("damaged-file"), "{}", ran.out);
}

/// What is the same in both files is not read to its end; what differs, in a file or beside it, is.
#[test]
fn two_exports_differ_where_one_was_changed() {
    let env = both();
    env.ferry(&["export", "trial", "--out", "one"]).exits(0);
    env.ferry(&["export", "trial", "--out", "two"]).exits(0);
    let same = env.ferry(&["diff", "one", "two", "--format", "json"]).exits(0).json();
    let all = env.files("one").keys().filter(|name| name.contains('/') && is_policy(name)).count();
    assert_eq!(same["counts"], json!({"equal": all}));

    let files = env.files("two");
    let change = |which: &dyn Fn(&str) -> bool, from: &str, to: &str| {
        let (name, bytes) =
            files.iter().find(|(name, bytes)| which(name) && String::from_utf8_lossy(bytes).contains(from)).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap().replacen(from, to, 1);
        std::fs::write(env.path("two").join(name), text).unwrap();
    };
    change(&|name| name.starts_with("settings-catalog/"), "\"description\": \"", "\"description\": \"Now ");
    change(&|name| name.starts_with("shell-scripts/") && !is_json(name), "#!", "# now\n#!");
    let found = env.ferry(&["diff", "one", "two", "--format", "json"]).exits(3).json();
    assert_eq!(found["counts"], json!({"changed": 2, "equal": all - 2}));
    let at: Vec<&Value> =
        found["details"]["differences"].as_array().unwrap().iter().map(|place| &place["at"]).collect();
    assert_eq!(at, [&json!("/description"), &json!("/scriptContent")]);
    env.ferry(&["diff", "one", "two", "--only", "shell-scripts", "--ignore", "scriptContent"]).exits(0);
}

#[test]
fn a_side_that_is_not_there_is_refused_with_what_was_meant() {
    let env = both();
    let ran = env.ferry(&["diff", "trial", "tenant:production"]).exits(2);
    assert!(ran.err.contains("tenant:trial"), "{}", ran.err);
    env.ferry(&["diff", "tenant:nobody", "tenant:trial"]).exits(2);
    env.ferry(&["diff", "tenant:trial", "tenant:trial", "--ignore", "/"]).exits(2);
}

/// Whether a file is a policy's own and no sidecar of it: its name ends in the mark of its id.
fn is_policy(name: &str) -> bool {
    let mark = name.strip_suffix(".json").and_then(|stem| stem.rsplit('.').next());
    mark.is_some_and(|mark| mark.len() >= 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_json(name: &str) -> bool {
    has_ending(name, "json")
}

/// A policy of the tree is assigned to one more group in the tenant, one that no one has told the program of: plan and
/// verify say its name, and a setting is called by its definition wherever it stands.
#[test]
fn plan_and_verify_call_groups_and_settings_by_their_names() {
    let env = both();
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let state = env.sandbox().state(TRIAL);
    let group = |name: &str| {
        let groups = state["groups"].as_array().unwrap().iter();
        groups.filter(|group| group["displayName"] == name).map(|group| group["id"].clone()).next().unwrap()
    };
    let collection = "deviceManagement/configurationPolicies";
    let laps = |object: &Value| object["name"] == "Win - LAPS";
    let object = state[collection].as_array().unwrap().iter().find(|object| laps(object)).unwrap();
    let mut assignments = object["assignments"].as_array().unwrap().clone();
    assignments.insert(
        0,
        json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group("Sales")}}),
    );
    let mut settings = object["settings"].as_array().unwrap().clone();
    let gone = settings.remove(0)["settingInstance"]["settingDefinitionId"].as_str().unwrap().to_owned();
    let id = object["id"].as_str().unwrap().to_owned();
    assert!(env.sandbox().edit(TRIAL, collection, &id, &json!({"assignments": assignments, "settings": settings})));

    // The tree has forgotten the group, so that only the tenant knows its name.
    let directory = env.path("tree").join("directory.json");
    let mut known: Value = serde_json::from_slice(&std::fs::read(&directory).unwrap()).unwrap();
    known["objects"]["group"].as_object_mut().unwrap().remove(group("Sales").as_str().unwrap());
    std::fs::write(&directory, known.to_string()).unwrap();
    for (words, sales) in [
        (&["verify", "tree", "--to", "trial"][..], "      - Sales\n"),
        (&["plan", "tree", "--to", "trial", "--restore"], "      - assignments: group Sales\n"),
    ] {
        let ran = env.ferry(&[words, &["--name", "Win - LAPS"]].concat());
        assert!(ran.out.contains(sales), "{}", ran.out);
        assert!(ran.out.contains(&format!("      + {gone}: ")), "{gone}: {}", ran.out);
        assert!(!ran.out.contains("assignments/0") && !ran.out.contains("settings/0"), "{}", ran.out);
    }
}
