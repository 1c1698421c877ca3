//! A backup with the least permissions to read: it ends well, says once what it may not read and what that would
//! need, keeps what an earlier export read, and takes nothing that was not read for empty.

use std::collections::BTreeMap;

use intune_ferry::sandbox::{Failure, Fault, Moment, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, TRIAL, YES, empty, quick, sample, shows};
use crate::killed::{RESUME, kill_at_write, wait_for_lists};

pub const APPS: &str = "deviceAppManagement/mobileApps";
pub const OFFICE: &str = "a1000000-0000-4000-8000-000000000701";
pub const READER: &str = "a1000000-0000-4000-8000-000000000702";

pub fn app(id: &str, name: &str, needs: &Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.webApp", "id": id, "displayName": name, "publisher": "Contoso",
        "appUrl": "https://apps.example/start", "relationships": needs,
    })
}

/// A tenant with an app that needs another, and with what only a permission to write allows to read.
pub fn tenant(permissions: &[String]) -> TenantSeed {
    let needs = json!([{
        "@odata.type": "#microsoft.graph.mobileAppDependency", "id": "r-1", "targetId": READER,
        "targetType": "child", "dependencyType": "autoInstall",
    }]);
    let mut seed = sample("contoso-trial", TRIAL, "Contoso Trial");
    let apps = seed.objects[APPS].as_array_mut().unwrap();
    apps.extend([app(OFFICE, "Office on the web", &needs), app(READER, "Reader on the web", &json!([]))]);
    seed.objects["deviceManagement/applePushNotificationCertificate"] =
        json!({"id": "apns-1", "appleIdentifier": "apple@contoso.example", "topicIdentifier": "com.apple.mgmt.x"});
    TenantSeed { permissions: permissions.to_vec(), ..seed }
}

