//! The whole way against a sandbox in a process of its own, with latency and Graph's documented limits: time,
//! processor time, peak memory, requests, throttled answers, and the ratio to the least that anyone could take.
//!
//! `cargo bench --bench crossing` runs everything, which takes some ten minutes, most of it waiting for limits;
//! `-- export large limits incremental import other-app` choose from it. docs/performance.md has the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod floor;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use serde_json::{Map, Value};

use floor::Floor;
use support::lab::{Lab, TENANT, trial};
use support::large;
use support::measure::{self, Run};
use support::tenant;

const LATENCY_MS: u32 = 60;

fn main() {
    measure::be_wrapper();
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let all: [(&str, fn()); 6] = [
        ("export", export),
        ("large", export_of_large_policies),
        ("limits", export_with_limits),
        ("incremental", incremental),
        ("import", import_with_limits),
        ("other-app", import_beside_another_app),
    ];
    for (name, measure) in all {
        if chosen.is_empty() || chosen.iter().any(|wanted| wanted == name) {
            measure();
        }
    }
}

fn latency() -> String {
    format!("latency_ms = {LATENCY_MS}\n")
}

fn export() {
    println!("\n== export of 3,000 policies, {LATENCY_MS} ms per request, no limits");
    let lab = Lab::start(&tenant::of_size(3_000), &latency(), false);
    for tree in ["one", "two", "three"] {
        let before = lab.sandbox_cpu();
        let (run, document) = lab.ferry(&["export", "trial", "--out", tree]);
        show(&run, &document);
        println!("   (the sandbox used {:.1} s of processor time)", lab.sandbox_cpu() - before);
    }
}

fn export_of_large_policies() {
    let (policies, _) = large::of_size(3_000, 13);
    let wire: usize =
        policies.values().flat_map(|list| list.as_array().expect("a list")).map(|one| one.to_string().len()).sum();
    for (name, place) in measure::places() {
        let megabytes = wire / 1_000_000;
        println!(
            "\n== export of 3,000 policies of 13 KB ({megabytes} MB), {LATENCY_MS} ms per request, files in {name}"
        );
        std::fs::create_dir_all(&place).expect("a folder");
        let folder = tempfile::tempdir_in(place).expect("a folder");
        let lab = Lab::start_in(folder, &[trial(&policies)], &latency(), false);
        for tree in ["one", "two", "three"] {
            let (run, document) = lab.ferry(&["export", "trial", "--out", tree]);
            show(&run, &document);
            println!("   ({:.2} s of it in the system)", run.system);
        }
    }
}

fn export_with_limits() {
    println!("\n== export of 3,000 policies, {LATENCY_MS} ms per request, documented limits");
    let lab = Lab::start(&tenant::of_size(3_000), &format!("{}throttle = true\n", latency()), true);
    let (run, document) = lab.ferry(&["export", "trial", "--out", "tree"]);
    show(&run, &document);
    against_floor(&run, &document);
}

fn incremental() {
    println!("\n== export --incremental of an unchanged tenant of 3,000 policies, {LATENCY_MS} ms per request");
    let lab = Lab::start(&tenant::of_size(3_000), &format!("{}restless = false\n", latency()), false);
    let arguments = ["export", "trial", "--out", "tree", "--incremental"];
    let (run, document) = lab.ferry(&arguments);
    show(&run, &document);
    let first = counted(&document);
    let (run, document) = lab.ferry(&arguments);
    show(&run, &document);
    let again = counted(&document);
    println!("   {again} of {first} requests that Graph counts: {:.1} %", again / first * 100.0);
}

fn import(title: &str, behaviour: &str) -> (Run, Value) {
    println!("\n== {title}");
    let (full, base) = tenant::assigned(500);
    let mut lab = Lab::start(&full, "", false);
    let (run, _) = lab.ferry(&["export", "trial", "--out", "tree"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    lab.serve_instead(&base, behaviour, true);
    let yes = format!("--yes={TENANT}");
    let (run, document) = lab.ferry(&["import", "tree", "--to", "trial", "--restore", &yes]);
    show(&run, &document);
    (run, document)
}

fn import_with_limits() {
    let behaviour = format!("{}throttle = true\n", latency());
    let (run, document) =
        import(&format!("import of 500 assigned policies, {LATENCY_MS} ms per request, documented limits"), &behaviour);
    against_floor(&run, &document);
}

fn import_beside_another_app() {
    for (share, seconds) in [(0.5, ""), (0.75, ", seconds = 60")] {
        let behaviour = format!("{}throttle = true\nother_app = {{ share = {share}{seconds} }}\n", latency());
        let title = format!("the same, another app eats {share} of the tenant's budget{seconds}");
        let (run, document) = import(&title, &behaviour);
        against_floor(&run, &document);
    }
}

/// One line of figures, and the words of a run that did not end well.
fn show(run: &Run, document: &Value) {
    let requests = &document["requests"];
    let number = |name: &str| requests[name].as_u64().unwrap_or_default();
    println!(
        "   {:.2} s, cpu {:.2} s, peak {:.0} MB; {} requests, {} in batches, {} throttled, {} sent again; exit {}, {}",
        run.seconds,
        run.cpu,
        run.peak_mb,
        number("sent"),
        number("batched"),
        number("throttled"),
        number("retried"),
        run.code,
        counts(document),
    );
    for bucket in requests["buckets"].as_array().into_iter().flatten() {
        let fullest = bucket["fullest"].as_f64().unwrap_or_default();
        if fullest > 0.1 {
            println!(
                "      {}: {} requests, {} writes, at most {:.0} % of its limit",
                bucket["name"].as_str().unwrap_or_default(),
                bucket["requests"],
                bucket["writes"],
                fullest * 100.0
            );
        }
    }
    if ![0, 3, 4].contains(&run.code) {
        let findings = document["objects"].as_array().into_iter().flatten().filter_map(|o| o["findings"].get(0));
        let first = findings.clone().find(|finding| finding["severity"] != "info");
        println!("   {} findings, the first: {}", findings.count(), first.unwrap_or(&document["error"]));
    }
}

fn counts(document: &Value) -> String {
    let nothing = Map::new();
    let counts = document["counts"].as_object().unwrap_or(&nothing);
    counts.iter().map(|(word, number)| format!("{number} {word}")).collect::<Vec<_>>().join(", ")
}

/// Requests as Graph counts them: each part of a batch.
fn counted(document: &Value) -> f64 {
    let buckets = document["requests"]["buckets"].as_array();
    buckets.into_iter().flatten().filter_map(|bucket| bucket["requests"].as_f64()).sum()
}

fn against_floor(run: &Run, document: &Value) {
    let floor = Floor::of(document, f64::from(LATENCY_MS) / 1e3);
    println!(
        "   floor by rate {:.2} s (ratio {:.3}); least under sliding windows {:.2} s (ratio {:.3}); decided by {}",
        floor.by_rate,
        run.seconds / floor.by_rate,
        floor.sliding,
        run.seconds / floor.sliding,
        floor.bucket,
    );
}
