//! Findings for people: grouped by code, the worst first; what is true of all of a group is said once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, shorten, wrap};
use super::style::{self, paint};
use crate::finding::{Finding, Severity, codes};

/// How many subjects of one code are listed.
const FEW: usize = 10;
/// The longest message in a list; `-v` shows it whole.
const LONGEST: usize = 300;

/// All findings of one code.
struct Group<'a> {
    code: &'a str,
    severity: Severity,
    findings: Vec<&'a Finding>,
}

impl Group<'_> {
    /// The fix that all of the group share.
    fn fix(&self) -> Option<&str> {
        let fixes: BTreeSet<&str> = self.findings.iter().map(|finding| finding.fix.as_str()).collect();
        if fixes.len() == 1 { fixes.into_iter().next() } else { None }
    }

    fn heading(&self) -> String {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let head = paint(style::severity(self.severity), format!("{word}[{}]", clean(self.code)));
        let title = codes::find(self.code).map_or("", |code| code.title);
        let title = if title.is_empty() { String::new() } else { format!(" {}", paint(style::STRONG, title)) };
        format!("{head}{title} ({})\n", self.findings.len())
    }

    /// The fix that the code's row in the table gives, where all of the group have that one.
    fn usual_fix(&self) -> Option<&str> {
        self.fix().filter(|fix| codes::find(self.code).is_none_or(|code| code.fix == *fix))
    }

    fn reason_and_fix(&self, fix: Option<&str>, width: usize) -> String {
        let mut out = String::new();
        if let Some(code) = codes::find(self.code) {
            out.push_str(&wrap("  why: ", code.reason, width));
        }
        if let Some(fix) = fix {
            out.push_str(&wrap("  fix: ", &clean(fix), width));
        }
        out
    }
}

/// All findings: reason and fix said once per code, then the subjects. What is only good to know is counted
/// unless everything is wanted. Empty where there is nothing to show.
pub fn findings<'a>(list: impl IntoIterator<Item = &'a Finding>, look: Look) -> String {
    let mut blocks = Vec::new();
    for group in groups(list) {
        let mut out = group.heading();
        if group.severity > Severity::Info || look.verbose {
            out.push_str(&group.reason_and_fix(group.fix(), look.prose()));
            let shared = group.fix().is_some();
            let limit = look.limit(group.findings.len(), FEW);
            for finding in &group.findings[..limit] {
                let _ = writeln!(out, "  - {}", place_and_message(finding, look));
                if !shared {
                    out.push_str(&wrap("    fix: ", &clean(&finding.fix), look.prose()));
                }
            }
            if limit < group.findings.len() {
                let _ = writeln!(out, "  … and {} more; -v lists all", group.findings.len() - limit);
            }
        }
        blocks.push(out);
    }
    blocks.join("\n")
}

/// The reasons and fixes of findings whose subjects stand elsewhere already, with any fix of their own
/// ([`below`]).
pub fn legend<'a>(list: impl IntoIterator<Item = &'a Finding>, look: Look) -> String {
    let blocks: Vec<String> = groups(list)
        .into_iter()
        .filter(|group| group.severity > Severity::Info || look.verbose)
        .map(|group| group.heading() + &group.reason_and_fix(group.usual_fix(), look.prose()))
        .collect();
    blocks.join("\n")
}

/// One finding under the name of its subject, with a fix where that says more than the code's own.
pub fn below(finding: &Finding, indent: &str, look: Look) -> String {
    let code = paint(style::severity(finding.severity), clean(&finding.code));
    let mut out = format!("{indent}{code}: {}\n", message(finding, look));
    if codes::find(&finding.code).is_none_or(|code| code.fix != finding.fix) {
        out.push_str(&wrap(&format!("{indent}fix: "), &clean(&finding.fix), look.prose()));
    }
    out
}

fn place_and_message(finding: &Finding, look: Look) -> String {
    format!("{}: {}", paint(style::STRONG, clean(&finding.subject)), message(finding, look))
}

