//! Figures over group policy objects and templates of others, where they are beside the project.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests may fail loudly and show figures")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::admx::Templates;
use crate::convert::{Verdict, convert};
use crate::gpo::{Backup, Gpo, backup};
use crate::rules::Rules;
use crate::text;

fn files(root: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() { files(&entry.path(), out) } else { out.push(entry.path()) }
    }
    out.sort();
}

/// The objects and the templates of the folder; none where it is absent.
fn load() -> Option<(Vec<Gpo>, Templates)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sources/gpo");
    if !root.is_dir() {
        println!("skipped: {} is absent", root.display());
        return None;
    }
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut backups: BTreeMap<PathBuf, Backup> = BTreeMap::new();
    let mut admx = Vec::new();
    for path in all {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if ending == "admx" || ending == "adml" {
            admx.push((name, std::fs::read(&path).unwrap()));
        } else if let Some(kind) = backup::kind_of(&name) {
            let own = path.ancestors().find(|above| above.join("gpreport.xml").is_file()).unwrap().to_owned();
            backups.entry(own).or_default().add(&name, kind, &std::fs::read(&path).unwrap());
        }
    }
    let before = std::time::Instant::now();
    let mut templates = Templates::default();
    let problems = templates.add(&admx);
    println!("{} policies of {} files in {:?}; {problems:?}", templates.len(), admx.len(), before.elapsed());
    Some((backups.into_values().map(Backup::finish).collect(), templates))
}

/// The ids of settings in published policies; none where the corpus is absent.
fn published() -> Option<BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut ids = BTreeSet::new();
    for path in all.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let bytes = std::fs::read(path).unwrap();
        let Ok(text) = text::decode(&bytes) else { continue };
        for part in text.split("settingDefinitionId\"").skip(1) {
            let value = part.trim_start().strip_prefix(':').unwrap_or_default().trim_start();
            if let Some(id) = value.strip_prefix('"').and_then(|value| value.split('"').next()) {
                ids.insert(id.to_owned());
            }
        }
    }
    (!ids.is_empty()).then_some(ids)
}

fn rules() -> Rules {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/convert/group-policy.toml");
    Rules::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All definition ids of a policy.
fn ids_of(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            ids.extend(map.get("settingDefinitionId").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|own| ids_of(own, ids));
        }
        Value::Array(list) => list.iter().for_each(|own| ids_of(own, ids)),
        _ => {}
    }
}

#[test]
fn the_settings_of_others_convert() {
    let Some((gpos, templates)) = load() else { return };
    let (rules, published, show) = (rules(), published(), std::env::var("SHOW").is_ok());
    let (mut by_template, mut converted) = (0, 0);
    for gpo in &gpos {
        println!("== {} {:?}", gpo.name, gpo.problems);
        let conversion = convert(gpo, &templates, &rules);
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for own in &conversion.judged {
            *told.entry(own.verdict.word()).or_default() += 1;
            let is_converted = matches!(own.verdict, Verdict::Converted(_) | Verdict::OtherForm(_));
            by_template += usize::from(own.by_template);
            converted += usize::from(own.by_template && is_converted);
            if show && !is_converted {
                println!("  {} | {} | {} | {:?}", own.setting.place, own.setting.name, own.value, own.verdict);
            }
        }
        let mut ids = Vec::new();
        conversion.policies.iter().for_each(|own| ids_of(&Value::from(own.body.clone()), &mut ids));
        let unknown: Vec<_> =
            ids.iter().filter(|id| published.as_ref().is_some_and(|all| !all.contains(*id))).collect();
        println!(
            "  {} settings {told:?}; {} definitions, {} not published: {unknown:#?}",
            conversion.judged.len(),
            ids.len(),
            unknown.len()
        );
    }
    println!("{converted} of {by_template} settings that a template explains");
    assert!(converted * 100 >= by_template * 85, "{converted} of {by_template}");
}
