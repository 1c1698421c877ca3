//! Imports into one tenant exclude each other, whoever runs them on this machine and with which variables; where
//! nothing can be locked, the import says so and goes on.
#![cfg(unix)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use intune_ferry::sandbox::Moment;

use crate::env::{Env, PRODUCTION, Ran, YES, shows};
use crate::killed::{IMPORT, ended, ready};

/// Longer than planning takes, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// A user without any rights, by convention.
const NOBODY: u32 = 65_534;

/// Lets everyone work in the folder.
fn open(env: &Env) {
    for place in ["", "mapping.json"] {
        std::fs::set_permissions(env.path(place), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Lets a command in a folder run as another user, who may write these files, where the tests may do that: only root may.
pub fn as_another_user(command: &mut Command, folder: &Path, writable: &[&str]) {
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return;
    }
    for place in writable {
        std::fs::set_permissions(folder.join(place), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    command.uid(NOBODY).gid(NOBODY);
}

/// The program as another person runs it: another home, another folder for temporary files and, where this test may
/// do that, another user of the system.
fn other_person(env: &Env, args: &[&str], user: Option<u32>) -> Command {
    let mut command = env.command(args);
    for (variable, folder) in [("HOME", "other"), ("XDG_STATE_HOME", "other-state"), ("TMPDIR", "other-tmp")] {
        std::fs::create_dir_all(env.path(folder)).unwrap();
        command.env(variable, env.path(folder));
    }
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    command
}

/// Begins one import, and while it is under way lets another person try; then, when the first was killed, again.
fn exclude_each_other(first: Option<u32>, second: Option<u32>) {
    let env = ready();
    open(&env);
    env.sandbox().halt_at(20, Moment::Before);
    let mut command = other_person(&env, &IMPORT, first);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for(async { tokio::time::timeout(PATIENCE, env.sandbox().halted()).await.unwrap() });
    env.sandbox().go_on();
    let args = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "two.ndjson", YES];
    let again = || {
        let mut command = env.command(&args);
        if let Some(user) = second {
            command.uid(user).gid(user);
        }
        Ran::of(command.output().unwrap())
    };
    let ran = again().exits(2);
    let who = "another import into \"Fabrikam Production\"";
    assert!(ran.err.contains(who) && ran.err.contains(&format!("(process {})", child.id())), "{}", ran.err);
    assert!(!env.path("two.ndjson").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    // What the first left of its lock is another user's, and keeps no one out.
    let ran = again();
    assert!(ended(&ran) && !ran.err.contains("not-locked"), "{}\n{}", ran.out, ran.err);
}

#[test]
fn a_home_of_one_s_own_is_no_lock_of_one_s_own() {
    exclude_each_other(None, None);
}

#[test]
fn two_users_exclude_each_other() {
    let folder = tempfile::tempdir().unwrap();
    if std::fs::metadata(folder.path()).unwrap().uid() != 0 {
        println!("skipped: only root can run the program as another user");
        return;
    }
    exclude_each_other(None, Some(NOBODY));
    exclude_each_other(Some(NOBODY), None);
    exclude_each_other(Some(NOBODY), Some(NOBODY - 1));
}

#[test]
fn an_import_that_can_lock_nothing_says_so_and_goes_on() {
    let env = ready();
    let port = env.sandbox().url.rsplit(':').next().unwrap().trim_end_matches('/');
    let name = format!("intune-ferry-{PRODUCTION}-127_0_0_1_{port}.lock");
    let shared = ["/run/lock", "/dev/shm", "/tmp", "/Users/Shared"].map(Path::new);
    let blocks: Vec<PathBuf> = shared.iter().filter(|it| it.is_dir()).map(|it| it.join(&name)).collect();
    // An import that was killed may have left a file for a port that is used again.
    let is_blocked = |it: &PathBuf| {
        std::fs::remove_file(it).ok();
        std::fs::create_dir(it).is_ok()
    };
    blocks.iter().filter(|it| !is_blocked(it)).for_each(|it| println!("{} is not shared", it.display()));
    let ran = env.ferry(&[&IMPORT[..], &["--format", "json"]].concat());
    for block in blocks {
        std::fs::remove_dir(block).ok();
    }
    assert!(ended(&ran), "{}", ran.err);
    let document = ran.json();
    shows(&document, &["not-locked"]);
    assert!(document["counts"]["created"].as_u64().unwrap() > 40, "{}", document["counts"]);
    // With the lock, nothing is said, and nothing of it is left.
    let document = ready_again(&env);
    assert!(!document.to_string().contains("not-locked"));
    let left = shared.iter().map(|folder| folder.join(&name)).find(|path| path.exists());
    assert_eq!(left, None);
}

fn ready_again(env: &Env) -> serde_json::Value {
    let update = ["--on-conflict", "update", "--existing-assignments", "replace", "--assignments", "none"];
    let again = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--rename", "AGAIN {name}", YES];
    env.run(&[&again[..], &update].concat())
}
