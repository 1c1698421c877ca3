//! An import that is killed at any request, before it is processed, before its answer or after it, is gone
//! on with: in the end there is exactly one of each object, equal to the plan. The program is really killed.
//!
//! The suite kills at a spread of requests. `FERRY_KILL_EVERY=N` kills at every n-th, at three moments each
//! (before, processed, answered); with 1 that takes a long time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use intune_ferry::sandbox::{Behaviour, Moment};
use serde_json::Value;

use crate::contents::{Contents, assert_same, contents};
use crate::env::{Env, PRODUCTION, Ran, TRIAL, YES, empty, quick, sample};

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Processed, Moment::Answered];
/// At how many requests the suite kills; every one where the variable is set.
const SPREAD: u64 = 3;
/// Longer than any import here goes without a request, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(10);
/// Longer than an answer takes to come into the journal.
const RECORDED: Duration = Duration::from_secs(2);

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

/// What the target is when nothing goes wrong, and how many requests that takes.
pub struct Meant {
    requests: u64,
    contents: Contents,
}

fn meant() -> &'static Meant {
    static MEANT: OnceLock<Meant> = OnceLock::new();
    MEANT.get_or_init(|| {
        let env = ready();
        let ran = env.ferry(&IMPORT);
        assert!(ended(&ran), "{}", ran.err);
        Meant { requests: env.sandbox().seen(), contents: contents(&env) }
    })
}

/// Whether an import came to its end; some of the tree cannot be moved, so it does not end with 0.
pub fn ended(ran: &Ran) -> bool {
    [0, 3, 4].contains(&ran.code)
}

/// Fails unless the target is what it is when nothing goes wrong.
#[track_caller]
pub fn is_as_meant(env: &Env, place: &str) {
    assert_same(env, &meant().contents, place);
}

/// Runs the program until the sandbox falls silent at the n-th request that begins so, and kills it there.
/// Whether it came so far.
pub fn kill(env: &Env, args: &[&str], n: u64, only: &str, moment: Moment) -> bool {
    env.sandbox().halt_at_such(n, only, moment);
    kill_in_silence(env, env.command(args), journal_in(args), moment).is_none()
}

/// The same at the n-th request that changes something; the exit code where it did not come so far.
pub fn kill_at_write(env: &Env, args: &[&str], n: u64, moment: Moment) -> Option<i32> {
    kill_command_at_write(env, env.command(args), journal_in(args), n, moment)
}

/// The same of the program as somebody else runs it.
pub fn kill_command_at_write(
    env: &Env,
    command: Command,
    journal: Option<&str>,
    n: u64,
    moment: Moment,
) -> Option<i32> {
    env.sandbox().halt_at_write(n, moment);
    kill_in_silence(env, command, journal, moment)
}

/// The journal that the arguments name.
fn journal_in<'a>(args: &[&'a str]) -> Option<&'a str> {
    args.iter().copied().find(|word| word.ends_with(".ndjson"))
}

fn kill_in_silence(env: &Env, mut command: Command, journal: Option<&str>, moment: Moment) -> Option<i32> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut ended = None;
    // However slow the machine is: as long as requests come, it goes on.
    let (mut seen, mut last) = (0, Instant::now());
    let halted = async {
        while tokio::time::timeout(Duration::from_millis(200), env.sandbox().halted()).await.is_err() {
            if let Some(status) = child.try_wait().unwrap() {
                ended = Some(status.code().unwrap_or(-1));
                break;
            }
            if env.sandbox().seen() > seen {
                (seen, last) = (env.sandbox().seen(), Instant::now());
            }
            assert!(last.elapsed() < PATIENCE, "{command:?} makes no more requests after {seen}");
        }
    };
    env.wait_for(halted);
    if moment == Moment::Answered && ended.is_none() {
        // The answer still reaches the program, and the journal.
        let journal = journal.map(|name| env.path(name));
        let size = || journal.as_ref().and_then(|path| std::fs::metadata(path).ok()).map(|file| file.len());
        let (before, since) = (size(), Instant::now());
        std::thread::sleep(Duration::from_millis(30));
        while size() == before && since.elapsed() < RECORDED {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    env.sandbox().go_on();
    ended
}

/// Whoever has no journal knows what was made from lists alone, and they lag.
pub fn wait_for_lists() {
    std::thread::sleep(quick().list_lag * 2);
}

/// Kills at one request, goes on, and compares what is there with what was meant.
fn trial(n: u64, moment: Moment, with_journal: bool) {
    let env = ready();
    let was_killed = kill(&env, &IMPORT, n, "", moment);
    let has_run = std::fs::metadata(env.path("run.ndjson")).is_ok_and(|file| file.len() > 0);
    let ran = match (with_journal, has_run) {
        (true, true) => env.ferry(&RESUME),
        // Nothing was sent that changes anything.
        (true, false) => env.ferry(&IMPORT),
        (false, _) => {
            wait_for_lists();
            env.ferry(&[&AGAIN[..], &[YES]].concat())
        }
    };
    let place = format!("request {n} {moment:?}, killed {was_killed}, journal {with_journal}");
    assert!(ended(&ran), "{place}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    is_as_meant(&env, &place);
}

/// The trial at every how many requests, where that is asked for.
fn every() -> Option<u64> {
    std::env::var("FERRY_KILL_EVERY").ok().map(|every| every.parse().unwrap())
}

/// The requests among so many that a spread hits, or every n-th, where that is asked for.
fn hit(requests: u64, spread: u64) -> impl Iterator<Item = u64> {
    let step = every().unwrap_or(requests / spread).max(1);
    (1..=requests).step_by(usize::try_from(step).unwrap())
}

/// Several trials at a time.
fn try_all<T: Sync>(trials: &[T], trial: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(one) = trials.get(next.fetch_add(1, Ordering::SeqCst)) {
                    trial(one);
                }
            });
        }
    });
}

/// Kills at a spread of so many requests, several trials at a time; at every n-th request where that is asked
/// for. Where it is not, another moment at each request.
pub fn campaign(requests: u64, spread: u64, trial: impl Fn(u64, Moment) + Sync) {
    let all = every().is_some();
    let at = |(place, n)| {
        MOMENTS
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| all || place % 3 == *at)
            .map(move |(_, moment)| (n, moment))
    };
    let trials: Vec<(u64, Moment)> = hit(requests, spread).enumerate().flat_map(at).collect();
    try_all(&trials, |(n, moment)| trial(*n, *moment));
    println!("killed {} times over {requests} requests", trials.len());
}

/// The same for what does not kill.
pub fn spread(requests: u64, spread: u64, trial: impl Fn(u64) + Sync) {
    let trials: Vec<u64> = hit(requests, spread).collect();
    try_all(&trials, |n| trial(*n));
    println!("{} trials over {requests} requests", trials.len());
}

#[test]
fn a_killed_import_is_gone_on_with_by_its_journal() {
    campaign(meant().requests, SPREAD, |n, moment| trial(n, moment, true));
}

#[test]
fn a_killed_import_without_its_journal_is_finished_by_matching() {
    campaign(meant().requests, SPREAD, |n, moment| trial(n, moment, false));
}

#[test]
fn the_import_that_is_killed_is_large_enough() {
    let env = ready();
    let ran = env.ferry(&[&IMPORT[..], &["--format", "json"]].concat()).json();
    let made: Vec<&Value> =
        ran["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "created").collect();
    let types: BTreeSet<&str> = made.iter().filter_map(|object| object["type"].as_str()).collect();
    assert!(made.len() >= 40 && types.len() >= 10, "{} policies of {} types", made.len(), types.len());
}
