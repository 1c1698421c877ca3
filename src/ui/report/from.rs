//! Makes a report of a plan, of what came of an import or a verification, of a comparison, of a lint.

use std::collections::{BTreeMap, BTreeSet};

use super::super::layout::count;
use super::super::{diff_view, plan_view, told};
use super::model::{Entry, Report, Word};
use crate::engine::diff::{Compared, Fate};
use crate::engine::plan::plan_file::AssignmentAction;
use crate::engine::{Action, ObjectOutcome, Outcome, Plan, Step};
use crate::finding::Finding;

impl Report {
    /// What an import would do.
    pub fn of_plan(plan: &Plan) -> Self {
        let words = Action::ALL.map(|action| Word::of(action.outcome()));
        let mut facts = vec![(String::from("Target"), plan_view::tenant(&plan.target))];
        facts.extend(plan.source.as_ref().map(|source| (String::from("Source"), plan_view::tenant(source))));
        let with = |wanted| plan.steps.iter().filter(|step| step.assignments == wanted).count();
        let assignments = [("written", AssignmentAction::Write), ("held", AssignmentAction::Held)]
            .map(|(says, wanted)| (says, with(wanted)))
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(says, number)| format!("{says} for {}", count(number, "policy", "policies")));
        let assignments = assignments.collect::<Vec<_>>().join(", ");
        facts.extend((!assignments.is_empty()).then(|| (String::from("Assignments"), assignments)));
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
        let words: BTreeSet<Outcome> = objects.iter().map(|object| object.action).collect();
        Self {
            title: title.into(),
            words: words.into_iter().map(Word::of).collect(),
            columns: in_target(),
            entries: objects.iter().map(outcome).collect(),
            findings: findings.to_vec(),
            ..Self::default()
        }
    }

    /// What lies between two sides.
    pub fn of_diff(labels: [&str; 2], compared: &Compared, findings: &[Finding]) -> Self {
        let [left, right] = labels;
        let words = Fate::ALL.map(|fate| Word::new(fate.word(), diff_view::sign(fate), diff_view::says(fate, labels)));
        let entries = compared.differing.iter().map(|one| Entry {
            reference: format!(
                "{}/{}",
                one.type_name,
                one.right.as_ref().or(one.left.as_ref()).map_or("", String::as_str)
            ),
            type_name: one.type_name.clone(),
            name: one.name.clone(),
            action: one.fate.word().to_owned(),
            changes: one.changes.iter().flat_map(told::tell).collect(),
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
    match step.assignments {
        AssignmentAction::Held => notes.push(String::from("assignments held")),
        AssignmentAction::Write => notes.push(String::from("assignments are written")),
        AssignmentAction::Keep => {}
    }
    notes.extend(step.needed_by.as_ref().map(|by| format!("needed by {by}")));
    Entry {
        reference: step.reference(),
        type_name: step.type_name.clone(),
        name: step.name.clone(),
        action: step.action.word().to_owned(),
        notes,
        changes: step.all_differences().flat_map(told::tell_difference).collect(),
        findings: step.findings.clone(),
        needs: step.needs.clone(),
    }
}

fn outcome(object: &ObjectOutcome) -> Entry {
    Entry {
        reference: format!("{}/{}", object.type_name, object.id),
        type_name: object.type_name.clone(),
        name: object.name.clone(),
        action: object.action.word().into_owned(),
        changes: object.differences.iter().flat_map(told::tell_difference).collect(),
        findings: object.findings.clone(),
        ..Entry::default()
    }
}
