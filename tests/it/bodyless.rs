//! A success without a body, a list that is null, an expansion that does not come: what was not read is not empty. Such
//! parts of a batch are reported (mondoohq/mql#10080, 2026-08-18). No file of a tree loses anything because of them.

use intune_ferry::sandbox::{Failure, Fault, Spoilt};

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, sample, shows};

fn exported() -> Env {
    let seeds = vec![sample("contoso-trial", TRIAL, "Contoso Trial"), empty(PRODUCTION, "Fabrikam")];
    let env = Env::start(seeds, quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env
}

fn spoil(env: &Env, path: &str, spoilt: Spoilt, times: Option<u64>) {
    let path = format!("/beta/deviceManagement/{path}");
    let method = Some(String::from("GET"));
    env.sandbox().fail(Fault { method, path, status: Failure::List(spoilt), times, ..Fault::default() });
}

/// Fails unless the next export says that it could not read something, and no policy's file is another.
fn nothing_is_lost(path: &str, spoilt: Spoilt) {
    let env = exported();
    let before = env.files("tree");
    spoil(&env, path, spoilt, None);
    let failed = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(5).json();
    shows(&failed, &["read-failed"]);
    let after = env.files("tree");
    let is_about_the_tree = |name: &str| ["ferry-tree.json", "SHA256SUMS"].contains(&name);
    for (name, content) in before.iter().filter(|(name, _)| !is_about_the_tree(name)) {
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        let now = after.get(name).map(|content| text(content));
        assert_eq!(now.as_deref(), Some(text(content).as_str()), "{path}, {spoilt:?}: {name}");
    }
}

#[test]
fn a_part_without_a_body_was_not_read() {
    for path in [
        "configurationPolicies/*/settings",
        "groupPolicyConfigurations/*/definitionValues?",
        "groupPolicyConfigurations/*/presentationValues",
        "deviceManagementScripts/*",
    ] {
        nothing_is_lost(path, Spoilt::Bodyless);
    }
}

#[test]
fn a_link_without_a_body_was_not_read() {
    nothing_is_lost("windowsAutopilotDeploymentProfiles/*/domainJoinConfiguration", Spoilt::Bodyless);
}

#[test]
fn a_list_that_is_null_was_not_read() {
    for path in ["configurationPolicies/*/settings", "groupPolicyConfigurations/*/presentationValues"] {
        nothing_is_lost(path, Spoilt::NullValue);
    }
}

/// What is found only through other objects: roles lead to their assignments.
#[test]
fn a_list_that_is_found_through_others_and_has_no_values_was_not_read() {
    for spoilt in [Spoilt::NoList, Spoilt::NullValue, Spoilt::Bodyless] {
        let env = exported();
        let before = env.files("tree");
        let refused = String::from("/beta/deviceManagement/roleAssignments");
        env.sandbox().fail(Fault { path: refused, status: Failure::Status(400), ..Fault::default() });
        spoil(&env, "roleDefinitions/*/roleAssignments", spoilt, None);
        let failed = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(5).json();
        shows(&failed, &["read-failed"]);
        let after = env.files("tree");
        assert!(before.keys().all(|name| after.contains_key(name)), "{spoilt:?}");
    }
}

#[test]
fn an_object_of_which_only_the_id_comes_was_not_read() {
    for path in ["configurationPolicies?", "deviceCompliancePolicies/*", "deviceManagementScripts/*"] {
        nothing_is_lost(path, Spoilt::OnlyIds);
    }
}

/// What is looked up in the directory: a group of which nothing is known is not missing.
#[test]
fn an_answer_of_the_directory_without_a_list_makes_no_object_missing() {
    let env = exported();
    let before = env.files("tree");
    let path = String::from("/v1.0/directoryObjects/getByIds");
    env.sandbox().fail(Fault { path, status: Failure::List(Spoilt::NoList), ..Fault::default() });
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(env.files("tree"), before);
}

#[test]
fn a_part_that_once_comes_without_a_body_is_asked_for_again() {
    let env = exported();
    let before = env.files("tree");
    spoil(&env, "configurationPolicies/*/settings", Spoilt::Bodyless, Some(1));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(env.files("tree"), before);
}

/// Graph refuses what it cannot expand (quirks.md 59); no one reported that it leaves it out, and then nobody would see
/// that a backup has no assignments.
#[test]
fn assignments_that_do_not_come_with_the_list_are_asked_for() {
    let env = exported();
    let before = env.files("tree");
    spoil(&env, "configurationPolicies?$expand=assignments", Spoilt::Unexpanded, None);
    spoil(&env, "deviceCompliancePolicies/*", Spoilt::Unexpanded, None);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(env.files("tree"), before);
}
