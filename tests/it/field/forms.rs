//! The forms of a request that the service refuses, and all answers at once and at random: the tree is the one of a
//! tenant without them, but for what was refused, and that is said.

use std::collections::{BTreeMap, BTreeSet};

use intune_ferry::sandbox::{Answer, Failure, Fault};
use serde_json::Value;

use super::{playing, said};
use crate::env::{Env, TRIAL, shows};

/// The files of policies that an export of everything writes, by folder and name. What a sandbox makes up by chance is
/// not in them.
fn policies(env: &Env) -> BTreeMap<String, Vec<u8>> {
    let files = env.files("tree").into_iter();
    files.filter(|(name, _)| name.contains('/')).collect()
}

fn exported(env: &Env) -> Value {
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]);
    assert_eq!(ran.code, 0, "{:#}", ran.json()["findings"]);
    ran.json()
}

#[track_caller]
fn same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<BTreeSet<_>>();
    let differ: Vec<_> = names(left).symmetric_difference(&names(right)).cloned().collect();
    assert!(differ.is_empty(), "{differ:?}");
    for (name, bytes) in left {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(bytes), text(&right[name]), "{name}");
    }
}

#[test]
fn a_refused_expansion_page_cast_or_selection_is_asked_for_plainly_and_nothing_is_missing() {
    let usual = playing([]);
    let document = exported(&usual);
    assert!(!said(&document).iter().any(|(code, _)| code == "plain-form"), "{document:#}");
    let usual = policies(&usual);
    for (answer, question) in [
        (Answer::ExpandRefused, "settings-catalog (list)"),
        (Answer::NoODataRoute, "role-assignments/roleDefinition"),
        (Answer::TopRefused, "settings-catalog/settings"),
        (Answer::RoleAssignmentsByRole, "role-assignments (list)"),
    ] {
        let env = playing([answer]);
        let document = exported(&env);
        shows(&document, &["plain-form"]);
        assert!(said(&document).contains(&("plain-form".to_owned(), question.to_owned())), "{document:#}");
        same(&usual, &policies(&env));
    }
}

#[test]
fn the_settings_of_app_configurations_come_by_expanding_and_where_that_fails_by_themselves() {
    let usual = playing([]);
    exported(&usual);
    let usual = policies(&usual);
    let env = playing([Answer::SettingsByExpandOnly]);
    let document = exported(&env);
    assert!(!said(&document).iter().any(|(code, _)| code == "plain-form"), "{document:#}");
    same(&usual, &policies(&env));
    let env = playing([]);
    env.sandbox().fail(Fault { path: "?$expand=settings".into(), status: Failure::Status(400), ..Fault::default() });
    let document = exported(&env);
    assert!(said(&document).contains(&("plain-form".to_owned(), "app-configurations-apps/settings".to_owned())));
    same(&usual, &policies(&env));
}

#[test]
fn what_is_refused_in_one_form_is_asked_for_so_once_in_a_run() {
    let env = playing([Answer::ExpandRefused]);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let asked = env.sandbox().requests(TRIAL);
    let refused = asked.iter().filter(|request| request.path.contains("configurationPolicies?$expand=")).count();
    assert_eq!(refused, 1);
}

#[test]
fn the_settings_of_the_tenant_are_read_without_selecting_them() {
    let env = playing([]);
    let usual = env.run(&["export", "trial", "--out", "tree", "--only", "tenant-settings"]);
    assert_eq!(usual["counts"]["policies"], 1);
    let before = policies(&env);
    env.sandbox().fail(Fault {
        path: "deviceManagement?$select=".into(),
        status: Failure::Status(400),
        ..Fault::default()
    });
    env.ferry(&["export", "trial", "--out", "tree", "--only", "tenant-settings"]).exits(0);
    same(&before, &policies(&env));
}

#[test]
fn microsofts_own_apps_are_nobodys_and_types_are_read_with_or_without_a_hash() {
    let usual = playing([]);
    exported(&usual);
    let env = playing([Answer::BuiltInApps, Answer::TypesWithoutHash]);
    exported(&env);
    same(&policies(&usual), &policies(&env));
}

/// The folders of what an answer takes away from an application, whatever else is played.
pub fn refused(answers: &BTreeSet<Answer>) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    for answer in answers {
        match answer {
            Answer::ForbiddenUnauthorized => drop(all.insert("branding-profiles")),
            Answer::CloudPcUnlicensed => drop(all.insert("cloud-pc-user-settings")),
            Answer::FeatureNotAvailable => drop(all.insert("resource-access-profiles")),
            _ => {}
        }
    }
    all
}

/// Exports with these answers, and holds the tree against the one of a tenant without them.
fn holds(usual: &BTreeMap<String, Vec<u8>>, answers: &BTreeSet<Answer>) {
    let env = playing(answers.iter().copied());
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]);
    let document = ran.json();
    let names: Vec<&str> = answers.iter().map(|answer| answer.name()).collect();
    assert_eq!(ran.code, 0, "{names:?}: {:#}", document["findings"]);
    let gone = refused(answers);
    let said = said(&document);
    let folder = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let written = policies(&env);
    for (name, bytes) in usual {
        let folder = folder(name);
        if gone.contains(folder.as_str()) {
            continue;
        }
        let found =
            written.get(name).unwrap_or_else(|| panic!("{names:?}: {name} is missing: {:#}", document["findings"]));
        assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(bytes), "{names:?}: {name}");
    }
    assert!(written.keys().all(|name| usual.contains_key(name)), "{names:?}");
    for name in gone {
        assert!(said.iter().any(|(_, subject)| subject == name), "{names:?}: nothing is said of {name}");
    }
}

#[test]
fn all_answers_at_once_and_any_of_them_lose_only_what_is_refused_and_say_so() {
    let usual = playing([]);
    exported(&usual);
    let usual = policies(&usual);
    let all: BTreeSet<Answer> = Answer::ALL.into_iter().filter(|answer| READING.contains(answer)).collect();
    holds(&usual, &all);
    let draws = std::env::var("FERRY_FIELD_DRAWS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..draws {
        holds(&usual, &all.iter().copied().filter(|_| random.bool()).collect());
    }
}

/// The answers about reading.
pub const READING: [Answer; 14] = [
    Answer::ScopeAppOnly,
    Answer::ForbiddenUnauthorized,
    Answer::NoODataRoute,
    Answer::ExpandRefused,
    Answer::TopRefused,
    Answer::SelectRefused,
    Answer::CloudPcUnlicensed,
    Answer::FeatureNotAvailable,
    Answer::BuiltInApps,
    Answer::TypesWithoutHash,
    Answer::SettingsByExpandOnly,
    Answer::RoleAssignmentsByRole,
    Answer::GetByIdsRefused,
    Answer::IdListRefused,
];
