//! An import that uploads contents is killed at any request, storage's as well: in the end there is exactly one app
//! of each, with its content, published and assigned.

use std::sync::OnceLock;

use intune_ferry::sandbox::Moment;
use serde_json::Value;

use crate::app_content::{IMPORT, all_there, app, apps, exported, fault, put, swift, win32};
use crate::chain::{MOMENTS, killed_again_and_again};
use crate::env::{Env, PRODUCTION, YES};
use crate::killed::{RESUME, campaign, ended, kill, wait_for_lists};
use crate::packages::{package, plain};

/// At how many requests the suite kills.
const SPREAD: u64 = 6;

pub fn ready() -> Env {
    ready_with(4000, 5000)
}

/// A package and a plain file of these sizes.
fn ready_with(tool: usize, size: usize) -> Env {
    let env = exported(&[win32(1, "Tool", "tool.intunewin"), field()], swift());
    put(&env, "tool.intunewin", &package(tool, "setup.exe"));
    put(&env, "field.pkg", &plain(size));
    env.sandbox().go_on();
    env
}

fn field() -> Value {
    let pkg = serde_json::json!({"primaryBundleId": "com.contoso.mac", "primaryBundleVersion": "1", "includedApps": [],
        "fileName": "field.pkg"});
    app(2, "macOSPkgApp", "Field", &pkg)
}

pub fn requests() -> u64 {
    static REQUESTS: OnceLock<u64> = OnceLock::new();
    *REQUESTS.get_or_init(|| {
        let env = ready();
        env.ferry(&[&IMPORT[..], &[YES]].concat()).exits(0);
        env.sandbox().seen()
    })
}

