//! Two people import the same tree into one tenant, as two users of the system where the tests may become another:
//! in turn, each killed after every few writes; both at once, through one storm; and one after the other, while an
//! upload is half done. In the end there is one of each.
//!
//! `FERRY_KILL_EVERY` and `FERRY_STORMS` as in `chain`, `killed` and `storms`.

use std::process::Command;
use std::time::Duration;

use intune_ferry::sandbox::{Moment, Storm};

use crate::contents::assert_same;
use crate::env::{Env, PRODUCTION, Ran, YES};
use crate::killed::{campaign, ended, is_as_meant, kill, kill_command_at_write, ready, wait_for_lists};
use crate::objects::{SCRIPTS, everyone, with_assignments};
use crate::{app_content, chain, content_killed};

/// One of two people.
#[derive(Debug, Clone, Copy)]
pub enum Person {
    Mine,
    /// With a home, a mapping and a journal of their own.
    Other,
}

impl Person {
    fn journal(self) -> &'static str {
        match self {
            Self::Mine => "run.ndjson",
            Self::Other => "other.ndjson",
        }
    }

    fn mapping(self) -> &'static str {
        match self {
            Self::Mine => "mapping.json",
            Self::Other => "other.json",
        }
    }

    /// The import of the tree, as this person runs it; one that was begun is gone on with.
    pub fn command(self, env: &Env, more: &[&str]) -> Command {
        let import = ["import", "tree", "--to", "production", "--mapping", self.mapping(), "--journal", self.journal()];
        let begun = env.path(self.journal()).exists();
        let args =
            if begun { vec!["import", "--resume", self.journal()] } else { [&import[..], &[YES], more].concat() };
        let mut command = env.command(&args);
        if let Self::Other = self {
            let home = env.path("other");
            std::fs::create_dir_all(&home).unwrap();
            command.env("HOME", &home);
            #[cfg(unix)]
            crate::two_users::as_another_user(&mut command, &env.path(""), &["", "other", "other.json"]);
        }
        command
    }

    fn run(self, env: &Env, more: &[&str]) -> Ran {
        Ran::of(self.command(env, more).output().unwrap())
    }
}

const BOTH: [Person; 2] = [Person::Mine, Person::Other];

/// With a mapping for each person.
fn for_two(env: Env) -> Env {
    std::fs::copy(env.path("mapping.json"), env.path("other.json")).unwrap();
    env
}

/// As `ready`, for two.
pub fn ready_for_two() -> Env {
    for_two(ready())
}

/// Kills each person's import after every so many writes, and lets the other go on, until both have ended.
fn in_turn(policies: u32, every: u64) {
    let meant = chain::meant(policies);
    let env = for_two(chain::ready(policies));
    let before = env.writes(PRODUCTION);
    let (mut codes, mut kills) = ([None, None], 0);
    while codes.contains(&None) {
        for (code, person) in codes.iter_mut().zip(BOTH).filter(|(code, _)| code.is_none()) {
            wait_for_lists();
            let moment = chain::MOMENTS[kills % 3];
            let command = person.command(&env, &[]);
            *code = kill_command_at_write(&env, command, Some(person.journal()), every, moment);
            kills += usize::from(code.is_none());
            assert!(kills as u64 <= 12 + 4 * meant.writes as u64 / every, "no end after {kills} kills");
        }
    }
    let place = format!("{policies} policies, two people killed {kills} times, after every {every} writes");
    println!("{place}: {} writes, where one takes {}", env.writes(PRODUCTION) - before, meant.writes);
    // What the other assigned since the plan is exactly what is wanted.
    assert_eq!(codes, [Some(0), Some(0)], "{place}");
    assert!(kills as u64 >= meant.writes as u64 / (every + 24), "{place}");
    assert_same(&env, &meant.contents, &place);
    let writes = env.writes(PRODUCTION);
    for person in BOTH {
        let ran = person.run(&env, &[]);
        assert_eq!(ran.code, 0, "{place}, {person:?}\n{}\n{}", ran.out, ran.err);
    }
    assert_eq!(env.writes(PRODUCTION), writes, "{place}: there is nothing left to do");
}

