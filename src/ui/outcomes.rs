//! the result of an import or a verification, for people: the counts first, then what is not simply done.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::clean;
use super::findings::Often;
use super::layout::{Look, wrap};
use super::open_points::{self, Point};
use super::signs::{legend, signed};
use super::style::{self, paint};
use super::{audience_view, differences, findings, plan_view};
use crate::engine::outcome::counts;
use crate::engine::{ObjectOutcome, Outcome};
use crate::exit::Exit;
use crate::finding::{Finding, Severity, codes};
use crate::policy::Difference;

/// The outcomes under a heading such as `Imported into "Contoso"`.
pub fn outcomes(heading: &str, objects: &[ObjectOutcome], look: Look) -> String {
    let counts = counts(objects);
    let head = head(heading, &counts, look);
    let listed: Vec<&ObjectOutcome> = objects.iter().filter(|object| look.verbose || is_news(object)).collect();
    let mut body = legend(listed.iter().map(|object| object.action), look);
    if listed.len() < objects.len() && counts.contains_key(&Outcome::Created) {
        body.push_str("\nThe policies below need a look; -v lists every policy and its groups.\n");
    }
    let often = Often::of(listed.iter().flat_map(|object| shown(object, look)));
    let mut by_type: BTreeMap<&str, Vec<&ObjectOutcome>> = BTreeMap::new();
    for object in &listed {
        by_type.entry(&object.type_name).or_default().push(object);
    }
    for (type_name, mut list) in by_type {
        let _ = writeln!(body, "\n{}", paint(style::STRONG, clean(type_name)));
        list.sort_by_key(|object| (object.action, &object.name));
        let (bound, rest): (Vec<&ObjectOutcome>, Vec<&ObjectOutcome>) =
            list.into_iter().partition(|object| object.action == Outcome::LeftBehind);
        let limit = look.limit(bound.len(), plan_view::FEW);
        for object in rest.iter().chain(&bound[..limit]) {
            body.push_str(&one(object, &often, look));
        }
        body.push_str(&plan_view::more(bound.len() - limit));
    }
    let reasons = findings::legend(objects.iter().filter(|o| is_news(o)).flat_map(|object| &object.findings), look);
    if !reasons.is_empty() {
        let _ = write!(body, "\n{reasons}");
    }
    let points = objects.iter().filter(|object| is_open(object));
    let sign = |object: &ObjectOutcome| match object.action.exit() {
        Exit::Blocked | Exit::SomeFailed => object.action,
        _ => Outcome::Blocked,
    };
    let points: Vec<_> = points.map(|object| Point::new(sign(object), &object.name, &object.findings)).collect();
    format!("{head}{}", open_points::at_the_end(body, &head, &points, look))
}

/// The heading and the counts.
fn head(heading: &str, counts: &BTreeMap<Outcome, usize>, look: Look) -> String {
    let mut out = format!("{}\n", wrap("", &paint(style::STRONG, clean(heading)), look.prose()));
    if counts.is_empty() {
        out.push_str("  nothing was selected\n");
    }
    for (outcome, number) in counts {
        let _ = writeln!(out, "  {} {number:>4} {}", signed(*outcome), outcome.says());
    }
    out
}

/// Whether someone has to decide or solve something about it.
fn is_open(object: &ObjectOutcome) -> bool {
    matches!(object.action.exit(), Exit::Blocked | Exit::SomeFailed)
        || object.findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// The findings that are shown with an object. The line itself says already that it differs and is not changed.
fn shown(object: &ObjectOutcome, look: Look) -> impl Iterator<Item = &Finding> {
    let differs = matches!(object.action, Outcome::ExistsDiffers | Outcome::Differs);
    let said = move |finding: &Finding| differs && finding.is(&codes::EXISTS_DIFFERS);
    object.findings.iter().filter(move |f| look.verbose || (f.severity > Severity::Info && !said(f)))
}

fn one(object: &ObjectOutcome, often: &Often<'_>, look: Look) -> String {
    let mut out = plan_view::policy_line(object.action, &object.name, &object.action.says(), look);
    out.push_str(&match object.action {
        Outcome::Differs => audience_view::differences(&object.audience, "      ", look),
        _ => audience_view::below(&object.audience, "      ", look),
    });
    // Who is hit is said above.
    let assignments = |difference: &&Difference| !difference.at.starts_with("/assignments");
    let rest = object.differences.iter().filter(|it| object.audience.is_empty() || assignments(it));
    out.push_str(&differences::below(rest, "      ", look));
    out.push_str(&findings::below(&shown(object, look).collect::<Vec<_>>(), often, "      ", look));
    out
}

fn is_news(object: &ObjectOutcome) -> bool {
    !object.action.is_silent() || object.findings.iter().any(|finding| finding.severity > Severity::Info)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::style::plain;
    use super::*;

    fn object(name: &str, action: Outcome) -> ObjectOutcome {
        ObjectOutcome {
            type_name: "settings-catalog".into(),
            id: name.to_lowercase(),
            name: name.into(),
            action,
            target_id: None,
            differences: Vec::new(),
            audience: Vec::new(),
            findings: Vec::new(),
        }
    }

    #[test]
    fn an_import_says_what_was_done_and_what_failed() {
        let mut failed = object("Win - VPN", Outcome::Failed);
        failed.findings.push(Finding::new(
            &codes::WRITE_FAILED,
            "settings-catalog/Win - VPN",
            "refused: POST beta/x: 400 BadRequest: the name is taken",
        ));
        let list = [
            object("Win - Firewall", Outcome::Created),
            failed,
            object("Win - Edge", Outcome::Unchanged),
            object("Win - BitLocker", Outcome::NotStarted),
        ];
        insta::assert_snapshot!(plain(&outcomes("Imported into \"Contoso\"", &list, Look::default())), @r#"
        Imported into "Contoso"

          +    1 created
          =    1 already identical
          x    1 failed
          .    1 not started

        x failed  . not started

        The policies below need a look; -v lists every policy and its groups.

        settings-catalog
          x Win - VPN  (failed)
              write-failed: refused: POST beta/x: 400 BadRequest: the name is taken
          . Win - BitLocker  (not started)

        Reasons (`intune-ferry explain CODE` shows details and the fix):
               1 write-failed  Graph refused a write
        "#);
    }

    #[test]
    fn a_verification_says_where_the_target_differs() {
        let mut differs = object("Win - Firewall", Outcome::Differs);
        differs.differences.push(Difference { at: "/a".into(), found: Some(json!(1)), wanted: Some(json!(2)) });
        let list = [object("Win - Edge", Outcome::Equal), differs, object("Win - VPN", Outcome::Missing)];
        insta::assert_snapshot!(plain(&outcomes("Verified \"Contoso\"", &list, Look::default())), @r#"
        Verified "Contoso"

          =    1 identical
          ≠    1 different
          ?    1 missing

        ≠ different, not changed  ? missing

        settings-catalog
          ≠ Win - Firewall  (different)
              ~ a: 1 → 2
          ? Win - VPN  (missing)
        "#);
    }
}
