//! An import that is killed at any request, before it is processed, before its answer or after it, is gone
//! on with: in the end there is exactly one of each object, equal to the plan. The program is really killed.
//!
//! The suite kills at a spread of requests. `FERRY_KILL_EVERY=N` kills at every n-th, at three moments each
//! (before, processed, answered); with 1 that takes a long time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, Moment};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, sample};

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Processed, Moment::Answered];
/// At how many requests the suite kills; every one where the variable is set.
const SPREAD: u64 = 6;
/// Longer than any import here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// A sandbox with an empty target, the exported tree of the sample tenant and its mapping.
pub fn ready() -> Env {
    ready_with(quick())
}

/// As [`ready`], with another behaviour of the service.
pub fn ready_with(behaviour: Behaviour) -> Env {
    static TREE: OnceLock<(Files, Vec<u8>)> = OnceLock::new();
    let start = |behaviour: Behaviour| {
        let mut target = empty(PRODUCTION, "Fabrikam Production");
        let other = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
        for directory in ["groups", "users", "servicePrincipals", "deviceAppManagement/mobileApps"] {
            target.objects[directory] = other.objects[directory].clone();
        }
        Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial"), target], behaviour)
    };
    let env = start(behaviour);
    let (tree, mapping) = TREE.get_or_init(|| {
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        let decisions = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo-decisions.json");
        std::fs::copy(decisions, env.path("mapping.json")).unwrap();
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
        (env.files("tree"), std::fs::read(env.path("mapping.json")).unwrap())
    });
    for (name, bytes) in tree {
        let path = env.path("tree").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::write(env.path("mapping.json"), mapping).unwrap();
    env.sandbox().go_on();
    env
}

pub const IMPORT: [&str; 10] = [
    "import",
    "tree",
    "--to",
    "production",
    "--mapping",
    "mapping.json",
    "--allow-broad",
    "--journal",
    "run.ndjson",
    YES,
];
const AGAIN: [&str; 9] =
    ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad", "--on-conflict", "update"];
pub const RESUME: [&str; 3] = ["import", "--resume", "run.ndjson"];

/// What a tenant holds, told without ids: how many objects of each name, with how many assignments, settings
/// and messages.
pub fn inventory(env: &Env) -> BTreeMap<String, usize> {
    let state = env.sandbox().state(PRODUCTION);
    let mut inventory = BTreeMap::new();
    for (collection, objects) in state.as_object().unwrap() {
        for object in objects.as_array().unwrap() {
            let name = object["displayName"].as_str().or(object["name"].as_str()).unwrap_or_default();
            let size = |part: &str| object[part].as_array().map_or(0, Vec::len);
            let parts = ["assignments", "settings", "localizedNotificationMessages", "definitionValues", "apps"];
            let sizes: Vec<usize> = parts.map(size).to_vec();
            *inventory.entry(format!("{collection}/{name} {sizes:?}")).or_default() += 1;
        }
    }
    inventory
}

/// What the target is when nothing goes wrong, and how many requests that takes.
pub struct Meant {
    requests: u64,
    pub inventory: BTreeMap<String, usize>,
    pub verified: Vec<String>,
}

pub fn meant() -> &'static Meant {
    static MEANT: OnceLock<Meant> = OnceLock::new();
    MEANT.get_or_init(|| {
        let env = ready();
        let ran = env.ferry(&IMPORT);
        assert!([0, 3, 4].contains(&ran.code), "{}", ran.err);
        let requests = env.sandbox().seen();
        Meant { requests, inventory: inventory(&env), verified: verified(&env) }
    })
}

/// What `verify` says of each object, without the ids that differ from run to run.
pub fn verified(env: &Env) -> Vec<String> {
    let ran = env.ferry(&["verify", "tree", "--to", "production", "--mapping", "mapping.json", "--format", "json"]);
    let document = ran.json();
    let objects = document["objects"].as_array().unwrap().iter();
    let mut lines: Vec<String> =
        objects.map(|object| format!("{} {} {}", object["type"], object["name"], object["action"])).collect();
    // Where there is more to do, another order is right.
    lines.sort();
    lines
}

/// Imports until the sandbox falls silent, and kills the program there. Whether it came so far.
fn kill(env: &Env, n: u64, moment: Moment) -> bool {
    env.sandbox().halt_at(n, moment);
    let mut child = env.command(&IMPORT).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut ended = false;
    let halted = async {
        loop {
            if tokio::time::timeout(Duration::from_millis(200), env.sandbox().halted()).await.is_ok() {
                break;
            }
            if child.try_wait().unwrap().is_some() {
                ended = true;
                break;
            }
        }
    };
    assert!(env.wait_for(halted, PATIENCE), "neither silence nor an end at request {n}");
    if moment == Moment::Answered {
        // The answer still reaches the program, and the journal.
        std::thread::sleep(Duration::from_millis(30));
    }
    end(&mut child);
    env.sandbox().go_on();
    !ended
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills at one request, goes on, and compares what is there with what was meant.
fn trial(n: u64, moment: Moment, with_journal: bool) {
    let (env, meant) = (ready(), meant());
    let was_killed = kill(&env, n, moment);
    let has_run = std::fs::metadata(env.path("run.ndjson")).is_ok_and(|file| file.len() > 0);
    let ran = match (with_journal, has_run) {
        (true, true) => env.ferry(&RESUME),
        // Nothing was sent that changes anything.
        (true, false) => env.ferry(&IMPORT),
        (false, _) => env.ferry(&[&AGAIN[..], &[YES]].concat()),
    };
    let place = format!("request {n} {moment:?}, killed {was_killed}, journal {with_journal}");
    assert!([0, 3, 4].contains(&ran.code), "{place}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    assert_eq!(inventory(&env), meant.inventory, "{place}\n{}", ran.out);
    assert_eq!(verified(&env), meant.verified, "{place}\n{}", ran.out);
}

/// Kills at each of these requests, several at a time.
fn campaign(with_journal: bool) {
    let last = meant().requests;
    let every = std::env::var("FERRY_KILL_EVERY").ok().map(|every| every.parse().unwrap());
    let step = every.unwrap_or(last / SPREAD);
    // Where nothing is set, another moment at each request.
    let trials: Vec<(u64, Moment)> = (1..=last)
        .step_by(usize::try_from(step).unwrap())
        .flat_map(|n| MOMENTS.map(|moment| (n, moment)))
        .filter(|(n, moment)| every.is_some() || MOMENTS[usize::try_from(n / step).unwrap() % 3] == *moment)
        .collect();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((n, moment)) = trials.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap())
                {
                    trial(*n, *moment, with_journal);
                }
            });
        }
    });
    println!("killed {} times over {last} requests", trials.len());
}

#[test]
fn a_killed_import_is_gone_on_with_by_its_journal() {
    campaign(true);
}

#[test]
fn a_killed_import_without_its_journal_is_finished_by_matching() {
    campaign(false);
}

#[test]
fn the_import_that_is_killed_is_large_enough() {
    let moved: Vec<&String> = meant().verified.iter().filter(|line| line.ends_with("\"equal\"")).collect();
    let types: BTreeSet<&str> = moved.iter().filter_map(|line| line.split(' ').next()).collect();
    assert!(moved.len() >= 40 && types.len() >= 10, "{} policies of {} types", moved.len(), types.len());
}
