//! What to do after a try that failed, and how long to wait. Pure: no clock, no network. The loop that
//! follows the table, and waits, is in `core.rs`.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// How often one request is sent at most.
pub const MAX_TRIES: u32 = 6;
/// How often a request is sent that meets a conflict: one that lasts is not a conflict of the moment.
pub const MAX_CONFLICTS: u32 = 4;
/// The longest wait of our own choosing.
pub const MAX_BACKOFF: Duration = Duration::from_mins(1);
/// The longest wait that the service may ask for; beyond it, giving up is more honest than coming back
/// too early, which counts against the quota as well.
pub const MAX_WAIT: Duration = Duration::from_mins(5);

/// What kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Changes nothing: GET, and a batch of GETs.
    Read,
    /// Sent twice, it makes two objects.
    Create,
    /// Sent twice, it has the effect of one.
    Idempotent,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No connection: not a byte of the request was sent.
    NotConnected,
    /// The service's certificate is not trusted: not a byte of the request was sent.
    Untrusted,
    /// Sent, perhaps in part, and no whole answer came back: a timeout, a reset, a truncated body.
    Broken,
    /// A success whose body is not JSON.
    Unreadable,
    /// A success whose body is larger than we take.
    TooLarge,
    /// An answer that is not a success.
    Status {
        /// The HTTP status.
        status: u16,
        /// Whether the service said when to come back.
        retry_after: bool,
    },
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Wait and send again.
    Retry,
    /// It may have happened: look for the object before sending again.
    LookFirst,
    /// It did not happen, and sending again would not help.
    Fail,
}

/// The table. A create is sent again only where it certainly did not happen.
pub fn classify(kind: Kind, outcome: Outcome) -> Next {
    let unless_create = |next| if kind == Kind::Create { Next::LookFirst } else { next };
    match outcome {
        // 409, 412 and 423 refuse before anything is done: someone else is at it at this moment.
        Outcome::NotConnected
        | Outcome::Status { status: 409 | 412 | 423 | 429, .. }
        | Outcome::Status { status: 503, retry_after: true } => Next::Retry,
        // 501, 505, 510 and 511 are left out: they say "cannot do that", now or later.
        Outcome::Broken | Outcome::Status { status: 408 | 500 | 502..=504 | 506..=509 | 512.., .. } => {
            unless_create(Next::Retry)
        }
        Outcome::Unreadable if kind == Kind::Read => Next::Retry,
        Outcome::Unreadable | Outcome::TooLarge => unless_create(Next::Fail),
        Outcome::Untrusted | Outcome::Status { .. } => Next::Fail,
    }
}

/// How often a request that ended so is sent at most.
pub fn most_tries(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Status { status: 409 | 412, .. } => MAX_CONFLICTS,
        _ => MAX_TRIES,
    }
}

/// Whether a first try that ended so may nevertheless have taken effect, so that a 404 to a repeated
/// DELETE means success.
pub fn may_have_happened(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::NotConnected | Outcome::Untrusted | Outcome::Status { status: 400..=407 | 409..=499, .. })
}

/// How long to wait before the next try, `tries` being how many have been made; `None` where the service
/// asks for more than we wait. `chance` in 0..1 spreads clients that failed together.
pub fn wait(tries: u32, retry_after: Option<Duration>, backoff: Duration, chance: f64) -> Option<Duration> {
    let chance = chance.clamp(0.0, 1.0);
    if let Some(asked) = retry_after {
        let spread = backoff.min(asked / 4).mul_f64(chance);
        return (asked <= MAX_WAIT).then(|| asked + spread);
    }
    let ceiling = backoff.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(MAX_BACKOFF);
    Some(ceiling.mul_f64(chance))
}

/// When the service wants us back: `x-ms-retry-after-ms`, or `Retry-After` as an integer, a decimal
/// (Graph's own documentation shows `2.128`) or an HTTP date.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    parse_retry_after(text("x-ms-retry-after-ms"), text("retry-after"), now)
}

