//! One answer at a time: what is not for this sign-in, and what the tenant does not have.

use intune_ferry::sandbox::{Answer, Failure, Fault};

use super::{message, playing, said};
use crate::env::{TRIAL, shows};

#[test]
fn what_is_for_persons_only_is_left_out_for_an_application_without_asking_and_said_once() {
    let env = playing([Answer::ScopeAppOnly]);
    let document = env.run(&["export", "trial", "--out", "tree"]);
    shows(&document, &["not-read"]);
    for name in ["mdm-scope", "mam-scope"] {
        let told = said(&document).iter().filter(|(_, subject)| subject == name).count();
        assert_eq!(told, 1, "{document:#}");
        assert!(message(&document, name).contains("only a signed-in user can read this"), "{document:#}");
    }
    let asked = env.sandbox().requests(TRIAL);
    assert!(!asked.iter().any(|request| request.path.contains("/policies/mobile")), "it was asked all the same");
    env.ferry(&["export", "trial", "--out", "again"]).exits(0);

    // Who asks for it by its name wants it.
    let ran = env.ferry(&["export", "trial", "--out", "scope", "--only", "mdm-scope"]).exits(5);
    assert!(ran.out.contains("Unsupported app-only call.") && ran.out.contains("Sign in as a user"), "{}", ran.out);
}

#[test]
fn a_401_of_one_resource_with_forbidden_inside_is_the_refusal_of_that_resource() {
    let env = playing([Answer::ForbiddenUnauthorized]);
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(0);
    assert!(message(&ran.json(), "branding-profiles").contains("for signed-in users only"));
    assert!(env.files("tree").keys().any(|file| file.starts_with("settings-catalog/")));
    let ran = env.ferry(&["export", "trial", "--out", "b", "--only", "branding-profiles"]).exits(5);
    assert!(ran.out.contains("401") && ran.out.contains("Sign in as a user"), "{}", ran.out);
}

#[test]
fn a_401_inside_a_batch_loses_that_object_and_ends_neither_export_nor_plan() {
    let env = playing([]);
    env.ferry(&["export", "trial", "--out", "whole"]).exits(0);
    env.sandbox().fail(Fault {
        path: "/settings?$top=1000".into(),
        status: Failure::Status(401),
        after: 1,
        ..Fault::default()
    });
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(5);
    shows(&ran.json(), &["read-failed"]);
    let (whole, tree) = (env.files("whole"), env.files("tree"));
    let of = |files: &std::collections::BTreeMap<String, Vec<u8>>, folder: &str| {
        files.keys().filter(|file| file.starts_with(folder)).count()
    };
    assert!(of(&tree, "settings-catalog/") < of(&whole, "settings-catalog/"));
    assert_eq!(of(&tree, "device-configurations/"), of(&whole, "device-configurations/"));
    env.ferry(&["plan", "whole", "--to", "trial", "--restore"]).exits(4);
}

#[test]
fn a_token_that_nobody_takes_still_ends_the_run_as_a_failed_sign_in() {
    let env = playing([]);
    env.sandbox().fail(Fault { path: "/".into(), status: Failure::Status(401), ..Fault::default() });
    env.ferry(&["export", "trial", "--out", "tree"]).exits(6);
}

#[test]
fn what_the_tenant_does_not_have_fails_no_export_touches_no_file_and_is_not_taken_for_empty() {
    let licensed = playing([]);
    let tree = licensed.path("tree").display().to_string();
    licensed.ferry(&["export", "trial", "--out", &tree]).exits(0);
    let before = licensed.files("tree");
    for folder in ["cloud-pc-user-settings/", "resource-access-profiles/"] {
        assert!(before.keys().any(|file| file.starts_with(folder)), "{folder}");
    }

    let env = playing([Answer::CloudPcUnlicensed, Answer::FeatureNotAvailable]);
    let ran = env.ferry(&["export", "trial", "--out", &tree, "--format", "json"]).exits(0);
    shows(&ran.json(), &["not-available"]);
    for (name, words) in [
        ("cloud-pc-user-settings", "a Windows 365 license"),
        ("resource-access-profiles", "400"),
        ("exchange-policies", "500"),
        ("derived-credentials", "501"),
        ("ebooks", "404"),
    ] {
        let told = message(&ran.json(), name);
        assert!(told.contains("not available in this tenant") && told.contains(words), "{told}");
    }
    let after = licensed.files("tree");
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let manifest: serde_json::Value = serde_json::from_slice(&after["ferry-tree.json"]).unwrap();
    assert_eq!(manifest["types"]["ebooks"]["status"], "not-read", "{manifest:#}");
    env.ferry(&["export", "trial", "--out", &tree]).exits(0);
    assert_eq!(after, licensed.files("tree"), "what is not there every night gives no change every night");

    // Neither is compared as if it were empty, and asked for by name it fails.
    let ran = env.ferry(&["diff", &tree, "tenant:trial", "--format", "json"]).exits(0);
    assert!(ran.out.contains("not-compared"), "{}", ran.out);
    let ran = env.ferry(&["export", "trial", "--out", "c", "--only", "cloud-pc-user-settings"]).exits(5);
    assert!(ran.out.contains("AccessDenied"), "{}", ran.out);
}
