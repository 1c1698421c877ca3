//! Every command on tenants of 1,000 and 10,000 policies of some 10 KB: time, processor time, peak memory, and how they
//! grow. Each run is a process of its own; a sandbox in another process serves both tenants.
//!
//! `cargo bench --bench commands` does all of it, in a file system in memory and on the disk, and takes some 20 minutes;
//! `-- 1000 memory` chooses a size and a file system, `-- lint plan verify` choose commands (`export` and `map` run all
//! the same, the others work on what they make). docs/performance.md has the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use support::lab::{Lab, Served, TARGET, TENANT};
use support::large;
use support::measure::{self, Run};

const SIZES: [usize; 2] = [1_000, 10_000];
/// What a policy of the tree says of itself, and what the later tree says of every hundredth.
const CHANGED: [&str; 2] = ["Made for the benchmark", "Changed since"];

fn main() {
    measure::be_wrapper();
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let numbers: Vec<usize> = chosen.iter().filter_map(|word| word.parse().ok()).collect();
    let places = measure::places();
    let some_place = places.iter().any(|(name, _)| chosen.iter().any(|word| word == name));
    let is_place = |word: &String| word == "memory" || word == "disk";
    let words: Vec<&str> =
        chosen.iter().filter(|word| word.parse::<usize>().is_err() && !is_place(word)).map(String::as_str).collect();
    let sizes = if numbers.is_empty() { SIZES.to_vec() } else { numbers };
    for (name, folder) in &places {
        if some_place && !chosen.iter().any(|word| word == name) {
            continue;
        }
        let mut before: BTreeMap<&str, Run> = BTreeMap::new();
        for size in &sizes {
            println!("\n== {size} policies, files in {name}");
            for (command, run) in all(*size, folder, &words) {
                let growth = before.get(command).map_or_else(String::new, |before| {
                    format!(
                        "; memory x {:.1}, time x {:.1}",
                        run.peak_mb / before.peak_mb,
                        run.seconds / before.seconds
                    )
                });
                println!(
                    "{command:<18} {:>7.2} s, cpu {:>7.2} s (system {:.2} s), peak {:>5.0} MB, exit {}{growth}",
                    run.seconds, run.cpu, run.system, run.peak_mb, run.code,
                );
                before.insert(command, run);
            }
        }
    }
}

/// Runs the commands one after the other, each on what those before it made.
fn all(size: usize, place: &Path, words: &[&str]) -> Vec<(&'static str, Run)> {
    let (source, target) = large::tenants(size);
    let wire: usize =
        source.values().flat_map(|list| list.as_array().expect("a list")).map(|one| one.to_string().len()).sum();
    println!("{:.0} MB as Graph sends them, {:.1} KB each", mega(wire), mega(wire / size) * 1e3);
    std::fs::create_dir_all(place).expect("a folder");
    let folder = tempfile::tempdir_in(place).expect("a folder");
    let tenants = [
        Served { name: "trial", id: TENANT, objects: &source },
        Served { name: "production", id: TARGET, objects: &target },
    ];
    let lab = Lab::start_in(folder, &tenants, "restless = false\n", false);
    drop((source, target));
    let yes = format!("--yes={TARGET}");
    let to = ["tree", "--to", "production", "--mapping", "mapping.json"];
    let import: Vec<&str> = ["import"].iter().chain(&to).copied().chain([yes.as_str()]).collect();
    let plan: Vec<&str> = ["plan"].iter().chain(&to).copied().collect();
    let verify: Vec<&str> = ["verify"].iter().chain(&to).copied().collect();
    let steps: [(&str, &[&str]); 15] = [
        ("export", &["export", "trial", "--out", "tree"]),
        ("export again", &["export", "trial", "--out", "tree"]),
        ("incremental", &["export", "trial", "--out", "other", "--incremental"]),
        ("incremental again", &["export", "trial", "--out", "other", "--incremental"]),
        ("lint", &["lint", "tree"]),
        ("report", &["report", "tree", "--html", "report.html"]),
        ("diff", &["diff", "tree", "later"]),
        ("diff tenant", &["diff", "tree", "tenant:trial"]),
        ("map", &["map", "tree", "--to", "production", "--out", "mapping.json", "--accept", "group:same-name"]),
        ("rewrite", &["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]),
        ("plan", &plan),
        ("import", &import),
        ("plan again", &plan),
        ("verify", &verify),
        ("import again", &import),
    ];
    let mut runs = Vec::new();
    for (name, arguments) in steps {
        let wanted = words.is_empty() || words.iter().any(|word| name == *word || name.split(' ').next() == Some(word));
        if !wanted && !["export", "map"].contains(&name) {
            continue;
        }
        if name == "diff" {
            later(&lab.path("tree"), &lab.path("later"));
        }
        let (run, document) = lab.ferry(arguments);
        if ![0, 3].contains(&run.code) {
            let first = document["findings"].get(0).unwrap_or(&document["error"]);
            println!("{name}: exit {}, {}; {first}\n{}", run.code, document["counts"], run.err.trim());
        }
        runs.push((name, run));
    }
    if let Ok(page) = std::fs::metadata(lab.path("report.html")) {
        println!("the page of the report has {:.1} MB", mega(usize::try_from(page.len()).expect("a size")));
    }
    runs
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// The tree as it is later: every hundredth policy was changed.
fn later(tree: &Path, later: &Path) {
    let files = walkdir::WalkDir::new(tree).sort_by_file_name().into_iter().map(|entry| entry.expect("a file"));
    let mut number = 0_usize;
    for entry in files {
        let to = later.join(entry.path().strip_prefix(tree).expect("below the tree"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).expect("a folder");
            continue;
        }
        let mut bytes = std::fs::read(entry.path()).expect("a file");
        if entry.depth() == 2 && entry.path().extension().is_some_and(|ending| ending == "json") {
            number += 1;
            if number.is_multiple_of(100) {
                bytes = String::from_utf8(bytes).expect("text").replace(CHANGED[0], CHANGED[1]).into_bytes();
            }
        }
        std::fs::write(to, bytes).expect("a file");
    }
}
