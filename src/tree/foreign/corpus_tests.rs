//! Tries real exports that others published. They are not part of this project: where they are not at
//! hand, these tests say so and pass.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests may fail loudly and say what they saw")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::catalogue::entities::bare_name;
use crate::catalogue::{Catalogue, Entities, misfits};
use crate::finding::codes;
use crate::policy::Kept;

const SOURCES: &[&str] = &[
    "aaronparker",
    "alexfilipin-ca",
    "ces2026-intunecd",
    "cloudshield-ca",
    "hydrationkit",
    "intuneadmin-baselines",
    "j0eyv-ca",
    "ms-acsc",
    "ms-config-frameworks",
    "nathanmcnulty",
    "oib",
];

fn corpus() -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/corpus"));
    let found = std::env::var_os("FERRY_CORPUS").map(PathBuf::from).into_iter().chain(near).find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: no corpus at hand (FERRY_CORPUS)");
    }
    found
}

/// What the index says of each place: `source/file#pointer` → Graph's name of the collection.
fn index(corpus: &Path, source: &str) -> BTreeMap<(String, String), String> {
    let rows: Value = serde_json::from_slice(&std::fs::read(corpus.join("index.json")).unwrap()).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .filter(|row| row["source"] == source)
        .map(|row| {
            let file = text(row, "path").strip_prefix(&format!("{source}/")).unwrap().to_owned();
            ((file, text(row, "pointer")), text(row, "graphType"))
        })
        .collect()
}

fn is_of(catalogue: &Catalogue, policy_type: &str, graph_type: &str) -> bool {
    let policy_type = catalogue.get(policy_type).unwrap();
    let path = match graph_type {
        "conditionalAccessPolicies" => "identity/conditionalAccess/policies",
        other => other,
    };
    std::iter::once(&policy_type.path).chain(&policy_type.also_at).any(|own| own.ends_with(path))
}

#[test]
fn everything_in_the_corpus_is_accounted_for() {
    let Some(corpus) = corpus() else { return };
    let catalogue = Catalogue::built_in().unwrap();
    let entities = Entities::built_in();
    let mut wrong = Vec::new();
    for source in SOURCES {
        let root = corpus.join(source);
        let adopted = adopt(&root, &catalogue, Options::default()).unwrap();
        let counts = adopted.counts;
        eprintln!("{source}: {counts:?}");
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &adopted.findings {
            *seen
                .entry(format!("{}: {}", finding.code, finding.message.chars().take(110).collect::<String>()))
                .or_default() += 1;
        }
        for (what, count) in seen.iter().filter(|(what, _)| !what.starts_with("duplicate-object")) {
            eprintln!("  {count} {what}");
        }

        let expected = index(&corpus, source);
        let known = |graph_type: &str| catalogue.iter().any(|t| is_of(&catalogue, &t.name, graph_type));
        for outcome in &adopted.outcomes {
            let Some(graph_type) = expected.get(&(outcome.file.clone(), outcome.pointer.clone())) else {
                wrong.push(format!("not in the index: {outcome:?}"));
                continue;
            };
            let fine = match &outcome.fate {
                Fate::Adopted { policy_type, .. } | Fate::Duplicate { policy_type, .. } => {
                    is_of(&catalogue, policy_type, graph_type)
                }
                Fate::Helper => ["group", "migrationTable", "assignmentReport"].contains(&graph_type.as_str()),
                Fate::Damaged => false,
                Fate::NotRecognized => !known(graph_type),
            };
            // One has neither grant controls nor any annotation: only a session control.
            let bare = *source == "alexfilipin-ca" && outcome.file.contains("/209 - RING");
            if !fine && !bare {
                wrong.push(format!("{source}: {graph_type} became {outcome:?}"));
            }
        }
        let places: BTreeSet<_> = adopted.outcomes.iter().map(|o| (o.file.clone(), o.pointer.clone())).collect();
        wrong.extend(
            expected.keys().filter(|place| !places.contains(*place)).map(|place| format!("{source}: lost {place:?}")),
        );
        assert_eq!(adopted.policies.len(), counts.adopted, "{source}");
        assert_eq!(
            counts.objects,
            counts.adopted + counts.duplicates + counts.helpers + counts.damaged + counts.not_recognized
        );
        let ids: BTreeSet<_> = adopted.policies.iter().map(|p| (p.type_name.clone(), p.key().to_lowercase())).collect();
        assert_eq!(ids.len(), counts.adopted, "{source}: ids are not unique");
        for policy in adopted.policies.iter().map(Kept::open) {
            let text = policy.to_value().to_string();
            for noise in
                ["@odata.navigationLink", "@odata.associationLink", "@odata.editLink", "\"#CustomRef", "#Collection("]
            {
                assert!(!text.contains(noise), "{} holds {noise}", policy.subject());
            }
            // Three policies of one source hold a list where Graph has an object, and are found for it.
            let known =
                |at: &Option<String>| *source == "alexfilipin-ca" && at.as_deref() == Some("/conditions/locations");
            let odd = misfits(&policy, &catalogue).into_iter().filter(|one| !known(&one.at));
            wrong.extend(odd.map(|one| format!("{source}: {} at {:?}: {}", one.subject, one.at, one.message)));
            let entity = &catalogue.get(&policy.type_name).unwrap().entity;
            let entity = policy.odata_type().map_or(entity.as_str(), bare_name);
            for key in policy.body.keys().filter(|key| !key.contains('@') && *key != "id") {
                // One source is written by hand, one by a script with members of its own.
                if entities.declared(entity, key).is_none() && !["hydrationkit", "ms-acsc"].contains(source) {
                    wrong.push(format!("{source}: {} has {key}, which Graph does not know", policy.subject()));
                }
            }
        }
        let again = adopt(&root, &catalogue, Options::default()).unwrap();
        assert_eq!(again.policies, adopted.policies, "{source}: reading twice differs");
        assert_eq!(adopted.findings.iter().filter(|f| f.is(&codes::DUPLICATE_OBJECT)).count(), counts.duplicates);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
