//! `undo`: what a run made goes, what it changed comes back, and what became someone else's stays.

use std::path::Path;

use intune_ferry::sandbox::{Failure, Fault, Moment};
use serde_json::{Value, json};

use super::{actions, assigned, named, with};
use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, quick, sample};
use crate::killed::kill;
use crate::objects::{CONFIGURATIONS, FILTERS, SCRIPTS, group, script, to, with_assignments};

const SALES: &str = "a1000000-0000-4000-8000-000000000901";

fn undo(env: &Env, more: &[&str]) -> Value {
    env.run(&[&["undo", "j", YES], more].concat())
}

/// A run into a tenant that has much of its own: creates, updates and a group made.
fn mixed() -> Env {
    let trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let production = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
    let env = Env::start(vec![trial, production], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decisions = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo-decisions.json");
    std::fs::copy(decisions, env.path("mapping.json")).unwrap();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    env.ferry(&["export", "production", "--out", "before"]).exits(0);
    env
}

const MIXED: [&str; 9] = [
    "--mapping",
    "mapping.json",
    "--allow-broad",
    "--on-conflict",
    "update",
    "--existing-assignments",
    "replace",
    "--journal",
    "j",
];

/// Exports the target and holds every byte against the export from before the run.
#[track_caller]
fn as_before(env: &Env) {
    env.ferry(&["export", "production", "--out", "after"]).exits(0);
    let (before, after) = (env.files("before"), env.files("after"));
    let differing: Vec<&String> =
        before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn a_mixed_run_is_undone_to_the_last_byte() {
    let env = mixed();
    let mapping = std::fs::read(env.path("mapping.json")).unwrap();
    let groups = |env: &Env| env.sandbox().state(PRODUCTION)["groups"].as_array().unwrap().len();
    let had = groups(&env);
    let done = env.import(&MIXED);
    let count = |word: &str| done["counts"][word].as_u64().unwrap_or(0);
    assert!(count("created") > 30 && count("updated") > 0 && groups(&env) > had, "{}", done["counts"]);
    assert_ne!(std::fs::read(env.path("mapping.json")).unwrap(), mapping);

    // No one at a terminal confirms: it is only shown.
    let shown = env.ferry(&["undo", "j"]).exits(2);
    assert!(shown.err.contains("to remove") && shown.err.contains(YES), "{}", shown.err);
    let undone = undo(&env, &[]);
    let count = |word: &str| undone["counts"][word].as_u64().unwrap_or(0);
    assert_eq!((&undone["exitCode"], count("stays"), count("failed")), (&json!(0), 0, 0), "{undone:#}");
    assert!(count("removed") > 30 && count("restored") > 0, "{}", undone["counts"]);
    as_before(&env);
    assert_eq!(groups(&env), had);
    assert_eq!(String::from_utf8(std::fs::read(env.path("mapping.json")).unwrap()), String::from_utf8(mapping));

    // Once more, there is nothing left to do; and the run cannot be gone on with.
    let writes = env.writes(PRODUCTION);
    let again = undo(&env, &[]);
    assert_eq!((&again["exitCode"], env.writes(PRODUCTION)), (&json!(0), writes), "{again:#}");
    let resumed = env.ferry(&["import", "--resume", "j"]).exits(2);
    assert!(resumed.err.contains("undone"), "{}", resumed.err);
}

#[test]
fn an_undo_that_fails_half_way_is_run_again() {
    let env = mixed();
    env.import(&MIXED);
    let fault = |method: &str, path: &str| Fault {
        method: Some(method.into()),
        path: path.into(),
        // A 400 about what the run itself made is repeated; this is final.
        status: Failure::Status(403),
        times: Some(1),
        ..Fault::default()
    };
    env.sandbox().fail(fault("DELETE", "/beta/deviceManagement/deviceConfigurations/"));
    env.sandbox().fail(fault("DELETE", "/v1.0/groups/"));
    let undone = undo(&env, &[]);
    assert_eq!((&undone["exitCode"], undone["counts"]["failed"].as_u64() >= Some(2)), (&json!(5), true), "{undone:#}");
    assert_eq!(undo(&env, &[])["exitCode"], 0);
    as_before(&env);
}

#[test]
fn what_a_killed_import_made_is_found_and_a_killed_undo_goes_on() {
    let scripts: Vec<Value> = (1..=6).map(|n| script(n, &format!("S{n}"), "AAAA")).collect();
    let env = exported(&json!({SCRIPTS: scripts}), &json!({SCRIPTS: [script(11, "Theirs", "CCCC")]}));
    env.ferry(&["export", "production", "--out", "before"]).exits(0);
    for (index, moment) in [Moment::Processed, Moment::Answered, Moment::Before].into_iter().enumerate() {
        let journal = format!("j{index}");
        let import = ["import", "tree", "--to", "production", YES, "--journal", &journal];
        assert!(kill(&env, &import, 4, &format!("POST /beta/{SCRIPTS}"), moment));
        assert!(kill(&env, &["undo", &journal, YES], 2, "DELETE ", moment));
        let undone = env.run(&["undo", &journal, YES]);
        assert_eq!(undone["exitCode"], 0, "{moment:?} {undone:#}");
        as_before(&env);
    }
}

/// Two scripts made and one changed, assigned to a group that the run made.
fn made() -> Env {
    let of = |id: u32, name: &str| with_assignments(script(id, name, "AAAA"), &[to(SALES)]);
    let source = json!({"groups": [group(SALES, "Sales")], SCRIPTS: [of(1, "A"), of(2, "B"), of(3, "C")]});
    let env = exported(&source, &json!({SCRIPTS: [script(13, "C", "BBBB")]}));
    let entry = json!({"kind": "group", "source": {"id": SALES, "name": "Sales"}, "decision": "create"});
    env.write("mapping.json", &json!({"format": 1, "entries": [entry]}));
    let update = ["--on-conflict", "update", "--mapping", "mapping.json", "--journal", "j"];
    let done = env.import(&update);
    assert_eq!(actions(&done), [("A", "created"), ("B", "created"), ("C", "updated")], "{done:#}");
    env
}

fn id_of(env: &Env, collection: &str, name: &str) -> String {
    named(env, collection, name)["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_changed_since_stays_with_what_it_needs() {
    let env = made();
    let a = id_of(&env, SCRIPTS, "A");
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &a, &json!({"description": "by somebody"})));
    let c = id_of(&env, SCRIPTS, "C");
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &c, &json!({"fileName": "other.ps1"})));
    let undone = undo(&env, &[]);
    assert_eq!(actions(&undone), [("A", "stays"), ("B", "removed"), ("C", "stays"), ("Sales", "stays")]);
    assert_eq!((with(&undone, "changed-since"), with(&undone, "in-use")), (vec!["A", "C"], vec!["Sales"]));
    assert_eq!(undone["exitCode"], 4);
    assert_eq!(named(&env, SCRIPTS, "C")["scriptContent"], "AAAA");
    let shown = env.ferry(&["undo", "j"]).exits(4);
    assert!(shown.out.contains("its content was changed after the import"), "{}", shown.out);
    let forced = undo(&env, &["--force"]);
    assert_eq!(actions(&forced), [("A", "removed"), ("B", "gone"), ("C", "restored"), ("Sales", "removed")]);
    let script = named(&env, SCRIPTS, "C");
    assert_eq!((&script["scriptContent"], assigned(&env, SCRIPTS, "C")), (&json!("BBBB"), Vec::new()));
    // Of the mapping's entry only the decision is left that was there before.
    let mapping: Value = serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap();
    assert_eq!(mapping["entries"].as_array().unwrap().len(), 1, "{mapping:#}");
    assert_eq!(mapping["entries"][0]["decision"], "create");
}

