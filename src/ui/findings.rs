//! Findings for people: grouped by code, the worst first; what is true of all of a group is said once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, count, hang, shorten, wrap};
use super::style::{self, paint};
use crate::finding::{Finding, Severity, codes};

/// How many subjects of one code are listed.
const FEW: usize = 10;
/// The longest message in a list; `-v` shows it whole.
const LONGEST: usize = 300;

/// How the variables begin that give secrets.
const VARIABLE: &str = "FERRY_";

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
        let word = self.severity.word();
        let head = paint(style::severity(self.severity), format!("{word}[{}]", clean(self.code)));
        let title = codes::find(self.code).map_or("", |code| code.title);
        let title = if title.is_empty() { String::new() } else { format!(" {}", paint(style::STRONG, title)) };
        format!("{head}{title} ({})\n", self.findings.len())
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
            let said = said(&group.findings, look);
            let limit = look.limit(said.len(), FEW);
            for one in &said[..limit] {
                let first = format!("  - {}: ", paint(style::STRONG, clean(&one.finding.subject)));
                out.push_str(&hang(&first, 4, &one.text(), look.prose()));
                if !shared && let Some(fix) = &one.fix {
                    out.push_str(&wrap("    fix: ", &clean(fix), look.prose()));
                }
            }
            if limit < said.len() {
                let _ = writeln!(out, "  … and {} more; -v lists all", said.len() - limit);
            }
        }
        blocks.push(out);
    }
    blocks.join("\n")
}

/// How many subjects have which code, for findings that stand with their subjects already ([`below`]).
pub fn legend<'a>(list: impl IntoIterator<Item = &'a Finding>, look: Look) -> String {
    let groups: Vec<Group<'a>> =
        groups(list).into_iter().filter(|group| group.severity > Severity::Info || look.verbose).collect();
    if groups.is_empty() {
        return String::new();
    }
    let mut out = String::from("Why, and how often (`intune-ferry explain CODE` says more, and what to do):\n");
    let widest = groups.iter().map(|group| group.code.chars().count()).max().unwrap_or_default();
    for group in groups {
        let subjects: BTreeSet<&str> = group.findings.iter().map(|finding| finding.subject.as_str()).collect();
        let code = paint(style::severity(group.severity), format!("{:<widest$}", clean(group.code)));
        let title = codes::find(group.code).map_or("", |code| code.title);
        let line = format!("    {:>4} {code}  {title}", subjects.len());
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// The findings of one subject under its name, with a fix where that says more than the code's own.
pub fn below(list: &[&Finding], indent: &str, look: Look) -> String {
    let mut out = String::new();
    for one in said(list, look) {
        let code = paint(style::severity(one.finding.severity), clean(&one.finding.code));
        out.push_str(&hang(&format!("{indent}{code}: "), indent.len() + 2, &one.text(), look.prose()));
        let usual = |fix: &str| codes::find(&one.finding.code).is_some_and(|code| code.fix == fix);
        if let Some(fix) = one.fix.filter(|fix| !usual(fix)) {
            out.push_str(&wrap(&format!("{indent}  fix: "), &clean(fix), look.prose()));
        }
    }
    out
}

/// What is said of one subject, once, however many places it is true of.
struct Said<'a> {
    finding: &'a Finding,
    message: String,
    at: Option<String>,
    fix: Option<&'a str>,
}

impl Said<'_> {
    fn text(&self) -> String {
        match &self.at {
            Some(at) => format!("{} {}", self.message, paint(style::FAINT, format!("({})", clean(at)))),
            None => self.message.clone(),
        }
    }
}

/// Findings that say the same of a subject become one; so do a subject's secrets. Everything is everything.
fn said<'a>(list: &[&'a Finding], look: Look) -> Vec<Said<'a>> {
    let mut out: Vec<(Said<'a>, Vec<&'a str>, usize)> = Vec::new();
    for &finding in list {
        let variable = if look.verbose { None } else { variable(finding) };
        let alike = |(said, variables, _): &&mut (Said<'a>, Vec<&str>, usize)| {
            let same = said.finding.subject == finding.subject && said.finding.code == finding.code;
            same && match variable {
                Some(_) => !variables.is_empty(),
                None => said.finding.message == finding.message && said.finding.fix == finding.fix,
            }
        };
        if let Some((_, variables, times)) = out.iter_mut().find(alike).filter(|_| !look.verbose) {
            variables.extend(variable);
            *times += 1;
        } else {
            let text = clean(&finding.message);
            let message = if look.verbose { text.into_owned() } else { shorten(&text, LONGEST) };
            let said = Said { finding, message, at: finding.at.clone(), fix: Some(&finding.fix) };
            out.push((said, variable.into_iter().collect(), 1));
        }
    }
    for (said, variables, times) in &mut out {
        if !variables.is_empty() {
            said.message = secrets(variables);
            said.fix = None;
            said.at = None;
        }
        if *times > 1 {
            let places = count(*times - 1, "more place", "more places");
            said.at = said.at.take().map(|at| format!("{at} and {places}"));
        }
    }
    out.into_iter().map(|(said, _, _)| said).collect()
}

