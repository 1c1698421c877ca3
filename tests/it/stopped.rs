//! Ctrl-C and SIGTERM end an import after the requests under way, with the journal whole and the way to go on
//! printed; and two imports into one tenant exclude each other.

use std::process::{Child, Stdio};
use std::time::Duration;

use intune_ferry::sandbox::Moment;

use crate::env::{Env, PRODUCTION, Ran, YES, shows};
use crate::killed::{IMPORT, RESUME, is_as_meant, ready};

/// Longer than planning takes, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// An import that the sandbox keeps waiting at its first create.
fn waiting(env: &Env, more: &[&str]) -> Child {
    // The journal is written when planning is over.
    let child =
        env.command(&[&IMPORT[..], more].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = async {
        while env.writes(PRODUCTION) < 5 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    env.wait_for(async { tokio::time::timeout(PATIENCE, begun).await.unwrap() });
    child
}

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_an_import_cleanly_and_says_how_to_go_on() {
    for name in ["-INT", "-TERM"] {
        let env = ready();
        let child = waiting(&env, &[]);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap()).exits(130);
        assert!(ran.err.contains("import --resume run.ndjson"), "{}", ran.err);
        let journal = std::fs::read_to_string(env.path("run.ndjson")).unwrap();
        let last = journal.lines().last().unwrap();
        assert!(last.contains("\"end\"") && last.contains("\"interrupted\""), "{last}");
        let count = |kind: &str| journal.lines().filter(|line| line.contains(&format!("\"kind\":\"{kind}\""))).count();
        assert_eq!(count("intent"), count("result"), "what was under way came to its end");
        let ran = env.ferry(&RESUME);
        is_as_meant(&env, &ran.err);
    }
}

/// Nothing that was only not written yet is said to be refused or different.
#[cfg(unix)]
#[test]
fn what_a_signal_keeps_from_being_assigned_is_said_to_be_stopped() {
    let env = ready();
    let child = waiting(&env, &["--format", "json"]);
    signal(&child, "-INT");
    let document = Ran::of(child.wait_with_output().unwrap()).exits(130).json();
    shows(&document, &["stopped"]);
    let said = document.to_string();
    assert!(!said.contains("write-failed") && !said.contains("verify-differs"), "{document:#}");
}

#[test]
fn two_imports_into_one_tenant_exclude_each_other() {
    let env = ready();
    env.sandbox().halt_at(20, Moment::Before);
    let mut child = env.command(&IMPORT).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for(async { tokio::time::timeout(PATIENCE, env.sandbox().halted()).await.unwrap() });
    env.sandbox().go_on();
    let other = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "two.ndjson", YES];
    let ran = env.ferry(&other).exits(2);
    assert!(ran.err.contains("another import into") && !env.path("two.ndjson").exists(), "{}", ran.err);
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock ends with its holder, however that ended.
    let ran = env.ferry(&other);
    assert!([0, 3, 4].contains(&ran.code), "{}", ran.err);
}
