//! A sliding window of one limit: how much of it is taken, and when there is room again. Pure: it is given
//! what time it is. Waiting is `budget.rs`'s.
//!
//! The service counts a request when it arrives, which is some time between its sending and its answer. So
//! one that is under way counts as now, and one that was answered counts for a whole window from its answer:
//! whatever the latency, no window of the service's ever holds more than the limit.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::buckets::Limit;

/// How long a throttled window stays stretched; then it is relaxed step by step.
const RELAX: Duration = Duration::from_mins(1);
/// Doubled at most this often: an eighth of the limit is slow enough for anyone.
const MOST_STRETCH: u32 = 3;

/// When there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    Now,
    /// At this time, if nothing else is sent.
    At(Instant),
    /// Only after a request that is under way has been answered.
    AfterAnAnswer,
}

/// A sliding window.
#[derive(Debug)]
pub(super) struct Window {
    limit: Limit,
    /// Without it, requests are only counted, until the service says "too many": for a while after that they go
    /// one at a time.
    enforced: bool,
    under_way: u32,
    answered: VecDeque<(Instant, u32)>,
    /// The sum over `answered`.
    recent: u32,
    /// How often the window's length is doubled at the moment.
    stretch: u32,
    relax_at: Option<Instant>,
    paused_until: Option<Instant>,
    fullest: u32,
}

impl Window {
    pub(super) fn new(limit: Limit, enforced: bool) -> Self {
        Self {
            limit,
            enforced,
            under_way: 0,
            answered: VecDeque::new(),
            recent: 0,
            stretch: 0,
            relax_at: None,
            paused_until: None,
            fullest: 0,
        }
    }

    /// The largest part of the limit that was ever taken.
    pub(super) fn fullest(&self) -> f64 {
        f64::from(self.fullest) / f64::from(self.limit.most)
    }

    /// When there is room for so many units.
    pub(super) fn room(&mut self, units: u32, now: Instant) -> Room {
        self.forget(now);
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Room::At(until);
        }
        // What is larger than the whole limit goes when nothing else is there.
        let free = self.limit.most.saturating_sub(self.under_way + self.recent);
        let mut short = units.min(self.limit.most).saturating_sub(free);
        if !self.enforced {
            return if self.stretch > 0 && self.under_way > 0 { Room::AfterAnAnswer } else { Room::Now };
        }
        if short == 0 {
            return Room::Now;
        }
        for (at, units) in &self.answered {
            short = short.saturating_sub(*units);
            if short == 0 {
                return Room::At(*at + self.span());
            }
        }
        Room::AfterAnAnswer
    }

    /// Units are on their way.
    pub(super) fn take(&mut self, units: u32) {
        self.under_way += units;
        self.fullest = self.fullest.max(self.under_way + self.recent);
    }

    /// They were answered, or given up.
    pub(super) fn answered(&mut self, units: u32, now: Instant) {
        self.under_way = self.under_way.saturating_sub(units);
        self.recent += units;
        self.answered.push_back((now, units));
        self.forget(now);
    }

    /// The service said "too many": nothing for so long, and half as much for a while. Many requests may hear of
    /// one and the same shortage; it counts once.
    pub(super) fn throttled(&mut self, wait: Duration, now: Instant) {
        self.forget(now);
        // Where nothing is counted, at least as long as the documented limit needs for one more.
        let least = if self.enforced { Duration::ZERO } else { self.limit.window / self.limit.most };
        let until = now + wait.max(least);
        if self.paused_until.is_none_or(|paused| paused <= now) {
            self.stretch = (self.stretch + 1).min(MOST_STRETCH);
        }
        self.paused_until = Some(self.paused_until.map_or(until, |paused| paused.max(until)));
        self.relax_at = Some(until + RELAX);
    }

    fn span(&self) -> Duration {
        self.limit.window * 2_u32.pow(self.stretch)
    }

    fn forget(&mut self, now: Instant) {
        while let Some(at) = self.relax_at.filter(|at| *at <= now && self.stretch > 0) {
            self.stretch -= 1;
            self.relax_at = Some(at + RELAX);
        }
        let span = self.span();
        while let Some((at, units)) = self.answered.front().copied().filter(|(at, _)| *at + span <= now) {
            debug_assert!(at <= now, "answers come in the order of time");
            self.recent -= units;
            self.answered.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(most: u32) -> Window {
        Window::new(Limit { most, window: Duration::from_secs(20) }, true)
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn what_is_under_way_takes_room_and_what_was_answered_keeps_it_for_a_window() {
        let (mut window, start) = (window(3), Instant::now());
        window.take(2);
        assert_eq!(window.room(1, start), Room::Now);
        window.take(1);
        assert_eq!(window.room(1, start + seconds(99)), Room::AfterAnAnswer);
        window.answered(2, start + seconds(1));
        assert_eq!(window.room(2, start + seconds(2)), Room::At(start + seconds(21)));
        assert_eq!(window.room(3, start + seconds(2)), Room::AfterAnAnswer);
        window.answered(1, start + seconds(3));
        assert_eq!(window.room(3, start + seconds(4)), Room::At(start + seconds(23)));
        assert_eq!(window.room(2, start + seconds(21)), Room::Now);
        assert!((window.fullest() - 1.0).abs() < f64::EPSILON);
        // More than ever fits goes alone.
        assert_eq!(window.room(50, start + seconds(23)), Room::Now);
    }

    #[test]
    fn after_too_many_it_pauses_then_goes_at_half_speed_and_recovers() {
        let (mut window, start) = (window(1), Instant::now());
        window.take(1);
        window.answered(1, start);
        window.throttled(seconds(5), start);
        // The same shortage, heard of again.
        window.throttled(seconds(2), start);
        assert_eq!(window.room(1, start + seconds(1)), Room::At(start + seconds(5)));
        assert_eq!(window.room(1, start + seconds(6)), Room::At(start + seconds(40)));
        // A new one halves again.
        window.throttled(seconds(1), start + seconds(6));
        assert_eq!(window.room(1, start + seconds(8)), Room::At(start + seconds(80)));
        // Relaxed once a minute.
        assert_eq!(window.room(1, start + seconds(67)), Room::Now);
        window.take(1);
        window.answered(1, start + seconds(130));
        assert_eq!(window.room(1, start + seconds(131)), Room::At(start + seconds(150)));
    }

    #[test]
    fn without_limits_only_a_pause_holds_up_and_then_one_goes_at_a_time() {
        let (mut window, start) = (Window::new(Limit { most: 1, window: seconds(1) }, false), Instant::now());
        window.take(9);
        assert_eq!(window.room(9, start), Room::Now);
        window.throttled(seconds(3), start);
        assert_eq!(window.room(1, start), Room::At(start + seconds(3)));
        assert_eq!(window.room(1, start + seconds(3)), Room::AfterAnAnswer);
        window.answered(9, start + seconds(3));
        assert_eq!(window.room(1, start + seconds(3)), Room::Now);
        window.take(1);
        assert_eq!(window.room(1, start + seconds(62)), Room::AfterAnAnswer);
        assert_eq!(window.room(1, start + seconds(63)), Room::Now);
    }

    #[test]
    fn a_pause_is_no_shorter_than_the_limit_needs_for_one_more() {
        let (mut window, start) = (Window::new(Limit { most: 1, window: seconds(1) }, false), Instant::now());
        window.throttled(Duration::from_millis(20), start);
        assert_eq!(window.room(1, start), Room::At(start + seconds(1)));
    }
}
