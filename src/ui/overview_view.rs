//! Who a policy is for, as `assignments.txt` in a tree says it: a line for each fact, and each line says the same
//! whatever else is in the tree, so that git merges them. Not for results and pages: that is `audience_view`.

use std::fmt::Write as _;

use super::audience_view::how;
use super::escape::clean;
use crate::policy::audience::Recipient;

/// What is said of a policy; empty where nobody is known to get it. `id` tells it from others of its name.
pub fn policy(name: &str, id: Option<&str>, list: &[Recipient], not_read: bool) -> String {
    let mut sorted: Vec<&Recipient> = list.iter().collect();
    sorted.sort_by_cached_key(|one| (one.manner, one.who.kind, line(one)));
    let mut lines: Vec<String> = sorted.into_iter().map(line).collect();
    if not_read {
        lines.push(String::from("the assignments could not be read"));
    }
    if lines.is_empty() {
        return String::new();
    }
    let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
    let mut out = format!("{}{id}\n", clean(name));
    for line in lines {
        let _ = writeln!(out, "  {}", clean(&line));
    }
    out
}

fn line(one: &Recipient) -> String {
    let how = how(one);
    let (manner, rest) = how.split_first().map_or(("", &[][..]), |(manner, rest)| (manner.as_str(), rest));
    let mut words = vec![format!("{manner}: {}", one.who.words())];
    words.extend_from_slice(rest);
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::audience::testing::every_kind;

    #[test]
    fn everyone_has_a_line_and_names_do_no_harm() {
        insta::assert_snapshot!(policy("Win\n- \u{1b}LAPS", Some("0f3c2a91"), &every_kind(), true), @r#"
        Win\n- \u{1b}LAPS (0f3c2a91)
          included: All users
          included: All devices
          included: Berlin (g1), required, except devices that match the filter "Private (f)", new → only devices that match the filter "Corporate (f)", new
          included: eve@contoso.com
          included: Guests
          excluded: Pilot, new group
          excluded: role Global Administrator, off
          approver groups: role Global Administrator
          the assignments could not be read
        "#);
        assert_eq!(policy("Nobody's", None, &[], false), "");
    }
}
