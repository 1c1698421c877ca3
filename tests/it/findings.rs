//! Findings that only the whole way produces: each with what it goes along with, so that a code without its
//! effect is noticed. Those of reading, mapping and rewriting alone are beside the code that makes them.

use intune_ferry::sandbox::{Failure, Fault};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, shows, tenants};
use crate::objects::{self, CONFIGURATIONS as ROOTS, everyone, group, scep, to, with_assignments};

const SOURCE_GROUP: &str = "a1000000-0000-4000-8000-000000000900";
const TARGET_GROUP: &str = "b2000000-0000-4000-8000-000000000900";

/// Two tenants without anything, and a tree written manually.
fn written(file: &str, policy: &Value) -> Env {
    let env = tenants(&json!({}), &json!({}));
    env.write(&format!("tree/{file}"), policy);
    let manifest =
        json!({"format": 1, "catalogueVersion": 1, "tenant": null, "cloud": null, "selection": [], "types": {}});
    env.write("tree/ferry-tree.json", &manifest);
    env
}

fn with_mapping(env: &Env, decision: &str) {
    let mut entry = json!({"kind": "group", "source": {"id": SOURCE_GROUP, "name": "Laptops"}, "decision": decision});
    if decision == "map" {
        entry["target"] = json!({"id": TARGET_GROUP});
    }
    env.write_mapping(&[entry], &[]);
}

/// The findings of this code, those of objects with the object's action.
fn found<'a>(document: &'a Value, code: &str) -> Vec<(&'a str, &'a Value)> {
    let own = document["findings"].as_array().into_iter().flatten().map(|finding| ("", finding));
    let objects = document["objects"].as_array().into_iter().flatten();
    let of_objects = objects.flat_map(|object| {
        let action = object["action"].as_str().unwrap_or_default();
        object["findings"].as_array().into_iter().flatten().map(move |finding| (action, finding))
    });
    own.chain(of_objects).filter(|(_, finding)| finding["code"] == code).collect()
}

/// Exactly one finding of the code, on an object with this action; gives its message.
#[track_caller]
fn one(document: &Value, code: &str, action: &str) -> String {
    let found = found(document, code);
    assert_eq!(found.iter().map(|(action, _)| *action).collect::<Vec<_>>(), [action], "{code}: {document:#}");
    assert!(found[0].1["fix"].as_str().is_some_and(|fix| !fix.is_empty()));
    found[0].1["message"].as_str().unwrap().to_owned()
}

fn root() -> Value {
    objects::root(1, "Root CA")
}

fn assigned_root(assignment: Value) -> Value {
    with_assignments(root(), &[assignment])
}

#[test]
fn assignments_not_written() {
    let env = exported(
        &json!({"groups": [group(SOURCE_GROUP, "Laptops")], ROOTS: [assigned_root(to(SOURCE_GROUP))]}),
        &json!({}),
    );
    let done = env.import(&["--journal", "j", "--assignments", "none"]);
    one(&done, "assignments-not-written", "created");
    assert_eq!(env.writes(PRODUCTION), 1);
}

#[test]
fn broad_assignment_held() {
    let env = exported(&json!({ROOTS: [assigned_root(everyone())]}), &json!({}));
    let done = env.import(&["--journal", "j"]);
    one(&done, "broad-assignment-held", "created");
    assert_eq!((&done["exitCode"], env.writes(PRODUCTION)), (&json!(4), 1));
    let done = env.import(&["--journal", "k", "--allow-broad"]);
    assert!(found(&done, "broad-assignment-held").is_empty());
    assert_eq!(env.writes(PRODUCTION), 2);
}

