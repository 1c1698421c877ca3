//! What an export, an adoption or a rewriting wrote, type by type.

use std::fmt::Write as _;

use super::escape::clean;
use super::findings;
use super::layout::{Look, count, wrap};
use super::open_points::{self, Point};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::finding::{Finding, Severity};

/// One type's part of what was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeRow {
    /// The policy type.
    pub type_name: String,
    /// How many policies were given.
    pub policies: usize,
    /// How many files went.
    pub removed: usize,
    /// What is special, such as that the type could not be read.
    pub note: String,
}

/// The sums over all types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Policies of which some file was written.
    pub written: usize,
    /// Policies whose files were not touched.
    pub unchanged: usize,
}

/// The table, the findings, and the sums. `heading` is such as `Exported "Contoso Trial" to trial/`.
pub fn written(heading: &str, rows: &[TypeRow], sums: Sums, list: &[Finding], look: Look) -> String {
    let mut out = format!("{}\n", wrap("", &paint(style::STRONG, clean(heading)), look.prose()));
    let shown: Vec<&TypeRow> = rows.iter().filter(|row| look.verbose || !row.is_empty()).collect();
    let removed: usize = rows.iter().map(|row| row.removed).sum();
    if !shown.is_empty() {
        let mut columns = vec![("TYPE", Side::Left), ("POLICIES", Side::Right)];
        if removed > 0 {
            columns.push(("REMOVED", Side::Right));
        }
        if shown.iter().any(|row| !row.note.is_empty()) {
            columns.push(("", Side::Left));
        }
        let cells: Vec<Vec<String>> = shown.iter().map(|row| row.cells(&columns)).collect();
        out.push_str(&table(look, &columns, &cells));
        out.push('\n');
    }
    let text = findings::findings(list, look);
    if !text.is_empty() {
        out.push_str(&text);
        out.push('\n');
    }
    let types = rows.iter().filter(|row| row.policies > 0).count();
    let _ = writeln!(
        out,
        "{} of {}: {} written, {} unchanged, {} removed",
        count(rows.iter().map(|row| row.policies).sum(), "policy", "policies"),
        count(types, "type", "types"),
        sums.written,
        sums.unchanged,
        count(removed, "file", "files"),
    );
    // The findings are far above the end of a long table.
    if out.lines().count() <= open_points::SHORT {
        return out;
    }
    let errors = list.iter().filter(|finding| finding.severity == Severity::Error);
    let points: Vec<Point<'_>> = errors.map(Point::of).collect();
    out.push_str(&open_points::list(&points, look));
    out
}

/// How many policies of a rewritten tree an import would not take as they are.
pub fn held(blocked: usize, held: usize) -> String {
    let mut out = String::new();
    for (number, words) in [(blocked, "blocked"), (held, "imported without assignments")] {
        if number > 0 {
            let _ = writeln!(out, "{} {} {words}", paint(style::BAD, '!'), count(number, "policy is", "policies are"));
        }
    }
    out
}

/// What became of all that another tool's folder holds, so that nothing is lost silently.
pub fn counted(heading: &str, counts: &[(usize, &str)]) -> String {
    let mut out = format!("\n{heading}:\n");
    for (number, word) in counts.iter().filter(|(number, _)| *number > 0) {
        let _ = writeln!(out, "  {number:>5} {word}");
    }
    out
}

impl TypeRow {
    fn is_empty(&self) -> bool {
        self.policies == 0 && self.removed == 0 && self.note.is_empty()
    }

    fn cells(&self, columns: &[(&str, Side)]) -> Vec<String> {
        let cell = |title: &str| match title {
            "TYPE" => self.type_name.clone(),
            "POLICIES" => self.policies.to_string(),
            "REMOVED" => self.removed.to_string(),
            _ => self.note.clone(),
        };
        columns.iter().map(|(title, _)| cell(title)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::finding::codes;

    fn row(name: &str, policies: usize) -> TypeRow {
        TypeRow { type_name: name.into(), policies, ..TypeRow::default() }
    }

    #[test]
    fn types_without_policies_are_not_shown() {
        let failed = TypeRow { note: "not read completely, nothing removed".into(), ..row("scope-tags", 0) };
        let gone = TypeRow { removed: 1, ..row("assignment-filters", 12) };
        let rows = [gone, failed, row("wifi", 0)];
        let list = [Finding::new(&codes::READ_FAILED, "scope-tags", "not allowed: GET beta/x: 403")];
        let sums = Sums { written: 10, unchanged: 2 };
        let text = written("Exported \"Contoso\u{7}\" to trial", &rows, sums, &list, Look::default());
        insta::assert_snapshot!(plain(&text), @r#"
        Exported "Contoso\u{7}" to trial

        TYPE                POLICIES  REMOVED
        assignment-filters        12        1
        scope-tags                 0        0  not read completely, nothing removed

        error[read-failed] Something could not be read from the tenant (1)
          why: The request failed. An export keeps the existing files as they were; an import does not know
               whether the target has what was sent.
          fix: Fix the error in the message and run the command again.
          - scope-tags: not allowed: GET beta/x: 403

        12 policies of 1 type: 10 written, 2 unchanged, 1 file removed
        "#);
    }

    #[test]
    fn a_quiet_night_is_short() {
        let sums = Sums { written: 0, unchanged: 12 };
        let text =
            written("Exported \"Contoso\" to trial", &[row("assignment-filters", 12)], sums, &[], Look::default());
        insta::assert_snapshot!(plain(&text), @r#"
        Exported "Contoso" to trial

        TYPE                POLICIES
        assignment-filters        12

        12 policies of 1 type: 0 written, 12 unchanged, 0 files removed
        "#);
    }
}
