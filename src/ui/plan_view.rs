//! A plan for people: the counts first, then what happens type by type, then why something does not happen.
//! What is already as wanted is only counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, count, hang, named, wrap};
use super::style::{self, paint};
use super::{differences, findings};
use crate::engine::plan::plan_file::AssignmentAction;
use crate::engine::{Action, Outcome, Plan, Step};
use crate::finding::{Finding, Severity, codes};
use crate::policy::TenantInfo;

/// How many objects of a type that are left behind are listed: a tenant may have hundreds of devices.
pub(super) const FEW: usize = 5;

/// Says how many more are left behind.
pub(super) fn more(number: usize) -> String {
    if number == 0 {
        return String::new();
    }
    let sign = signed(Outcome::LeftBehind);
    format!("  {sign} … and {number} more; -v lists all\n")
}

/// The plan.
pub fn plan(plan: &Plan, look: Look) -> String {
    let mut out = heading(plan, look);
    let mut by_type: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| look.verbose || is_news(step)) {
        by_type.entry(&step.type_name).or_default().push(step);
    }
    for (type_name, mut steps) in by_type {
        let _ = writeln!(out, "\n{}", paint(style::STRONG, clean(type_name)));
        steps.sort_by_key(|step| (step.action, &step.name));
        let (bound, rest): (Vec<&Step>, Vec<&Step>) =
            steps.into_iter().partition(|step| step.action == Action::LeftBehind);
        let shown = look.limit(bound.len(), FEW);
        for step in rest.iter().chain(&bound[..shown]) {
            out.push_str(&one(step, look));
        }
        out.push_str(&more(bound.len() - shown));
    }
    let own = findings::legend(plan.steps.iter().filter(|step| is_news(step)).flat_map(|step| &step.findings), look);
    let beside = findings::findings(&plan.findings, look);
    for block in [own, beside].iter().filter(|block| !block.is_empty()) {
        out.push('\n');
        out.push_str(block);
    }
    out
}

/// `"Contoso" (contoso.com)`, as much as is known.
pub fn tenant(info: &TenantInfo) -> String {
    let name = info.display_name.as_deref().or(info.id.as_deref());
    match (name, info.default_domain.as_deref()) {
        (Some(name), Some(domain)) => format!("\"{}\" ({})", clean(name), clean(domain)),
        (Some(name), None) => format!("\"{}\"", clean(name)),
        (None, Some(domain)) => clean(domain).into_owned(),
        (None, None) => String::from("an unknown tenant"),
    }
}

/// Whether a reader must see the step.
fn is_news(step: &Step) -> bool {
    step.action != Action::Unchanged
        || step.assignments != AssignmentAction::Keep
        || step.findings.iter().any(|finding| finding.severity > Severity::Info)
}

fn heading(plan: &Plan, look: Look) -> String {
    let source = plan.source.as_ref().map(|source| format!(", from {}", tenant(source))).unwrap_or_default();
    let target = paint(style::STRONG, tenant(&plan.target));
    let mut out = wrap("", &format!("Plan for {target}{source}"), look.prose());
    out.push('\n');
    let counts = plan.counts();
    for action in Action::ALL {
        let Some(number) = counts.get(&action) else { continue };
        let _ = writeln!(out, "  {} {number:>4} {}", signed(action.outcome()), action.outcome().says());
    }
    let with = |wanted| plan.steps.iter().filter(|step| step.assignments == wanted).count();
    let (written, held) = (with(AssignmentAction::Write), with(AssignmentAction::Held));
    if plan.steps.is_empty() {
        out.push_str("  nothing is selected\n");
    }
    if written > 0 {
        let _ = writeln!(out, "    {written:>4} with assignments to write");
    }
    let replaced =
        plan.steps.iter().filter(|step| step.writes() && step.findings.iter().any(|f| f.is(&codes::TEXT_REPLACED)));
    let replaced = replaced.count();
    if replaced > 0 {
        let _ =
            writeln!(out, "    {replaced:>4} with texts replaced{}", if look.verbose { "" } else { "; -v shows them" });
    }
    if held > 0 {
        let _ = writeln!(out, "  {} {held:>4} with assignments held", paint(style::BAD, '!'));
    }
    if let Some(pilot) = &plan.pilot {
        let _ = writeln!(out, "\n  Assigned to the pilot group \"{}\" and to nobody else.", clean(&pilot.name));
    }
    out
}

/// The sign of an outcome in its colour.
pub(super) fn signed(outcome: Outcome) -> String {
    paint(style::outcome(outcome), outcome.sign())
}

/// The plan's counts in one line, for a plan that was looked at before.
pub fn line(plan: &Plan, look: Look) -> String {
    let counts = plan.counts();
    let told = |action: &Action| counts.get(action).map(|number| format!("{number} {}", action.outcome().says()));
    let told: Vec<String> = Action::ALL.iter().filter_map(told).collect();
    let first = format!("Plan for {}: ", paint(style::STRONG, tenant(&plan.target)));
    hang(&first, 2, &told.join("; "), look.prose())
}

fn one(step: &Step, look: Look) -> String {
    let mut notes = Vec::new();
    if step.action == Action::ExistsDiffers {
        notes.push(Action::ExistsDiffers.outcome().says().into_owned());
    }
    match (step.assignments, step.action) {
        (AssignmentAction::Held, _) => notes.push(String::from("assignments held")),
        // A new policy with its assignments is what everyone expects.
        (AssignmentAction::Write, Action::Create) | (AssignmentAction::Keep, _) => {}
        (AssignmentAction::Write, _) => notes.push(String::from("assignments are written")),
    }
    if let Some(content) = &step.content {
        notes.push(format!("content from {}, {}", clean(&content.file), content.told_size()));
    }
    if let Some(needed_by) = &step.needed_by {
        notes.push(format!("needed by {}", clean(needed_by)));
    }
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
    let sign = signed(step.action.outcome());
    let mut out = format!("  {sign} {}{}\n", named(&step.name, look), paint_notes(&notes));
    out.push_str(&differences::below(step.all_differences(), "      ", look));
    // The line itself says already that it differs and is left alone.
    let said = |finding: &Finding| step.action == Action::ExistsDiffers && finding.is(&codes::EXISTS_DIFFERS);
    let shown = step.findings.iter().filter(|f| look.verbose || (f.severity > Severity::Info && !said(f)));
    out.push_str(&findings::below(&shown.collect::<Vec<_>>(), "      ", look));
    out
}

fn paint_notes(notes: &str) -> String {
    if notes.is_empty() { String::new() } else { paint(style::FAINT, notes) }
}

/// What a plan comes to, in one line: for the end of a long list, and for a question.
pub fn summary(plan: &Plan) -> String {
    let counts = plan.counts();
    let number = |action| counts.get(&action).copied().unwrap_or(0);
    let assigned = plan.steps.iter().filter(|step| step.assignments == AssignmentAction::Write).count();
    format!(
        "{} to create, {} to change, {} to assign",
        count(number(Action::Create), "policy", "policies"),
        number(Action::Update),
        assigned
    )
}

#[cfg(test)]
#[path = "plan_view_tests.rs"]
pub(super) mod tests;
