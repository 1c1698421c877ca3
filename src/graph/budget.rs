//! Lets a request go when its bucket has room for it, so that Graph has no reason to throttle; and makes
//! all requests of a bucket wait together when it did. Reads and writes of a bucket wait each for their own
//! turn, in the order in which they came, and no bucket waits for another. What a bucket holds is in
//! `buckets.rs`, the counting in `window.rs`; whether to try again is `retry.rs`'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::buckets::{Buckets, cost, limits};
use super::figures::BucketFigures;
use super::window::{Room, Window};

/// All buckets of one client.
#[derive(Debug)]
pub(super) struct Budget {
    enforced: bool,
    buckets: Buckets,
    lanes: Mutex<BTreeMap<String, Arc<Lane>>>,
}

/// One bucket at work.
#[derive(Debug)]
struct Lane {
    /// First come, first served: one line for reads, one for writes.
    lines: [tokio::sync::Mutex<()>; 2],
    answered: Notify,
    state: Mutex<BudgetState>,
}

#[derive(Debug)]
struct BudgetState {
    any: Window,
    writes: Window,
    requests: u64,
    changes: u64,
}

/// Permission to send; what it took is counted as answered when it is dropped.
#[derive(Debug)]
pub(super) struct Pass(#[expect(dead_code, reason = "held for its drop")] Vec<Spent>);

#[derive(Debug)]
struct Spent {
    lane: Arc<Lane>,
    units: u32,
    requests: u32,
    write: bool,
}

impl Budget {
    /// Without limits, requests are only counted, until the service throttles them.
    pub(super) fn new(buckets: Buckets, enforced: bool) -> Self {
        Self { enforced, buckets, lanes: Mutex::default() }
    }

    /// Waits until all the requests, by their paths, may be sent together.
    pub(super) async fn admit(&self, paths: &[String], write: bool) -> Pass {
        let mut needs: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for path in paths {
            let bucket = self.buckets.of(path);
            let need = needs.entry(bucket).or_default();
            *need = (need.0 + cost(bucket, path, write), need.1 + 1);
        }
        let mut spent = Vec::with_capacity(needs.len());
        for (bucket, (units, requests)) in needs {
            spent.push(self.lane(bucket).admit(units, requests, write).await);
        }
        Pass(spent)
    }

    /// Whether so many requests for this path may ever go together.
    pub(super) fn has_room_for(&self, path: &str, requests: usize) -> bool {
        limits(self.buckets.of(path)).0.most as usize >= requests
    }

    /// The service said "too many". Reads may pass while writes are throttled, so a throttled write holds up
    /// writes only.
    pub(super) fn throttled(&self, path: &str, write: bool, wait: Duration) {
        let lane = self.lane(self.buckets.of(path));
        let mut state = lane.state();
        let window = if write { &mut state.writes } else { &mut state.any };
        window.throttled(wait, Instant::now());
    }

    /// What was sent, bucket by bucket.
    pub(super) fn figures(&self) -> Vec<BucketFigures> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = |(name, lane): (&String, &Arc<Lane>)| {
            let state = lane.state();
            BucketFigures {
                name: name.clone(),
                requests: state.requests,
                writes: state.changes,
                fullest: state.any.fullest().max(state.writes.fullest()),
            }
        };
        lanes.iter().map(figures).filter(|figures| figures.requests > 0).collect()
    }

    fn lane(&self, bucket: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(bucket) {
            return Arc::clone(lane);
        }
        let (any, writes) = limits(bucket);
        let state = BudgetState {
            any: Window::new(any, self.enforced),
            writes: Window::new(writes, self.enforced),
            requests: 0,
            changes: 0,
        };
        let lane = Arc::new(Lane { lines: Default::default(), answered: Notify::new(), state: Mutex::new(state) });
        lanes.insert(bucket.to_owned(), Arc::clone(&lane));
        lane
    }
}

impl Lane {
    fn state(&self) -> MutexGuard<'_, BudgetState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn admit(self: Arc<Self>, units: u32, requests: u32, write: bool) -> Spent {
        let line = self.lines[usize::from(write)].lock().await;
        loop {
            // Before looking: an answer between looking and waiting must not be missed.
            let answered = self.answered.notified();
            let room = self.state().enter(units, requests, write, Instant::now());
            match room {
                Room::Now => break,
                Room::At(at) => tokio::time::sleep_until(at).await,
                Room::AfterAnAnswer => answered.await,
            }
        }
        drop(line);
        Spent { lane: self, units, requests, write }
    }
}

