//! What came of an import or a verification, for people: the counts first, then what is not simply done.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, named};
use super::plan_view::signed;
use super::style::{self, paint};
use super::{differences, findings, plan_view};
use crate::engine::outcome::counts;
use crate::engine::{ObjectOutcome, Outcome};
use crate::finding::{Finding, Severity, codes};

/// The outcomes under a heading such as `Imported into "Contoso"`.
pub fn outcomes(heading: &str, objects: &[ObjectOutcome], look: Look) -> String {
    let mut out = format!("{}\n\n", paint(style::STRONG, clean(heading)));
    let counts = counts(objects);
    if objects.is_empty() {
        out.push_str("  nothing was selected\n");
    }
    for (outcome, number) in &counts {
        let _ = writeln!(out, "  {} {number:>4} {}", signed(*outcome), outcome.says());
    }
    let listed: Vec<&ObjectOutcome> = objects.iter().filter(|object| look.verbose || is_news(object)).collect();
    if listed.len() < objects.len() && counts.contains_key(&Outcome::Created) {
        out.push_str("\nBelow is what deserves a look; -v lists every policy.\n");
    }
    let mut by_type: BTreeMap<&str, Vec<&ObjectOutcome>> = BTreeMap::new();
    for object in listed {
        by_type.entry(&object.type_name).or_default().push(object);
    }
    for (type_name, mut list) in by_type {
        let _ = writeln!(out, "\n{}", paint(style::STRONG, clean(type_name)));
        list.sort_by_key(|object| (object.action, &object.name));
        let (bound, rest): (Vec<&ObjectOutcome>, Vec<&ObjectOutcome>) =
            list.into_iter().partition(|object| object.action == Outcome::LeftBehind);
        let shown = look.limit(bound.len(), plan_view::FEW);
        for object in rest.iter().chain(&bound[..shown]) {
            out.push_str(&one(object, look));
        }
        out.push_str(&plan_view::more(bound.len() - shown));
    }
    let reasons = findings::legend(objects.iter().filter(|o| is_news(o)).flat_map(|object| &object.findings), look);
    if !reasons.is_empty() {
        let _ = write!(out, "\n{reasons}");
    }
    out
}

fn one(object: &ObjectOutcome, look: Look) -> String {
    // The sign says which of the counted outcomes it is, except where two share one.
    let note = match object.action.sign() {
        '+' | '=' => String::new(),
        _ => paint(style::FAINT, format!("  ({})", object.action.says())),
    };
    let mut out = format!("  {} {}{note}\n", signed(object.action), named(&object.name, look));
    out.push_str(&differences::below(&object.differences, "      ", look));
    // The line itself says already that it differs and is left alone.
    let said = |finding: &&Finding| {
        finding.is(&codes::EXISTS_DIFFERS) && matches!(object.action, Outcome::ExistsDiffers | Outcome::Differs)
    };
    let shown = object.findings.iter().filter(|f| look.verbose || (f.severity > Severity::Info && !said(f)));
    out.push_str(&findings::below(&shown.collect::<Vec<_>>(), "      ", look));
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
    use crate::policy::Difference;

    fn object(name: &str, action: Outcome) -> ObjectOutcome {
        ObjectOutcome {
            type_name: "settings-catalog".into(),
            id: name.to_lowercase(),
            name: name.into(),
            action,
            target_id: None,
            differences: Vec::new(),
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
          =    1 already as wanted
          !    1 failed
          .    1 not begun

        Below is what deserves a look; -v lists every policy.

        settings-catalog
          ! Win - VPN  (failed)
              write-failed: refused: POST beta/x: 400 BadRequest: the name is taken
          . Win - BitLocker  (not begun)

        Why, and how often (`intune-ferry explain CODE` says more, and what to do):
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

          =    1 as they should be
          ~    1 different
          -    1 missing

        settings-catalog
          ~ Win - Firewall  (different)
              a: 1 → 2
          - Win - VPN  (missing)
        "#);
    }
}
