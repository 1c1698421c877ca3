//! What a report says, whatever it is a report of. Plain values; nothing is escaped here.

use std::collections::{BTreeMap, BTreeSet};

use super::super::escape::clean;
use crate::engine::outcome::Sign;
use crate::engine::{Outcome, Plan};
use crate::finding::{Finding, Severity};
use crate::policy::audience::Recipient;

pub use super::super::told::Told;

/// What a report says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What it is of, as a heading.
    pub title: String,
    /// What is worth knowing beside it: a name and a value.
    pub facts: Vec<(String, String)>,
    /// What may have become of a policy, in the order in which it is counted.
    pub words: Vec<Word>,
    /// What the two columns of a difference hold.
    pub columns: [String; 2],
    /// The policies.
    pub entries: Vec<Entry>,
    /// What concerns no single policy.
    pub findings: Vec<Finding>,
}

/// What may have become of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is in JSON.
    pub action: String,
    /// The sign before its name.
    pub sign: char,
    /// What the sign means, for a legend.
    pub means: &'static str,
    /// In words that follow a number.
    pub says: String,
    /// What it means at a glance; the style sheet gives each a color.
    pub tone: &'static str,
}

impl Word {
    /// The word of an outcome.
    pub fn of(outcome: Outcome) -> Self {
        Self::new(&outcome.word(), outcome.sign(), outcome.says())
    }

    /// A word with the sign of an outcome and what it says of this report.
    pub fn new(action: &str, sign: Sign, says: impl Into<String>) -> Self {
        let (mark, means, tone) = (sign.mark(), sign.means(), tone(sign));
        Self { action: action.to_owned(), sign: mark, means, says: says.into(), tone }
    }

    /// A word that no outcome has.
    fn unknown(action: &str) -> Self {
        Self { action: action.to_owned(), sign: ' ', means: "", says: action.to_owned(), tone: "open" }
    }
}

/// One policy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// `type/key`, as others name it that wait for it.
    pub reference: String,
    /// The policy type.
    pub type_name: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub action: String,
    /// What else is to be said, in a few words each.
    pub notes: Vec<String>,
    /// Who it is for, and what changes about it.
    pub audience: Vec<Recipient>,
    /// Where it differs.
    pub changes: Vec<Told>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// What it waits for, by their references.
    pub needs: Vec<String>,
}

/// What a sign means at a glance; the style sheet gives each a color.
pub(in super::super) fn tone(sign: Sign) -> &'static str {
    match sign {
        Sign::New => "new",
        Sign::Changed | Sign::Assigned => "changed",
        Sign::Removed => "gone",
        Sign::Same | Sign::Moves => "same",
        Sign::Missing | Sign::Blocked | Sign::Failed => "bad",
        Sign::Differs | Sign::LeftBehind | Sign::NotStarted | Sign::Needs => "open",
    }
}

impl Entry {
    /// How bad the worst of its findings is.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// How many entries there are by their actions.
pub(super) type Counts<'a> = BTreeMap<&'a str, usize>;

impl Report {
    /// With what waits for what, as a plan has it.
    #[must_use]
    pub fn waiting_as(mut self, plan: &Plan) -> Self {
        let needs: BTreeMap<String, &Vec<String>> =
            plan.steps.iter().map(|step| (step.reference(), &step.needs)).collect();
        for entry in &mut self.entries {
            entry.needs = needs.get(&entry.reference).map(|needs| (*needs).clone()).unwrap_or_default();
        }
        self
    }

    /// With one more thing worth knowing.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.push((name.to_owned(), value.into()));
        self
    }

    /// The word of an entry.
    pub(super) fn word(&self, entry: &Entry) -> Word {
        let known = self.words.iter().find(|word| word.action == entry.action);
        known.cloned().unwrap_or_else(|| Word::unknown(&entry.action))
    }

    /// The types of the entries, by name.
    pub(super) fn types(&self) -> BTreeSet<&str> {
        self.entries.iter().map(|entry| entry.type_name.as_str()).collect()
    }

    /// The same with its entries as a reader wants them: by type, what needs a decision first, what is as it
    /// should be last; and with a word for every action.
    pub(super) fn in_order(&self) -> Self {
        let mut report = self.clone();
        for entry in &self.entries {
            if !report.words.iter().any(|word| word.action == entry.action) {
                report.words.push(report.word(entry));
            }
        }
        let rank = |sign: char| "x!?≠-~@+.*/>=".find(sign).unwrap_or_default();
        let mut entries = std::mem::take(&mut report.entries);
        for entry in &mut entries {
            // It is in attributes too, where no one looks for what hides.
            entry.type_name = clean(&entry.type_name).into_owned();
            entry.action = clean(&entry.action).into_owned();
        }
        for word in &mut report.words {
            word.action = clean(&word.action).into_owned();
        }
        entries.sort_by_cached_key(|entry| {
            (entry.type_name.clone(), rank(report.word(entry).sign), entry.name.clone(), entry.reference.clone())
        });
        report.entries = entries;
        report
    }

    /// How many entries of each type have each action.
    pub(super) fn counts(&self) -> BTreeMap<&str, Counts<'_>> {
        let mut counts: BTreeMap<&str, Counts<'_>> = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(&entry.type_name).or_default().entry(&entry.action).or_default() += 1;
        }
        counts
    }
}
