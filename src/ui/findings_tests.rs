//! What findings look like.

use super::super::style::plain;
use super::*;

fn sample() -> Vec<Finding> {
    let held = |name: &str| {
        Finding::new(&codes::BROAD_ASSIGNMENT_HELD, format!("settings-catalog/{name}"), "it goes to all devices")
            .at("/assignments/0")
    };
    vec![
        Finding::new(&codes::MATCHED_DEFAULT, "scope-tags/Default", "it is in every tenant"),
        Finding::new(&codes::LOOKS_LIKE_A_CREDENTIAL, "platform-scripts/Map\u{1b}[31m", "line 3 holds a password"),
        held("Win - Firewall"),
        held("Win - Defender"),
        held("Win - Defender"),
    ]
}

#[test]
fn grouped_by_code_the_worst_first() {
    let look = Look { width: Some(80), verbose: false };
    insta::assert_snapshot!(plain(&findings(&sample(), look)), @r"
    error[broad-assignment-held] An assignment to all users or all devices is held back (2)
      why: The policy is assigned to all users or all devices; in a production
           tenant that takes effect at once.
      fix: Review the policy, then import again with --allow-broad.
      - settings-catalog/Win - Defender: it goes to all devices (/assignments/0)
      - settings-catalog/Win - Firewall: it goes to all devices (/assignments/0)

    warning[looks-like-a-credential] A text looks like a credential (1)
      why: A script or payload contains text that looks like a password, key or
           token; the tree holds it in clear text.
      fix: Remove the secret from the script, and keep the tree as private as the
           tenant.
      - platform-scripts/Map\u{1b}[31m: line 3 holds a password

    info[matched-default] The object exists in every tenant (1)
      - scope-tags/Default: it is in every tenant
    ");
}

#[test]
fn fixes_that_differ_stand_with_their_subjects() {
    let list = ["FERRY_A", "FERRY_B"]
        .map(|key| Finding::new(&codes::READ_FAILED, "wifi/Office", format!("needs {key}")).fix(format!("Set {key}.")));
    let text = plain(&findings(&list, Look::default()));
    assert!(text.contains("needs FERRY_A\n    fix: Set FERRY_A.\n"), "{text}");
    assert!(!text.contains("\n  fix:"), "{text}");
}

fn secret(subject: &str, key: &str) -> Finding {
    Finding::new(&codes::NEEDS_SECRET, subject, format!("the secret {key} is not set"))
        .at("/x")
        .fix(format!("Set the environment variable {key}."))
}

#[test]
fn the_secrets_of_a_policy_are_one_finding() {
    let list = [secret("wifi/Office", "FERRY_A"), secret("wifi/Office", "FERRY_B"), secret("wifi/Lab", "FERRY_C")];
    insta::assert_snapshot!(plain(&findings(&list, Look { width: Some(80), verbose: false })), @r"
    error[needs-secret] A secret is needed (3)
      why: The policy contains a secret, and secrets are never written to a tree.
      - wifi/Lab: a secret is not exported; to import the policy, set this
        environment variable: FERRY_C
      - wifi/Office: 2 secrets are not exported; to import the policy, set these
        environment variables: FERRY_A, FERRY_B
    ");
    let all = plain(&findings(&list, Look { verbose: true, width: None }));
    assert!(all.contains("the secret FERRY_B is not set (/x)"), "{all}");
}

#[test]
fn a_mask_provided_as_a_secret_is_called_one() {
    let message = format!("the value provided for the secret FERRY_A {IS_A_MASK}: key");
    let finding = Finding::new(&codes::NEEDS_SECRET, "wifi/Lab", message.as_str());
    let own = plain(&below(&[&finding], &Often::default(), "  ", Look::default()));
    assert!(own.contains(&message), "{own}");
}

#[test]
fn the_same_at_several_places_is_said_once() {
    let schema = |at: &str| Finding::new(&codes::SCHEMA, "apps/Mail", "there is no property `id`").at(at);
    let list = [schema("/a/0"), schema("/a/1"), schema("/a/2"), secret("apps/Mail", "FERRY_A")];
    let list: Vec<&Finding> = list.iter().collect();
    let often = Often::of(list.iter().copied());
    insta::assert_snapshot!(plain(&below(&list, &often, "      ", Look::default())), @r"
    schema: there is no property `id` (/a/0 and 2 more places)
    needs-secret: a secret is not exported; to import the policy, set this environment variable:
      FERRY_A
    ");
    insta::assert_snapshot!(plain(&legend(list, Look::default())), @r"
    Reasons (`intune-ferry explain CODE` shows details and the fix):
           1 needs-secret  A secret is needed
           1 schema        The file does not match Graph's published types
    ");
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let needs = |n: usize| Finding::new(&codes::BLOCKED_BY, format!("t/{n:02}"), format!("it needs t/x{n}"));
    let list: Vec<_> = (0..30).map(needs).collect();
    assert!(plain(&findings(&list, Look::default())).ends_with("  … and 20 more; -v lists all\n"));
    let all = plain(&findings(&list, Look { verbose: true, width: None }));
    assert!(all.contains("t/29") && !all.contains('…'));
}

#[test]
fn what_is_true_of_many_is_said_once() {
    let needs = |n: usize| Finding::new(&codes::BLOCKED_BY, format!("t/{n:03}"), "it needs t/x").fix("Import t/x.");
    let list: Vec<_> = (0..250).map(needs).collect();
    let text = plain(&findings(&list, Look::default()));
    assert_eq!(text.matches("it needs t/x: 000; 001; 002 and 247 more (-v lists all)").count(), 1, "{text}");
    assert_eq!((text.matches("Import t/x.").count(), text.lines().count()), (1, 4), "{text}");
    let often = Often::of(&list);
    assert_eq!(plain(&below(&[&list[7]], &often, "  ", Look::default())), "  blocked-by\n");
    let verbose = Look { verbose: true, width: None };
    assert!(plain(&below(&[&list[7]], &often, "  ", verbose)).contains("fix: Import t/x."));
    insta::assert_snapshot!(plain(&legend(&list, Look::default())), @r"
    Reasons (`intune-ferry explain CODE` shows details and the fix):
         250 blocked-by  The policy depends on a blocked policy
               it needs t/x
               000; 001; 002 and 247 more (-v lists all)
               fix: Import t/x.
    ");
}

#[test]
fn of_several_messages_each_is_said_once_with_its_policies() {
    let lacks = |n: usize| {
        let what = if n < 2 { "no connector" } else { "no license" };
        Finding::new(&codes::PREREQUISITE_MISSING, format!("t/{n}{}", "x".repeat(70)), what)
    };
    let list: Vec<_> = (0..7).map(lacks).collect();
    let text = plain(&legend(&list, Look { width: Some(80), verbose: false }));
    let names = |n: usize| format!("{n}{}…", "x".repeat(58));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = format!(
        "- no license: {}; {}; {} and 2 more (-v lists all) - no connector: {}; {}",
        names(2),
        names(3),
        names(4),
        names(0),
        names(1)
    );
    assert!(words.ends_with(&said), "{text}");
}

#[test]
fn an_unknown_code_is_shown_without_its_reason() {
    let mut finding = Finding::new(&codes::CYCLE, "t/a", "odd");
    finding.code = "from-the-future".into();
    assert!(plain(&findings([&finding], Look::default())).starts_with("error[from-the-future] (1)\n"));
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(findings([], Look::default()), "");
}
