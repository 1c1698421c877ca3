//! What stands in a report, and above all what does not.

use serde_json::json;

use super::super::plan_view;
use super::model::{Entry, Report, Told, Word};
use super::*;
use crate::finding::{Finding, codes};

const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>\u{202e}";

fn hostile() -> Report {
    let told =
        |place: &str| Told { place: place.into(), left: Some(json!(HOSTILE)), right: Some(json!({HOSTILE: HOSTILE})) };
    let lines =
        Told { place: HOSTILE.into(), left: Some(json!(format!("{HOSTILE}\na\n"))), right: Some(json!("b\na\n")) };
    let entry = Entry {
        reference: format!("{HOSTILE}/1"),
        type_name: HOSTILE.into(),
        name: HOSTILE.into(),
        action: HOSTILE.into(),
        notes: vec![HOSTILE.into()],
        changes: vec![told(HOSTILE), lines],
        findings: vec![Finding::new(&codes::CYCLE, HOSTILE, HOSTILE).at(HOSTILE).fix(HOSTILE)],
        needs: vec![HOSTILE.into(), format!("{HOSTILE}/2")],
    };
    let other = Entry { reference: format!("{HOSTILE}/2"), type_name: format!("{HOSTILE}2"), ..entry.clone() };
    Report {
        title: HOSTILE.into(),
        facts: vec![(HOSTILE.into(), HOSTILE.into())],
        words: vec![Word::new("x", '+', HOSTILE)],
        columns: [HOSTILE.into(), HOSTILE.into()],
        entries: vec![entry, other],
        findings: vec![Finding::new(&codes::CYCLE, HOSTILE, HOSTILE)],
    }
}

#[test]
fn nothing_from_elsewhere_is_markup() {
    let page = html(&hostile(), "now");
    // The page's own script and style are the only ones.
    assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;alert") && page.contains("\\u{202e}"));
}

#[test]
fn the_content_policy_knows_the_script_and_the_style_and_nothing_else() {
    let page = html(&hostile(), "now");
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    let policy = policy.unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    // Of an ordinary report, nothing is elsewhere.
    let page = html(&Report::of_plan(&plan_view::tests::sample()), "now");
    for outside in ["http:", "https:", "@import", "url(", " src=", "<link", "<iframe", " style="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_plan_is_shown_with_its_counts_its_reasons_and_its_order() {
    let plan = plan_view::tests::sample();
    let report = Report::of_plan(&plan);
    assert_eq!(report.entries.len(), plan.steps.len());
    let page = html(&report, "now");
    for wanted in ["to create", "A secret is needed", "Findings", "In the target", "class=\"policy bad\""] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn a_circle_is_drawn_and_ends() {
    let entry = |name: &str, need: &str| Entry {
        reference: name.into(),
        type_name: "t".into(),
        name: name.into(),
        needs: vec![need.into()],
        ..Entry::default()
    };
    let report = Report { entries: vec![entry("a", "b"), entry("b", "a")], ..Report::default() };
    assert!(html(&report, "now").contains("a waits for b"));
}
