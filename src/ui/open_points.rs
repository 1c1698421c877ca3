//! The end of a long view: the counts once more, and what someone has to decide, a line each, so that the last screen
//! has all that is needed to go on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, hang, named};
use super::signs::signed;
use super::style::{self, paint};
use crate::engine::Outcome;
use crate::finding::{Finding, Severity, codes};

/// A view of more lines than this ends with its counts once more.
const SHORT: usize = 18;
/// How many points have a line each.
const FEW: usize = 10;

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
}

/// The body of a view, and after a long one its `heading` once more and the points.
pub(super) fn at_the_end(mut body: String, heading: &str, points: &[Point<'_>], look: Look) -> String {
    if body.lines().count() <= SHORT {
        return body;
    }
    body.push('\n');
    body.push_str(heading);
    if !points.is_empty() {
        let _ = writeln!(body, "\n{}", paint(style::STRONG, format!("To decide or to fix ({}):", points.len())));
    }
    let limit = look.limit(points.len(), FEW);
    for point in &points[..limit] {
        let first = format!("  {} {}: ", signed(point.outcome), named(point.name, look));
        body.push_str(&hang(&first, 6, &why(point), look.prose()));
    }
    let mut rest: BTreeMap<&str, usize> = BTreeMap::new();
    for point in &points[limit..] {
        *rest.entry(point.why.map_or("", |why| &why.code)).or_default() += 1;
    }
    if !rest.is_empty() {
        let rest: Vec<String> = rest.iter().map(|(code, number)| format!("{number} {}", clean(code))).collect();
        let first = format!("  … and {} more: ", points.len() - limit);
        body.push_str(&hang(&first, 6, &format!("{}; -v lists all", rest.join(", ")), look.prose()));
    }
    body
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
        assert_eq!(end, "counts\n\nTo decide or to fix (30):");
        assert!(plain(&long).ends_with(
            "  ! Office: A secret is needed (needs-secret)\n  … and 20 more: 20 needs-secret; -v lists all\n"
        ));
    }
}
