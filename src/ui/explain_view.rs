//! What a finding's code means, and the list of all codes.

use super::layout::{Look, wrap};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::finding::Code;

/// One code: what, why, and what to do.
pub fn explain(code: &Code, look: Look) -> String {
    let head = paint(style::severity(code.severity), code.name);
    let mut out = format!("{head}: {}\n\n", paint(style::STRONG, code.title));
    out.push_str(&wrap("  why: ", code.reason, look.prose()));
    out.push_str(&wrap("  fix: ", code.fix, look.prose()));
    out
}

/// All codes with their titles.
pub fn list(codes: &[&Code], look: Look) -> String {
    let rows: Vec<Vec<String>> = codes
        .iter()
        .map(|code| vec![code.name.to_owned(), format!("{:?}", code.severity).to_lowercase(), code.title.to_owned()])
        .collect();
    table(look, &[("CODE", Side::Left), ("SEVERITY", Side::Left), ("MEANS", Side::Left)], &rows)
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::finding::codes;

    #[test]
    fn a_code_says_why_and_what_to_do() {
        insta::assert_snapshot!(plain(&explain(&codes::CYCLE, Look::default())), @r"
        cycle: Policies refer to each other in a circle

          why: Each of these policies needs another one to exist first, so none can be created first.
          fix: Remove one of the references in the tree.
        ");
    }

    #[test]
    fn every_code_is_listed() {
        let text = list(codes::ALL, Look::default());
        assert_eq!(text.lines().count(), codes::ALL.len() + 1);
    }
}