impl BudgetState {
    /// Takes the room if there is some.
    fn enter(&mut self, units: u32, requests: u32, write: bool, now: Instant) -> Room {
        let mut room = self.any.room(units, now);
        if write {
            room = room.max(self.writes.room(requests, now));
        }
        if room == Room::Now {
            self.any.take(units);
            self.requests += u64::from(requests);
            if write {
                self.writes.take(requests);
                self.changes += u64::from(requests);
            }
        }
        room
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.lane.state();
        state.any.answered(self.units, now);
        if self.write {
            state.writes.answered(self.requests, now);
        }
        drop(state);
        self.lane.answered.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const POLICIES: &str = "deviceManagement/configurationPolicies";

    fn budget(enforced: bool) -> Arc<Budget> {
        let buckets = Buckets::new(vec![
            (POLICIES.to_owned(), "device-config-v2".to_owned()),
            ("identity/conditionalAccess/policies".to_owned(), "identity-protection-ca".to_owned()),
        ]);
        Arc::new(Budget::new(buckets, enforced))
    }

    async fn one(budget: &Budget, path: &str, write: bool) -> Pass {
        budget.admit(&[path.to_owned()], write).await
    }

    /// A service that takes each request at any moment between its sending and its answer.
    #[tokio::test(start_paused = true)]
    async fn whatever_the_latency_no_window_of_the_service_holds_more_than_the_limit() {
        let budget = budget(true);
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let random = Arc::new(AtomicU64::new(7));
        let tasks = (0..350).map(|_| {
            let (budget, arrivals, random) = (Arc::clone(&budget), Arc::clone(&arrivals), Arc::clone(&random));
            tokio::spawn(async move {
                let pass = one(&budget, POLICIES, true).await;
                let below = |most: u64| {
                    let next = random.load(Ordering::Relaxed).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    random.store(next, Ordering::Relaxed);
                    Duration::from_millis((next >> 33) % most)
                };
                tokio::time::sleep(below(900)).await;
                arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                tokio::time::sleep(below(900)).await;
                drop(pass);
            })
        });
        let began = Instant::now();
        for task in tasks.collect::<Vec<_>>() {
            assert!(task.await.is_ok());
        }
        // The least that 350 writes can take at 100 in 20 seconds is 60.
        assert!(began.elapsed() < Duration::from_secs(66), "{:?}", began.elapsed());
        let arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, first) in arrivals.iter().enumerate() {
            let within = arrivals[index..].iter().filter(|at| **at < *first + Duration::from_secs(20)).count();
            assert!(within <= 100, "{within}");
        }
        let figures = budget.figures();
        assert_eq!((figures[0].requests, figures[0].writes), (350, 350));
        assert!((figures[0].fullest - 1.0).abs() < f64::EPSILON);
    }

    #[tokio::test(start_paused = true)]
    async fn full_writes_hold_up_neither_reads_nor_another_bucket() {
        let budget = budget(true);
        let began = Instant::now();
        for _ in 0..100 {
            drop(one(&budget, POLICIES, true).await);
        }
        drop(one(&budget, POLICIES, false).await);
        drop(one(&budget, "deviceManagement/deviceConfigurations", true).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(one(&budget, POLICIES, true).await);
        assert_eq!(began.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn conditional_access_goes_once_a_second_and_never_in_a_batch() {
        let budget = budget(true);
        let path = "identity/conditionalAccess/policies/1";
        assert!(!budget.has_room_for(path, 2) && budget.has_room_for(POLICIES, 20));
        let began = Instant::now();
        for _ in 0..5 {
            drop(one(&budget, path, false).await);
        }
        assert_eq!(began.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_write_holds_up_all_writes_of_its_bucket_and_no_reads() {
        let budget = budget(false);
        budget.throttled(POLICIES, true, Duration::from_secs(9));
        let began = Instant::now();
        drop(one(&budget, POLICIES, false).await);
        drop(one(&budget, "groups", true).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(one(&budget, &format!("{POLICIES}/1/assign"), true).await);
        assert_eq!(began.elapsed().as_secs(), 9);
        budget.throttled("groups", false, Duration::from_secs(5));
        drop(one(&budget, "users", true).await);
        assert_eq!(began.elapsed().as_secs(), 14);
    }
}
