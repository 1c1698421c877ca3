//! What a client sent, counted, for the summary of a run. Not for progress: the engine reports events.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of one client since it was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// HTTP requests sent to Graph, every try counted; a batch counts once.
    pub sent: u64,
    /// Requests that went as parts of batches, every try counted.
    pub batched: u64,
    /// Answers, or parts of a batch, that said "too many requests".
    pub throttled: u64,
    /// Requests and parts that were sent again.
    pub retried: u64,
    /// Bytes of the bodies that were sent.
    pub bytes_sent: u64,
    /// Bytes of the answers' bodies, unpacked.
    pub bytes_received: u64,
    /// What counted against Graph's limits, bucket by bucket.
    pub buckets: Vec<BucketFigures>,
}

/// What counted against the limits of one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BucketFigures {
    /// The bucket.
    pub name: String,
    /// Requests, each part of a batch counted.
    pub requests: u64,
    /// Those of them that were writes.
    pub writes: u64,
    /// The largest part of the documented limit that any window held: 1.0 is all of it.
    pub fullest: f64,
}

/// The counters behind [`Figures`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) batched: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    pub(super) bytes_received: AtomicU64,
}

impl Counters {
    pub(super) fn figures(&self, buckets: Vec<BucketFigures>) -> Figures {
        Figures {
            sent: self.sent.load(Relaxed),
            batched: self.batched.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            retried: self.retried.load(Relaxed),
            bytes_sent: self.bytes_sent.load(Relaxed),
            bytes_received: self.bytes_received.load(Relaxed),
            buckets,
        }
    }
}

/// Adds to a counter.
pub(super) fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Relaxed);
}
