//! What can be said of a tree without any tenant: what its policies need to move, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::findings;
use super::layout::{Look, count};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::finding::Finding;

/// One policy with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The policy type.
    pub type_name: String,
    /// The policy's name.
    pub name: String,
    /// `portable`, or what it needs.
    pub verdict: String,
}

/// How many policies have which verdict; each policy by name on request, and those that cannot move always.
pub fn lint(policies: &[Looked], list: &[Finding], look: Look) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for policy in policies {
        *counts.entry(&policy.verdict).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(verdict, number)| (std::cmp::Reverse(*number), *verdict));
    let mut out = format!("{}\n\n", paint(style::STRONG, count(policies.len(), "policy", "policies")));
    for (verdict, number) in counts {
        let _ = writeln!(out, "  {number:>4} {verdict}");
    }
    let shown: Vec<&Looked> = policies.iter().filter(|policy| look.verbose || policy.verdict != "portable").collect();
    if !shown.is_empty() {
        let rows: Vec<Vec<String>> = shown
            .iter()
            .map(|policy| vec![policy.type_name.clone(), policy.name.clone(), policy.verdict.clone()])
            .collect();
        out.push('\n');
        out.push_str(&table(look, &[("TYPE", Side::Left), ("POLICY", Side::Left), ("NEEDS", Side::Left)], &rows));
    }
    let text = findings::findings(list, look);
    if !text.is_empty() {
        out.push('\n');
        out.push_str(&text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::finding::codes;

    #[test]
    fn what_cannot_move_as_it_is_stands_by_name() {
        let looked = |name: &str, verdict: &str| Looked {
            type_name: "settings-catalog".into(),
            name: name.into(),
            verdict: verdict.into(),
        };
        let policies = [
            looked("Win - Edge", "portable"),
            looked("Win - Firewall", "portable"),
            looked("Win - VPN", "needs-mapping, needs-secret"),
        ];
        let list =
            [Finding::new(&codes::DAMAGED_FILE, "settings-catalog/x.json", "expected a value").at("line 3, column 7")];
        insta::assert_snapshot!(plain(&lint(&policies, &list, Look::default())), @r"
        3 policies

             2 portable
             1 needs-mapping, needs-secret

        TYPE              POLICY     NEEDS
        settings-catalog  Win - VPN  needs-mapping, needs-secret

        error[damaged-file] A file cannot be read (1)
          why: The file is not what it should be: no JSON, truncated, not a regular file, or not readable.
          fix: Repair or remove the file; the others were read.
          - settings-catalog/x.json: expected a value (line 3, column 7)
        ");
    }
}