#[test]
fn cycle() {
    let env = exported(&json!({ROOTS: [scep(11, "One", 12), scep(12, "Other", 11)]}), &json!({}));
    let done = env.import(&["--journal", "j"]);
    shows(&done, &["cycle"]);
    let cycles = found(&done, "cycle");
    assert_eq!(cycles.iter().map(|(action, _)| *action).collect::<Vec<_>>(), ["blocked"; 2], "{done:#}");
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn exists_differs() {
    let mut other = root();
    other["id"] = json!("b2000000-0000-4000-8000-000000000001");
    other["description"] = json!("theirs");
    let env = exported(&json!({ROOTS: [root()]}), &json!({ROOTS: [other]}));
    one(&env.import(&["--journal", "j"]), "exists-differs", "exists-differs");
    one(&env.plan(&["--on-conflict", "fail"]), "exists-differs", "blocked");
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn group_exists() {
    let source = json!({"groups": [group(SOURCE_GROUP, "Laptops")], ROOTS: [assigned_root(to(SOURCE_GROUP))]});
    let env = exported(&source, &json!({"groups": [group(TARGET_GROUP, "Laptops")]}));
    with_mapping(&env, "create");
    let done = env.import(&["--journal", "j", "--mapping", "mapping.json"]);
    one(&done, "group-exists", "");
    // It is used; a second one of the name is not made.
    let state = env.sandbox().state(PRODUCTION);
    assert_eq!(state["groups"].as_array().unwrap().len(), 1);
    assert_eq!(state[ROOTS][0]["assignments"][0]["target"]["groupId"], TARGET_GROUP);
}

#[test]
fn needs_secret() {
    let oma = json!({
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Custom",
        "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "displayName": "Key",
            "omaUri": "./Vendor/MSFT/Example/Key", "value": "never to be seen"}],
    });
    let env = exported(&json!({ROOTS: [oma]}), &json!({}));
    let message = one(&env.import(&["--journal", "j"]), "needs-secret", "blocked");
    assert!(message.contains("FERRY_"), "{message}");
    assert_eq!(env.writes(PRODUCTION), 0);
    assert!(!found(&env.run(&["lint", "tree"]), "needs-secret").is_empty());
}

