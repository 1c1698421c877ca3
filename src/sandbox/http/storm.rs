//! Trouble at random: a share of all answers is late, broken off, cut or refused, in the ways in which Graph
//! and the networks before it do that. The same seed makes the same trouble for the same requests.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::http::fault::{Failure, Fault};

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

/// What trouble there is by place: lost, cut or late answers, refusals (twice as often as the others, as they
/// come in many forms), "too many", and failures. Parts of a batch have no connection of their own to lose.
/// A refusal of the sign-in service is final, so there trouble is of the passing kind only (api 7).
const GRAPH: &[FaultKind] = &[
    FaultKind::Drop,
    FaultKind::Truncate,
    FaultKind::Delay,
    FaultKind::Refuse,
    FaultKind::Refuse,
    FaultKind::TooMany,
    FaultKind::Fail,
    FaultKind::Fail,
];
const BATCH_PART: &[FaultKind] =
    &[FaultKind::Refuse, FaultKind::Refuse, FaultKind::TooMany, FaultKind::Fail, FaultKind::Fail];
const SIGN_IN: &[FaultKind] =
    &[FaultKind::Drop, FaultKind::Truncate, FaultKind::Delay, FaultKind::TooMany, FaultKind::Fail, FaultKind::Fail];

#[derive(Debug, Clone, Copy)]
enum FaultKind {
    Drop,
    Truncate,
    Delay,
    Refuse,
    TooMany,
    Fail,
}

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Graph,
    BatchPart,
    SignIn,
}

/// A storm that blows.
pub(crate) struct Blowing {
    share: f64,
    rng: Rng,
}

impl Blowing {
    pub(crate) fn new(storm: Storm) -> Self {
        Self { share: storm.share, rng: Rng::with_seed(storm.seed) }
    }

    /// What becomes of the next answer.
    pub(crate) fn meet(&mut self, place: Place) -> Option<Fault> {
        if self.rng.f64() >= self.share {
            return None;
        }
        let rng = &mut self.rng;
        let kinds = match place {
            Place::Graph => GRAPH,
            Place::BatchPart => BATCH_PART,
            Place::SignIn => SIGN_IN,
        };
        let (status, apply_write) = match kinds[rng.usize(..kinds.len())] {
            FaultKind::Drop => (Failure::Drop, rng.bool()),
            FaultKind::Truncate => (Failure::Truncate, true),
            FaultKind::Delay => (Failure::Delay, true),
            FaultKind::Refuse => (Failure::Status(REFUSED[rng.usize(..REFUSED.len())]), false),
            FaultKind::TooMany => (Failure::Status(429), false),
            FaultKind::Fail => (Failure::Status(FAILED[rng.usize(..FAILED.len())]), rng.bool()),
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
            (0..5_000).map(|_| storm.meet(Place::Graph).map(|fault| fault.status)).collect::<Vec<_>>()
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
            let place = if index % 2 == 0 { Place::BatchPart } else { Place::Graph };
            let fault = storm.meet(place);
            assert!(fault.as_ref().is_some_and(|fault| !(fault.apply_write && fault.retry_after.is_some())));
            let refused = fault.is_some_and(|fault| matches!(fault.status, Failure::Status(_)));
            assert!(refused || place == Place::Graph);
        }
    }

    #[test]
    fn a_sign_in_is_troubled_but_never_refused() {
        let mut storm = Blowing::new(Storm { share: 1.0, seed: 4 });
        for _ in 0..1_000 {
            let fault = storm.meet(Place::SignIn);
            let final_word = |fault: Fault| matches!(fault.status, Failure::Status(code) if REFUSED.contains(&code));
            assert!(!fault.is_none_or(final_word));
        }
    }
}
