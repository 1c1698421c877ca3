//! Checks of single values: numbers, dates, ids, binaries, enums, in the spellings that the JSON format of `OData` allows.
//!
//! Not here: null and collections, which [`super::body`] sees to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde_json::Value;

use crate::metadata::model::Model;

/// What Graph calls a type in its messages; `None` for the types of the model.
pub(super) fn edm_name(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "string" => "Edm.String",
        "boolean" => "Edm.Boolean",
        "int" => "Edm.Int32",
        "int64" => "Edm.Int64",
        "double" => "Edm.Double",
        "binary" => "Edm.Binary",
        "guid" => "Edm.Guid",
        "datetime" => "Edm.DateTimeOffset",
        "date" => "Edm.Date",
        "time" => "Edm.TimeOfDay",
        "duration" => "Edm.Duration",
        "json" | "any" => "Edm.Untyped",
        _ => return None,
    })
}

/// True where a value that is not null has the primitive type.
pub(super) fn fits(ty: &str, value: &Value) -> bool {
    match ty {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        // As text only with IEEE754Compatible=true, which Graph does not use (api-behaviour.md 5).
        "int64" => value.as_i64().is_some(),
        "double" => value.is_number() || matches!(value.as_str(), Some("NaN" | "INF" | "-INF")),
        "binary" => value.as_str().is_some_and(is_base64),
        "guid" => value.as_str().is_some_and(is_guid),
        "datetime" => value.as_str().is_some_and(is_datetime),
        "date" => value.as_str().is_some_and(is_date),
        "time" => value.as_str().is_some_and(is_time),
        "duration" => value.as_str().is_some_and(is_duration),
        _ => true,
    }
}

/// True where the text is a member of the enum, or several of them joined by commas where they are flags.
///
/// The case must be the metadata's: how Graph takes another is not known (quirks.md, last line).
pub(super) fn is_member(model: &Model, name: &str, text: &str) -> bool {
    let Some(members) = model.enum_members(name) else {
        return true;
    };
    let known = |member: &str| members.iter().any(|candidate| candidate == member);
    if model.is_flags(name) { text.split(',').all(|member| known(member.trim())) } else { known(text) }
}

fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok()
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.as_bytes().get(4) == Some(&b'-') && text.parse::<Date>().is_ok()
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let parts: Vec<Option<u8>> = clock.split(':').map(two_digits).collect();
    let in_range = match parts.as_slice() {
        [Some(hour), Some(minute)] => fraction.is_none() && *hour < 24 && *minute < 60,
        [Some(hour), Some(minute), Some(second)] => *hour < 24 && *minute < 60 && *second < 60,
        _ => false,
    };
    in_range && fraction.is_none_or(|digits| digits.len() <= 12 && all_digits(digits))
}

/// A date and time with its offset. `jiff::Timestamp` is not used: it ends a day before Graph's 9999-12-31.
fn is_datetime(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else {
        return false;
    };
    let clock = if let Some(clock) = rest.strip_suffix('Z') {
        clock
    } else {
        let Some(at) = rest.rfind(['+', '-']) else {
            return false;
        };
        let (clock, offset) = rest.split_at(at);
        if offset.len() != 6 || !is_time(&offset[1..]) {
            return false;
        }
        clock
    };
    is_date(date) && is_time(clock)
}

/// ISO 8601 without years and months, as `Edm.Duration` has it.
fn is_duration(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    let (days, clock) = rest.split_once('T').map_or((rest, None), |(days, clock)| (days, Some(clock)));
    let days_fit = days.is_empty() || days.strip_suffix('D').is_some_and(all_digits);
    let clock_fits = clock.is_none_or(|clock| !clock.is_empty() && units_in_order(clock));
    days_fit && clock_fits && !(days.is_empty() && clock.is_none())
}

fn units_in_order(mut clock: &str) -> bool {
    for unit in ['H', 'M', 'S'] {
        if let Some((number, rest)) = clock.split_once(unit) {
            let whole = match number.split_once('.') {
                Some((whole, fraction)) if unit == 'S' && all_digits(fraction) => whole,
                Some(_) => return false,
                None => number,
            };
            if !all_digits(whole) {
                return false;
            }
            clock = rest;
        }
    }
    clock.is_empty()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn two_digits(text: &str) -> Option<u8> {
    (text.len() == 2 && all_digits(text)).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit_their_types() {
        for (ty, good, bad) in [
            ("string", json!(""), json!(1)),
            ("boolean", json!(false), json!("false")),
            ("int", json!(-2_147_483_648_i64), json!(2_147_483_648_i64)),
            ("int", json!(0), json!(1.5)),
            ("int64", json!(9_007_199_254_740_993_i64), json!("1")),
            ("double", json!(1), json!("1")),
            ("binary", json!("QUJD"), json!("not base64!")),
            ("guid", json!("00000000-0000-0000-0000-000000000000"), json!("00000000000000000000000000000000")),
            ("datetime", json!("9999-12-31T23:59:59.9999999Z"), json!("2024-01-01T00:00:00")),
            ("datetime", json!("0001-01-01T00:00:00+02:00"), json!("/Date(1700000000000)/")),
            ("date", json!("2024-02-29"), json!("2023-02-29")),
            ("time", json!("08:00:00.0000000"), json!("24:00:00")),
            ("duration", json!("PT15M"), json!("P1Y")),
            ("duration", json!("P1DT2H3M4.5S"), json!("PT")),
            ("duration", json!("P365D"), json!("PT5S4M")),
        ] {
            assert!(fits(ty, &good), "{ty} {good}");
            assert!(!fits(ty, &bad), "{ty} {bad}");
        }
    }

    #[test]
    fn members_are_compared_exactly() {
        let model = Model::load();
        let name = "deviceManagementConfigurationTechnologies";
        assert!(is_member(model, name, "mdm,microsoftSense") && is_member(model, name, "mdm"));
        assert!(!is_member(model, name, "Mdm") && !is_member(model, name, "mdm,"));
        assert!(is_member(model, "runAsAccountType", "user") && !is_member(model, "runAsAccountType", "user,system"));
    }

    proptest! {
        #[test]
        fn no_text_makes_a_check_panic(text in "\\PC*") {
            for ty in ["binary", "guid", "datetime", "date", "time", "duration"] {
                fits(ty, &json!(text));
            }
        }

        #[test]
        fn dates_of_the_usual_form_fit(y in 1_i16..9999, mo in 1_i8..13, d in 1_i8..29, h in 0_u8..24, mi in 0_u8..60) {
            let text = format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:00.1234567Z");
            prop_assert!(fits("datetime", &json!(text)));
        }
    }
}
