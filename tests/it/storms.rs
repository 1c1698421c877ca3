//! Imports through trouble: a fifth of all answers is late, lost, cut or refused at random. In the end the
//! target is what it is without trouble: no duplicate, no loss.
//!
//! The suite lets two storms blow. `FERRY_STORMS=50` lets 50, each with a seed of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use intune_ferry::sandbox::Storm;

use crate::env::Ran;
use crate::killed::{IMPORT, RESUME, inventory, meant, ready, verified};

/// How many storms the suite lets blow.
const STORMS: u64 = 2;
/// How often a run that a storm brought down is gone on with.
const PATIENCE: usize = 5;

fn ended(ran: &Ran) -> bool {
    [0, 3, 4].contains(&ran.code)
}

/// Imports through one storm; how often it had to be gone on with.
fn blow(seed: u64) -> usize {
    let (env, meant) = (ready(), meant());
    env.sandbox().blow(Some(Storm { share: 0.2, seed }));
    let mut ran = env.ferry(&IMPORT);
    let mut again = 0;
    while !ended(&ran) && again < PATIENCE {
        let begun = env.path("run.ndjson").exists();
        ran = if begun { env.ferry(&RESUME) } else { env.ferry(&IMPORT) };
        again += 1;
    }
    env.sandbox().blow(None);
    assert!(ended(&ran), "seed {seed}: exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    assert_eq!(inventory(&env), meant.inventory, "seed {seed}\n{}", ran.out);
    assert_eq!(verified(&env), meant.verified, "seed {seed}\n{}", ran.out);
    again
}

#[test]
fn imports_come_through_storms() {
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
                    again.fetch_add(u64::try_from(blow(seed)).unwrap(), Ordering::SeqCst);
                }
            });
        }
    });
    println!("{storms} storms, gone on with {} times", again.load(Ordering::SeqCst));
}
