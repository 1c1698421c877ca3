//! Single values by their declared types: whether a value is one of the type, and the one spelling of values that
//! mean the same: a time with another offset, `PT60M` for `PT1H`, an id in braces, flags in another order. Pure. A
//! text of no such type is never touched, whatever it looks like.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::policy::decode::base64_exact;

/// The one spelling of a text of this type; none where it has it already, or where no one can say.
pub fn spelled(declared: &str, text: &str) -> Option<String> {
    let spelled = match declared {
        "datetime" => text.parse::<Timestamp>().ok()?.to_string(),
        "time" => text.parse::<Time>().ok()?.to_string(),
        "duration" => duration(text)?.to_string(),
        "guid" => guid(text)?,
        _ => return None,
    };
    (spelled != text).then_some(spelled)
}

/// The one spelling of several words of an enumeration; none where it has it already.
pub fn flags(text: &str) -> Option<String> {
    let words: BTreeSet<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let spelled = words.into_iter().collect::<Vec<_>>().join(",");
    (spelled != text).then_some(spelled)
}

/// The one spelling of an id: lower case, no braces; none where it is not an id.
pub fn guid(text: &str) -> Option<String> {
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    // Other forms are read as well, such as 32 digits in a row: those may be something else.
    (bare.len() == 36).then(|| Uuid::try_parse(bare).ok())?.map(|id| id.to_string())
}

/// Days have 24 hours; of years and months no one can say how long they are. Words such as `1 hour` are not one.
fn duration(text: &str) -> Option<SignedDuration> {
    text.strip_prefix('-').unwrap_or(text).strip_prefix('P')?;
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

/// What a value of this type looks like, where the given one is not one; none where it is, or where no one knows.
pub fn misfit(declared: &str, value: &Value) -> Option<&'static str> {
    let text = |read: fn(&str) -> bool| value.as_str().is_some_and(read);
    let (fits, wanted) = match declared {
        "string" => (value.is_string(), "a text"),
        "boolean" => (value.is_boolean(), "true or false, without quotation marks,"),
        "int" => (value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()), "a whole number"),
        "int64" => (value.as_i64().is_some(), "a whole number"),
        "double" => (value.is_number() || text(|text| matches!(text, "NaN" | "INF" | "-INF")), "a number"),
        "binary" => (text(|text| text.is_empty() || base64_exact(text).is_some()), "a payload in base64"),
        "guid" => (text(|text| guid(text).is_some()), "an ID"),
        // Graph's last day is later than any that can be read.
        "datetime" => (
            text(|text| text.parse::<Timestamp>().is_ok() || text.starts_with("9999-12-31T")),
            "a date with a time, such as 2026-01-31T08:00:00Z,",
        ),
        "date" => (text(|text| text.parse::<Date>().is_ok()), "a date such as 2026-01-31"),
        "time" => (text(|text| text.parse::<Time>().is_ok()), "a time such as 08:00:00"),
        "duration" => (text(|text| duration(text).is_some()), "a duration such as PT1H"),
        _ => return None,
    };
    (!fits).then_some(wanted)
}

/// Whether a value is of another kind than values of this type can be, whatever it says: a text for a number, for
/// instance. A text that does not read as the type wants may be one that only the service understands.
pub fn is_of_another_kind(declared: &str, value: &Value) -> bool {
    match declared {
        "boolean" => !value.is_boolean(),
        "int" => !value.is_number(),
        "string" | "binary" | "guid" | "datetime" | "date" | "time" | "duration" => !value.is_string(),
        _ => false,
    }
}

/// Words of an enumeration as Graph spells them, where they differ in nothing but capitals; none where they are so.
pub fn words(text: &str, members: &[String]) -> Option<String> {
    let spelled = |word: &str| {
        let known = members.iter().find(|member| member.eq_ignore_ascii_case(word.trim()));
        known.map_or_else(|| word.to_owned(), Clone::clone)
    };
    if text.split(',').all(|word| members.iter().any(|member| member == word)) {
        return None;
    }
    let all = text.split(',').map(spelled).collect::<Vec<_>>().join(",");
    (all != text).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn same(declared: &str, texts: &[&str]) {
        let own = |text: &str| spelled(declared, text).unwrap_or_else(|| text.to_owned());
        let first = own(texts[0]);
        for text in texts {
            assert_eq!(own(text), first, "{declared}: {text}");
            assert_eq!(misfit(declared, &json!(text)), None, "{declared}: {text}");
        }
    }

    #[test]
    fn what_means_the_same_is_spelled_the_same() {
        same("datetime", &["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0000000Z", "2024-01-01T02:00:00+02:00"]);
        same("time", &["08:00:00", "08:00:00.0000000"]);
        same("duration", &["PT1H", "PT60M", "PT3600S"]);
        same("duration", &["P1D", "PT24H"]);
        same("guid", &["{0F3C2A91-0000-4000-8000-000000000001}", "0f3c2a91-0000-4000-8000-000000000001"]);
        assert_eq!(flags("b, a,b").as_deref(), Some("a,b"));
        assert_eq!(flags("a,b"), None);
    }

    #[test]
    fn what_differs_stays_different_and_other_texts_are_not_touched() {
        assert_ne!(spelled("datetime", "2024-01-01T00:00:00+02:00").as_deref(), Some("2024-01-01T00:00:00Z"));
        assert_eq!(spelled("datetime", "9999-12-31T23:59:59Z"), None);
        assert_eq!(spelled("datetime", "soon"), None);
        assert_eq!(spelled("duration", "P1M"), None);
        assert_eq!(spelled("guid", "0F3C2A91000040008000000000000001"), None);
        assert_eq!(spelled("string", "{0F3C2A91-0000-4000-8000-000000000001}"), None);
    }

    #[test]
    fn a_number_in_quotation_marks_is_not_a_number() {
        for (declared, wrong, right) in [
            ("int", json!("8"), json!(8)),
            ("int", json!(8.5), json!(-8)),
            ("boolean", json!("true"), json!(true)),
            ("string", json!(1), json!("1")),
            ("duration", json!("1 hour"), json!("PT1H")),
            ("datetime", json!("2024-01-01"), json!("9999-12-31T23:59:59.9999999Z")),
            ("binary", json!("a b"), json!("YQ==")),
        ] {
            assert!(misfit(declared, &wrong).is_some(), "{declared}: {wrong}");
            assert_eq!(misfit(declared, &right), None, "{declared}: {right}");
        }
    }

    proptest! {
        #[test]
        fn a_spelling_is_its_own(text in "[-+:.0-9TZPDHMS{}a-f]{0,40}", kind in 0..4_usize) {
            let declared = ["datetime", "time", "duration", "guid"][kind];
            if let Some(once) = spelled(declared, &text) {
                prop_assert_eq!(spelled(declared, &once), None);
                prop_assert_eq!(misfit(declared, &json!(text)), None);
            }
        }

        #[test]
        fn a_moment_is_one_in_every_offset(seconds in 0..4_000_000_000_i64, hours in -12..13_i64) {
            let moment = Timestamp::from_second(seconds).unwrap_or_default();
            let there = moment.checked_add(SignedDuration::from_hours(hours)).unwrap_or_default().to_string();
            let text = format!("{}.0000000{}{:02}:00", there.trim_end_matches('Z'), if hours < 0 { '-' } else { '+' }, hours.abs());
            prop_assert_eq!(spelled("datetime", &text), Some(moment.to_string()));
        }
    }
}
