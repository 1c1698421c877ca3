//! The answers of the field about writing, each alone through the program (export, import, verify, undo), and random
//! sets of them with kills and storms: the same end state as without, nothing twice, nothing wider.
//!
//! The suite draws a few sets. `FERRY_FIELD_DRAWS=100` draws 100, each with a seed of its own.

mod tenants;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use intune_ferry::sandbox::{Answer, Behaviour, Field, Moment, Storm};
use serde_json::{Value, json};

use crate::app_content::apps;
use crate::contents::{Contents, contents};
use crate::env::{Env, PRODUCTION, Ran, TRIAL, YES, empty, quick};
use crate::killed::{RESUME, kill};

use tenants::{
    ACCESS, APPS, ENROLLMENT, FILTERS, INTUNE, LOCATIONS, PROFILES, SCOPE, WINGET, behaviour, group, guid, ready,
    status_page, writing,
};

/// How many sets the suite draws.
const DRAWS: u64 = 3;
/// The most that the suite runs for each of.
const SUITE: u64 = 20;
/// How often a run that was brought down is gone on with.
const PATIENCE: u64 = 6;

const IMPORT: [&str; 13] = [
    "import",
    "tree",
    "--to",
    "production",
    "--mapping",
    "mapping.json",
    "--app-content",
    "content",
    "--include-defaults",
    "enrollment-configurations",
    "--journal",
    "run.ndjson",
    YES,
];

fn of<'a>(state: &'a Value, collection: &str, name: &str) -> &'a Value {
    let list = state[collection].as_array().unwrap_or_else(|| panic!("no {collection}"));
    list.iter().find(|object| object["displayName"] == name).unwrap_or_else(|| panic!("no {name} in {collection}"))
}

/// Fails unless everything of the tree is in the target once, assigned to the new group and nobody else.
#[track_caller]
fn arrived(env: &Env, place: &str) {
    let state = env.sandbox().state(PRODUCTION);
    let group = &of(&state, "groups", "Pilot")["id"];
    assert_eq!(apps(env).len(), WINGET + 2, "{place}");
    let assigned = |object: &Value| {
        assert_eq!(object["assignments"].as_array().map(Vec::len), Some(1), "{place}: {object:#}");
        assert_eq!(&object["assignments"][0]["target"]["groupId"], group, "{place}: {object:#}");
    };
    for app in apps(env) {
        assert_eq!(app["publishingState"], "published", "{place}: {app:#}");
        assigned(&app);
    }
    for number in 1..=WINGET {
        let app = of(&state, APPS, &format!("Store {number:02}"));
        assert_eq!(app["categories@odata.bind"].as_array().map(Vec::len), Some(1), "{place}: {app:#}");
    }
    assert_eq!(of(&state, APPS, "Store 02")["relationships"][0]["targetId"], of(&state, APPS, "Store 01")["id"]);
    let base = of(&state, PROFILES, "Base");
    assigned(base);
    let filter = &base["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterId"];
    assert_eq!(filter, &of(&state, FILTERS, "Corporate")["id"], "{place}");
    let policy = of(&state, ACCESS, "Office only");
    assert_eq!(policy["state"], "disabled", "{place}");
    assert_eq!(policy["conditions"]["locations"]["excludeLocations"], json!([of(&state, LOCATIONS, "Office")["id"]]));
    let [first, second] = [1, 2].map(|number| of(&state, ENROLLMENT, &format!("Status page {number}")));
    assigned(first);
    assert!(first["priority"].as_u64().unwrap() < second["priority"].as_u64().unwrap(), "{place}: {first} {second}");
    let pages = state[ENROLLMENT].as_array().unwrap();
    let default = pages.iter().find(|page| page["id"].as_str().unwrap().contains("_DefaultWindows10")).unwrap();
    assert_eq!(
        (&default["showInstallationProgress"], &default["description"] == "Ours"),
        (&json!(true), false),
        "{place}"
    );
}

/// What the target holds, without the numbers of enrollment configurations, of which only the order is meant.
fn told(env: &Env) -> Contents {
    let plain = |text: String| {
        let number = text
            .split_once("\"priority\":")
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        text.replace(&format!("\"priority\":{},", number.unwrap_or_default()), "")
    };
    contents(env).into_iter().map(|(text, count)| (plain(text), count)).collect()
}

#[track_caller]
fn same(env: &Env, meant: &Contents, place: &str) {
    let is = told(env);
    let only = |one: &Contents, other: &Contents| -> Vec<String> {
        one.iter().filter(|(what, count)| other.get(*what) != Some(count)).map(|(w, c)| format!("{c}x {w}")).collect()
    };
    let (more, less) = (only(&is, meant), only(meant, &is));
    assert!(more.is_empty() && less.is_empty(), "{place}\nthere is: {more:#?}\nmeant is: {less:#?}");
}

