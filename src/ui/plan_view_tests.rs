//! The plan as a person sees it.

use serde_json::json;

use super::super::style::plain;
use super::*;
use crate::engine::plan::plan_file::{FORMAT, Options};
use crate::policy::Difference;
use crate::policy::audience::{AudienceChange, Recipient, Who, WhoKind};

fn step(type_name: &str, name: &str, action: Action) -> Step {
    Step { action, ..Step::new(type_name, name.to_lowercase(), name.into()) }
}

fn group(name: &str) -> Who {
    Who { id: Some(format!("id of {name}")), name: Some(name.into()), ..Who::all(WhoKind::Group) }
}

fn recipient(change: AudienceChange, who: Who) -> Recipient {
    let one = crate::policy::audience::testing::every_kind().remove(0);
    Recipient { change, who, ..one }
}

fn differs(at: &str, found: i32, wanted: i32) -> Difference {
    Difference { at: at.into(), found: Some(json!(found)), wanted: Some(json!(wanted)) }
}

pub(in crate::ui) fn sample() -> Plan {
    let named = |name: &str| TenantInfo { display_name: Some(name.into()), ..TenantInfo::default() };
    let held = Finding::new(&codes::BROAD_ASSIGNMENT_HELD, "settings-catalog/Win - Defender", "it goes to all devices");
    let secret = Finding::new(&codes::NEEDS_SECRET, "wifi/Office", "the key of the network is not known")
        .at("/preSharedKey")
        .fix("Set the environment variable FERRY_WIFI_0011 and run again.");
    let exists = Finding::new(&codes::EXISTS_DIFFERS, "settings-catalog/Win - Firewall", "it differs in 2 places");
    Plan {
        format: FORMAT,
        source: Some(named("Contoso Trial")),
        target: TenantInfo { default_domain: Some("contoso.com".into()), ..named("Contoso") },
        tree_fingerprint: "t".into(),
        mapping_fingerprint: None,
        pilot: None,
        options: Options::default(),
        steps: vec![
            Step {
                needed_by: Some("settings-catalog/Win - Defender".into()),
                ..step("scope-tags", "Pilot", Action::Create)
            },
            Step {
                assignments: AssignmentAction::Held,
                findings: vec![held],
                audience: vec![recipient(AudienceChange::Held, Who::all(WhoKind::AllDevices))],
                ..step("settings-catalog", "Win - Defender", Action::Create)
            },
            Step {
                differences: vec![
                    differs("/settings/firewall/settingInstance/simpleSettingValue/value", 1, 2),
                    differs("/priority", 5, 7),
                ],
                findings: vec![exists],
                ..step("settings-catalog", "Win - Firewall", Action::ExistsDiffers)
            },
            Step {
                assignments: AssignmentAction::Write,
                differences: vec![differs("/minimum", 6, 12)],
                assignment_differences: vec![differs("/assignments/Pilot/target", 1, 2)],
                audience: vec![
                    recipient(AudienceChange::Add, group("Pilot")),
                    recipient(AudienceChange::Remove, group("Sales")),
                    recipient(AudienceChange::Keep, group("Berlin")),
                ],
                ..step("compliance-policies", "Mac\u{1b}[2J", Action::Update)
            },
            step("compliance-policies", "iOS", Action::Unchanged),
            Step { findings: vec![secret], ..step("wifi", "Office", Action::Blocked) },
        ],
        findings: vec![Finding::new(
            &codes::MAPPING_NAME_DIFFERS,
            "mapping: group/All laptops",
            "it is called Laptops",
        )],
    }
}

