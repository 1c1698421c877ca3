//! An undo that is refused a read, at whatever moment: what it could not see is not confirmed, and what may be in use
//! is not removed. Once it may read again, it takes back what is left.
//!
//! The suite refuses a spread of all reads; `FERRY_KILL_EVERY=N` refuses each n-th.

use intune_ferry::sandbox::{Failure, Fault};
use serde_json::json;

use crate::env::{Env, PRODUCTION, YES, quick, shows};
use crate::killed::spread;
use crate::least::{APPS, IMPORT, OFFICE, READER, app, apps_to_import, least, office, one_there, tenant};
use crate::undone::{Imported, UNDO};

/// How many reads the suite refuses, each in an undo of its own.
const SPREAD: u64 = 4;
const UNDO_JSON: [&str; 5] = ["undo", "run.ndjson", YES, "--format", "json"];

/// Refuses to answer one read of a path, after so many.
fn refuse(env: &Env, path: &str, after: u64, times: Option<u64>) {
    let (method, status) = (Some("GET".into()), Failure::Status(403));
    env.sandbox().fail(Fault { method, path: path.into(), status, after, times, ..Fault::default() });
}

/// Imports what gives the app in the target the app that it needs, and its publisher back.
fn import(env: &Env) {
    std::fs::remove_file(env.path("run.ndjson")).ok();
    env.ferry(&[&IMPORT[..], &["--on-conflict", "update"]].concat()).exits(0);
    assert_eq!(office(env)["relationships"].as_array().map(Vec::len), Some(1));
}

fn is_as_before(env: &Env) -> bool {
    let state = env.sandbox().state(PRODUCTION);
    let count = state[APPS].as_array().unwrap().len();
    count == 1 && office(env)["relationships"] == json!([]) && office(env)["publisher"] == "Somebody"
}

#[test]
fn an_undo_does_not_take_what_it_cannot_read_for_as_before_at_whatever_moment() {
    let env = apps_to_import();
    one_there(&env, &json!({"publisher": "Somebody"}));
    let path = format!("*{OFFICE}*relationships*");
    // What becomes of the object is judged by the first read; who else uses what goes, by the second, where what will
    // be put back counts as it will be; then it is looked at right before it is changed, and once more in the end.
    let moments = [4, 0, 5, 5];
    for (after, exit) in (0..).zip(moments) {
        import(&env);
        refuse(&env, &path, after, Some(1));
        let ran = env.ferry(&UNDO_JSON);
        assert_eq!(ran.code, exit, "read {after}: {}", ran.out);
        if exit != 0 {
            shows(&ran.json(), &["read-failed"]);
            assert!(!is_as_before(&env), "read {after}: what still needs the other app keeps it");
            env.ferry(&UNDO_JSON).exits(0);
        }
        assert!(is_as_before(&env), "read {after}");
    }
    let reads = |env: &Env| {
        let requests = env.sandbox().requests(PRODUCTION);
        requests.iter().filter(|it| it.path.contains(OFFICE) && it.path.contains("relationships")).count()
    };
    import(&env);
    let before = reads(&env);
    env.ferry(&UNDO_JSON).exits(0);
    assert_eq!(reads(&env) - before, moments.len(), "there are other moments");
    // None of them.
    import(&env);
    refuse(&env, &path, 0, None);
    let changed = office(&env);
    shows(&env.ferry(&UNDO_JSON).exits(4).json(), &["read-failed"]);
    assert_eq!(office(&env), changed);
}

