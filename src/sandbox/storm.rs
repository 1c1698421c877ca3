//! Trouble at random: a share of all answers is late, broken off, cut or refused, in the ways in which Graph
//! and the networks before it do that. The same seed makes the same trouble for the same requests.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::config::{Failure, Fault};

/// How much trouble, and which.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// The share of answers that it hits, from 0 to 1.
    pub share: f64,
    /// What makes it repeatable.
    #[serde(default)]
    pub seed: u64,
}

/// Statuses that say that nothing was done: api 4.
const REFUSED: [u16; 4] = [401, 409, 412, 423];
/// Statuses that do not say whether anything was done: api 1 and 4.
const FAILED: [u16; 4] = [500, 502, 503, 504];

/// A storm that blows.
pub(super) struct Blowing {
    share: f64,
    rng: Rng,
}

impl Blowing {
    pub(super) fn new(storm: Storm) -> Self {
        Self { share: storm.share, rng: Rng::with_seed(storm.seed) }
    }

    /// What becomes of the next answer; parts of a batch have no connection of their own to lose.
    pub(super) fn meet(&mut self, in_batch: bool) -> Option<Fault> {
        if self.rng.f64() >= self.share {
            return None;
        }
        let rng = &mut self.rng;
        let kind = rng.u8(if in_batch { 3 } else { 0 }..8);
        let (status, apply_write) = match kind {
            0 => (Failure::Drop, rng.bool()),
            1 => (Failure::Truncate, true),
            2 => (Failure::Delay, true),
            3 | 4 => (Failure::Status(REFUSED[rng.usize(..REFUSED.len())]), false),
            5 => (Failure::Status(429), false),
            _ => (Failure::Status(FAILED[rng.usize(..FAILED.len())]), rng.bool()),
        };
        let retry_after = match status {
            Failure::Status(429 | 503) => retry_after(rng),
            _ => None,
        };
        // "Come back later" is said before anything is done.
        let apply_write = apply_write && retry_after.is_none();
        Some(Fault { status, retry_after, apply_write, ..Fault::default() })
    }
}

/// When to come back, in each of the ways in which it is said, or not at all.
fn retry_after(rng: &mut Rng) -> Option<String> {
    match rng.u8(..4) {
        0 => Some(String::from("1")),
        1 => Some(String::from("0.128")),
        2 => Some(httpdate::fmt_http_date(std::time::SystemTime::now())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_hits_its_share_and_is_repeatable() {
        let faults = |seed| {
            let mut storm = Blowing::new(Storm { share: 0.2, seed });
            (0..5_000).map(|_| storm.meet(false).map(|fault| fault.status)).collect::<Vec<_>>()
        };
        let hit = faults(1).iter().flatten().count();
        assert!((800..1_200).contains(&hit), "{hit}");
        assert_eq!(faults(1), faults(1));
        assert_ne!(faults(1), faults(2));
    }

    #[test]
    fn what_says_come_back_later_did_nothing_and_batch_parts_are_only_refused() {
        let mut storm = Blowing::new(Storm { share: 1.0, seed: 3 });
        for index in 0..2_000 {
            let fault = storm.meet(index % 2 == 0);
            assert!(fault.as_ref().is_some_and(|fault| !(fault.apply_write && fault.retry_after.is_some())));
            let refused = fault.is_some_and(|fault| matches!(fault.status, Failure::Status(_)));
            assert!(refused || index % 2 == 1);
        }
    }
}