/// Imports, looks, verifies, imports again without a write, and takes it back.
fn there_and_back(answers: &[Answer]) {
    let place = format!("{:?}", answers.iter().map(|answer| answer.name()).collect::<Vec<_>>());
    let env = ready(answers, &json!({}), behaviour());
    let before = told(&env);
    let done = env.run(&IMPORT);
    assert_eq!(done["exitCode"], 0, "{place}: {done:#}");
    arrived(&env, &place);
    let verify = ["verify", "tree", "--to", "production", "--mapping", "mapping.json"];
    let verified = env.run(&verify);
    assert_eq!(verified["exitCode"], 0, "{place}: {verified:#}");
    let writes = env.writes(PRODUCTION);
    env.ferry(&["import", "tree", "--to", "production", "--mapping", "mapping.json", YES]);
    assert_eq!(env.writes(PRODUCTION), writes, "{place}: the second import wrote");
    let undone = env.run(&["undo", "run.ndjson", YES]);
    assert_eq!(undone["exitCode"], 0, "{place}: {undone:#}");
    same(&env, &before, &format!("{place}, undone"));
}

#[test]
fn without_any_of_them_everything_arrives_and_goes_again() {
    there_and_back(&[]);
}

/// Runs this for each, several at a time: what is to be waited for takes longer than what is to be done.
fn each(count: u64, one: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..if count > SUITE { 8 } else { 3 } {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    if index >= count {
                        return;
                    }
                    one(index);
                }
            });
        }
    });
}

#[test]
fn with_each_alone_everything_arrives_and_goes_again() {
    let all = writing();
    each(all.len() as u64, |index| there_and_back(&[all[usize::try_from(index).unwrap()]]));
}

#[test]
fn with_all_at_once_everything_arrives_and_goes_again() {
    there_and_back(&writing());
}

/// One draw: a set of answers, and perhaps a storm or a kill; how often the run was gone on with.
fn draw(seed: u64, meant: &Contents) -> u64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let (storm, kills) = (random.bool(), random.bool());
    // Where nothing can be listed, an upload that was killed can be found by nobody.
    let is_possible = |answer: &Answer| *answer != Answer::ContentListsRefused || !(storm || kills);
    let answers: Vec<Answer> = writing().into_iter().filter(|_| random.bool()).filter(is_possible).collect();
    let names: Vec<&str> = answers.iter().map(|answer| answer.name()).collect();
    let env = ready(&answers, &json!({}), behaviour());
    let before = told(&env);
    let mut killed = None;
    if storm {
        env.sandbox().blow(Some(Storm { share: 0.1, seed }));
    } else if kills {
        let moment = [Moment::Before, Moment::Processed, Moment::Answered][random.usize(..3)];
        let n = random.u64(1..160);
        killed = Some((n, moment, kill(&env, &IMPORT, n, "", moment)));
    }
    let place = format!("seed {seed}, {names:?}, storm {storm}, killed {killed:?}");
    let begun = || std::fs::metadata(env.path("run.ndjson")).is_ok_and(|file| file.len() > 0);
    let step = || env.ferry(if begun() { &RESUME[..] } else { &IMPORT[..] });
    let (mut ran, mut again) = (step(), 0);
    while ran.code != 0 && again < PATIENCE {
        (ran, again) = (step(), again + 1);
    }
    env.sandbox().blow(None);
    ended(&ran, &place);
    arrived(&env, &place);
    same(&env, meant, &place);
    let undone = env.ferry(&["undo", "run.ndjson", YES]);
    ended(&undone, &format!("{place}, undo"));
    same(&env, &before, &format!("{place}, undone"));
    again
}

#[track_caller]
fn ended(ran: &Ran, place: &str) {
    assert_eq!(ran.code, 0, "{place}\n{}\n{}", ran.out, ran.err);
}

#[test]
fn random_sets_of_them_with_kills_and_storms_come_to_the_same_end() {
    let draws = std::env::var("FERRY_FIELD_DRAWS").map_or(DRAWS, |count| count.parse().unwrap());
    let env = ready(&[], &json!({}), behaviour());
    env.ferry(&IMPORT).exits(0);
    let (meant, again, begun) = (told(&env), AtomicU64::new(0), Instant::now());
    each(draws, |index| {
        again.fetch_add(draw(index + 1, &meant), Ordering::SeqCst);
    });
    println!("{draws} sets of answers in {:?}, gone on with {} times", begun.elapsed(), again.load(Ordering::SeqCst));
}

