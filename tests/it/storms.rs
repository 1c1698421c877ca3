//! Imports through trouble: a fifth of all answers, those of the sign-in service too, is late, lost, cut or
//! refused at random. In the end the target is what it is without trouble: no duplicate, no loss. And an undo
//! through trouble takes everything back.
//!
//! The suite lets two storms of each kind blow. `FERRY_STORMS=50` lets 50, each with a seed of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use intune_ferry::sandbox::Storm;

use crate::env::{Env, Ran, YES};
use crate::killed::{IMPORT, RESUME, ended, is_as_meant, ready};
use crate::undone::{Imported, UNDO};
use crate::{app_content, content_killed};

/// How many storms the suite lets blow.
const STORMS: u64 = 2;
/// How often a run that a storm brought down is gone on with.
const PATIENCE: u64 = 5;

/// Runs through one storm, again and again until the end; how often it had to be run again.
fn blow(env: &Env, seed: u64, run: impl Fn() -> Ran, ended: impl Fn(&Ran) -> bool) -> u64 {
    env.sandbox().blow(Some(Storm { share: 0.2, seed }));
    let (mut ran, mut again) = (run(), 0);
    while !ended(&ran) && again < PATIENCE {
        (ran, again) = (run(), again + 1);
    }
    env.sandbox().blow(None);
    assert!(ended(&ran), "seed {seed}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    again
}

/// Lets storm after storm blow, two at a time.
fn storms(one: impl Fn(u64) -> u64 + Sync) {
    let storms = std::env::var("FERRY_STORMS").map_or(STORMS, |count| count.parse().unwrap());
    let (next, again) = (AtomicU64::new(1), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > storms {
                        return;
                    }
                    again.fetch_add(one(seed), Ordering::SeqCst);
                }
            });
        }
    });
    println!("{storms} storms, gone on with {} times", again.load(Ordering::SeqCst));
}

#[test]
fn imports_come_through_storms() {
    storms(|seed| {
        let env = ready();
        let begun = || env.path("run.ndjson").exists();
        let again = blow(&env, seed, || env.ferry(if begun() { &RESUME } else { &IMPORT[..] }), ended);
        is_as_meant(&env, &format!("seed {seed}"));
        again
    });
}

#[test]
fn undos_come_through_storms() {
    storms(|seed| {
        let (env, imported) = Imported::again();
        let again = blow(&env, seed, || env.ferry(&UNDO), |ran| ran.code == 0);
        imported.is_taken_back(&env, &format!("seed {seed}"));
        again
    });
}

#[test]
fn uploads_come_through_storms() {
    storms(|seed| {
        let env = content_killed::ready();
        let begun = || env.path("run.ndjson").exists();
        let import = [&app_content::IMPORT[..], &[YES]].concat();
        let again = blow(&env, seed, || env.ferry(if begun() { &RESUME } else { &import[..] }), ended);
        app_content::all_there(&env, &["Field", "Tool"]);
        again
    });
}
