//! A whole crossing by an application, with all the answers about reading at once in both tenants: what is written is
//! what is written without them, but for what they take away.

use std::collections::{BTreeMap, BTreeSet};

use intune_ferry::sandbox::{Behaviour, Failure, Fault, Field, TenantSeed};
use serde_json::Value;

use super::forms::{READING, refused};
use super::{playing, said, tenant};
use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

/// What became of each object of a run, by type and name.
fn outcomes(document: &Value) -> BTreeMap<(String, String), String> {
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let objects = document["objects"].as_array().unwrap().iter();
    objects
        .map(|object| ((text(object, "type"), text(object, "name")), object["action"].as_str().unwrap().to_owned()))
        .collect()
}

/// Export, mapping, plan, import and a second plan, with the codes they ended with.
fn crossed(field: &Field) -> (Env, [i32; 4], [Value; 4]) {
    let source = TenantSeed { field: field.clone(), ..tenant() };
    let target = TenantSeed { field: field.clone(), ..empty(PRODUCTION, "Fabrikam Production") };
    let env = Env::start(vec![source, target], Behaviour { restless: false, ..quick() });
    let run = |args: &[&str]| {
        let ran = env.ferry(&[args, &["--format", "json"]].concat());
        (ran.code, ran.json())
    };
    let (exported, export) = run(&["export", "trial", "--out", "tree"]);
    run(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]);
    let (planned, plan) = run(&["plan", "tree", "--to", "production", "--mapping", "mapping.json"]);
    let (imported, import) = run(&["import", "tree", "--to", "production", "--mapping", "mapping.json", YES]);
    let (again, second) = run(&["import", "tree", "--to", "production", "--mapping", "mapping.json", YES]);
    (env, [exported, planned, imported, again], [export, plan, import, second])
}

#[test]
fn an_application_crosses_with_all_answers_at_once_as_it_does_without_them() {
    let (_usual, codes, [_, plan, import, _]) = crossed(&Field::from_iter([]));
    let (env, with, [export, its_plan, its_import, its_second]) = crossed(&Field::from_iter(READING));
    assert_eq!(with[0], 0, "{:#}", export["findings"]);
    assert_eq!(with, codes, "{:#}\n{:#}\n{:#}", its_plan["findings"], its_import["findings"], its_second["findings"]);
    shows(&export, &["plain-form", "not-available", "not-read"]);
    let gone = refused(&BTreeSet::from(READING));
    for name in &gone {
        assert!(said(&export).iter().any(|(_, subject)| subject == name), "nothing is said of {name}");
    }
    let kept = |document: &Value| -> BTreeMap<_, _> {
        outcomes(document).into_iter().filter(|((ty, _), _)| !gone.contains(ty.as_str())).collect()
    };
    assert!(
        kept(&import).values().filter(|action| action.starts_with("create")).count() > 40,
        "{:#}",
        import["counts"]
    );
    assert_eq!(kept(&its_plan), kept(&plan));
    assert_eq!(kept(&its_import), kept(&import));
    let again = outcomes(&its_second);
    let twice: Vec<_> = again.iter().filter(|(_, action)| action.starts_with("create")).collect();
    let first = outcomes(&its_import);
    assert!(
        twice.iter().all(|(key, _)| first.get(*key).is_some_and(|action| !action.starts_with("create"))),
        "{twice:?}"
    );
    assert!(env.writes(PRODUCTION) > 40);
}

#[test]
fn groups_are_asked_for_one_by_one_where_asking_for_many_at_once_fails() {
    let env = playing([]);
    env.ferry(&["export", "trial", "--out", "whole"]).exits(0);
    env.sandbox().fail(Fault {
        path: "directoryObjects/getByIds".into(),
        status: Failure::Status(400),
        ..Fault::default()
    });
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert!(env.sandbox().requests(TRIAL).iter().any(|request| request.path.contains("getByIds")));
    assert_eq!(env.files("tree")["directory.json"], env.files("whole")["directory.json"]);
}