/// The target has numbers with gaps: what the tree orders is ordered by the numbers that are there.
#[test]
fn an_order_is_made_from_the_numbers_that_are_there_and_undone() {
    for answers in [&[Answer::PriorityGaps][..], &[]] {
        let there = |name: usize, priority: u64| {
            let mut page = status_page(name, priority);
            page.as_object_mut().unwrap().remove("assignments");
            page
        };
        let foreign = json!({"@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration",
            "id": format!("{}_Windows10EnrollmentCompletionPageConfiguration", guid(300)), "displayName": "Theirs", "priority": 5});
        let target = json!({ENROLLMENT: [there(2, 3), foreign, there(1, 8)]});
        let env = ready(answers, &target, behaviour());
        let order = |env: &Env| {
            let state = env.sandbox().state(PRODUCTION);
            ["Status page 1", "Theirs", "Status page 2"]
                .map(|name| of(&state, ENROLLMENT, name)["priority"].as_u64().unwrap())
        };
        assert_eq!(order(&env), [8, 5, 3]);
        let only = [
            "--only",
            "enrollment-configurations",
            "--on-conflict",
            "update",
            "--assignments",
            "none",
            "--without-dependencies",
        ];
        let plan = env.run(&[&["plan", "tree", "--to", "production", "--mapping", "mapping.json"], &only[..]].concat());
        let numbers = format!("{plan}");
        assert!(numbers.contains("\"found\":8") && numbers.contains("\"wanted\":3"), "{plan:#}");
        let import =
            ["import", "tree", "--to", "production", YES, "--mapping", "mapping.json", "--journal", "run.ndjson"];
        let done = env.run(&[&import, &only[..]].concat());
        assert_eq!(done["exitCode"], 0, "{done:#}");
        assert_eq!(order(&env), [3, 5, 8], "{answers:?}");
        env.ferry(&["undo", "run.ndjson", YES]).exits(0);
        assert_eq!(order(&env), [8, 5, 3], "{answers:?}, undone");
    }
}

/// Where a client has limits, it writes enrollment configurations with pauses, and each gets a number of its own.
#[test]
fn enrollment_configurations_are_written_with_a_pause_where_there_are_limits() {
    let numbers = |limits: bool| {
        let env = ready(&[Answer::PriorityRace], &json!({}), behaviour());
        if limits {
            let path = env.path("ferry.toml");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("auth = ", "limits = true\nauth = ")).unwrap();
        }
        env.ferry(&[
            "import",
            "tree",
            "--to",
            "production",
            YES,
            "--mapping",
            "mapping.json",
            "--only",
            "enrollment-configurations",
            "--assignments",
            "none",
            "--without-dependencies",
        ]);
        let state = env.sandbox().state(PRODUCTION);
        [1, 2].map(|number| of(&state, ENROLLMENT, &format!("Status page {number}"))["priority"].as_u64().unwrap())
    };
    assert_eq!(numbers(true), [1, 2]);
    assert_eq!(numbers(false), [1, 1], "the answer is not played");
}

