//! Where two objects differ, for people: what the target has and what is wanted, place by place.

use std::fmt::Write as _;

use super::change_lines::{self, Limits};
use super::layout::Look;
use super::told::{Told, tell_difference};
use crate::policy::Difference;

/// How many differences of one object are listed.
const FEW: usize = 5;
/// How much of one of them.
const LIMITS: Limits = Limits { lines: 12, longest: 60 };

/// The differences as lines below an object's name.
pub(super) fn below<'a>(list: impl IntoIterator<Item = &'a Difference>, indent: &str, look: Look) -> String {
    let mut out = String::new();
    let list: Vec<Told> = list.into_iter().flat_map(tell_difference).collect();
    let limit = look.limit(list.len(), FEW);
    for told in &list[..limit] {
        out.push_str(&change_lines::lines(told, indent, LIMITS, look));
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
        ~ passwordMinimumLength: 6 → 12
        + description:
            + two
            + lines
        - payload: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
        ~ (the whole object): {} → []
        "#);
    }
}
