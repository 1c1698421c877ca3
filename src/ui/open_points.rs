//! The end of a long view: the counts once more, and what someone has to decide, each reason once with the policies that
//! have it, so that the last screen has all that is needed to go on.

use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, count, hang, named, visible};
use super::signs::signed;
use super::style::{self, paint};
use crate::engine::Outcome;
use crate::finding::{Finding, Severity, codes};

/// A view of more lines than this ends with its counts once more.
pub(super) const SHORT: usize = 18;
/// How many reasons are listed: a line each, so that all of the end fits a screen of 24 lines.
const FEW: usize = 6;

/// What someone has to decide, or what failed.
#[derive(Debug, Clone)]
pub(super) struct Point<'a> {
    outcome: Outcome,
    name: &'a str,
    /// The finding that says why: the worst.
    why: Option<&'a Finding>,
}

impl<'a> Point<'a> {
    /// A policy with its findings.
    pub(super) fn new(outcome: Outcome, name: &'a str, findings: &'a [Finding]) -> Self {
        let worst = findings.iter().filter(|finding| finding.severity > Severity::Info);
        // Of equals the first: it was found first.
        let why = worst.rev().max_by_key(|finding| finding.severity);
        Self { outcome, name, why }
    }

    /// A finding that is not shown with a policy.
    pub(super) fn of(finding: &'a Finding) -> Self {
        let subject = finding.subject.as_str();
        Self::new(
            Outcome::Blocked,
            subject.split_once('/').map_or(subject, |(_, name)| name),
            std::slice::from_ref(finding),
        )
    }
}

/// The body of a view, and after a long one its `heading` once more and the points.
pub(super) fn at_the_end(mut body: String, heading: &str, points: &[Point<'_>], look: Look) -> String {
    if body.lines().count() <= SHORT {
        return body;
    }
    body.push('\n');
    body.push_str(heading);
    body.push_str(&list(points, look));
    body
}

/// The points after an empty line, a line for each reason; nothing where there are none.
pub(super) fn list(points: &[Point<'_>], look: Look) -> String {
    let mut body = String::new();
    if !points.is_empty() {
        let all = if look.verbose { "" } else { "; -v names all" };
        let _ = writeln!(body, "\n{}", paint(style::STRONG, format!("To decide or fix ({}{all}):", points.len())));
    }
    let mut reasons: Vec<(Outcome, String, Vec<String>)> = Vec::new();
    for point in points {
        let (why, name) = (why(point), named(point.name, look));
        match reasons.iter_mut().find(|(_, known, _)| *known == why) {
            Some((outcome, _, names)) => {
                *outcome = (*outcome).max(point.outcome);
                names.push(name);
            }
            None => reasons.push((point.outcome, why, vec![name])),
        }
    }
    let limit = look.limit(reasons.len(), FEW);
    for (outcome, why, names) in &reasons[..limit] {
        let first = format!("  {} ", signed(*outcome));
        if look.verbose {
            // A name stays on one line.
            let text = names.join(";\n").replace(' ', "\u{a0}").replace('\n', " ");
            body.push_str(&hang(&first, 6, &format!("{why}: {text}"), look.prose()).replace('\u{a0}', " "));
        } else {
            let _ = writeln!(body, "{first}{}", on_a_line(why, names, look.prose().saturating_sub(4)));
        }
    }
    let rest: usize = reasons[limit..].iter().map(|(.., names)| names.len()).sum();
    if rest > 0 {
        let _ = writeln!(body, "  … and {rest} more for other reasons; -v lists all");
    }
    body
}

/// A reason with as many of the names as a line holds, and the number of the others. Where not even one fits, the code
/// of the reason is left out.
fn on_a_line(why: &str, names: &[String], width: usize) -> String {
    let with = |why: &str, shown: usize| match names.len() - shown {
        0 => format!("{why}: {}", names.join("; ")),
        rest => format!("{why}: {}; and {rest} more", names[..shown].join("; ")),
    };
    let fitting =
        |why: &str| (1..=names.len()).map(|shown| with(why, shown)).take_while(|it| visible(it) <= width).last();
    let title = why.split_once(" (").map_or(why, |(title, _)| title);
    let line = fitting(why).or_else(|| fitting(title));
    line.unwrap_or_else(|| {
        let counted = [why, title].map(|why| format!("{why}: {}", count(names.len(), "policy", "policies")));
        let [whole, short] = counted;
        if visible(&whole) <= width { whole } else { short }
    })
}

fn why(point: &Point<'_>) -> String {
    match point.why {
        None => point.outcome.says().into_owned(),
        Some(why) => match codes::find(&why.code) {
            Some(code) => format!("{} ({})", code.title, code.name),
            None => clean(&why.code).into_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;

    #[test]
    fn only_a_long_view_is_summed_up_again() {
        let finding = [Finding::new(&codes::NEEDS_SECRET, "wifi/Office", "the key is not known")];
        let point = |name| Point::new(Outcome::Blocked, name, &finding);
        let short = at_the_end("a\n".repeat(5), "counts\n", &[point("Office")], Look::default());
        assert_eq!(short.lines().count(), 5);
        let long = at_the_end("a\n".repeat(50), "counts\n", &vec![point("Office"); 30], Look::default());
        let end = plain(&long).lines().skip(51).take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(end, "counts\n\nTo decide or fix (30; -v names all):");
        assert!(plain(&long).ends_with(
            "  ! A secret is needed (needs-secret): Office; Office; Office; Office; Office; Office; and 24 more\n"
        ));
    }

    #[test]
    fn a_reason_takes_one_line() {
        let names = ["a long name of a policy", "another one"].map(String::from);
        assert_eq!(on_a_line("a reason (with-its-code)", &names, 30), "a reason: 2 policies");
        assert_eq!(on_a_line("why", &names, 60), "why: a long name of a policy; another one");
        assert_eq!(on_a_line("why", &names, 41), "why: a long name of a policy; another one");
        assert_eq!(on_a_line("why", &names, 40), "why: a long name of a policy; and 1 more");
        assert_eq!(on_a_line("why", &names, 20), "why: 2 policies");
        assert_eq!(on_a_line("why (code)", &names, 41), "why: a long name of a policy; another one");
    }
}
