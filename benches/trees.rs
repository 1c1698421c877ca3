//! Commands that ask no tenant, on trees of 10,000 policies (some 110 MB): time, processor time, peak memory.
//!
//! `cargo bench --bench trees`; `-- lint rewrite diff report` choose. docs/performance.md has the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::path::Path;

use intune_ferry::catalogue::Catalogue;

use support::lab::program;
use support::{measure, tenant};

const POLICIES: usize = 10_000;

fn main() {
    measure::be_wrapper();
    let folder = tempfile::tempdir().expect("a folder");
    let groups = tenant::groups();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let bytes = write_tree(&folder.path().join("tree"), &groups, &|_| false);
    write_tree(&folder.path().join("later"), &groups, &|number| number % 100 == 7);
    let mapping = tenant::mapping(&groups).to_text();
    std::fs::write(folder.path().join("mapping.json"), mapping).expect("a file");
    println!("a tree of {POLICIES} policies, {} MB", bytes / 1_000_000);
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, arguments) in [
        ("lint", &["lint", "tree"][..]),
        ("rewrite", &["rewrite", "tree", "--mapping", "mapping.json", "--out", "OUT"]),
        ("diff", &["diff", "tree", "later"]),
        ("report", &["report", "tree", "--html", "report.html"]),
    ] {
        if !chosen.is_empty() && !chosen.iter().any(|wanted| wanted == name) {
            continue;
        }
        for round in 0..3 {
            // Into another folder each time: a file system is slow for a while after so many files went.
            let out = format!("rewritten-{round}");
            let arguments: Vec<&str> = arguments.iter().map(|word| if *word == "OUT" { &out } else { *word }).collect();
            let run = measure::run(&program(), &arguments, folder.path(), &[]);
            println!(
                "{name} {round}: {:.2} s, cpu {:.2} s, peak {:.0} MB, exit {}",
                run.seconds, run.cpu, run.peak_mb, run.code
            );
            if ![0, 3, 4].contains(&run.code) {
                println!("{}\n{}", run.out, run.err);
            }
        }
    }
}

/// Writes a tree as `export` does; `changed` says which policies are not as usual. How many bytes it has.
fn write_tree(tree: &Path, groups: &[&str], changed: &dyn Fn(usize) -> bool) -> u64 {
    let catalogue = Catalogue::built_in().expect("the catalogue");
    let snapshot = tenant::snapshot(POLICIES, groups, changed);
    intune_ferry::tree::write(tree, &snapshot, &catalogue, true).expect("the tree is written");
    let files = walkdir::WalkDir::new(tree).into_iter().map(|entry| entry.expect("a file"));
    files.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|file| file.len()).sum()
}
