//! The least time that the requests of a run can take under Graph's documented limits, from the limits alone.

use serde_json::Value;

/// The largest over the buckets, plus one latency.
pub struct Floor {
    /// Requests divided by the rate, less what one full window allows at once.
    pub by_rate: f64,
    /// The same for limits that are counted in sliding windows, as the sandbox counts them: of every request,
    /// the one that stands a full window before it must have left the window.
    pub sliding: f64,
    /// The bucket that decides.
    pub bucket: String,
}

/// Any requests and writes of an app in a tenant, and the seconds of the window.
fn limits(bucket: &str) -> [(f64, f64); 2] {
    match bucket {
        "identity-protection-ca" => [(1.0, 1.0), (1.0, 1.0)],
        "identity-and-access" => [(3_500.0, 10.0), (3_000.0, 150.0)],
        "devices" => [(2_000.0, 20.0), (200.0, 20.0)],
        _ => [(1_000.0, 20.0), (100.0, 20.0)],
    }
}

impl Floor {
    /// Of the requests that a run's document counts.
    pub fn of(document: &Value, latency: f64) -> Self {
        let mut floor = Self { by_rate: 0.0, sliding: 0.0, bucket: "the latency".to_owned() };
        for bucket in document["requests"]["buckets"].as_array().into_iter().flatten() {
            let name = bucket["name"].as_str().unwrap_or_default();
            for (kind, (most, window)) in ["requests", "writes"].into_iter().zip(limits(name)) {
                let count = bucket[kind].as_f64().unwrap_or_default();
                let by_rate = (count - most).max(0.0) * window / most;
                if by_rate > floor.by_rate {
                    floor.by_rate = by_rate;
                    floor.bucket = format!("{count} {kind} of {name}");
                }
                floor.sliding = floor.sliding.max(((count - 1.0).max(0.0) / most).floor() * window);
            }
        }
        floor.by_rate += latency;
        floor.sliding += latency;
        floor
    }
}
