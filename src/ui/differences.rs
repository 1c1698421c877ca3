//! Where two objects differ, for people: `path: found → wanted`, shortened.

use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, hang};
use super::style::{self, paint};
use super::told::{Told, pair, tell_difference};
use crate::policy::Difference;

/// How many differences of one object are listed.
const FEW: usize = 5;
/// The longest value that is shown; `-v` shows more of it.
const LONGEST: usize = 60;
const LONGEST_VERBOSE: usize = 1000;

/// The differences as lines below an object's name.
pub(super) fn below<'a>(list: impl IntoIterator<Item = &'a Difference>, indent: &str, look: Look) -> String {
    let mut out = String::new();
    let list: Vec<Told> = list.into_iter().flat_map(tell_difference).collect();
    let limit = look.limit(list.len(), FEW);
    let longest = if look.verbose { LONGEST_VERBOSE } else { LONGEST };
    for told in &list[..limit] {
        let place = &told.place;
        let place = if place.is_empty() { String::from("(the whole object)") } else { clean(place).into_owned() };
        let [found, wanted] = pair(told.left.as_ref(), told.right.as_ref(), longest);
        let first = format!("{indent}{}: ", paint(style::POINTER, place));
        out.push_str(&hang(&first, indent.len() + 2, &format!("{found} → {wanted}"), look.prose()));
    }
    if limit < list.len() {
        let _ = writeln!(out, "{indent}… and {} more places; -v lists all", list.len() - limit);
    }
    out
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
        insta::assert_snapshot!(plain(&below(&list, "    ", Look::default())), @r#"
            passwordMinimumLength: 6 → 12
            description: (nothing) → "two\nlines"
            payload: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… → (nothing)
            (the whole object): {} → []
        "#);
    }
}
