//! What a client sent, counted, for the summary of a run. Not for progress: the engine reports events.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of one client since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// HTTP requests sent to Graph, every try counted; a batch counts once.
    pub sent: u64,
    /// Requests that went as parts of batches, every try counted.
    pub batched: u64,
    /// Answers, or parts of a batch, that said "too many requests".
    pub throttled: u64,
    /// Requests and parts that were sent again.
    pub retried: u64,
}

/// The counters behind [`Figures`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) batched: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) retried: AtomicU64,
}

impl Counters {
    pub(super) fn figures(&self) -> Figures {
        Figures {
            sent: self.sent.load(Relaxed),
            batched: self.batched.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            retried: self.retried.load(Relaxed),
        }
    }
}

/// Adds to a counter.
pub(super) fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Relaxed);
}