/// One person has made all objects and assigned none; the other, who found them, is stopped before the first assignment.
fn both_stopped_before_assigning(policies: u32) -> Env {
    let env = for_two(chain::ready(policies));
    for (person, writes) in [(Person::Mine, u64::from(policies) + 1), (Person::Other, 1)] {
        let command = person.command(&env, &[]);
        let code = kill_command_at_write(&env, command, Some(person.journal()), writes, Moment::Before);
        assert_eq!(code, None, "{person:?}");
        wait_for_lists();
    }
    env
}

#[test]
fn what_another_person_assigned_exactly_as_wanted_before_a_resume_is_done() {
    let env = both_stopped_before_assigning(6);
    Person::Mine.run(&env, &[]).exits(0);
    let writes = env.writes(PRODUCTION);
    wait_for_lists();
    Person::Other.run(&env, &[]).exits(0);
    assert_eq!(env.writes(PRODUCTION), writes, "everything is assigned already");
}

#[test]
fn what_another_person_assigned_otherwise_before_a_resume_is_left_as_it_is() {
    let env = both_stopped_before_assigning(3);
    let the_script = || env.sandbox().state(PRODUCTION)[SCRIPTS][0].clone();
    let assigned = with_assignments(the_script(), &[everyone()]);
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, assigned["id"].as_str().unwrap(), &assigned));
    wait_for_lists();
    let ran = Person::Other.run(&env, &[]).exits(5);
    assert!(ran.out.contains("stale-step"), "{}\n{}", ran.out, ran.err);
    let now = the_script()["assignments"].to_string();
    assert!(now.contains("allDevices") && !now.contains("groupAssignmentTarget"), "{now}");
}

fn is_large() -> bool {
    std::env::var_os("FERRY_KILL_EVERY").is_some()
}

#[test]
fn two_people_who_are_killed_at_every_write_in_turn_come_to_their_ends() {
    in_turn(if is_large() { 36 } else { 6 }, 1);
}

#[test]
fn two_people_who_are_killed_after_every_fifth_write_in_turn_come_to_their_ends() {
    in_turn(if is_large() { 306 } else { 18 }, 5);
}

#[test]
fn two_people_who_are_killed_after_every_23rd_write_in_turn_come_to_their_ends() {
    in_turn(if is_large() { 306 } else { 48 }, 23);
}

/// Runs again and again, past the other's lock and the storm, until the import ends.
fn until_ended(env: &Env, person: Person) -> Ran {
    let mut ran = None;
    for _ in 0..60 {
        let one = person.run(env, &["--allow-broad"]);
        match one.code {
            _ if ended(&one) => return one,
            // The other is at it.
            2 => {
                assert!(one.err.contains("another import into"), "{person:?}: {}", one.err);
                std::thread::sleep(Duration::from_millis(500));
            }
            _ => {}
        }
        ran = Some(one);
    }
    panic!("{person:?} does not come to an end: {ran:#?}");
}

#[test]
fn two_people_at_once_come_through_one_storm() {
    let storms = std::env::var("FERRY_STORMS").map_or(1, |count| count.parse().unwrap());
    for seed in 1..=storms {
        let env = ready_for_two();
        env.sandbox().blow(Some(Storm { share: 0.2, seed }));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| until_ended(&env, Person::Other));
            until_ended(&env, Person::Mine);
            other.join().unwrap();
        });
        env.sandbox().blow(None);
        is_as_meant(&env, &format!("seed {seed}"));
        wait_for_lists();
        let writes = env.writes(PRODUCTION);
        for person in BOTH {
            let ran = person.run(&env, &[]);
            assert!(ended(&ran), "seed {seed}, {person:?}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
        }
        assert_eq!(env.writes(PRODUCTION), writes, "seed {seed}: there is nothing left to do");
    }
}

#[test]
fn a_killed_upload_is_gone_on_with_after_another_person_uploaded() {
    campaign(content_killed::requests(), 4, |n, moment| {
        let env = for_two(content_killed::ready());
        let import = [&app_content::IMPORT[..], &[YES]].concat();
        let was_killed = kill(&env, &import, n, "", moment);
        let place = format!("request {n} {moment:?}, killed {was_killed}");
        for person in [Person::Other, Person::Mine] {
            wait_for_lists();
            let ran = person.run(&env, &["--app-content", "content", "--on-conflict", "update"]);
            assert!(ended(&ran), "{place}, {person:?}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
            app_content::all_there(&env, &["Field", "Tool"]);
        }
    });
}