/// The least that `login` names for an export.
pub fn least() -> Vec<String> {
    let env = Env::start(vec![empty(TRIAL, "Contoso Trial")], quick());
    let json = env.ferry(&["login", "trial", "--format", "json"]).exits(0).json();
    let least: Vec<String> = serde_json::from_value(json["details"]["leastToRead"].clone()).unwrap();
    assert!(least.iter().all(|name| !name.contains("Write")), "{least:?}");
    let by_writing = json["details"]["readableByWritingOnly"].to_string();
    assert!(by_writing.contains("apps (relationships)") && by_writing.contains("apple-push-certificate"), "{json:#}");
    least
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    let (_, bytes) = files.iter().find(|(file, _)| file.contains(name)).unwrap_or_else(|| panic!("no {name}"));
    String::from_utf8(bytes.clone()).unwrap()
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Value {
    serde_json::from_str(&text(files, "ferry-tree.json")).unwrap()
}

fn not_read(ran: &Ran) -> Vec<(String, String)> {
    let found = ran.json()["findings"].as_array().unwrap().clone();
    let told = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let own = found.iter().filter(|finding| finding["code"] == "not-read");
    own.map(|finding| (told(finding, "subject"), told(finding, "message"))).collect()
}

#[test]
fn a_backup_with_the_least_permissions_ends_well_and_keeps_what_it_may_not_read() {
    let full = Env::start(vec![tenant(&[])], quick());
    let tree = full.path("tree").display().to_string();
    full.ferry(&["export", "trial", "--out", &tree]).exits(0);
    let before = full.files("tree");
    assert!(text(&before, "Office on the web").contains(READER));

    let env = Env::start(vec![tenant(&least())], quick());
    let ran = env.ferry(&["export", "trial", "--out", &tree, "--format", "json"]).exits(0);
    shows(&ran.json(), &["not-read"]);
    let told = not_read(&ran);
    let of = |subject: &str| -> Vec<&str> {
        told.iter().filter(|(own, _)| own == subject).map(|(_, message)| message.as_str()).collect()
    };
    assert_eq!(of("apps").len(), 1, "{told:?}");
    assert!(of("apps")[0].contains("relationships") && of("apps")[0].contains("DeviceManagementApps.ReadWrite.All"));
    assert_eq!(of("apple-push-certificate").len(), 1, "{told:?}");
    assert!(of("apple-push-certificate")[0].contains("DeviceManagementServiceConfig.ReadWrite.All"));
    assert!(ran.json()["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] != "error"));

    // What was there stays, and the tree says what is old.
    let after = full.files("tree");
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert_eq!(text(&before, "apple@contoso"), text(&after, "apple@contoso"));
    let office = text(&after, "Office on the web");
    assert!(office.contains(READER) && office.contains("relationships@ferry.unread"), "{office}");
    let types = &manifest(&after)["types"];
    assert_eq!(types["apps"], json!({"status": "complete", "partsNotRead": ["relationships"]}));
    assert_eq!(types["apple-push-certificate"]["status"], "not-read");
    env.ferry(&["export", "trial", "--out", &tree]).exits(0);
    assert_eq!(after, full.files("tree"), "an unchanged tenant gives an unchanged tree");

    // Neither is compared as if it were empty.
    let ran = env.ferry(&["diff", &tree, "tenant:trial", "--format", "json"]).exits(0);
    let found = ran.json()["findings"].to_string();
    assert!(found.contains("not-compared") && found.contains("relationships"), "{found}");
    // With the permission, the mark goes and nothing else changes.
    full.ferry(&["export", "trial", "--out", &tree]).exits(0);
    assert_eq!(full.files("tree"), before);
}

#[test]
fn who_asks_for_it_by_name_or_lacks_an_ordinary_permission_is_told_what_to_grant() {
    let least = least();
    let env = Env::start(vec![tenant(&least)], quick());
    let ran = env.ferry(&["export", "trial", "--out", "a", "--only", "apple-push-certificate"]).exits(5);
    assert!(ran.out.contains("Grant DeviceManagementServiceConfig.ReadWrite.All"), "{}", ran.out);

    let without: Vec<String> = least.into_iter().filter(|name| name != "Policy.Read.All").collect();
    let env = Env::start(vec![tenant(&without)], quick());
    let ran = env.ferry(&["export", "trial", "--out", "b"]).exits(5);
    assert!(ran.out.contains("Grant Policy.Read.All") && ran.out.contains("--skip conditional-access"), "{}", ran.out);
    let skip = "conditional-access,named-locations,authentication-strengths,mdm-scope,mam-scope";
    env.ferry(&["export", "trial", "--out", "c", "--skip", skip]).exits(0);
}

#[test]
fn a_part_that_was_not_read_is_not_written_and_not_taken_for_empty() {
    let mut target = tenant(&[]);
    target.tenant_id = PRODUCTION.to_owned();
    let apps = target.objects[APPS].clone();
    let mut production = empty(PRODUCTION, "Production");
    production.objects = json!({APPS: apps.as_array().unwrap()[apps.as_array().unwrap().len() - 2..]});
    let env = Env::start(vec![tenant(&least()), production], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "apps", "--name", "* on the web"]).exits(0);
    assert!(!text(&env.files("tree"), "Office on the web").contains(READER), "a new tree has nothing of it");
    env.ferry(&["lint", "tree"]).exits(0);
    let update = ["--on-conflict", "update", "--format", "json"];
    let ran = env.ferry(&[&["import", "tree", "--to", "production", YES, "--journal", "j"], &update[..]].concat());
    assert_eq!(ran.exits(0).json()["counts"], json!({"unchanged": 2}));
    assert_eq!(env.writes(PRODUCTION), 0);

    // The other way round: the target may not be read whole.
    let env = Env::start(vec![tenant(&[]), { TenantSeed { permissions: least(), ..target } }], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "apps", "--name", "* on the web"]).exits(0);
    let ran = env.ferry(&["verify", "tree", "--to", "production", "--format", "json"]).exits(0);
    assert_eq!(not_read(&ran).len(), 1, "{}", ran.out);
}

pub const IMPORT: [&str; 7] = ["import", "tree", "--to", "production", "--journal", "run.ndjson", YES];

/// The tree of the two apps, and a target without any.
pub fn apps_to_import() -> Env {
    let env = Env::start(vec![tenant(&[]), empty(PRODUCTION, "Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "apps", "--name", "* on the web"]).exits(0);
    env.sandbox().go_on();
    env
}

/// Refuses to show relationships so many times.
fn refuse(env: &Env, times: u64) {
    env.sandbox().fail(Fault {
        method: Some("GET".into()),
        path: "/relationships".into(),
        status: Failure::Status(403),
        times: Some(times),
        ..Fault::default()
    });
}

#[test]
fn what_could_not_be_read_back_is_not_taken_for_changed_by_somebody() {
    let env = apps_to_import();
    refuse(&env, 2);
    env.ferry(&IMPORT).exits(5);
    env.ferry(&["undo", "run.ndjson", YES]).exits(0);
    assert_eq!(env.sandbox().state(PRODUCTION)[APPS], json!([]));

    let env = apps_to_import();
    env.ferry(&IMPORT).exits(0);
    refuse(&env, 2);
    // What an undo cannot see is neither as the run left it, nor changed: no one knows.
    let undo = ["undo", "run.ndjson", YES, "--format", "json"];
    let ran = env.ferry(&undo).exits(4);
    shows(&ran.json(), &["read-failed"]);
    assert!(!ran.out.contains("changed-since"), "{}", ran.out);
    env.ferry(&undo).exits(0);
    assert_eq!(env.sandbox().state(PRODUCTION)[APPS], json!([]));
}

#[test]
fn a_resumed_import_does_not_take_what_it_cannot_read_for_written() {
    let env = apps_to_import();
    // Both apps are there, and one does not know yet that it needs the other.
    assert_eq!(kill_at_write(&env, &IMPORT, 3, Moment::Before), None);
    refuse(&env, 2);
    shows(&env.ferry(&[&RESUME[..], &["--format", "json"]].concat()).exits(5).json(), &["read-failed"]);
    env.ferry(&RESUME).exits(0);
    let state = env.sandbox().state(PRODUCTION);
    let of = |name: &str| state[APPS].as_array().unwrap().iter().find(|app| app["displayName"] == name).unwrap();
    let needs = &of("Office on the web")["relationships"];
    assert_eq!(needs[0]["targetId"], of("Reader on the web")["id"], "{needs}");
}

/// The app that the target has, as the plan sees it: without the other that it needs, and called something else.
pub fn one_there(env: &Env, more: &Value) {
    let mut there = app(OFFICE, "Office on the web", &json!([]));
    there.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert!(env.sandbox().edit(PRODUCTION, APPS, OFFICE, &there));
}

pub fn office(env: &Env) -> Value {
    let state = env.sandbox().state(PRODUCTION);
    let mut apps = state[APPS].as_array().unwrap().iter();
    apps.find(|app| app["displayName"] == "Office on the web").unwrap().clone()
}

/// Goes on, without seeing everything: it says so, and sends nothing of what it cannot see.
fn go_on_half_blind(env: &Env, times: u64) {
    refuse(env, times);
    let writes = |env: &Env| {
        let requests = env.sandbox().requests(PRODUCTION);
        let own = requests.iter().filter(|request| request.method != "GET" && request.path.contains(OFFICE));
        own.count()
    };
    let before = writes(env);
    let ran = env.ferry(&[&RESUME[..], &["--format", "json"]].concat()).exits(5);
    shows(&ran.json(), &["read-failed"]);
    assert_eq!(writes(env), before, "{}", ran.out);
}

#[test]
fn an_update_does_not_take_what_it_cannot_read_for_identical() {
    let env = apps_to_import();
    one_there(&env, &json!({"publisher": "Somebody"}));
    let update = [&IMPORT[..], &["--on-conflict", "update"]].concat();
    // The other app is there, and what is to be changed is known: to be looked at once more.
    assert_eq!(kill_at_write(&env, &update, 2, Moment::Before), None);
    go_on_half_blind(&env, 2);
    assert_eq!(office(&env)["relationships"], json!([]));
    env.ferry(&RESUME).exits(0);
    let office = office(&env);
    assert_eq!(office["relationships"].as_array().map(Vec::len), Some(1), "{office}");
}

#[test]
fn what_somebody_made_meanwhile_is_not_taken_for_the_same_where_it_cannot_be_read() {
    // A scope tag is created first, and then the app that has it.
    let mut trial = tenant(&[]);
    let tag = trial.objects["deviceManagement/roleScopeTags"][0]["id"].clone();
    let apps = trial.objects[APPS].as_array_mut().unwrap();
    apps.iter_mut().find(|app| app["id"] == OFFICE).unwrap()["roleScopeTagIds"] = json!([tag]);
    let mut production = empty(PRODUCTION, "Production");
    production.objects = json!({APPS: [app(READER, "Reader on the web", &json!([]))]});
    let env = Env::start(vec![trial, production], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "apps", "--name", "* on the web"]).exits(0);
    env.sandbox().go_on();
    assert_eq!(kill_at_write(&env, &IMPORT, 1, Moment::Before), None);
    // In all that can be seen, it is the same; the tag's number in the target is the first that is free.
    let source = env.sandbox().state(TRIAL)[APPS].as_array().unwrap().clone();
    let mut there = source.iter().find(|app| app["id"] == OFFICE).unwrap().clone();
    (there["roleScopeTagIds"], there["relationships"]) = (json!(["1"]), json!([]));
    one_there(&env, &there);
    wait_for_lists();
    go_on_half_blind(&env, 1);
    let count = || env.sandbox().state(PRODUCTION)[APPS].as_array().unwrap().len();
    assert_eq!(count(), 2);
    // It is another one, as is seen now.
    let ran = env.ferry(&[&RESUME[..], &["--format", "json"]].concat()).exits(5);
    shows(&ran.json(), &["stale-step"]);
    assert_eq!(count(), 2);
}

#[test]
fn what_cannot_be_read_back_is_said_and_not_assigned_before_it_can() {
    let env = apps_to_import();
    refuse(&env, 2);
    let ran = env.ferry(&[&IMPORT[..], &["--format", "json"]].concat()).exits(5);
    shows(&ran.json(), &["read-failed"]);
    assert!(ran.out.contains("its relationships cannot be read back without"), "{}", ran.out);
    let writes = env.writes(PRODUCTION);
    env.ferry(&RESUME).exits(0);
    assert_eq!(env.writes(PRODUCTION), writes, "all of it was there");
}
