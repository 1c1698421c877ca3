//! An import that is killed after every few writes and gone on with until it ends, as a pipeline with a time limit
//! does: it ends, there is exactly one of each, what is done is not sent again, and the journal grows with what is
//! done.
//!
//! Where a write has no answer, whoever goes on finds out first what became of it, and the journal knows it then.
//!
//! The suite does so over some policies. `FERRY_KILL_EVERY=1` does it over 306, killed after every write, after
//! every fifth, and after every 23rd.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use intune_ferry::sandbox::{Behaviour, Failure, Fault, Moment};
use serde_json::{Value, json};

use crate::contents::{Contents, assert_same, contents};
use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};
use crate::killed::{RESUME, kill_at_write};
use crate::objects::{CONFIGURATIONS, SCRIPTS, group, guid, script, to};

pub const MOMENTS: [Moment; 3] = [Moment::Processed, Moment::Answered, Moment::Before];
const IMPORT: [&str; 9] =
    ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "run.ndjson", YES];
const COMPLIANCE: &str = "deviceManagement/deviceCompliancePolicies";
const ENROLLMENT: &str = "deviceManagement/deviceEnrollmentConfigurations";

/// So many policies of three types, all assigned, and a target that has only their group.
pub fn ready(policies: u32) -> Env {
    let team = [group(&guid(1), "Team")];
    let assigned = |mut policy: Value| {
        policy["assignments"] = json!([to(&guid(1))]);
        policy
    };
    let (mut scripts, mut configurations, mut compliance) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..policies {
        let (id, name) = (guid(1000 + n), format!("Policy {n}"));
        match n % 3 {
            0 => scripts.push(assigned(script(1000 + n, &name, "AAAA"))),
            1 => configurations.push(assigned(json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration",
                "id": id, "displayName": name, "description": "", "roleScopeTagIds": ["0"], "omaSettings": []}))),
            _ => compliance.push(assigned(json!({"@odata.type": "#microsoft.graph.windows10CompliancePolicy",
                "id": id, "displayName": name, "description": "", "roleScopeTagIds": ["0"], "passwordRequired": true,
                "scheduledActionsForRule": [{"ruleName": "PasswordRequired", "scheduledActionConfigurations": [
                    {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "",
                     "notificationMessageCCList": []}]}]}))),
        }
    }
    let tenant = |id, name, objects: Value| {
        let mut seed = empty(id, name);
        seed.objects = objects;
        seed
    };
    let source = json!({"groups": team, SCRIPTS: scripts, CONFIGURATIONS: configurations, COMPLIANCE: compliance});
    let target = tenant(PRODUCTION, "Fabrikam Production", json!({"groups": team}));
    let behaviour = Behaviour { page_size: 100, ..quick() };
    let env = Env::start(vec![tenant(TRIAL, "Contoso Trial", source), target], behaviour);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.write_mapping(
        &[json!({"kind": "group", "source": {"id": guid(1), "name": "Team"}, "decision": "map",
            "target": {"id": guid(1), "name": "Team"}})],
        &[],
    );
    env.sandbox().go_on();
    env
}

/// How many lines of each kind a journal has, how many requests have no result, what it knows as done, and how
/// many bytes it has.
struct Journal {
    kinds: BTreeMap<String, usize>,
    open: usize,
    known: usize,
    bytes: usize,
}

