//! What is in a report, and above all what does not.

use serde_json::json;

use super::super::plan_view;
use super::model::{Entry, Report, Told, Word};
use super::*;
use crate::engine::outcome::Sign;
use crate::finding::{Finding, codes};
use crate::policy::audience::{Filter, FilterMode, Recipient};

const HOSTILE: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>\u{202e}";

fn hostile_recipient() -> Recipient {
    let mut one = crate::policy::audience::testing::every_kind().remove(2);
    one.who.name = Some(HOSTILE.into());
    one.who.id = Some(HOSTILE.into());
    one.intent = Some(HOSTILE.into());
    one.property = Some(HOSTILE.into());
    let filter =
        Filter { mode: FilterMode::Include, id: None, name: Some(HOSTILE.into()), shares_name: false, new: true };
    Recipient { filter: Some(filter), ..one }
}

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
        audience: vec![hostile_recipient()],
        changes: vec![told(HOSTILE), lines],
        findings: vec![Finding::new(&codes::CYCLE, HOSTILE, HOSTILE).at(HOSTILE).fix(HOSTILE)],
        needs: vec![HOSTILE.into(), format!("{HOSTILE}/2")],
    };
    let other = Entry { reference: format!("{HOSTILE}/2"), type_name: format!("{HOSTILE}2"), ..entry.clone() };
    Report {
        title: HOSTILE.into(),
        facts: vec![(HOSTILE.into(), HOSTILE.into())],
        words: vec![Word::new("x", Sign::New, HOSTILE)],
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
    assert!(html(&report, "now").contains("a depends on b"));
}

#[test]
fn markdown_says_the_same_and_nothing_in_it_is_markup() {
    let plan = plan_view::tests::sample();
    let text = markdown(&Report::of_plan(&plan), "now");
    assert!(text.starts_with("# Plan for") && text.lines().nth(2) == Some("| | Policies | |"), "{text}");
    for wanted in ["to create", "A secret is needed", "Win - Firewall", "Pilot", "| Who | How | Change | Id |"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let text = markdown(&hostile(), "now");
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn a_long_value_is_seen_where_it_differs() {
    let long = |last: &str| Some(json!(format!("{}{last}", "same ".repeat(300))));
    let told = Told { place: "payload".into(), left: long("left"), right: long("right") };
    let entry = Entry { name: "A".into(), changes: vec![told], ..Entry::default() };
    let report = Report { entries: vec![entry], columns: ["a".into(), "b".into()], ..Report::default() };
    for text in [html(&report, "now"), markdown(&report, "now")] {
        assert!(text.contains("same left\"") || text.contains("same left&quot;"), "{text}");
        assert!(text.contains("same right\"") || text.contains("same right&quot;"), "{text}");
    }
}