fn trial(n: u64, moment: Moment, with_journal: bool) {
    let env = ready();
    let import = [&IMPORT[..], &[YES]].concat();
    let was_killed = kill(&env, &import, n, "", moment);
    let has_run = std::fs::metadata(env.path("run.ndjson")).is_ok_and(|file| file.len() > 0);
    let ran = match (with_journal, has_run) {
        (true, true) => env.ferry(&["import", "--resume", "run.ndjson"]),
        (true, false) => env.ferry(&import),
        // Another journal, and what is there is brought up to date.
        (false, _) => {
            wait_for_lists();
            let again = [&IMPORT[..8], &["--on-conflict", "update", YES]].concat();
            env.ferry(&again)
        }
    };
    let place = format!("request {n} {moment:?}, killed {was_killed}, journal {with_journal}");
    assert!(ended(&ran), "{place}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    all_there(&env, &["Field", "Tool"]);
}

#[test]
fn a_killed_upload_is_gone_on_with_by_its_journal() {
    campaign(requests(), SPREAD, |n, moment| trial(n, moment, true));
}

#[test]
fn a_killed_upload_without_its_journal_is_finished_by_matching() {
    campaign(requests(), SPREAD, |n, moment| trial(n, moment, false));
}

/// The moments that matter most, each by name.
#[test]
fn a_kill_between_two_steps_leaves_one_app_with_one_content() {
    let steps = [
        ("POST /beta/deviceAppManagement/mobileApps", 1),
        ("PUT /_storage", 1),
        ("PUT /_storage", 2),
        ("PATCH /beta/deviceAppManagement/mobileApps", 1),
    ];
    for (only, n) in steps {
        for moment in [Moment::Before, Moment::Processed, Moment::Answered] {
            let env = ready();
            assert!(kill(&env, &[&IMPORT[..], &[YES]].concat(), n, only, moment), "{only}");
            env.ferry(&["import", "--resume", "run.ndjson"]).exits(0);
            all_there(&env, &["Field", "Tool"]);
            let committed: Vec<Value> = apps(&env).iter().map(|app| app["committedContentVersion"].clone()).collect();
            assert_eq!(committed, ["1", "1"], "{only} {moment:?}");
            let requests = env.sandbox().requests(PRODUCTION);
            let made =
                requests.iter().filter(|r| r.method == "POST" && r.path.ends_with("/mobileApps") && r.status == 201);
            assert_eq!(made.count(), 2, "{only} {moment:?}");
        }
    }
}

#[test]
fn a_folder_that_is_gone_matters_only_where_a_content_is_still_wanted() {
    let import = [&IMPORT[..], &[YES]].concat();
    // Before the first content was committed, and when both were.
    for (only, n, code) in [("PUT /_storage", 1, 5), ("POST /beta/deviceAppManagement/mobileApps/", 99, 0)] {
        let env = ready();
        if n == 99 {
            env.ferry(&import).exits(0);
        } else {
            assert!(kill(&env, &import, n, only, Moment::Before));
        }
        std::fs::rename(env.path("content"), env.path("elsewhere")).unwrap();
        let resume = ["import", "--resume", "run.ndjson"];
        env.ferry(&resume).exits(code);
        env.ferry(&[&resume[..], &["--app-content", "elsewhere"]].concat()).exits(0);
        all_there(&env, &["Field", "Tool"]);
    }
}

/// The lines of the journal of one kind.
fn lines(env: &Env, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(env.path("run.ndjson")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

/// How many requests to the production tenant were carried out, by method and the end of their path.
fn done(env: &Env, method: &str, end: &str) -> usize {
    let requests = env.sandbox().requests(PRODUCTION);
    requests.iter().filter(|it| it.method == method && it.path.ends_with(end) && it.status < 300).count()
}

#[test]
fn an_upload_that_is_killed_at_every_write_comes_to_its_end() {
    let import = [&IMPORT[..], &[YES]].concat();
    // One block and two.
    let ready = || ready_with(4000, 5 << 20);
    let meant = {
        let env = ready();
        let before = env.writes(PRODUCTION);
        env.ferry(&import).exits(0);
        env.writes(PRODUCTION) - before
    };
    let env = ready();
    let before = env.writes(PRODUCTION);
    let (code, kills) = killed_again_and_again(&env, &import, 1, &MOMENTS, |kills| assert!(kills < 300, "no end"));
    let sent = env.writes(PRODUCTION) - before;
    println!("killed {kills} times, {sent} writes of {meant} sent");
    assert_eq!(code, 0);
    all_there(&env, &["Field", "Tool"]);
    assert!(kills >= meant / 2 && sent <= meant + kills, "killed {kills} times, {sent} writes of {meant}");
    // Never a second version or file, and nothing is taken away.
    assert_eq!(["/contentVersions", "/files"].map(|end| done(&env, "POST", end)), [2, 2]);
    assert_eq!((done(&env, "DELETE", ""), lines(&env, "upload").len()), (0, 2));
    let blocks: std::collections::BTreeSet<String> = lines(&env, "block").iter().map(Value::to_string).collect();
    assert_eq!((blocks.len(), lines(&env, "block").len()), (5, 5), "three blocks and two lists");
}

#[test]
fn blocks_are_sent_again_only_where_they_are_lost_or_the_content_is_another() {
    let import = [&IMPORT[..], &[YES]].concat();
    for (case, uploads) in [("as it was", 1), ("lost", 2), ("another content", 2)] {
        let env = exported(&[field()], swift());
        put(&env, "field.pkg", &plain(13 << 20));
        env.sandbox().go_on();
        // Of its four blocks some have arrived.
        assert!(kill(&env, &import, 4, "PUT /_storage", Moment::Answered), "{case}");
        let arrived = lines(&env, "block").len();
        match case {
            "lost" => env.sandbox().fail(fault("PUT", "comp=blocklist", 400, 0, 1)),
            "another content" => put(&env, "field.pkg", &plain(13 << 20).into_iter().rev().collect::<Vec<_>>()),
            _ => {}
        }
        let before = done(&env, "PUT", "comp=block");
        env.ferry(&RESUME).exits(0);
        // The storage of the sandbox opens what was committed.
        all_there(&env, &["Field"]);
        println!("{case}: {arrived} blocks had arrived, {} sent since", done(&env, "PUT", "comp=block") - before);
        assert!(arrived >= 2, "{case}");
        assert_eq!(lines(&env, "upload").len(), uploads, "{case}");
        assert_eq!(done(&env, "DELETE", ""), 0, "{case}");
        if uploads == 1 {
            assert_eq!(lines(&env, "block").len(), 5, "{case}: the blocks and their list");
        }
    }
}