/// The variable that would give the secret which a finding misses.
fn variable(finding: &Finding) -> Option<&str> {
    let mut words = finding.message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.find(|word| finding.is(&codes::NEEDS_SECRET) && word.starts_with(VARIABLE))
}

fn secrets(variables: &[&str]) -> String {
    let (secret, these) = match variables.len() {
        1 => (String::from("a secret is"), "this environment variable"),
        many => (format!("{many} secrets are"), "these environment variables"),
    };
    format!("{secret} in no export; to import the policy, set {these}: {}", variables.join(", "))
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
        error[broad-assignment-held] An assignment to all users or all devices is held back (2)
          why: The policy is assigned to all users or all devices; in a production
               tenant that takes effect at once.
          fix: Review the policy, then import again with --allow-broad.
          - settings-catalog/Win - Defender: it goes to all devices (/assignments/0)
          - settings-catalog/Win - Firewall: it goes to all devices (/assignments/0)

        warning[looks-like-a-credential] A text looks like a credential (1)
          why: A script or payload contains text that looks like a password, key or
               token; the tree holds it in clear text.
          fix: Remove the secret from the script, and keep the tree as private as the
               tenant.
          - platform-scripts/Map\u{1b}[31m: line 3 holds a password

        info[matched-default] A default object of the tenant (1)
        ");
    }

    #[test]
    fn fixes_that_differ_stand_with_their_subjects() {
        let list = ["FERRY_A", "FERRY_B"].map(|key| {
            Finding::new(&codes::READ_FAILED, "wifi/Office", format!("needs {key}")).fix(format!("Set {key}."))
        });
        let text = plain(&findings(&list, Look::default()));
        assert!(text.contains("needs FERRY_A\n    fix: Set FERRY_A.\n"), "{text}");
        assert!(!text.contains("\n  fix:"), "{text}");
    }

    fn secret(subject: &str, key: &str) -> Finding {
        Finding::new(&codes::NEEDS_SECRET, subject, format!("the secret {key} is not set"))
            .at("/x")
            .fix(format!("Set the environment variable {key}."))
    }

    #[test]
    fn the_secrets_of_a_policy_are_one_finding() {
        let list = [secret("wifi/Office", "FERRY_A"), secret("wifi/Office", "FERRY_B"), secret("wifi/Lab", "FERRY_C")];
        insta::assert_snapshot!(plain(&findings(&list, Look { width: Some(80), verbose: false })), @r"
        error[needs-secret] A secret is needed (3)
          why: The policy contains a secret, and secrets are never written to a tree.
          - wifi/Lab: a secret is in no export; to import the policy, set this
            environment variable: FERRY_C
          - wifi/Office: 2 secrets are in no export; to import the policy, set these
            environment variables: FERRY_A, FERRY_B
        ");
        let all = plain(&findings(&list, Look { verbose: true, width: None }));
        assert!(all.contains("the secret FERRY_B is not set (/x)"), "{all}");
    }

    #[test]
    fn the_same_at_several_places_is_said_once() {
        let schema = |at: &str| Finding::new(&codes::SCHEMA, "apps/Mail", "there is no property `id`").at(at);
        let list = [schema("/a/0"), schema("/a/1"), schema("/a/2"), secret("apps/Mail", "FERRY_A")];
        let list: Vec<&Finding> = list.iter().collect();
        insta::assert_snapshot!(plain(&below(&list, "      ", Look::default())), @r"
        schema: there is no property `id` (/a/0 and 2 more places)
        needs-secret: a secret is in no export; to import the policy, set this environment variable:
          FERRY_A
        ");
        insta::assert_snapshot!(plain(&legend(list, Look::default())), @r"
        Why, and how often (`intune-ferry explain CODE` says more, and what to do):
               1 needs-secret  A secret is needed
               1 schema        Graph's published types do not match
        ");
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
