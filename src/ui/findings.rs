//! Findings for people: grouped by code, the worst first; what is true of all of a group is said once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, count, hang, named, shorten, wrap};
use super::style::{self, paint};
use crate::engine::shape::secrets::IS_A_MASK;
use crate::finding::{Finding, Severity, codes};

/// How many subjects of one code are listed.
const FEW: usize = 10;
/// What more subjects than this have is said once.
const MANY: usize = 3;
/// The longest message in a list; `-v` shows it whole.
const LONGEST: usize = 300;

/// How far what is true of many is indented.
const ONCE: usize = 11;

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
    let list: Vec<&Finding> = list.into_iter().collect();
    let often = Often::of(list.iter().copied());
    for group in groups(list) {
        let mut out = group.heading();
        if group.severity > Severity::Info || look.verbose {
            out.push_str(&group.reason_and_fix(group.fix(), look.prose()));
            let shared = group.fix().is_some();
            let said = said(&group.findings, look);
            let (alike, said) = if look.verbose { (Vec::new(), said) } else { apart(said) };
            for (message, subjects) in alike {
                out.push_str(&hang(
                    "  - ",
                    4,
                    &format!("{message}: {}", few(subjects.into_iter(), look)),
                    look.prose(),
                ));
            }
            let limit = look.limit(said.len(), FEW);
            for one in &said[..limit] {
                let first = format!("  - {}: ", paint(style::STRONG, clean(&one.finding.subject)));
                out.push_str(&hang(&first, 4, &one.text(), look.prose()));
                if !shared && let Some(fix) = one.fix.filter(|fix| look.verbose || !often.shares(fix)) {
                    out.push_str(&wrap("    fix: ", &clean(fix), look.prose()));
                }
            }
            if limit < said.len() {
                let _ = writeln!(out, "  … and {} more; -v lists all", said.len() - limit);
            }
        } else if let [only] = group.findings.as_slice() {
            let first = format!("  - {}: ", paint(style::STRONG, clean(&only.subject)));
            out.push_str(&hang(&first, 4, &shorten(&clean(&only.message), LONGEST), look.prose()));
        } else {
            let subjects: BTreeSet<&str> = group.findings.iter().map(|finding| finding.subject.as_str()).collect();
            out.push_str(&hang("  ", 4, &few(subjects.into_iter(), look), look.prose()));
        }
        blocks.push(out);
    }
    blocks.join("\n")
}

/// How often each code, and each fix, is found: what many have is said once and not under each.
#[derive(Debug, Default)]
pub(super) struct Often<'a> {
    subjects: BTreeMap<&'a str, BTreeSet<&'a str>>,
    fixes: BTreeMap<&'a str, usize>,
}

impl<'a> Often<'a> {
    /// Counts.
    pub(super) fn of(list: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut often = Self::default();
        for finding in list {
            often.subjects.entry(&finding.code).or_default().insert(&finding.subject);
            *often.fixes.entry(&finding.fix).or_default() += 1;
        }
        often
    }

    /// Whether so many have the code that it is said once.
    fn has_many(&self, code: &str) -> bool {
        self.subjects.get(code).is_some_and(|subjects| subjects.len() > MANY)
    }

    /// Whether others have the same fix.
    fn shares(&self, fix: &str) -> bool {
        self.fixes.get(fix).is_some_and(|number| *number > 1)
    }
}

/// How many subjects have which code, for findings that stand with their subjects already ([`below`]). What many have
/// is said here, with a few of their names.
pub fn legend<'a>(list: impl IntoIterator<Item = &'a Finding>, look: Look) -> String {
    let groups: Vec<Group<'a>> =
        groups(list).into_iter().filter(|group| group.severity > Severity::Info || look.verbose).collect();
    if groups.is_empty() {
        return String::new();
    }
    let mut out = String::from("Reasons (`intune-ferry explain CODE` shows details and the fix):\n");
    let widest = groups.iter().map(|group| group.code.chars().count()).max().unwrap_or_default();
    for group in groups {
        let subjects: BTreeSet<&str> = group.findings.iter().map(|finding| finding.subject.as_str()).collect();
        let code = paint(style::severity(group.severity), format!("{:<widest$}", clean(group.code)));
        let title = codes::find(group.code).map_or("", |code| code.title);
        let first = format!("    {:>4} {code}  ", subjects.len());
        out.push_str(&hang(&first, ONCE + 2, title, look.prose()));
        if subjects.len() > MANY && !look.verbose {
            out.push_str(&once(&group, &subjects, look));
        }
    }
    out
}