/// The device registration policy is replaced as a whole, and put back as it was.
#[test]
fn the_device_registration_policy_is_replaced_as_a_whole() {
    const ROOT: &str = "policies/deviceRegistrationPolicy";
    let policy = |quota: u64, to: Value| {
        json!([{"id": "deviceRegistrationPolicy", "displayName": "Device Registration Policy", "description": "Microsoft's",
            "userDeviceQuota": quota, "multiFactorAuthConfiguration": "required", "localAdminPassword": {"isEnabled": true},
            "azureADRegistration": {"isAdminConfigurable": false, "allowedToRegister": {
                "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}},
            "azureADJoin": {"isAdminConfigurable": true, "allowedToJoin": to, "localAdmins": {"enableGlobalAdmins": true,
                "registeringUsers": {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}}}}])
    };
    let kind = "#microsoft.graph.enumeratedDeviceRegistrationMembership";
    let (group, theirs) = (group(1, "Pilot"), group(2, "Pilot"));
    let everybody = json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"});
    let source =
        json!({"groups": [group], ROOT: policy(7, json!({"@odata.type": kind, "users": [], "groups": [guid(1)]}))});
    let target = json!({"groups": [theirs], ROOT: policy(50, everybody.clone())});
    let env = crate::env::tenants(&source, &target);
    env.ferry(&["export", "trial", "--out", "tree", "--only", "device-registration"]).exits(0);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let import = [
        "import",
        "tree",
        "--to",
        "production",
        YES,
        "--mapping",
        "mapping.json",
        "--only",
        "device-registration",
        "--include-defaults",
        "device-registration",
        "--journal",
        "run.ndjson",
    ];
    let done = env.run(&import);
    assert_eq!(done["exitCode"], 0, "{done:#}");
    let now = |env: &Env| env.sandbox().state(PRODUCTION)[ROOT][0].clone();
    assert_eq!((&now(&env)["userDeviceQuota"], &now(&env)["description"]), (&json!(7), &json!("Microsoft's")));
    assert_eq!(now(&env)["azureADJoin"]["allowedToJoin"]["groups"], json!([guid(2)]));
    env.ferry(&["undo", "run.ndjson", YES]).exits(0);
    assert_eq!(now(&env)["userDeviceQuota"], 50);
    assert_eq!(now(&env)["azureADJoin"]["allowedToJoin"]["@odata.type"], everybody["@odata.type"]);
}

/// An app that is never published: it is reported, nothing of it is assigned, and the run can be gone on with later.
#[test]
fn what_does_not_become_published_is_told_and_finished_by_resume() {
    let env = ready(&[Answer::AppProcessing], &json!({}), Behaviour { content_lag: Duration::from_mins(1), ..quick() });
    let only = ["--only", "apps", "--name", "Store 1*"];
    let import = ["import", "tree", "--to", "production", YES, "--mapping", "mapping.json", "--journal", "run.ndjson"];
    let done = env.run(&[&import, &only[..]].concat());
    assert_eq!(done["exitCode"], 5, "{done:#}");
    crate::env::shows(&done, &["not-ready"]);
    assert!(apps(&env).iter().all(|app| app["assignments"].as_array().is_none_or(Vec::is_empty)), "{done:#}");
    std::thread::sleep(Duration::from_secs(25));
    env.ferry(&RESUME).exits(0);
    assert_eq!(apps(&env).len(), 2);
    assert!(apps(&env).iter().all(|app| app["assignments"].as_array().map(Vec::len) == Some(1)));
}

/// Groups by links, then `appliesTo` alone unless it follows from them, then the rest; and back.
#[test]
fn the_scope_is_written_in_the_order_that_the_service_wants_and_put_back() {
    const ONLY: [&str; 2] = ["--only", "mdm-scope"];
    let scope = |applies_to: &str, group: Option<usize>| {
        let groups: Vec<String> = group.iter().map(|number| format!("groups('{}')", guid(*number))).collect();
        json!([{"id": INTUNE, "displayName": "Microsoft Intune", "appliesTo": applies_to, "isValid": true,
            "discoveryUrl": format!("https://enroll.example/{applies_to}"), "includedGroups@odata.bind": groups}])
    };
    let selected = ("selected", Some(7));
    for (answers, wanted, there) in [
        (&[Answer::ScopePatchStrict][..], selected, ("none", None)),
        (&[], selected, ("none", None)),
        (&[Answer::ScopePatchStrict], selected, ("all", None)),
        (&[Answer::ScopePatchStrict], ("all", None), selected),
    ] {
        let place = format!("{answers:?} {there:?} to {wanted:?}");
        let (mut trial, mut production) = (empty(TRIAL, "Contoso Trial"), empty(PRODUCTION, "Fabrikam Production"));
        trial.objects = json!({"groups": [group(6, "Enrolled")], SCOPE: scope(wanted.0, wanted.1.map(|_| 6))});
        production.objects = json!({"groups": [group(7, "Enrolled")], SCOPE: scope(there.0, there.1)});
        production.field = answers.iter().copied().collect::<Field>();
        let env = Env::start(vec![trial, production], quick());
        env.ferry(&[&["export", "trial", "--out", "tree"], &ONLY[..]].concat()).exits(0);
        env.write_mapping(
            &[json!({"kind": "group", "source": {"id": guid(6)}, "decision": "map", "target": {"id": guid(7)}})],
            &[],
        );
        let into = ["tree", "--to", "production", "--mapping", "mapping.json"];
        let options = ["--include-defaults", "mdm-scope", "--journal", "run.ndjson", YES];
        let done = env.run(&[&["import"], &into[..], &ONLY, &options].concat());
        assert_eq!(done["exitCode"], 0, "{place}: {done:#}");
        let is = |(applies_to, group): (&str, Option<usize>)| {
            let now = &env.sandbox().state(PRODUCTION)[SCOPE][0];
            let groups = now["includedGroups@odata.bind"].as_array().map_or(0, Vec::len);
            let url = format!("https://enroll.example/{applies_to}");
            assert_eq!(
                (&now["appliesTo"], &now["discoveryUrl"]),
                (&json!(applies_to), &json!(url)),
                "{place}: {now:#}"
            );
            assert_eq!(groups, group.iter().count(), "{place}: {now:#}");
        };
        is(wanted);
        env.ferry(&[&["verify"], &into[..], &ONLY].concat()).exits(0);
        env.ferry(&["undo", "run.ndjson", YES]).exits(0);
        is(there);
    }
}
