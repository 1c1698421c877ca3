//! Between the plan of an import and its writes someone else makes what it is about to make: another import of the
//! same tree, or a person. Nothing is made twice, and what the other made is not taken for one's own.
//!
//! The suite does so at a spread of the import's requests; `FERRY_KILL_EVERY` as in `killed`, `FERRY_STORMS` as in
//! `storms`.

use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use intune_ferry::sandbox::{Failure, Fault, Moment, Storm};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, YES, exported, shows};
use crate::in_turn::{Person, ready_for_two};
use crate::killed::{IMPORT, RESUME, campaign, ended, is_as_meant, kill, ready, wait_for_lists};
use crate::objects::{SCRIPTS, script};

/// At how many requests the suite kills.
const SPREAD: u64 = 3;
const TAGS: &str = "deviceManagement/roleScopeTags";

fn other(env: &Env) -> Ran {
    let update = ["--allow-broad", "--on-conflict", "update"];
    Ran::of(Person::Other.command(env, &update).output().unwrap())
}

fn requests() -> u64 {
    static REQUESTS: OnceLock<u64> = OnceLock::new();
    *REQUESTS.get_or_init(|| {
        let env = ready();
        assert!(ended(&env.ferry(&IMPORT)));
        env.sandbox().seen()
    })
}

#[test]
fn a_killed_import_is_gone_on_with_after_another_import() {
    campaign(requests(), SPREAD, |n, moment| {
        let env = ready_for_two();
        let was_killed = kill(&env, &IMPORT, n, "", moment);
        let place = format!("request {n} {moment:?}, killed {was_killed}");
        wait_for_lists();
        let ran = other(&env);
        assert!(ended(&ran), "{place}, the other: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
        is_as_meant(&env, &format!("{place}, the other"));
        wait_for_lists();
        let args = if env.path("run.ndjson").exists() { &RESUME[..] } else { &IMPORT[..] };
        let ran = env.ferry(args);
        assert!(ended(&ran), "{place}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
        is_as_meant(&env, &place);
        let writes = env.writes(PRODUCTION);
        env.ferry(args);
        assert_eq!(env.writes(PRODUCTION), writes, "{place}: there is nothing left to do");
    });
}

#[test]
fn two_imports_come_through_one_storm() {
    let storms = std::env::var("FERRY_STORMS").map_or(1, |count| count.parse().unwrap());
    for seed in 1..=storms {
        let env = ready_for_two();
        env.sandbox().blow(Some(Storm { share: 0.2, seed }));
        kill(&env, &IMPORT, requests() / 2 + seed, "", Moment::Processed);
        let (mut ran, mut mine) = (other(&env), None::<Ran>);
        for _ in 0..8 {
            let is_done = |ran: &Ran| ended(ran) || ran.code == 5;
            if is_done(&ran) && mine.as_ref().is_some_and(ended) {
                break;
            }
            let begun = env.path("run.ndjson").exists();
            mine = Some(env.ferry(if begun { &RESUME } else { &IMPORT[..] }));
            if !ended(&ran) {
                ran = other(&env);
            }
        }
        env.sandbox().blow(None);
        wait_for_lists();
        let mine = mine.unwrap();
        assert!(ended(&mine), "seed {seed}: exit {}\n{}\n{}", mine.code, mine.out, mine.err);
        is_as_meant(&env, &format!("seed {seed}"));
    }
}

/// A tag that the service keeps waiting for, and a script that needs it, so that the plan is old when it is its turn.
fn slow() -> Env {
    let tag = json!({"id": "7", "displayName": "Berlin", "description": "", "assignments": []});
    let mut needs = script(1, "Map drives", "AAAA");
    needs["roleScopeTagIds"] = json!(["7"]);
    let env = exported(&json!({TAGS: [tag], SCRIPTS: [needs]}), &json!({}));
    env.sandbox().fail(Fault {
        method: Some("POST".into()),
        path: "/beta/deviceManagement/roleScopeTags".into(),
        status: Failure::Status(429),
        retry_after: Some("6".into()),
        times: Some(1),
        ..Fault::default()
    });
    env
}

/// Imports, and lets someone make a script meanwhile.
fn import_while(env: &Env, made: &Value) -> Ran {
    let args = ["import", "tree", "--to", "production", YES, "--journal", "run.ndjson", "--format", "json"];
    let mut command = env.command(&args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = async {
        while env.writes(PRODUCTION) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    env.wait_for(begun);
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, made["id"].as_str().unwrap(), made));
    Ran::of(child.wait_with_output().unwrap())
}

fn scripts(env: &Env) -> Vec<Value> {
    env.sandbox().state(PRODUCTION)[SCRIPTS].as_array().unwrap().clone()
}

fn made_by_hand(content: &str, tag: &str) -> Value {
    let mut made = script(99, "Map drives", content);
    made["roleScopeTagIds"] = json!([tag]);
    made
}

#[test]
fn what_somebody_makes_after_the_plan_is_not_made_again() {
    let env = slow();
    // The tag's number in the target is the first that is free.
    let ran = import_while(&env, &made_by_hand("AAAA", "1")).exits(0);
    let document = ran.json();
    let action = |type_name: &str| {
        let mut objects = document["objects"].as_array().unwrap().iter();
        objects.find(|object| object["type"] == type_name).unwrap()["action"].clone()
    };
    assert_eq!(
        (action("scope-tags"), action("platform-scripts")),
        (json!("created"), json!("unchanged")),
        "{document}"
    );
    assert!(ran.err.contains("was created by someone else"), "{}", ran.err);
    assert_eq!(scripts(&env).len(), 1);
    // It is not the run's, so an undo leaves it.
    env.ferry(&["undo", "run.ndjson", "--force", YES]);
    assert_eq!(scripts(&env).len(), 1);
}

#[test]
fn what_somebody_makes_otherwise_after_the_plan_is_left_for_a_person_to_look_at() {
    let env = slow();
    let ran = import_while(&env, &made_by_hand("QkJC", "1")).exits(5);
    shows(&ran.json(), &["stale-step"]);
    assert_eq!(scripts(&env).len(), 1);
    assert_eq!(scripts(&env)[0]["scriptContent"], "QkJC");
}
