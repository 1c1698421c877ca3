//! Makes a report of a plan, of what came of an import or a verification, of a comparison, of a lint.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::{diff_view, outcomes, plan_view};
use super::model::{Entry, Report, Told, Word};
use crate::engine::diff::{Compared, Fate};
use crate::engine::plan::AssignmentAction;
use crate::engine::{Action, ObjectOutcome, Plan, Step};
use crate::finding::Finding;
use crate::policy::Difference;

impl Report {
    /// What an import would do. The plan is one whose places are readable.
    pub fn of_plan(plan: &Plan) -> Self {
        let words = Action::ALL.map(|action| Word {
            action: action.word().to_owned(),
            sign: action.sign(),
            says: plan_view::words(action).to_owned(),
        });
        let mut facts = vec![(String::from("Target"), plan_view::tenant(&plan.target))];
        facts.extend(plan.source.as_ref().map(|source| (String::from("Source"), plan_view::tenant(source))));
        let count = |wanted| plan.steps.iter().filter(|step| step.assignments == wanted).count();
        for (says, wanted) in [("written", AssignmentAction::Write), ("held", AssignmentAction::Held)] {
            if count(wanted) > 0 {
                facts.push((format!("Assignments {says}"), format!("of {} policies", count(wanted))));
            }
        }
        Self {
            title: format!("Plan for {}", plan_view::tenant(&plan.target)),
            facts,
            words: words.into(),
            columns: in_target(),
            entries: plan.steps.iter().map(step).collect(),
            findings: plan.findings.clone(),
        }
    }

    /// What came of an import or a verification, or what a lint found.
    pub fn of_outcomes(title: impl Into<String>, objects: &[ObjectOutcome], findings: &[Finding]) -> Self {
        let known =
            outcomes::words().map(|(action, sign, says)| Word { action: action.into(), sign, says: says.into() });
        // What a policy needs is a word of its own.
        let others: BTreeSet<&str> = objects.iter().map(|object| object.action.as_str()).collect();
        let mut words: Vec<Word> = known.collect();
        for action in others {
            if !words.iter().any(|word| word.action == action) {
                let sign = if action == "portable" { '=' } else { '~' };
                words.push(Word { action: action.to_owned(), sign, says: action.to_owned() });
            }
        }
        Self {
            title: title.into(),
            words,
            columns: in_target(),
            entries: objects.iter().map(outcome).collect(),
            findings: findings.to_vec(),
            ..Self::default()
        }
    }

    /// What lies between two sides.
    pub fn of_diff(labels: [&str; 2], compared: &Compared, findings: &[Finding]) -> Self {
        let [left, right] = labels;
        let words = Fate::ALL.map(|fate| Word {
            action: fate.word().to_owned(),
            sign: diff_view::sign(fate),
            says: diff_view::says(fate, labels),
        });
        let entries = compared.differing.iter().map(|one| Entry {
            reference: format!(
                "{}/{}",
                one.type_name,
                one.right.as_ref().or(one.left.as_ref()).map_or("", String::as_str)
            ),
            type_name: one.type_name.clone(),
            name: one.name.clone(),
            action: one.fate.word().to_owned(),
            changes: one.changes.iter().flat_map(diff_view::tell).collect(),
            ..Entry::default()
        });
        Self {
            title: format!("{left} compared with {right}"),
            facts: vec![(String::from("The same on both sides"), compared.equal.to_string())],
            words: words.into(),
            columns: [left.to_owned(), right.to_owned()],
            entries: entries.collect(),
            findings: findings.to_vec(),
        }
    }

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
}

fn in_target() -> [String; 2] {
    [String::from("In the target"), String::from("Wanted")]
}

fn step(step: &Step) -> Entry {
    let mut notes = Vec::new();
    match (step.assignments, step.action) {
        (AssignmentAction::Held, _) => notes.push(String::from("assignments held")),
        (AssignmentAction::Write, _) => notes.push(String::from("assignments are written")),
        (AssignmentAction::Keep, _) => {}
    }
    notes.extend(step.needed_by.as_ref().map(|by| format!("needed by {by}")));
    let changes = step.differences.iter().map(|difference| told("", difference));
    let assignments = step.assignment_differences.iter().map(|difference| told("assignments/", difference));
    Entry {
        reference: step.reference(),
        type_name: step.type_name.clone(),
        name: step.name.clone(),
        action: step.action.word().to_owned(),
        notes,
        changes: changes.chain(assignments).collect(),
        findings: step.findings.clone(),
        needs: step.needs.clone(),
    }
}

fn outcome(object: &ObjectOutcome) -> Entry {
    Entry {
        reference: format!("{}/{}", object.type_name, object.id),
        type_name: object.type_name.clone(),
        name: object.name.clone(),
        action: object.action.clone(),
        changes: object.differences.iter().map(|difference| told("", difference)).collect(),
        findings: object.findings.clone(),
        ..Entry::default()
    }
}

fn told(prefix: &str, difference: &Difference) -> Told {
    let side = |value: &Option<Value>| value.clone().filter(|value| !value.is_null());
    Told {
        place: format!("{prefix}{}", difference.at.trim_start_matches('/')),
        left: side(&difference.found),
        right: side(&difference.wanted),
    }
}