impl Journal {
    fn of(env: &Env) -> Self {
        let text = std::fs::read_to_string(env.path("run.ndjson")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for line in &lines {
            *kinds.entry(line["kind"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let known = known(&lines);
        let bytes = text.len() - text.find('\n').unwrap();
        let open = kinds["intent"] - kinds.get("result").copied().unwrap_or(0);
        Self { kinds, open, known, bytes }
    }

    fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).copied().unwrap_or(0)
    }
}

/// How many objects a journal knows as made, and how many policies as assigned.
fn known(lines: &[Value]) -> usize {
    let mut intents = BTreeMap::new();
    let mut known = BTreeSet::new();
    for line in lines {
        let kind = line["kind"].as_str().unwrap();
        match kind {
            "intent" => drop(intents.insert(line["n"].as_u64(), (&line["step"], line["does"].as_str().unwrap()))),
            "done" if line["piece"] == "assignments" => drop(known.insert((line["step"].to_string(), "assign"))),
            "found" | "result" if kind == "found" || line["outcome"] == "ok" => {
                let (step, does) = intents[&line["n"].as_u64()];
                known.insert((step.to_string(), does));
            }
            _ => {}
        }
    }
    known.len()
}

/// One run of so many policies that nobody disturbs.
pub struct Meant {
    pub contents: Contents,
    journal: Journal,
    pub writes: usize,
}

pub fn meant(policies: u32) -> Meant {
    let env = ready(policies);
    let before = env.writes(PRODUCTION);
    env.ferry(&IMPORT).exits(0);
    let contents = contents(&env);
    let assigned = contents.keys().filter(|told| told.contains("groupAssignmentTarget")).count();
    assert_eq!(assigned, policies as usize);
    Meant { contents, journal: Journal::of(&env), writes: env.writes(PRODUCTION) - before }
}

/// The code of an import that came to its end before it was killed: one that asks for nothing after its last answer.
fn finished(env: &Env) -> Option<i32> {
    let text = std::fs::read_to_string(env.path("run.ndjson")).ok()?;
    let last: Value = serde_json::from_str(text.lines().last()?).ok()?;
    let is_refused = text.lines().any(|line| line.contains("\"kind\":\"refused\""));
    (last["kind"] == "end" && last["outcome"] == "finished").then_some(if is_refused { 5 } else { 0 })
}

/// Kills an import after every so many writes, at these moments in turn, and goes on, until it ends: with which code,
/// and after how many kills.
pub fn killed_again_and_again(
    env: &Env,
    import: &[&str],
    every: u64,
    moments: &[Moment],
    mut killed: impl FnMut(usize),
) -> (i32, usize) {
    let mut kills = 0;
    loop {
        let args = if env.path("run.ndjson").exists() { &RESUME[..] } else { import };
        if let Some(code) = kill_at_write(env, args, every, moments[kills % moments.len()]) {
            return (code, kills);
        }
        kills += 1;
        killed(kills);
        if let Some(code) = finished(env) {
            return (code, kills);
        }
    }
}

/// The same over policies, against what one run that nobody disturbs does.
fn chain(policies: u32, every: u64, moments: &[Moment], meant: &Meant) {
    let env = ready(policies);
    let before = env.writes(PRODUCTION);
    // What the journal knew at first, and after each kill.
    let mut known = vec![0];
    let begun = std::time::Instant::now();
    let (code, kills) = killed_again_and_again(&env, &IMPORT, every, moments, |kills| {
        known.push(Journal::of(&env).known);
        // What was processed before the last kill is known now, whether its answer came then or it was found since.
        let before = match kills.checked_sub(2).map(|last| moments[last % moments.len()]) {
            Some(Moment::Processed) => known[kills - 1],
            Some(Moment::Answered) => known[kills - 2],
            Some(Moment::Before) | None => return,
        };
        assert!(known[kills] > before, "the journal knows no more than before: {known:?}");
    });
    let place = format!("{policies} policies, killed {kills} times, after every {every} writes");
    assert_eq!(code, 0, "{place}");
    assert!(kills as u64 >= meant.writes as u64 / (every + 24), "{place}");
    assert_same(&env, &meant.contents, &place);
    let (own, journal) = (&meant.journal, Journal::of(&env));
    let sent = env.writes(PRODUCTION) - before;
    println!(
        "{place}, in {:?}: {} writes of {} sent, {} without an answer; {} lines of {}, {} bytes of {}",
        begun.elapsed(),
        sent,
        meant.writes,
        journal.open,
        journal.kinds.values().sum::<usize>(),
        own.kinds.values().sum::<usize>(),
        journal.bytes,
        own.bytes,
    );
    // What one run writes, and what was in flight at the kills.
    assert!(journal.count("intent") <= own.count("intent") + journal.open, "{place}: {:?}", journal.kinds);
    assert!(sent <= meant.writes + journal.open, "{place}: {sent} writes, {} without an answer", journal.open);
    for kind in ["state", "done"] {
        assert_eq!(journal.count(kind), own.count(kind), "{place}");
    }
    assert!(journal.count("resume") <= kills + 1 && journal.count("end") == 1, "{place}: {:?}", journal.kinds);
    // Once more there is nothing to do, and nothing to write down.
    let size = || std::fs::metadata(env.path("run.ndjson")).unwrap().len();
    let (was, writes) = (size(), env.writes(PRODUCTION));
    env.ferry(&RESUME).exits(0);
    assert_eq!((size(), env.writes(PRODUCTION)), (was, writes), "{place}");
}

/// How many policies, where the suite has so many.
fn size(suite: u32) -> u32 {
    if std::env::var_os("FERRY_KILL_EVERY").is_some() { 306 } else { suite }
}

fn chain_of(policies: u32, every: u64, moments: &[Moment]) {
    static MEANT: OnceLock<std::sync::Mutex<BTreeMap<u32, &'static Meant>>> = OnceLock::new();
    let meant = *MEANT
        .get_or_init(Default::default)
        .lock()
        .unwrap()
        .entry(policies)
        .or_insert_with(|| Box::leak(Box::new(meant(policies))));
    chain(policies, every, moments, meant);
}

#[test]
fn an_import_that_is_killed_at_every_write_comes_to_its_end() {
    chain_of(size(6), 1, &MOMENTS);
}

#[test]
fn an_import_whose_first_write_never_has_an_answer_comes_to_its_end() {
    chain_of(12, 1, &[Moment::Processed]);
}

#[test]
fn an_import_that_is_killed_after_every_fifth_write_comes_to_its_end() {
    chain_of(size(18), 5, &MOMENTS);
}

#[test]
fn an_import_that_is_killed_after_every_23rd_write_comes_to_its_end() {
    chain_of(size(72), 23, &MOMENTS);
}

/// A service that refuses one type, and the assignments of another.
fn refusing(policies: u32) -> Env {
    let env = ready(policies);
    for path in [COMPLIANCE.to_owned(), format!("{SCRIPTS}/*/assign")] {
        let (method, path, status) = (Some("POST".into()), format!("/beta/{path}"), Failure::Status(403));
        env.sandbox().fail(Fault { method, path, status, ..Fault::default() });
    }
    env
}

#[test]
fn what_was_refused_is_not_sent_again_before_the_import_has_come_to_its_end() {
    let env = refusing(12);
    let before = env.writes(PRODUCTION);
    env.ferry(&IMPORT).exits(5);
    let (own, meant) = (Journal::of(&env), env.writes(PRODUCTION) - before);
    assert_eq!((own.count("refused"), meant), (8, 20));

    let env = refusing(12);
    let before = env.writes(PRODUCTION);
    let (code, kills) = killed_again_and_again(&env, &IMPORT, 1, &MOMENTS, |kills| assert!(kills < 200, "no end"));
    let (journal, sent) = (Journal::of(&env), env.writes(PRODUCTION) - before);
    println!("killed {kills} times, {sent} writes of {meant} sent, {:?}", journal.kinds);
    assert_eq!(code, 5);
    assert_eq!(journal.count("refused"), 8);
    assert!(sent <= meant + journal.open && journal.count("intent") <= own.count("intent") + journal.open);
    // It has ended: now they are tried again, each once.
    let before = env.writes(PRODUCTION);
    env.ferry(&RESUME).exits(5);
    assert_eq!(env.writes(PRODUCTION) - before, 8);
}

/// A status page, of which the first that fits a device counts.
fn page(n: u32, id: u32, priority: u32) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration", "priority": priority,
        "id": format!("{}_Windows10EnrollmentCompletionPageConfiguration", guid(id)), "displayName": format!("Page {n}")})
}

