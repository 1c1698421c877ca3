//! Multi Admin Approval: a write that needs a second administrator is reported, waits in the journal, and is
//! completed by `--resume` once it was approved.

use intune_ferry::sandbox::Behaviour;
use serde_json::Value;

use crate::env::{Env, PRODUCTION, Ran, quick, shows};
use crate::killed::{IMPORT, RESUME, is_as_meant, ready_with};

const SCRIPTS: &str = "deviceManagement/deviceManagementScripts";
/// Others refer to these: what needs them waits as well.
const FILTERS: &str = "deviceManagement/assignmentFilters";

fn protected() -> Env {
    ready_with(Behaviour { protected: vec![SCRIPTS.to_owned(), FILTERS.to_owned()], ..quick() })
}

fn counted(ran: &Ran, action: &str) -> u64 {
    ran.json()["counts"][action].as_u64().unwrap_or(0)
}

fn scripts(env: &Env) -> usize {
    env.sandbox().state(PRODUCTION)[SCRIPTS].as_array().map_or(0, Vec::len)
}

#[test]
fn what_needs_an_approval_waits_and_is_completed_once_it_has_it() {
    let env = protected();
    let import = [&IMPORT[..], &["--justification", "Move für Müller, CHG-7", "--format", "json"]].concat();
    let ran = env.ferry(&import).exits(4);
    assert!(counted(&ran, "pending") >= 3, "{}", ran.out);
    shows(&ran.json(), &["approval-pending"]);
    assert_eq!(scripts(&env), 0);

    // Not approved yet: it goes on waiting, and nothing is asked for twice.
    let json = [&RESUME[..], &["--format", "json"]].concat();
    let waiting = env.ferry(&json).exits(4);
    assert_eq!(counted(&waiting, "pending"), counted(&ran, "pending"), "{}", waiting.out);
    assert_eq!(scripts(&env), 0);

    // Creating, then assigning: each is approved by itself.
    let mut rounds = 0;
    let mut last = waiting;
    while env.sandbox().approve() > 0 {
        rounds += 1;
        assert!(rounds < 10, "{}", last.out);
        last = env.ferry(&json);
    }
    assert_eq!(counted(&last, "pending"), 0, "{}", last.out);
    is_as_meant(&env, &last.out);
}

#[test]
fn without_a_reason_it_is_said_that_one_is_needed() {
    let env = protected();
    let ran = env.ferry(&[&IMPORT[..], &["--format", "json"]].concat()).exits(4);
    shows(&ran.json(), &["approval-needed"]);
    assert_eq!((scripts(&env), env.sandbox().approve()), (0, 0));
    let journal = std::fs::read_to_string(env.path("run.ndjson")).unwrap();
    let refused = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert!(refused.filter(|line| line["outcome"] == "failed").count() > 0);
    // Going on with a reason asks for the approval.
    env.ferry(&[&RESUME[..], &["--justification", "CHG-7"]].concat()).exits(4);
    assert!(env.sandbox().approve() > 0);
}

#[test]
fn a_reason_must_say_something() {
    let env = protected();
    env.ferry(&[&IMPORT[..], &["--justification", "  "]].concat()).exits(2);
    env.ferry(&[&IMPORT[..], &["--justification", &"x".repeat(1025)]].concat()).exits(2);
}