#[test]
fn counts_come_first_and_then_what_happens() {
    let look = Look { width: Some(90), verbose: false };
    insta::assert_snapshot!(plain(&plan(&sample(), look)), @r#"
    Plan for "Contoso" (contoso.com), from "Contoso Trial"

      +    2 to create
      ~    1 to change
      =    1 already identical
      ≠    1 in the target with different settings, not changed
      !    1 blocked
           1 with assignments to write
      !    1 with assignments held back

    + new  ~ changed  ≠ different, not changed  ! needs a decision

    compliance-policies
      ~ Mac\u{1b}[2J  (to change; assignments are written)
          + Pilot
          - Sales
          = 1 as before; -v lists them
          ~ minimum: 6 → 12

    scope-tags
      + Pilot  (to create; needed by settings-catalog/Win - Defender)

    settings-catalog
      + Win - Defender  (to create; assignments held back)
          for (held back): All devices
          broad-assignment-held: it goes to all devices
      ≠ Win - Firewall  (in the target with different settings, not changed)
          ~ firewall: 1 → 2
          ~ priority: 5 → 7

    wifi
      ! Office  (blocked)
          needs-secret: the key of the network is not known (/preSharedKey)
            fix: Set the environment variable FERRY_WIFI_0011 and run again.

    Reasons (`intune-ferry explain CODE` shows details and the fix):
           1 broad-assignment-held  An assignment to all users or all devices is held back
           1 needs-secret           A secret is needed
           1 exists-differs         The object exists in the target with different settings

    warning[mapping-name-differs] The name in the mapping is not the name in the target (1)
      why: The ID decides, but the object with this ID has a different name than the mapping
           says; the ID may be wrong.
      fix: Check the entry, and correct the name or the ID.
      - mapping: group/All laptops: it is called Laptops

    Plan for "Contoso" (contoso.com), from "Contoso Trial"

      +    2 to create
      ~    1 to change
      =    1 already identical
      ≠    1 in the target with different settings, not changed
      !    1 blocked
           1 with assignments to write
      !    1 with assignments held back

    To decide or fix (2; -v names all):
      ! An assignment to all users or all devices is held back: Win - Defender
      ! A secret is needed (needs-secret): Office
    "#);
}

#[test]
fn with_colour_the_signs_stand_out() {
    let text = plan(&sample(), Look::default());
    assert!(text.contains("\u{1b}[32m+\u{1b}[0m Pilot"), "{text:?}");
    assert!(text.contains("\u{1b}[1m\u{1b}[31m!\u{1b}[0m Office"), "{text:?}");
}

#[test]
fn what_is_as_wanted_is_listed_on_request() {
    let text = plain(&plan(&sample(), Look { verbose: true, width: None }));
    assert!(text.contains("  = iOS  (already identical)\n"), "{text}");
}

#[test]
fn an_empty_plan_says_so() {
    let mut empty = sample();
    empty.steps.clear();
    empty.findings.clear();
    insta::assert_snapshot!(plain(&plan(&empty, Look::default())), @r#"
    Plan for "Contoso" (contoso.com), from "Contoso Trial"

      nothing is selected
    "#);
}

#[test]
fn the_summary_is_one_line() {
    assert_eq!(summary(&sample()), "2 policies to create, 1 to change, 1 to assign");
}

#[test]
fn a_reviewed_plan_is_one_line() {
    insta::assert_snapshot!(plain(&line(&sample(), Look::default())), @r#"
    Plan for "Contoso" (contoso.com): 2 to create; 1 to change; 1 already identical; 1 in the target
      with different settings, not changed; 1 blocked
    "#);
}

#[test]
fn of_many_that_are_left_behind_a_few_are_listed() {
    let bound = |number: usize| step("autopilot-devices", &format!("Device {number:02}"), Action::LeftBehind);
    let many = Plan { steps: (0..12).map(bound).collect(), ..sample() };
    let lines = |verbose| plain(&plan(&many, Look { width: Some(90), verbose }));
    assert_eq!(lines(false).matches("/ Device").count(), 5);
    assert!(lines(false).contains("/ … and 7 more; -v lists all"), "{}", lines(false));
    assert_eq!(lines(true).matches("/ Device").count(), 12);
}