/// As [`retry_after`], from the texts themselves: parts of a batch carry their headers as JSON.
pub fn parse_retry_after(milliseconds: Option<&str>, standard: Option<&str>, now: SystemTime) -> Option<Duration> {
    let seconds = |text: &str, factor: f64| {
        let number: f64 = text.parse().ok()?;
        Duration::try_from_secs_f64(number * factor).ok()
    };
    milliseconds.and_then(|text| seconds(text, 0.001)).or_else(|| {
        let text = standard?;
        seconds(text, 1.0).or_else(|| {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        })
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    fn status(status: u16, retry_after: bool) -> Outcome {
        Outcome::Status { status, retry_after }
    }

    #[test]
    fn a_create_is_repeated_only_where_it_certainly_did_not_happen() {
        for (outcome, next) in [
            (Outcome::NotConnected, Next::Retry),
            (status(429, false), Next::Retry),
            (status(503, true), Next::Retry),
            (status(503, false), Next::LookFirst),
            (status(500, true), Next::LookFirst),
            (status(502, false), Next::LookFirst),
            (status(504, true), Next::LookFirst),
            (status(408, false), Next::LookFirst),
            (Outcome::Broken, Next::LookFirst),
            (Outcome::Unreadable, Next::LookFirst),
            (status(400, false), Next::Fail),
            (status(409, false), Next::Retry),
            (status(412, false), Next::Retry),
            (status(423, false), Next::Retry),
            (status(501, false), Next::Fail),
            (status(302, false), Next::Fail),
            (Outcome::Untrusted, Next::Fail),
        ] {
            assert_eq!(classify(Kind::Create, outcome), next, "{outcome:?}");
        }
    }

    #[test]
    fn reads_and_idempotent_writes_are_repeated_after_passing_trouble() {
        for kind in [Kind::Read, Kind::Idempotent] {
            for outcome in [
                Outcome::NotConnected,
                Outcome::Broken,
                status(408, false),
                status(429, false),
                status(500, false),
                status(504, false),
            ] {
                assert_eq!(classify(kind, outcome), Next::Retry, "{kind:?} {outcome:?}");
            }
            for outcome in
                [status(400, false), status(403, true), status(404, false), status(501, false), Outcome::TooLarge]
            {
                assert_eq!(classify(kind, outcome), Next::Fail, "{kind:?} {outcome:?}");
            }
        }
    }

    #[test]
    fn a_conflict_that_lasts_is_told_sooner() {
        assert_eq!([409, 412, 423, 429, 500].map(|code| most_tries(status(code, false))), [4, 4, 6, 6, 6]);
    }

    #[test]
    fn a_throttled_delete_did_not_happen_and_a_broken_one_may_have() {
        assert!(!may_have_happened(status(429, true)));
        assert!(!may_have_happened(Outcome::NotConnected));
        assert!(may_have_happened(status(504, false)));
        assert!(may_have_happened(Outcome::Broken));
    }

    #[test]
    fn retry_after_comes_in_four_spellings() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let parse = |ms, standard| parse_retry_after(ms, standard, now);
        assert_eq!(parse(None, Some("3")), Some(Duration::from_secs(3)));
        assert_eq!(parse(None, Some("2.128")), Some(Duration::from_millis(2128)));
        assert_eq!(parse(Some("250"), Some("9")), Some(Duration::from_millis(250)));
        assert_eq!(parse(None, Some("Sun, 06 Nov 1994 08:49:47 GMT")), Some(Duration::from_secs(10)));
        assert_eq!(parse(None, Some("Sun, 06 Nov 1994 08:49:30 GMT")), Some(Duration::ZERO));
        for broken in ["", "soon", "-1", "NaN", "inf", "1e400"] {
            assert_eq!(parse(None, Some(broken)), None, "{broken}");
        }
    }

    #[test]
    fn a_wait_of_a_day_is_not_waited() {
        let backoff = Duration::from_secs(1);
        assert_eq!(wait(1, Some(Duration::from_hours(24)), backoff, 0.5), None);
        assert!(wait(1, Some(Duration::from_secs(10)), backoff, 0.0).unwrap() >= Duration::from_secs(10));
        assert_eq!(wait(3, None, backoff, 1.0), Some(Duration::from_secs(4)));
    }

    proptest! {
        #[test]
        fn a_wait_is_bounded_and_never_earlier_than_asked(tries in 0_u32..1000, asked in proptest::option::of(0_u64..300_000), chance in -1.0..2.0) {
            let asked = asked.map(Duration::from_millis);
            let waited = wait(tries, asked, Duration::from_secs(1), chance).unwrap();
            prop_assert!(waited <= MAX_WAIT + Duration::from_secs(1));
            match asked {
                Some(asked) => prop_assert!(waited >= asked),
                None => prop_assert!(waited <= MAX_BACKOFF),
            }
        }

        #[test]
        fn any_header_text_is_survived(text in ".*") {
            let _ = parse_retry_after(Some(&text), Some(&text), SystemTime::UNIX_EPOCH);
        }
    }
}
