//! What an export or an adoption wrote, type by type.

use std::fmt::Write as _;

use super::escape::clean;
use super::findings;
use super::layout::{Look, count};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::finding::Finding;

/// One type's part of what was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeRow {
    /// The policy type.
    pub type_name: String,
    /// How many policies the tree holds of it now.
    pub policies: usize,
    /// Policies that are new in the tree.
    pub added: usize,
    /// Policies whose files changed.
    pub changed: usize,
    /// Policies whose files went.
    pub removed: usize,
    /// What is special, such as that the type could not be read.
    pub note: String,
}

/// The table, the findings, and the sum. `heading` is such as `Exported "Contoso Trial" to trial/`.
pub fn written(heading: &str, rows: &[TypeRow], list: &[Finding], look: Look) -> String {
    let mut out = format!("{}\n\n", paint(style::STRONG, clean(heading)));
    let shown: Vec<&TypeRow> = rows.iter().filter(|row| look.verbose || !row.is_empty()).collect();
    if !shown.is_empty() {
        let cells: Vec<Vec<String>> = shown.iter().map(|row| row.cells()).collect();
        let columns = [
            ("TYPE", Side::Left),
            ("POLICIES", Side::Right),
            ("NEW", Side::Right),
            ("CHANGED", Side::Right),
            ("REMOVED", Side::Right),
            ("", Side::Left),
        ];
        out.push_str(&table(look, &columns, &cells));
        out.push('\n');
    }
    let text = findings::findings(list, look);
    if !text.is_empty() {
        out.push_str(&text);
        out.push('\n');
    }
    let sum = |number: fn(&TypeRow) -> usize| rows.iter().map(number).sum::<usize>();
    let types = rows.iter().filter(|row| row.policies > 0).count();
    let _ = writeln!(
        out,
        "{} of {}: {} new, {} changed, {} removed",
        count(sum(|row| row.policies), "policy", "policies"),
        count(types, "type", "types"),
        sum(|row| row.added),
        sum(|row| row.changed),
        sum(|row| row.removed)
    );
    out
}

impl TypeRow {
    fn is_empty(&self) -> bool {
        self.policies == 0 && self.added == 0 && self.changed == 0 && self.removed == 0 && self.note.is_empty()
    }

    fn cells(&self) -> Vec<String> {
        let number = |number: usize| if number == 0 { String::from("-") } else { number.to_string() };
        vec![
            self.type_name.clone(),
            self.policies.to_string(),
            number(self.added),
            number(self.changed),
            number(self.removed),
            self.note.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::finding::codes;

    #[test]
    fn types_without_policies_are_not_shown() {
        let row =
            |name: &str, policies, added| TypeRow { type_name: name.into(), policies, added, ..TypeRow::default() };
        let failed = TypeRow { note: "could not be read, kept as it was".into(), ..row("scope-tags", 4, 0) };
        let rows = [row("assignment-filters", 12, 12), failed, row("wifi", 0, 0)];
        let list = [Finding::new(&codes::READ_FAILED, "scope-tags", "not allowed: GET beta/x: 403")];
        insta::assert_snapshot!(plain(&written("Exported \"Contoso\u{7}\" to trial", &rows, &list, Look::default())), @r#"
        Exported "Contoso\u{7}" to trial

        TYPE                POLICIES  NEW  CHANGED  REMOVED
        assignment-filters        12   12        -        -
        scope-tags                 4    -        -        -  could not be read, kept as it was

        error[read-failed] Something could not be read from the tenant (1)
          why: The request failed, so what the tree holds of it is kept as it was.
          fix: Solve what the message says and run again.
          - scope-tags: not allowed: GET beta/x: 403

        16 policies of 2 types: 12 new, 0 changed, 0 removed
        "#);
    }
}