fn message(finding: &Finding, look: Look) -> String {
    let text = clean(&finding.message);
    let text = if look.verbose { text.into_owned() } else { shorten(&text, LONGEST) };
    match &finding.at {
        Some(at) => format!("{text} {}", paint(style::FAINT, format!("({})", clean(at)))),
        None => text,
    }
}

/// By code, the worst first, then by name; within a code by subject. A finding said twice counts once.
fn groups<'a>(list: impl IntoIterator<Item = &'a Finding>) -> Vec<Group<'a>> {
    let mut by_code: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    for finding in list {
        let group = by_code.entry(&finding.code).or_insert_with(|| Group {
            code: &finding.code,
            severity: finding.severity,
            findings: Vec::new(),
        });
        group.severity = group.severity.max(finding.severity);
        group.findings.push(finding);
    }
    let mut groups: Vec<_> = by_code.into_values().collect();
    for group in &mut groups {
        group.findings.sort_by_key(|finding| (&finding.subject, &finding.at, &finding.message));
        group.findings.dedup();
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
    groups
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    fn sample() -> Vec<Finding> {
        let held = |name: &str| {
            Finding::new(&codes::BROAD_ASSIGNMENT_HELD, format!("settings-catalog/{name}"), "it goes to all devices")
                .at("/assignments/0")
        };
        vec![
            Finding::new(&codes::MATCHED_DEFAULT, "scope-tags/Default", "it is in every tenant"),
            Finding::new(&codes::LOOKS_LIKE_A_CREDENTIAL, "platform-scripts/Map\u{1b}[31m", "line 3 holds a password"),
            held("Win - Firewall"),
            held("Win - Defender"),
            held("Win - Defender"),
        ]
    }

    #[test]
    fn grouped_by_code_the_worst_first() {
        let look = Look { width: Some(80), verbose: false };
        insta::assert_snapshot!(plain(&findings(&sample(), look)), @r"
        error[broad-assignment-held] An assignment to everyone is held back (2)
          why: The policy is assigned to all users or all devices; in a tenant with real
               users that takes effect at once.
          fix: Look at the policy, then run again with --allow-broad.
          - settings-catalog/Win - Defender: it goes to all devices (/assignments/0)
          - settings-catalog/Win - Firewall: it goes to all devices (/assignments/0)

        warning[looks-like-a-credential] Something looks like a credential (1)
          why: A script or payload holds text that looks like a password, key or token;
               it is in the tree in clear text.
          fix: Move the secret out of the script, and keep the tree as private as the
               tenant.
          - platform-scripts/Map\u{1b}[31m: line 3 holds a password

        info[matched-default] A default of the tenant (1)
        ");
    }

    #[test]
    fn fixes_that_differ_stand_with_their_subjects() {
        let list = ["FERRY_A", "FERRY_B"].map(|key| {
            Finding::new(&codes::NEEDS_SECRET, "wifi/Office", format!("needs {key}")).fix(format!("Set {key}."))
        });
        let text = plain(&findings(&list, Look::default()));
        assert!(text.contains("needs FERRY_A\n    fix: Set FERRY_A.\n"), "{text}");
        assert!(!text.contains("\n  fix:"), "{text}");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let list: Vec<_> =
            (0..30).map(|n| Finding::new(&codes::BLOCKED_BY, format!("t/{n:02}"), "it needs t/x")).collect();
        assert!(plain(&findings(&list, Look::default())).ends_with("  … and 20 more; -v lists all\n"));
        let all = plain(&findings(&list, Look { verbose: true, width: None }));
        assert!(all.contains("t/29") && !all.contains('…'));
    }

    #[test]
    fn an_unknown_code_is_shown_without_its_reason() {
        let mut finding = Finding::new(&codes::CYCLE, "t/a", "odd");
        finding.code = "from-the-future".into();
        assert!(plain(&findings([&finding], Look::default())).starts_with("error[from-the-future] (1)\n"));
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(findings([], Look::default()), "");
    }
}
