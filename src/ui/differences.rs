//! Where two objects differ, for people: `path: found → wanted`, shortened.

use std::fmt::Write as _;

use serde_json::Value;

use super::escape::clean;
use super::layout::{Look, shorten};
use super::style::{self, paint};
use crate::policy::Difference;

/// How many differences of one object are listed.
const FEW: usize = 5;
/// The longest value that is shown; `-v` shows more of it.
const LONGEST: usize = 60;
const LONGEST_VERBOSE: usize = 1000;

/// The differences as lines below an object's name. `prefix` stands before the paths.
pub(super) fn below(list: &[Difference], prefix: &str, indent: &str, look: Look) -> String {
    let mut out = String::new();
    let limit = look.limit(list.len(), FEW);
    let longest = if look.verbose { LONGEST_VERBOSE } else { LONGEST };
    for difference in &list[..limit] {
        let place = format!("{prefix}{}", difference.at.trim_start_matches('/'));
        let place = if place.is_empty() { String::from("(the whole object)") } else { clean(&place).into_owned() };
        let (found, wanted) = (value(difference.found.as_ref(), longest), value(difference.wanted.as_ref(), longest));
        let _ = writeln!(out, "{indent}{}: {found} → {wanted}", paint(style::POINTER, place));
    }
    if limit < list.len() {
        let _ = writeln!(out, "{indent}… and {} more places; -v lists all", list.len() - limit);
    }
    out
}

fn value(value: Option<&Value>, longest: usize) -> String {
    match value {
        None => String::from("(nothing)"),
        Some(value) => shorten(&clean(&value.to_string()), longest),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::style::plain;
    use super::*;

    #[test]
    fn found_comes_before_wanted_and_long_values_are_cut() {
        let at = |at: &str, found, wanted| Difference { at: at.into(), found, wanted };
        let list = [
            at("/passwordMinimumLength", Some(json!(6)), Some(json!(12))),
            at("/description", None, Some(json!("two\nlines"))),
            at("/payload", Some(json!("x".repeat(200))), None),
            at("", Some(json!({})), Some(json!([]))),
        ];
        insta::assert_snapshot!(plain(&below(&list, "", "    ", Look::default())), @r#"
            passwordMinimumLength: 6 → 12
            description: (nothing) → "two\nlines"
            payload: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… → (nothing)
            (the whole object): {} → []
        "#);
    }
}
