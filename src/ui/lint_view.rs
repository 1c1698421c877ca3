//! What can be said of a tree without any tenant: what its policies need to move, and what is wrong with it.

use std::collections::BTreeMap;

use super::escape::clean;
use super::findings;
use super::layout::{Look, count, hang, named};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::engine::Outcome;
use crate::engine::outcome::Need;
use crate::finding::Finding;

/// One policy with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The policy type.
    pub type_name: String,
    /// The policy's name.
    pub name: String,
    /// What it needs, if anything.
    pub outcome: Outcome,
}

/// Whether most policies are like that, or it asks for no work on the policy itself: counted, listed on request.
fn is_usual(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Needs(needs) => needs.is_only(Need::NeedsMapping) || needs.is_only(Need::TenantDefault),
        _ => true,
    }
}

/// How many policies of which types have which verdict; those with an unusual one by name.
pub fn lint(policies: &[Looked], list: &[Finding], look: Look) -> String {
    let mut verdicts: BTreeMap<Outcome, BTreeMap<&str, usize>> = BTreeMap::new();
    for policy in policies {
        *verdicts.entry(policy.outcome).or_default().entry(&policy.type_name).or_default() += 1;
    }
    let mut verdicts: Vec<_> = verdicts.into_iter().collect();
    verdicts.sort_by_key(|(verdict, types)| (std::cmp::Reverse(types.values().sum::<usize>()), *verdict));
    let mut out = format!("{}\n\n", paint(style::STRONG, count(policies.len(), "policy", "policies")));
    for (verdict, types) in verdicts {
        let number = types.values().sum::<usize>();
        let says = if number == 1 { verdict.says_of_one() } else { verdict.says() };
        let first = format!("  {number:>4} {}: ", paint(style::STRONG, says));
        let types: Vec<String> = types.iter().map(|(name, number)| format!("{} {number}", clean(name))).collect();
        // A type stays on a line with its number.
        let types = types.join(", ").replace(' ', "\u{a0}").replace(",\u{a0}", ", ");
        out.push_str(&hang(&first, 9, &types, look.prose()).replace('\u{a0}', " "));
    }
    let shown: Vec<&Looked> = policies.iter().filter(|policy| look.verbose || !is_usual(policy.outcome)).collect();
    if !shown.is_empty() {
        let row = |policy: &&Looked| {
            vec![policy.type_name.clone(), named(&policy.name, look), policy.outcome.says_of_one().into_owned()]
        };
        let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
        out.push('\n');
        out.push_str(&table(look, &[("TYPE", Side::Left), ("POLICY", Side::Left), ("STATE", Side::Left)], &rows));
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
    fn what_needs_more_than_a_mapping_stands_by_name() {
        let looked = |name: &str, needs: &[Need]| Looked {
            type_name: "settings-catalog".into(),
            name: name.into(),
            outcome: needs.iter().copied().collect(),
        };
        let policies = [
            looked("Win - Edge", &[]),
            looked("Win - Firewall", &[]),
            looked("Win - LAPS", &[Need::NeedsMapping]),
            looked("Win - VPN", &[Need::NeedsMapping, Need::NeedsSecret]),
        ];
        let list =
            [Finding::new(&codes::DAMAGED_FILE, "settings-catalog/x.json", "expected a value").at("line 3, column 7")];
        insta::assert_snapshot!(plain(&lint(&policies, &list, Look::default())), @r"
        4 policies

             2 can be moved without changes: settings-catalog 2
             1 needs a mapping: settings-catalog 1
             1 needs a mapping, needs a secret: settings-catalog 1

        TYPE              POLICY     STATE
        settings-catalog  Win - VPN  needs a mapping, needs a secret

        error[damaged-file] A file cannot be read (1)
          why: The file is not valid JSON, is truncated, is not a regular file, or cannot be opened.
          fix: Repair or remove the file. All other files were read.
          - settings-catalog/x.json: expected a value (line 3, column 7)
        ");
    }
}