#[test]
fn order_differs() {
    let limit = |id: &str, name: &str, priority: u32| {
        json!({"@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration", "id": format!("{id}_Limit"),
            "displayName": name, "description": "", "limit": 3, "priority": priority, "roleScopeTagIds": ["0"]})
    };
    let collection = "deviceManagement/deviceEnrollmentConfigurations";
    let [a, b] = ["a1000000-0000-4000-8000-000000000041", "a1000000-0000-4000-8000-000000000042"];
    let source = json!({collection: [limit(a, "Staff", 1), limit(b, "Guests", 2)]});
    let [a, b] = ["b2000000-0000-4000-8000-000000000041", "b2000000-0000-4000-8000-000000000042"];
    let env = exported(&source, &json!({collection: [limit(a, "Staff", 2), limit(b, "Guests", 1)]}));
    let done = env.import(&["--journal", "j"]);
    shows(&done, &["order-differs"]);
    assert_eq!(found(&done, "order-differs").len(), 2, "{done:#}");
    assert_eq!(env.writes(PRODUCTION), 0);

    // Told to, it puts them in order, and an undo puts the order back.
    let order = || -> Vec<String> {
        let state = env.sandbox().state(PRODUCTION);
        let ranked = state[collection].as_array().unwrap().iter().filter(|one| one["priority"] != 0);
        let mut list: Vec<(u64, String)> = ranked
            .map(|one| (one["priority"].as_u64().unwrap(), one["displayName"].as_str().unwrap().to_owned()))
            .collect();
        list.sort();
        list.into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(order(), ["Guests", "Staff"]);
    env.import(&["--journal", "k", "--on-conflict", "update"]);
    assert_eq!(order(), ["Staff", "Guests"]);
    assert!(found(&env.plan(&["--on-conflict", "update"]), "order-differs").is_empty());
    env.run(&["undo", "k", YES]);
    assert_eq!(order(), ["Guests", "Staff"]);
}

#[test]
fn platform_differs() {
    let filter = |id: &str, kind: &str| {
        json!({"id": id, "displayName": "Phones", "description": "", "platform": "iOS", "rule": "(app.osVersion -eq \"18\")",
            "assignmentFilterManagementType": kind, "roleScopeTags": ["0"]})
    };
    let collection = "deviceManagement/assignmentFilters";
    let source = json!({collection: [filter("a1000000-0000-4000-8000-000000000021", "apps")]});
    let target = json!({collection: [filter("b2000000-0000-4000-8000-000000000021", "devices")]});
    let env = exported(&source, &target);
    let done = env.import(&["--journal", "j", "--on-conflict", "update"]);
    let message = one(&done, "platform-differs", "blocked");
    assert!(message.contains("assignmentFilterManagementType"), "{message}");
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn create_only_differs() {
    const APPS: &str = "deviceAppManagement/mobileApps";
    let app = |id: &str, publisher: &str, url: &str| {
        json!({"@odata.type": "#microsoft.graph.webApp", "id": id, "displayName": "Travel", "publisher": publisher,
            "appUrl": url, "relationships": []})
    };
    let there = "b2000000-0000-4000-8000-000000000031";
    let source = json!({APPS: [app("a1000000-0000-4000-8000-000000000031", "Contoso", "https://travel.example/new")]});
    let env = exported(&source, &json!({APPS: [app(there, "Somebody", "https://travel.example/old")]}));
    let update = ["--on-conflict", "update"];
    let told = |document: &Value, action: &str| {
        let message = one(document, "create-only-differs", action);
        let both = message.contains("travel.example/old") && message.contains("travel.example/new");
        assert!(message.contains("appUrl") && both, "{message}");
        message
    };
    let plan = env.plan(&update);
    shows(&plan, &["create-only-differs"]);
    assert!(told(&plan, "update").contains("the rest is updated"));
    let travel = |document: &Value| {
        document["objects"].as_array().unwrap().iter().find(|object| object["name"] == "Travel").unwrap().clone()
    };
    assert_eq!(travel(&plan)["differences"].to_string().matches("\"at\"").count(), 1, "{plan:#}");
    let done = env.import(&[&["--journal", "j"], &update[..]].concat());
    told(&done, "updated");
    assert_eq!((&done["exitCode"], env.writes(PRODUCTION)), (&json!(3), 1), "{done:#}");
    let now = &env.sandbox().state(PRODUCTION)[APPS][0];
    assert_eq!((&now["publisher"], &now["appUrl"]), (&json!("Contoso"), &json!("https://travel.example/old")));
    // Whoever looks sees it, and there is nothing left to write.
    let verified = env.ferry(&["verify", "tree", "--to", "production", "--format", "json"]).exits(3).json();
    assert!(travel(&verified)["differences"].to_string().contains("/appUrl"), "{verified:#}");
    let again = env.import(&[&["--journal", "k"], &update[..]].concat());
    assert!(told(&again, "exists-differs").contains("nothing else differs"));
    assert_eq!((&again["exitCode"], env.writes(PRODUCTION)), (&json!(3), 1), "{again:#}");
    env.ferry(&["undo", "j", YES]).exits(0);
    assert_eq!(env.sandbox().state(PRODUCTION)[APPS][0]["publisher"], "Somebody");
}

#[test]
fn read_failed_in_an_export_and_in_a_plan() {
    let env = exported(&json!({ROOTS: [root()]}), &json!({}));
    let forbidden = Fault { path: format!("/beta/{ROOTS}"), status: Failure::Status(400), ..Fault::default() };
    env.sandbox().fail(forbidden);
    let before = env.files("tree");
    let again = env.run(&["export", "trial", "--out", "tree"]);
    assert!(!found(&again, "read-failed").is_empty(), "{again:#}");
    assert_eq!(again["exitCode"], 5);
    let kept = |files: std::collections::BTreeMap<String, Vec<u8>>| -> Vec<String> {
        files.into_keys().filter(|name| name.starts_with("device-configurations/")).collect()
    };
    assert_eq!(kept(env.files("tree")), kept(before));
    one(&env.plan(&[]), "read-failed", "blocked");
}

#[test]
fn reference_unreadable() {
    // The policy is assigned to a group that was deleted.
    let env = exported(&json!({ROOTS: [assigned_root(to(SOURCE_GROUP))]}), &json!({}));
    let again = env.run(&["export", "trial", "--out", "tree"]);
    assert!(one(&again, "reference-unreadable", "").contains("no longer exists"));
    assert_eq!(found(&again, "reference-unreadable")[0].1["subject"], format!("group/{SOURCE_GROUP}"));
}

#[test]
fn retired_by_a_template_that_the_target_has_not() {
    let template = "d4000000-0000-4000-8000-000000000001";
    let source = json!({
        "deviceManagement/templates": [{"id": template, "displayName": "Disk encryption"}],
        "deviceManagement/intents": [{"displayName": "FileVault", "templateId": template, "settings": []}],
    });
    let env = exported(&source, &json!({}));
    one(&env.import(&["--journal", "j"]), "retired", "left-behind");
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn schema() {
    let policy = json!({"displayName": "Script", "fileName": "a.ps1", "scriptContent": "AAAA", "runAsAcount": "user"});
    let env = written("platform-scripts/script.json", &policy);
    let message = one(&env.plan(&[]), "schema", "blocked");
    assert!(message.contains("runAsAcount"), "{message}");
}

#[test]
fn source_id_left() {
    let mut root = root();
    root["description"] = json!(format!("see https://portal.example/{TRIAL}/root"));
    let env = exported(&json!({ROOTS: [root]}), &json!({}));
    one(&env.import(&["--journal", "j"]), "source-id-left", "blocked");
    assert_eq!(env.writes(PRODUCTION), 0);
}

#[test]
fn stale_step() {
    let mut theirs = root();
    theirs["id"] = json!("b2000000-0000-4000-8000-000000000001");
    theirs["description"] = json!("theirs");
    let env = exported(&json!({ROOTS: [root()]}), &json!({ROOTS: [theirs.clone()]}));
    env.plan(&["--on-conflict", "update", "--out", "plan.json"]);
    let id = theirs["id"].as_str().unwrap();
    assert!(env.sandbox().edit(PRODUCTION, ROOTS, id, &json!({"description": "changed by someone"})));
    let done = env.import(&["--journal", "j", "--plan", "plan.json"]);
    one(&done, "stale-step", "blocked");
    assert_eq!(env.sandbox().state(PRODUCTION)[ROOTS][0]["description"], "changed by someone");
}

#[test]
fn tenant_bound() {
    let policy = json!({
        "name": "Phones of the company", "platforms": "iOS", "technologies": "enrollment",
        "templateReference": {"templateId": "a1000000-0000-4000-8000-000000000031_1", "templateFamily": "enrollmentConfiguration"},
        "settings": [],
    });
    let env = exported(&json!({"deviceManagement/configurationPolicies": [policy]}), &json!({}));
    let done = env.import(&["--journal", "j"]);
    one(&done, "tenant-bound", "left-behind");
    assert_eq!((&done["exitCode"], &done["counts"]["left-behind"]), (&json!(0), &json!(1)));
    assert_eq!(done["counts"].get("blocked"), None);
    assert_eq!(env.writes(PRODUCTION), 0);
    env.ferry(&["verify", "tree", "--to", "production"]).exits(0);
}

#[test]
fn read_failed_where_what_was_written_cannot_be_read_back() {
    let env = exported(&json!({ROOTS: [root()]}), &json!({}));
    let fault = Fault {
        method: Some("GET".into()),
        path: format!("/beta/{ROOTS}/"),
        status: Failure::Status(400),
        ..Fault::default()
    };
    env.sandbox().fail(fault);
    let done = env.import(&["--journal", "j"]);
    assert!(one(&done, "read-failed", "created").contains("cannot be read back"));
    assert_eq!(done["exitCode"], 5);
}

#[test]
fn verify_differs_where_somebody_changes_it_right_after_it_was_written() {
    let env = exported(&json!({ROOTS: [root()]}), &json!({}));
    let fault = Fault {
        method: Some("GET".into()),
        path: format!("/beta/{ROOTS}/"),
        status: Failure::Status(429),
        retry_after: Some("2".into()),
        times: Some(1),
        ..Fault::default()
    };
    env.sandbox().fail(fault);
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            let wait = || std::thread::sleep(std::time::Duration::from_millis(10));
            let new = || env.sandbox().state(PRODUCTION)[ROOTS][0]["id"].as_str().map(str::to_owned);
            let id = (0..6_000)
                .find_map(|_| {
                    new().or_else(|| {
                        wait();
                        None
                    })
                })
                .unwrap();
            assert!(env.sandbox().edit(PRODUCTION, ROOTS, &id, &json!({"description": "theirs"})));
        });
        env.import(&["--journal", "j"])
    });
    assert!(one(&done, "verify-differs", "created").contains("description"), "{done:#}");
    assert_eq!(done["exitCode"], 5);
}

#[test]
fn write_failed() {
    let env = exported(&json!({ROOTS: [root()]}), &json!({}));
    let fault = Fault {
        method: Some("POST".into()),
        path: format!("/beta/{ROOTS}"),
        status: Failure::Status(400),
        ..Fault::default()
    };
    env.sandbox().fail(fault);
    let done = env.import(&["--journal", "j"]);
    assert!(one(&done, "write-failed", "failed").contains("400"));
    assert_eq!(done["exitCode"], 5);
}

#[test]
fn needs_content() {
    let terms = json!({"displayName": "Terms", "isViewingBeforeAcceptanceRequired": true});
    let env = written("terms-of-use/terms.json", &terms);
    one(&env.import(&["--journal", "j"]), "needs-content", "blocked");
    assert_eq!(env.writes(PRODUCTION), 0);
}
