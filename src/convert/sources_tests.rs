//! Figures over group policy objects and templates of others, where they are beside the project.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests may fail loudly and show figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::admx::Templates;
use crate::gpo::{Backup, Gpo, backup};
use crate::resolve::{Meaning, resolve};

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

#[test]
fn what_the_settings_of_others_mean() {
    let Some((gpos, templates)) = load() else { return };
    for gpo in &gpos {
        println!("== {} {:?}", gpo.name, gpo.problems);
        let mut told: BTreeMap<&str, usize> = BTreeMap::new();
        for own in resolve(gpo, &templates) {
            let word = match &own.meaning {
                Meaning::Policy { .. } => "policy",
                Meaning::NotConfigured => "not configured",
                Meaning::Unknown(why) => {
                    println!("  ? {} | {} | {why}", own.setting.place, own.setting.name);
                    "unknown"
                }
                Meaning::Itself => {
                    if std::env::var("SHOW").is_ok() {
                        println!("  - {} | {}", own.setting.place, own.setting.name);
                    }
                    "itself"
                }
            };
            *told.entry(word).or_default() += 1;
        }
        println!("  {told:?}");
    }
}