const PAGES: u32 = 6;
const IN_ORDER: [&str; 8] =
    ["import", "tree", "--to", "production", "--on-conflict", "update", "--journal", "run.ndjson"];

/// A tree of status pages, and a target that has them in the other order.
fn turned_round() -> Env {
    let tenant = |id, name, pages: Vec<Value>| {
        let mut seed = empty(id, name);
        seed.objects = json!({ENROLLMENT: pages});
        seed
    };
    let wanted = (1..=PAGES).map(|n| page(n, n, n)).collect();
    let there = (1..=PAGES).map(|n| page(n, 50 + n, PAGES + 1 - n)).collect();
    let tenants = vec![tenant(TRIAL, "Contoso Trial", wanted), tenant(PRODUCTION, "Fabrikam Production", there)];
    let env = Env::start(tenants, quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.sandbox().go_on();
    env
}

#[test]
fn a_place_that_is_refused_is_not_asked_for_again_before_the_import_has_come_to_its_end() {
    let refusing = |status| {
        let env = turned_round();
        let (method, path) = (Some("POST".into()), format!("/beta/{ENROLLMENT}/*/setPriority"));
        env.sandbox().fail(Fault { method, path, status: Failure::Status(status), ..Fault::default() });
        env
    };
    let import = [&IN_ORDER[..], &[YES]].concat();
    for status in [400, 403] {
        let env = refusing(status);
        let before = env.writes(PRODUCTION);
        env.ferry(&import).exits(5);
        let (own, meant) = (Journal::of(&env), env.writes(PRODUCTION) - before);
        assert_eq!(own.count("refused"), 1, "{status}: {:?}", own.kinds);

        let env = refusing(status);
        let before = env.writes(PRODUCTION);
        let (code, kills) = killed_again_and_again(&env, &import, 1, &MOMENTS, |kills| assert!(kills < 120, "no end"));
        let (journal, sent) = (Journal::of(&env), env.writes(PRODUCTION) - before);
        println!("{status}: killed {kills} times, {sent} writes of {meant} sent, {:?}", journal.kinds);
        assert_eq!((code, journal.count("refused")), (5, 1));
        assert!(sent <= meant + journal.open && journal.count("intent") <= own.count("intent") + journal.open);
        // It has ended: now it is asked for again.
        let before = env.writes(PRODUCTION);
        env.ferry(&RESUME).exits(5);
        assert_eq!(env.writes(PRODUCTION) - before, meant, "{status}");
    }
}

#[test]
fn an_order_is_made_however_often_its_import_is_killed_and_the_journal_has_each_place_once() {
    let env = turned_round();
    let order = || {
        let state = env.sandbox().state(PRODUCTION);
        let mut pages = state[ENROLLMENT].as_array().unwrap().clone();
        pages.sort_by_key(|page| page["priority"].as_u64());
        let names = pages.iter().filter_map(|page| page["displayName"].as_str());
        // The service has a page of its own.
        names.filter(|name| name.starts_with("Page ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = order();
    let import = [&IN_ORDER[..], &[YES]].concat();
    let (code, kills) = killed_again_and_again(&env, &import, 1, &MOMENTS, |kills| assert!(kills < 60, "no end"));
    assert_eq!(code, 0, "killed {kills} times");
    let journal = Journal::of(&env);
    println!("killed {kills} times, {:?}", journal.kinds);
    assert_eq!(order(), (1..=PAGES).map(|n| format!("Page {n}")).collect::<Vec<_>>());
    assert!(kills >= PAGES as usize / 2);
    assert_eq!(journal.count("place"), PAGES as usize, "{:?}", journal.kinds);
    assert!(journal.count("intent") <= journal.count("result") + kills, "{:?}", journal.kinds);
    env.ferry(&["undo", "run.ndjson", YES]).exits(0);
    assert_eq!(order(), before);
}