#[test]
fn what_an_app_may_use_whose_needs_cannot_be_read_is_not_removed() {
    let env = apps_to_import();
    env.ferry(&IMPORT).exits(0);
    let state = env.sandbox().state(PRODUCTION);
    let mut apps = state[APPS].as_array().unwrap().iter();
    let reader = apps.find(|app| app["displayName"] == "Reader on the web").unwrap()["id"].clone();
    // Somebody else's app needs one of the import's.
    let (id, needs) = (
        "a1000000-0000-4000-8000-000000000799",
        json!([{
            "@odata.type": "#microsoft.graph.mobileAppDependency", "id": "r-9", "targetId": reader,
            "targetType": "child", "dependencyType": "autoInstall",
        }]),
    );
    assert!(env.sandbox().edit(PRODUCTION, APPS, id, &app(id, "Somebody's app", &needs)));
    refuse(&env, &format!("*{id}*relationships*"), 0, Some(1));
    let ran = env.ferry(&UNDO_JSON).exits(4);
    shows(&ran.json(), &["in-use"]);
    assert!(ran.out.contains("its relationships cannot be read without"), "{}", ran.out);
    let names = || -> Vec<String> {
        let state = env.sandbox().state(PRODUCTION);
        let apps = state[APPS].as_array().unwrap().iter();
        apps.map(|app| app["displayName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names().len(), 3, "{:?}", names());
    // As is seen now, it does.
    let ran = env.ferry(&UNDO_JSON).exits(4);
    assert!(ran.out.contains("used by apps/Somebody's app"), "{}", ran.out);
    assert!(names().contains(&String::from("Reader on the web")), "{:?}", names());
    env.ferry(&[&UNDO_JSON[..], &["--force"]].concat()).exits(0);
    assert!(!names().contains(&String::from("Reader on the web")), "{:?}", names());
    assert_ne!(reader, READER);
}

#[test]
fn what_an_app_that_cannot_be_removed_may_need_is_not_removed() {
    let env = apps_to_import();
    // The import itself could not see what it left.
    refuse(&env, "/relationships", 0, Some(2));
    env.ferry(&IMPORT).exits(5);
    let state = env.sandbox().state(PRODUCTION);
    let office = state[APPS].as_array().unwrap().iter().find(|app| app["displayName"] == "Office on the web").unwrap();
    refuse(&env, "/relationships", 0, None);
    env.sandbox().fail(Fault {
        method: Some("DELETE".into()),
        path: format!("*{}", office["id"].as_str().unwrap()),
        status: Failure::Status(403),
        ..Fault::default()
    });
    let ran = env.ferry(&UNDO_JSON).exits(5);
    assert!(ran.out.contains("an object that may refer to it could not be undone"), "{}", ran.out);
    assert_eq!(env.sandbox().state(PRODUCTION)[APPS].as_array().unwrap().len(), 2);
}

#[test]
fn a_restore_says_where_it_cannot_see_who_names_an_old_id() {
    let full = Env::start(vec![tenant(&[])], quick());
    let tree = full.path("tree").display().to_string();
    full.ferry(&["export", "trial", "--out", &tree, "--only", "apps"]).exits(0);
    // The app that another needs was deleted.
    let mut without = tenant(&least());
    without.objects[APPS].as_array_mut().unwrap().retain(|app| app["id"] != READER);
    let env = Env::start(vec![without], quick());
    let plan = ["plan", &tree, "--to", "trial", "--restore", "--name", "Reader*", "--format", "json"];
    let ran = env.ferry(&plan);
    shows(&ran.json(), &["names-old-id"]);
    assert!(ran.out.contains("their relationships cannot be read without"), "{}", ran.out);
}

#[test]
fn an_undo_that_is_refused_any_read_confirms_nothing_that_it_did_not_see() {
    let (env, imported) = Imported::again();
    env.ferry(&UNDO).exits(0);
    imported.is_taken_back(&env, "without a refusal");
    let reads = env.sandbox().requests(PRODUCTION).iter().filter(|request| request.method == "GET").count() as u64;
    spread(reads, SPREAD, |n| {
        let (env, imported) = Imported::again();
        refuse(&env, "*", n - 1, Some(1));
        let ran = env.ferry(&UNDO_JSON);
        let requests = env.sandbox().requests(PRODUCTION);
        let refused = requests.iter().position(|request| request.method == "GET" && request.status == 403);
        let written = requests.iter().position(|request| !matches!(request.method.as_str(), "GET" | "HEAD"));
        let place = format!("read {n} of {reads}, refused {:?}", refused.map(|at| &requests[at].path));
        println!("{place}: exit {}", ran.code);
        if ran.code == 0 {
            assert!(refused < written, "{place}: what was read after the first write is what confirms it\n{}", ran.out);
            imported.is_taken_back(&env, &place);
        } else {
            env.ferry(&UNDO).exits(0);
            imported.is_taken_back(&env, &format!("{place}, undone again"));
        }
    });
}
