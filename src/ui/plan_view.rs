//! A plan for people: the counts first, then what happens type by type and who is hit by it, then why something does
//! not happen; and where that is long, the counts again at the end, with what has to be decided. What is already identical
//! is only counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::clean;
use super::findings::Often;
use super::layout::{Look, count, hang, named, wrap};
use super::open_points::{self, Point};
use super::signs::{legend, signed};
use super::style::{self, paint};
use super::{audience_view, differences, findings};
use crate::engine::outcome::Sign;
use crate::engine::plan::plan_file::AssignmentAction;
use crate::engine::{Action, Outcome, Plan, Step};
use crate::finding::{Finding, Severity, codes};
use crate::policy::TenantInfo;

/// How many objects of a type that cannot be moved are listed: a tenant may have hundreds of devices.
pub(super) const FEW: usize = 5;

/// Says how many more cannot be moved.
pub(super) fn more(number: usize) -> String {
    if number == 0 {
        return String::new();
    }
    format!("  {} … and {number} more; -v lists all\n", signed(Outcome::LeftBehind))
}

/// The plan.
pub fn plan(plan: &Plan, look: Look) -> String {
    let mut out = heading(plan, look);
    let listed: Vec<&Step> = plan.steps.iter().filter(|step| look.verbose || is_news(step)).collect();
    let mut body = legend(listed.iter().map(|step| step.outcome()), look);
    let often = Often::of(listed.iter().flat_map(|step| shown(step, look)));
    let mut by_type: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in &listed {
        by_type.entry(&step.type_name).or_default().push(step);
    }
    for (type_name, mut steps) in by_type {
        let _ = writeln!(body, "\n{}", paint(style::STRONG, clean(type_name)));
        steps.sort_by_key(|step| (step.outcome(), &step.name));
        let (bound, rest): (Vec<&Step>, Vec<&Step>) =
            steps.into_iter().partition(|step| step.action == Action::LeftBehind);
        let limit = look.limit(bound.len(), FEW);
        for step in rest.iter().chain(&bound[..limit]) {
            body.push_str(&one(step, &often, look));
        }
        body.push_str(&more(bound.len() - limit));
    }
    let own = findings::legend(plan.steps.iter().filter(|step| is_news(step)).flat_map(|step| &step.findings), look);
    let beside = findings::findings(&plan.findings, look);
    for block in [own, beside].iter().filter(|block| !block.is_empty()) {
        body.push('\n');
        body.push_str(block);
    }
    let again = heading(plan, look);
    let held = plan.steps.iter().filter(|step| step.is_held());
    let points: Vec<_> = held.map(|step| Point::new(Outcome::Blocked, &step.name, &step.findings)).collect();
    out.push_str(&open_points::at_the_end(body, &again, &points, look));
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
    for (outcome, number) in outcomes(plan) {
        let _ = writeln!(out, "  {} {number:>4} {}", signed(outcome), outcome.says());
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
        let sign = paint(style::sign(Sign::Blocked), Sign::Blocked.mark());
        let _ = writeln!(out, "  {sign} {held:>4} with assignments held back");
    }
    if let Some(pilot) = &plan.pilot {
        let _ = writeln!(out, "\n  Assigned only to the pilot group \"{}\".", clean(&pilot.name));
    }
    out
}

/// How many steps come to what.
fn outcomes(plan: &Plan) -> BTreeMap<Outcome, usize> {
    let mut counts = BTreeMap::new();
    for step in &plan.steps {
        *counts.entry(step.outcome()).or_insert(0) += 1;
    }
    counts
}

/// The plan's counts in one line, for a plan that was looked at before.
pub fn line(plan: &Plan, look: Look) -> String {
    let told: Vec<String> =
        outcomes(plan).into_iter().map(|(outcome, number)| format!("{number} {}", outcome.says())).collect();
    let first = format!("Plan for {}: ", paint(style::STRONG, tenant(&plan.target)));
    hang(&first, 2, &told.join("; "), look.prose())
}

/// The findings that are shown with a step. The line itself says already that it differs and is not changed.
fn shown(step: &Step, look: Look) -> impl Iterator<Item = &Finding> {
    let said = |finding: &Finding| step.action == Action::ExistsDiffers && finding.is(&codes::EXISTS_DIFFERS);
    step.findings.iter().filter(move |f| look.verbose || (f.severity > Severity::Info && !said(f)))
}

/// The line of a policy: its sign, its name, and what is said of it.
pub(super) fn policy_line(outcome: Outcome, name: &str, says: &str, look: Look) -> String {
    let first = format!("  {} {}  ", signed(outcome), named(name, look));
    hang(&first, 6, &paint(style::FAINT, format!("({says})")), look.prose())
}

fn one(step: &Step, often: &Often<'_>, look: Look) -> String {
    let outcome = step.outcome();
    let mut notes = vec![outcome.says().into_owned()];
    match (step.assignments, step.action) {
        (AssignmentAction::Held, _) => notes.push(String::from("assignments held back")),
        (AssignmentAction::Write, Action::Update) => notes.push(String::from("assignments are written")),
        // A new policy with its assignments is what everyone expects; of others the sign says it.
        (AssignmentAction::Write | AssignmentAction::Keep, _) => {}
    }
    if let Some(content) = &step.content {
        notes.push(format!("content from {}, {}", clean(&content.file), content.told_size()));
    }
    if let Some(needed_by) = &step.needed_by {
        notes.push(format!("needed by {}", clean(needed_by)));
    }
    let mut out = policy_line(outcome, &step.name, &notes.join("; "), look);
    out.push_str(&audience_view::below(&step.audience, "      ", look));
    // Who is hit is said above.
    let assignments = step.assignment_differences.iter().filter(|_| step.audience.is_empty());
    out.push_str(&differences::below(step.differences.iter().chain(assignments), "      ", look));
    out.push_str(&findings::below(&shown(step, look).collect::<Vec<_>>(), often, "      ", look));
    out
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
