//! Makes a report of a plan, of the result of an import or a verification, of a comparison, of a lint.

use std::collections::BTreeSet;

use super::super::layout::count;
use super::super::{diff_view, plan_view, told};
use super::model::{Entry, Report, Word};
use crate::engine::diff::{Compared, Fate};
use crate::engine::plan::plan_file::AssignmentAction;
use crate::engine::{Action, ObjectOutcome, Outcome, Plan, Step};
use crate::finding::Finding;
use crate::policy::Difference;
use crate::policy::audience::Recipient;

impl Report {
    /// What an import would do.
    pub fn of_plan(plan: &Plan) -> Self {
        let words: BTreeSet<Outcome> = plan.steps.iter().map(Step::outcome).collect();
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
            words: words.into_iter().map(Word::of).collect(),
            columns: in_target(),
            entries: plan.steps.iter().map(step).collect(),
            findings: plan.findings.clone(),
        }
    }

    /// the result of an import or a verification, or what a lint found.
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

    /// What is between two sides.
    pub fn of_diff(labels: [&str; 2], compared: &Compared, findings: &[Finding]) -> Self {
        let [left, right] = labels;
        let words = Fate::ALL.map(|fate| Word::new(fate.word(), fate.outcome().sign(), diff_view::says(fate, labels)));
        let entries = compared.differing.iter().map(|one| Entry {
            reference: format!(
                "{}/{}",
                one.type_name,
                one.right.as_ref().or(one.left.as_ref()).map_or("", String::as_str)
            ),
            type_name: one.type_name.clone(),
            name: one.name.clone(),
            action: one.fate.word().to_owned(),
            notes: one.made_of.iter().map(|words| format!("made of {words}")).collect(),
            changes: one.changes.iter().flat_map(told::tell).collect(),
            ..Entry::default()
        });
        Self {
            title: format!("{left} compared with {right}"),
            facts: vec![(String::from("Identical on both sides"), compared.equal.to_string())],
            words: words.into(),
            columns: [left.to_owned(), right.to_owned()],
            entries: entries.collect(),
            findings: findings.to_vec(),
        }
    }
}

fn in_target() -> [String; 2] {
    [String::from("In the target"), String::from("In the tree")]
}

fn step(step: &Step) -> Entry {
    let mut notes = Vec::new();
    match step.assignments {
        AssignmentAction::Held => notes.push(String::from("assignments held back")),
        AssignmentAction::Write if step.action == Action::Update => notes.push(String::from("assignments are written")),
        AssignmentAction::Write | AssignmentAction::Keep => {}
    }
    notes.extend(step.needed_by.as_ref().map(|by| format!("needed by {by}")));
    Entry {
        reference: step.reference(),
        type_name: step.type_name.clone(),
        name: step.name.clone(),
        action: step.outcome().word().into_owned(),
        notes,
        audience: step.audience.clone(),
        changes: changes(step.all_differences(), &step.audience),
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
        audience: object.audience.clone(),
        changes: changes(&object.differences, &object.audience),
        findings: object.findings.clone(),
        ..Entry::default()
    }
}

/// Where it differs; what differs in its assignments only where nothing else says who is hit.
fn changes<'a>(list: impl IntoIterator<Item = &'a Difference>, audience: &[Recipient]) -> Vec<told::Told> {
    let in_assignments = |difference: &Difference| difference.at.starts_with("/assignments");
    let list = list.into_iter().filter(|difference| audience.is_empty() || !in_assignments(difference));
    list.flat_map(told::tell_difference).collect()
}