#[test]
fn changed_assignments_and_new_members_are_changes_too() {
    let env = made();
    let b = id_of(&env, SCRIPTS, "B");
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &b, &json!({"assignments": []})));
    let sales = id_of(&env, "groups", "Sales");
    assert!(env.sandbox().edit(PRODUCTION, "groups", &sales, &json!({"members": [{"id": SALES}]})));
    let undone = undo(&env, &[]);
    assert_eq!(actions(&undone), [("A", "removed"), ("B", "stays"), ("C", "restored"), ("Sales", "stays")]);
    assert!(undone.to_string().contains("the group now has members"), "{undone:#}");
}

#[test]
fn what_others_use_stays() {
    let filter = json!({"id": "a1000000-0000-4000-8000-000000000021", "displayName": "Laptops", "description": "",
        "platform": "windows10AndLater", "rule": "(device.model -eq \"x\")", "roleScopeTags": ["0"],
        "assignmentFilterManagementType": "devices"});
    let env = exported(&json!({FILTERS: [filter]}), &json!({SCRIPTS: [script(11, "Theirs", "CCCC")]}));
    env.import(&["--journal", "j"]);
    let mut use_it = to(SALES);
    use_it["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(id_of(&env, FILTERS, "Laptops"));
    use_it["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let theirs = script(11, "", "")["id"].as_str().unwrap().to_owned();
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &theirs, &json!({"assignments": [use_it]})));
    let undone = undo(&env, &[]);
    assert_eq!((actions(&undone), with(&undone, "in-use")), (vec![("Laptops", "stays")], vec!["Laptops"]));
    assert!(undone.to_string().contains("platform-scripts/Theirs"), "{undone:#}");
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &theirs, &json!({"assignments": []})));
    assert_eq!(actions(&undo(&env, &[])), [("Laptops", "removed")]);
}

#[test]
fn a_secret_that_was_there_before_is_asked_for() {
    let oma = |id: &str, description: &str| {
        json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": id, "displayName": "Custom",
            "description": description, "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString",
            "displayName": "Key", "description": description, "omaUri": "./Vendor/MSFT/Example/Key", "value": "never to be seen"}]})
    };
    let (source, target) = ("a1000000-0000-4000-8000-000000000061", "b2000000-0000-4000-8000-000000000061");
    let env = exported(&json!({CONFIGURATIONS: [oma(source, "new")]}), &json!({CONFIGURATIONS: [oma(target, "old")]}));
    let key_of = |document: &Value| {
        let text = document.to_string();
        let start = text.find("FERRY_").unwrap_or_else(|| panic!("{document:#}"));
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
    };
    let update =
        ["import", "tree", "--to", "production", YES, "--on-conflict", "update", "--journal", "j", "--format", "json"];
    // The first run is blocked because the secret is missing, and says its name.
    let key = key_of(&env.ferry(&update).exits(4).json());
    env.ferry_with(&update, &[(&key, "the new one")]).exits(0);
    assert_eq!(named(&env, CONFIGURATIONS, "Custom")["description"], "new");
    let undone = undo(&env, &[]);
    assert_eq!((actions(&undone), with(&undone, "needs-secret")), (vec![("Custom", "stays")], vec!["Custom"]));
    let arguments = ["undo", "j", YES, "--format", "json"];
    let with_secret = env.ferry_with(&arguments, &[(&key_of(&undone), "the old one")]).exits(0);
    assert_eq!(actions(&with_secret.json()), [("Custom", "restored")]);
    let custom = named(&env, CONFIGURATIONS, "Custom");
    assert_eq!(custom["description"], "old");
    let journal = std::fs::read_to_string(env.path("j")).unwrap();
    assert!(!journal.contains("the old one") && !journal.contains("the new one") && !journal.contains("never to be"));
}
