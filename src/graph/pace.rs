//! Spaces requests so that Graph has no reason to throttle, and makes everyone wait together when it did.
//!
//! A lane is one collection, read or write. Graph's limits are per
//! sub-service, of which one or two busy collections make up the bulk; what this leaves over, `Retry-After`
//! corrects. Not for deciding whether to try again: that is `retry.rs`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// At most `count` requests in any `window`.
#[derive(Debug, Clone, Copy)]
struct Limit {
    count: usize,
    window: Duration,
}

const fn limit(count: usize, seconds: u64) -> Limit {
    Limit { count, window: Duration::from_secs(seconds) }
}

/// Published limits per app and tenant by the beginning of a path: any request, and writes. The last
/// row is for all other paths. Nine tenths of the published numbers, since arrival times shift.
const LIMITS: [(&str, Limit, Limit); 4] = [
    ("deviceManagement/", limit(900, 20), limit(90, 20)),
    ("deviceAppManagement/", limit(900, 20), limit(90, 20)),
    ("identity/", limit(1, 1), limit(1, 1)),
    ("", limit(1_500, 10), limit(2_700, 150)),
];

fn limits(path: &str) -> (Limit, Limit) {
    let row = LIMITS.iter().find(|(prefix, ..)| path.starts_with(prefix)).unwrap_or(&LIMITS[3]);
    (row.1, row.2)
}

/// The collection a path belongs to, without a key: one segment in the directory, two elsewhere.
fn lane(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let directory = !LIMITS[..3].iter().any(|(prefix, ..)| path.starts_with(prefix));
    let end = path.find(['?', '(']).unwrap_or(path.len());
    path[..end].split('/').take(if directory { 1 } else { 2 }).collect::<Vec<_>>().join("/")
}

/// One sliding window, and a pause that the service asked for.
#[derive(Debug, Default)]
struct Lane {
    sent: VecDeque<Instant>,
    paused_until: Option<Instant>,
}

impl Lane {
    /// Takes the next free moment, not before `earliest`.
    fn reserve(&mut self, earliest: Instant, limit: Option<Limit>) -> Instant {
        let mut at = self.paused_until.map_or(earliest, |until| until.max(earliest));
        if let Some(limit) = limit {
            at = self.sent.back().map_or(at, |last| at.max(*last));
            if self.sent.len() >= limit.count {
                at = self.sent.pop_front().map_or(at, |oldest| at.max(oldest + limit.window));
            }
            self.sent.push_back(at);
        }
        at
    }
}

/// All lanes of one client.
#[derive(Debug)]
pub(super) struct Pace {
    limited: bool,
    lanes: Mutex<HashMap<(String, bool), Lane>>,
}

impl Pace {
    /// Without limits only the pauses after a throttled answer remain.
    pub(super) fn new(limited: bool) -> Self {
        Self { limited, lanes: Mutex::default() }
    }

    /// Waits until all the requests may be sent.
    pub(super) async fn admit(&self, paths: impl IntoIterator<Item = &str>, write: bool) {
        let now = Instant::now();
        let at = self.reserve(paths, write, now);
        if at > now {
            tokio::time::sleep_until(at).await;
        }
    }

    fn reserve<'a>(&self, paths: impl IntoIterator<Item = &'a str>, write: bool, now: Instant) -> Instant {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = now;
        for path in paths {
            let (any, writes) = limits(path.trim_start_matches('/'));
            let key = lane(path);
            at = lanes.entry((key.clone(), false)).or_default().reserve(at, self.limited.then_some(any));
            if write {
                at = lanes.entry((key, true)).or_default().reserve(at, self.limited.then_some(writes));
            }
        }
        at
    }

    /// The service said "too many": nothing more of this kind for a while. Reads may pass while writes
    /// are throttled, so a throttled write pauses writes only.
    pub(super) fn pause(&self, path: &str, write: bool, wait: Duration) {
        let until = Instant::now() + wait;
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry((lane(path), write)).or_default();
        lane.paused_until = Some(lane.paused_until.map_or(until, |old| old.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = "deviceManagement/configurationPolicies";

    #[test]
    fn a_lane_is_the_collection() {
        for rest in ["", "('1')/c", "/c?$top=1", "?$expand=x(y/z)"] {
            assert_eq!(lane(&format!("/{WRITE}{rest}")), WRITE, "{rest}");
        }
        for path in ["groups", "groups/1/members", "groups('1')", "groups?$top=1"] {
            assert_eq!(lane(path), "groups", "{path}");
        }
    }

    #[test]
    fn no_window_ever_holds_more_than_the_limit() {
        let pace = Pace::new(true);
        let now = Instant::now();
        let times: Vec<Instant> = (0..400).map(|_| pace.reserve([WRITE], true, now)).collect();
        for (index, start) in times.iter().enumerate() {
            let within = times[index..].iter().filter(|at| **at < *start + Duration::from_secs(20)).count();
            assert!(within <= 90, "{within}");
        }
        assert_eq!(times[89], now);
        assert_eq!(times[90], now + Duration::from_secs(20));
    }

    #[test]
    fn another_collection_has_its_own_lane_and_no_limits_means_no_wait() {
        let pace = Pace::new(true);
        let now = Instant::now();
        for _ in 0..90 {
            pace.reserve([WRITE], true, now);
        }
        assert_eq!(pace.reserve(["deviceManagement/deviceConfigurations"], true, now), now);
        let free = Pace::new(false);
        assert!((0..5_000).all(|_| free.reserve([WRITE], true, now) == now));
    }

    #[test]
    fn a_throttled_write_pauses_writes_of_its_lane_and_not_reads() {
        let pace = Pace::new(false);
        pace.pause(WRITE, true, Duration::from_secs(9));
        let now = Instant::now();
        assert!(pace.reserve([WRITE], true, now) > now + Duration::from_secs(8));
        assert_eq!(pace.reserve([WRITE], false, now), now);
        pace.pause("groups", false, Duration::from_secs(9));
        assert!(pace.reserve(["groups/1"], true, now) > now);
    }
}
