//! Keeps the numbers of a sign-in answer within what can be: the credentials add them to the time of day, and a sum
//! that no calendar has ends the program. Pure.

use std::time::Duration;

use serde_json::{Map, Value};

/// No token lives longer: Entra gives an hour, and a day to a machine that is watched over.
/// (learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes, read 2026-11-30)
pub(in crate::graph) const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// For how many seconds from now something is good.
const LIVES: [&str; 3] = ["expires_in", "ext_expires_in", "refresh_in"];
/// When something ends, in seconds since 1970.
const ENDS: [&str; 2] = ["expires_on", "not_before"];

/// The answer with its numbers within bounds; as it is where it is not an answer with a token, which whoever reads it
/// refuses.
pub(super) fn bounded(answer: Vec<u8>, now: i64) -> Vec<u8> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&answer) else { return answer };
    let longest = i64::try_from(LONGEST_LIFE.as_secs()).unwrap_or(i64::MAX);
    let lives = LIVES.map(|name| bound(&mut members, name, longest));
    let ends = ENDS.map(|name| bound(&mut members, name, now.saturating_add(longest)));
    if lives.into_iter().chain(ends).any(|changed| changed) {
        Value::Object(members).to_string().into_bytes()
    } else {
        answer
    }
}

/// Bounds a number, whether it is one or a text as managed identities write it; whether it had to.
fn bound(members: &mut Map<String, Value>, name: &str, most: i64) -> bool {
    let Some(value) = members.get_mut(name) else { return false };
    let text = value.as_str().map(str::trim);
    let given = text.map_or_else(|| value.as_f64(), |text| text.parse().ok());
    let Some(given) = given.filter(|number: &f64| !number.is_nan()) else { return false };
    #[expect(clippy::cast_precision_loss, reason = "only what is far beyond the bounds is rounded")]
    let fine = (0.0..=most as f64).contains(&given);
    if fine && (text.is_some() || value.is_i64()) {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a number with a fraction stops at the limits")]
    let whole = (given as i64).clamp(0, most);
    *value = if value.is_string() { whole.to_string().into() } else { whole.into() };
    true
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn after(answer: &Value) -> Value {
        serde_json::from_slice(&bounded(answer.to_string().into_bytes(), NOW)).unwrap()
    }

    #[test]
    fn what_can_be_stays_and_what_cannot_is_bounded() {
        for (given, wanted) in [
            (json!({"expires_in": 3599, "ext_expires_in": 3599}), json!({"expires_in": 3599, "ext_expires_in": 3599})),
            (
                json!({"expires_in": "3599", "expires_on": "1800003599"}),
                json!({"expires_in": "3599", "expires_on": "1800003599"}),
            ),
            (json!({"expires_in": i64::MAX}), json!({"expires_in": 86_400})),
            (json!({"expires_in": u64::MAX}), json!({"expires_in": 86_400})),
            (json!({"expires_in": -1e300, "refresh_in": 1e300}), json!({"expires_in": 0, "refresh_in": 86_400})),
            (json!({"expires_on": "99999999999999999999"}), json!({"expires_on": "1800086400"})),
            (json!({"expires_in": 12.5}), json!({"expires_in": 12})),
            (json!({"expires_on": "01/02/2026 00:00:00 +00:00"}), json!({"expires_on": "01/02/2026 00:00:00 +00:00"})),
        ] {
            assert_eq!(after(&given), wanted);
        }
        assert_eq!(bounded(b"<html>".to_vec(), NOW), b"<html>");
    }

    proptest! {
        #[test]
        fn any_number_ends_within_a_day(life in any::<f64>(), end in any::<i64>()) {
            let after = after(&json!({"expires_in": life, "expires_on": end}));
            prop_assert!(life.is_nan() || life.is_infinite() || (0..=86_400).contains(&after["expires_in"].as_i64().unwrap()));
            prop_assert!((0..=NOW + 86_400).contains(&after["expires_on"].as_i64().unwrap()));
        }
    }
}
