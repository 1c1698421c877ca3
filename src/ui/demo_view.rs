//! What the demo shows: of each command's output what fits, and at the end the result of it all.

use std::fmt::Write as _;

use super::layout::{Look, count, named};
use super::plan_view;
use super::signs::signed;
use super::style::{self, paint};
use crate::engine::{Action, Outcome, Plan};
use crate::finding::{Finding, Severity, codes};

/// The first and last lines of an output, and between them how many there are more of and where. Whole
/// paragraphs where they fit.
pub fn excerpt(text: &str, head: usize, tail: usize, file: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    // A line that says two are missing is hardly shorter than the two.
    if lines.len() <= head.saturating_add(tail).saturating_add(2) {
        return lines.join("\n");
    }
    let empty = |line: &&str| line.is_empty();
    let head = lines[..head].iter().rposition(empty).filter(|at| at * 2 > head).unwrap_or(head);
    let after = lines.len() - tail;
    let after = lines[after..].iter().position(empty).filter(|at| at * 2 < tail).map_or(after, |at| after + at + 1);
    let between = paint(style::FAINT, format!("    … {} more lines in {file}", after - head));
    let mut shown = vec![between.as_str()];
    shown.splice(0..0, lines[..head].iter().copied());
    shown.extend(&lines[after..]);
    shown.join("\n")
}

/// the result of the crossing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Policies in the tree.
    pub exported: usize,
    /// Requests to the source.
    pub source_requests: usize,
    /// Requests to the target, those of the second import too.
    pub target_requests: usize,
    /// Requests by which the first import changed something.
    pub writes: usize,
    /// Requests by which the second import changed something.
    pub writes_again: usize,
}

/// The crossing in a few lines. The plan is the one that was carried out, without any failure.
pub fn summary(plan: &Plan, figures: Figures, look: Look) -> String {
    let source = plan.source.as_ref().map_or_else(String::new, |source| format!(" from {}", plan_view::tenant(source)));
    let mut out = format!("{}\n\n", paint(style::STRONG, "In short"));
    let exported = count(figures.exported, "policy", "policies");
    let _ = writeln!(out, "  {exported} exported{source}");
    let counts = plan.counts();
    let number = |action| counts.get(&action).copied().unwrap_or_default();
    for (action, words) in [
        (Action::Create, "created in the target"),
        (Action::Update, "changed"),
        (Action::Unchanged, "already identical"),
        (Action::ExistsDiffers, "in the target with different settings, not changed"),
    ] {
        if number(action) > 0 {
            let _ = writeln!(out, "  {} {:>4} {words}", signed(action.outcome()), number(action));
        }
    }
    let with = |action| plan.steps.iter().filter(|step| step.action == action).collect::<Vec<_>>();
    let held = plan.steps.iter().filter(|step| step.is_held() && step.action != Action::Blocked);
    for (outcome, words, steps) in [
        (Outcome::LeftBehind, Outcome::LeftBehind.says(), with(Action::LeftBehind)),
        (Outcome::Blocked, Outcome::Blocked.says(), with(Action::Blocked)),
        (Outcome::Blocked, "without assignments until a decision is made".into(), held.collect()),
    ] {
        if !steps.is_empty() {
            let _ = writeln!(out, "  {} {:>4} {words}:", signed(outcome), steps.len());
        }
        for step in steps {
            let _ = writeln!(out, "           {}: {}", named(&step.name, look), reasons(&step.findings));
        }
    }
    let _ = writeln!(
        out,
        "\n  {} to the source; {} to the target, including {} writes.",
        count(figures.source_requests, "request", "requests"),
        figures.target_requests,
        figures.writes + figures.writes_again,
    );
    let again = match figures.writes_again {
        0 => String::from("The second import wrote nothing: no duplicates."),
        some => format!("The second import sent {some} writes, but none were expected."),
    };
    let _ = writeln!(out, "  {again}");
    out
}

fn reasons(findings: &[Finding]) -> String {
    let told = findings.iter().filter(|finding| finding.severity > Severity::Info);
    let mut codes: Vec<String> = told
        .map(|finding| match codes::find(&finding.code) {
            Some(code) => format!("{} ({})", code.title, code.name),
            None => finding.code.clone(),
        })
        .collect();
    codes.dedup();
    codes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::plan_view::tests::sample;
    use super::super::style::plain;
    use super::*;

    #[test]
    fn a_long_output_says_how_much_of_it_is_missing() {
        let text = (1..=20).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(
            plain(&excerpt(&text, 2, 1, "out/1.txt")),
            "line 1\nline 2\n    … 17 more lines in out/1.txt\nline 20"
        );
        assert_eq!(excerpt(&text, 10, 8, "x").lines().count(), 20);
    }

    #[test]
    fn the_end_says_what_came_of_it() {
        let figures = Figures { exported: 6, source_requests: 40, target_requests: 300, writes: 3, writes_again: 0 };
        insta::assert_snapshot!(plain(&summary(&sample(), figures, Look::default())), @r#"
        In short

          6 policies exported from "Contoso Trial"
          +    2 created in the target
          ~    1 changed
          =    1 already identical
          ≠    1 in the target with different settings, not changed
          !    1 blocked:
                   Office: A secret is needed (needs-secret)
          !    1 without assignments until a decision is made:
                   Win - Defender: An assignment to all users or all devices is held back (broad-assignment-held)

          40 requests to the source; 300 to the target, including 3 writes.
          The second import wrote nothing: no duplicates.
        "#);
    }

    #[test]
    fn a_second_import_that_writes_is_not_hidden() {
        let figures = Figures { exported: 6, source_requests: 1, target_requests: 1, writes: 3, writes_again: 2 };
        assert!(summary(&sample(), figures, Look::default()).contains("sent 2 writes"));
    }
}