/// What is true of many: the message and the fix that they share, and a few names.
fn once(group: &Group<'_>, subjects: &BTreeSet<&str>, look: Look) -> String {
    const INDENT: &str = match std::str::from_utf8(&[b' '; ONCE]) {
        Ok(spaces) => spaces,
        Err(_) => "",
    };
    let mut out = String::new();
    let mut by_message: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in &group.findings {
        by_message.entry(&finding.message).or_default().insert(&finding.subject);
    }
    let all = by_message.len();
    if all == 1 {
        let message = by_message.keys().next().map(|message| clean(message)).unwrap_or_default();
        out.push_str(&wrap(INDENT, &shorten(&message, LONGEST), look.prose()));
    }
    if all == 1 || all >= subjects.len() {
        out.push_str(&wrap(INDENT, &few(subjects.iter().copied(), look), look.prose()));
    } else {
        // What most have comes first.
        let mut sorted: Vec<_> = by_message.into_iter().collect();
        sorted.sort_by_key(|(_, subjects)| std::cmp::Reverse(subjects.len()));
        let limit = look.limit(all, MANY);
        for (message, subjects) in &sorted[..limit] {
            let message = shorten(&clean(message), LONGEST);
            let text = format!("{message}: {}", few(subjects.iter().copied(), look));
            out.push_str(&hang(&format!("{INDENT}- "), ONCE + 2, &text, look.prose()));
        }
        if limit < all {
            let _ = writeln!(out, "{INDENT}… and {} more reasons; -v lists all", all - limit);
        }
    }
    let usual = codes::find(group.code).map_or("", |code| code.fix);
    if let Some(fix) = group.fix().filter(|fix| *fix != usual) {
        out.push_str(&wrap(&format!("{INDENT}fix: "), &clean(fix), look.prose()));
    }
    out
}

/// The first few names of many.
fn few<'a>(subjects: impl ExactSizeIterator<Item = &'a str>, look: Look) -> String {
    let all = subjects.len();
    let own = |subject: &'a str| subject.split_once('/').map_or(subject, |(_, name)| name);
    let names: Vec<String> = subjects.take(look.limit(all, MANY)).map(|subject| named(own(subject), look)).collect();
    match all - names.len() {
        0 => names.join("; "),
        more => format!("{} and {more} more (-v lists all)", names.join("; ")),
    }
}

/// The findings of one subject under its name: what many have by its code alone; a fix only where no other has it and
/// it says more than the code's own.
pub(super) fn below(list: &[&Finding], often: &Often<'_>, indent: &str, look: Look) -> String {
    let mut out = String::new();
    let (many, own): (Vec<&Finding>, Vec<&Finding>) =
        list.iter().partition(|finding| !look.verbose && often.has_many(&finding.code));
    let codes: BTreeSet<&str> = many.iter().map(|finding| finding.code.as_str()).collect();
    let severity = many.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    if !codes.is_empty() {
        let codes: Vec<_> = codes.into_iter().map(|code| clean(code).into_owned()).collect();
        let _ = writeln!(out, "{indent}{}", paint(style::severity(severity), codes.join(", ")));
    }
    for one in said(&own, look) {
        let code = paint(style::severity(one.finding.severity), clean(&one.finding.code));
        out.push_str(&hang(&format!("{indent}{code}: "), indent.len() + 2, &one.text(), look.prose()));
        let usual = |fix: &str| codes::find(&one.finding.code).is_some_and(|code| code.fix == fix);
        if let Some(fix) = one.fix.filter(|fix| !usual(fix) && (look.verbose || !often.shares(fix))) {
            out.push_str(&wrap(&format!("{indent}  fix: "), &clean(fix), look.prose()));
        }
    }
    out
}

/// What is said of many in the same words, by these words, with their names; and the rest.
fn apart<'a>(said: Vec<Said<'a>>) -> (Vec<(String, Vec<&'a str>)>, Vec<Said<'a>>) {
    let mut alike: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
    for one in &said {
        let finding: &'a Finding = one.finding;
        alike.entry(one.message.clone()).or_default().push(&finding.subject);
    }
    alike.retain(|_, subjects| subjects.len() > MANY);
    let rest = said.into_iter().filter(|one| !alike.contains_key(&one.message)).collect();
    (alike.into_iter().collect(), rest)
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
    let mut out: Vec<(Said<'a>, Vec<String>, usize)> = Vec::new();
    for &finding in list {
        let variable = if look.verbose { None } else { variable(finding) };
        let alike = |(said, variables, _): &&mut (Said<'a>, Vec<String>, usize)| {
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

/// The variable that would give the secret which a finding misses, and the setting that the secret is of. Where a value
/// was provided, the finding's own words say what is wrong with it.
fn variable(finding: &Finding) -> Option<String> {
    if finding.message.contains(IS_A_MASK) {
        return None;
    }
    let mut words = finding.message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let variable = words.find(|word| finding.is(&codes::NEEDS_SECRET) && word.starts_with(VARIABLE))?;
    let setting = finding.message.split_once(variable)?.1.split_once(": ").map(|(_, setting)| clean(setting));
    Some(setting.map_or_else(|| variable.to_owned(), |setting| format!("{variable} ({setting})")))
}

fn secrets(variables: &[String]) -> String {
    let (secret, these) = match variables.len() {
        1 => (String::from("a secret is"), "this environment variable"),
        many => (format!("{many} secrets are"), "these environment variables"),
    };
    format!("{secret} not exported; to import the policy, set {these}: {}", variables.join(", "))
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
#[path = "findings_tests.rs"]
mod tests;
