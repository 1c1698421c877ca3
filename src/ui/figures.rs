//! What a command sent to Graph: for the JSON document, and as the line and the table that people see at
//! its end.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::layout::{Look, thousands, wrap};
use super::table::{Side, table};

/// What was sent to Graph.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// HTTP requests, every try counted; a batch counts once.
    pub sent: u64,
    /// Requests that went as parts of batches.
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
    pub buckets: Vec<Bucket>,
}

/// What counted against the limits of one of Graph's sub-services.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Bucket {
    /// The sub-service.
    pub name: String,
    /// Requests, each part of a batch counted.
    pub requests: u64,
    /// Those of them that were writes.
    pub writes: u64,
    /// The largest part of the documented limit that any window held: 1 is all of it.
    pub fullest: f64,
}

impl Requests {
    /// What went to two tenants: each has limits of its own.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.sent += other.sent;
        self.batched += other.batched;
        self.throttled += other.throttled;
        self.retried += other.retried;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.buckets.extend(other.buckets);
        self
    }
}

/// The line that ends a command which used a tenant; with `-v` also what each bucket held. Nothing where
/// nothing was sent.
pub fn summary(requests: &Requests, elapsed: Duration, look: Look) -> String {
    if requests.sent == 0 {
        return String::new();
    }
    let words = if requests.sent == 1 { "request" } else { "requests" };
    let mut line = format!("{} {words} to Graph", thousands(requests.sent));
    if requests.batched > 0 {
        let _ = write!(line, ", {} in batches", thousands(requests.batched));
    }
    for (number, what) in [(requests.throttled, "throttled"), (requests.retried, "sent again")] {
        if number > 0 || look.verbose {
            let _ = write!(line, ", {} {what}", thousands(number));
        }
    }
    let size = size(requests.bytes_sent + requests.bytes_received);
    let _ = write!(line, "; {size} in {:.1}\u{a0}s", elapsed.as_secs_f64());
    if look.verbose
        && let Some(bucket) = requests.buckets.iter().max_by(|a, b| a.fullest.total_cmp(&b.fullest))
    {
        let _ = write!(line, "; at most {} of a limit ({})", percent(bucket.fullest), bucket.name);
        if bucket.fullest > 1.0 {
            // A client never asks for more than Graph gives, except of tenants on this machine.
            line.push_str(", which does not apply to emulated tenants");
        }
    }
    let mut line = wrap("", &line, look.prose()).replace('\u{a0}', " ");
    if look.verbose {
        let columns =
            [("LIMIT", Side::Left), ("REQUESTS", Side::Right), ("WRITES", Side::Right), ("PEAK USE", Side::Right)];
        let rows: Vec<Vec<String>> = requests
            .buckets
            .iter()
            .map(|bucket| {
                vec![bucket.name.clone(), thousands(bucket.requests), thousands(bucket.writes), percent(bucket.fullest)]
            })
            .collect();
        line.push_str(&table(look, &columns, &rows));
    }
    line
}

fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let bytes = bytes as f64;
    if bytes < 1_000_000.0 { format!("{:.0}\u{a0}kB", bytes / 1e3) } else { format!("{:.1}\u{a0}MB", bytes / 1e6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests() -> Requests {
        let bucket = |name: &str, requests, writes, fullest| Bucket { name: name.into(), requests, writes, fullest };
        Requests {
            sent: 1_112,
            batched: 1_500,
            throttled: 2,
            retried: 3,
            bytes_sent: 81_000,
            bytes_received: 3_400_000,
            buckets: vec![bucket("device-config-v2", 1_515, 0, 0.75), bucket("devices", 97, 12, 0.06)],
        }
    }

    #[test]
    fn a_line_for_everyone_and_a_table_for_who_wants_it() {
        let look = Look { verbose: true, ..Look::default() };
        insta::assert_snapshot!(summary(&requests(), Duration::from_millis(2_140), look), @r"
        1,112 requests to Graph, 1,500 in batches, 2 throttled, 3 sent again; 3.5 MB in 2.1 s; at most 75 %
        of a limit (device-config-v2)
        LIMIT             REQUESTS  WRITES  PEAK USE
        device-config-v2     1,515       0      75 %
        devices                 97      12       6 %
        ");
        let line = summary(&requests(), Duration::from_millis(2_140), Look::default());
        assert!(!line.contains("device-config-v2"), "limits are a detail: {line}");
        let few = Requests { sent: 1, bytes_received: 900, ..Requests::default() };
        let text = summary(&few, Duration::from_millis(60), Look::default());
        assert_eq!(text, "1 request to Graph; 1 kB in 0.1 s\n");
        assert_eq!(summary(&Requests::default(), Duration::ZERO, Look::default()), "");
    }
}
