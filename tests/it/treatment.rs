//! Where public sources contradict a request, or nothing is known of it, the table of the evidence says what the
//! program does about that and which tests show it: the tests exist, and the page is made from the table.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::evidence::file;
use crate::reference::{cell, page};

const MADE: &str = "This page is generated from `policies-schema/evidence.toml`; `FERRY_WRITE_DOCS=1 cargo test --test it treatment`\nwrites it again.";

/// The verdicts that want a treatment, with what each means.
const OPEN: [(&str, &str); 3] = [
    ("contradicted", "A public source says that the service answers otherwise than was expected."),
    ("no-evidence", "Nothing public shows the request in this form."),
    ("not-checked", "Nobody looked for public evidence."),
];

struct Row {
    request: String,
    verdict: String,
    note: String,
    done: String,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let table: toml::Table = file("evidence.toml").parse().unwrap();
    let rows = ["shape", "topic"].iter().flat_map(|kind| table[*kind].as_array().unwrap());
    let text = |row: &toml::Value, key: &str| row.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let list = |row: &toml::Value| -> Vec<String> {
        let tests = row.get("tests").and_then(toml::Value::as_array).into_iter().flatten();
        tests.map(|test| test.as_str().unwrap().to_owned()).collect()
    };
    rows.map(|row| Row {
        request: text(row, "request"),
        verdict: text(row, "verdict"),
        note: text(row, "note"),
        done: text(row, "done"),
        tests: list(row),
    })
    .collect()
}

fn is_open(row: &Row) -> bool {
    OPEN.iter().any(|(verdict, _)| *verdict == row.verdict)
}

/// Where a test's module is.
fn source(module: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(module.replace("::", "/"));
    let own = place.with_extension("rs");
    if own.exists() { own } else { place.join("mod.rs") }
}

/// Whether the integration tests have a test of this path.
fn exists(test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    let text = std::fs::read_to_string(source(module)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.windows(2).any(|pair| pair[0].trim() == "#[test]" && pair[1].contains(&format!("fn {name}(")))
}

#[test]
fn whatever_is_contradicted_or_unknown_is_treated_and_shown_by_tests_that_exist() {
    let mut wrong = Vec::new();
    for row in rows() {
        if is_open(&row) && (row.done.is_empty() || row.tests.is_empty()) {
            wrong.push(format!("no treatment, or no test: {}", row.request));
        }
        let missing = row.tests.iter().filter(|test| !exists(test));
        wrong.extend(missing.map(|test| format!("there is no test {test}: {}", row.request)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!exists("treatment::whatever_is_not_there"));
    assert!(rows().iter().filter(|row| is_open(row)).count() > 50);
}

#[test]
fn the_page_of_treatments_is_what_the_table_says() {
    let mut text = format!(
        "# What is done about contradictions and unknowns\n\n{MADE} No real tenant was reached for it: each test plays the \
         answer in the sandbox.\nThe sources are in [requests.md](requests.md), and each row's own in the table.\n"
    );
    for (verdict, means) in OPEN {
        let rows: Vec<Row> = rows().into_iter().filter(|row| row.verdict == verdict).collect();
        writeln!(text, "\n## {verdict}\n\n{means}\n\n| request | what is known | what the program does | shown by |")
            .unwrap();
        writeln!(text, "| --- | --- | --- | --- |").unwrap();
        for row in rows {
            let tests: Vec<String> = row.tests.iter().map(|test| format!("`{test}`")).collect();
            let (note, done) = (cell(&row.note), cell(&row.done));
            writeln!(text, "| `{}` | {note} | {done} | {} |", row.request.replace('|', "\\|"), tests.join(", "))
                .unwrap();
        }
    }
    page("graph/treatment.md", &text);
}
