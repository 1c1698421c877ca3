//! Rule 7 of the house: every code of a finding is produced somewhere, and a test sees it produced.

use std::collections::BTreeSet;
use std::path::Path;

/// The program's text and its tests' text.
struct Texts {
    program: String,
    tests: String,
}

fn files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    walkdir::WalkDir::new(root.join(folder))
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| {
            let name = entry.path().strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// Without comments, which prove nothing, and without line breaks inside a call.
fn code(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect()
}

fn texts() -> Texts {
    let mut texts = Texts { program: String::new(), tests: String::new() };
    for (name, text) in files("src") {
        // The table itself, and what only shows findings.
        if name.starts_with("src/finding/") || name.starts_with("src/ui/") {
            continue;
        }
        if name.ends_with("_tests.rs") || name.contains("/tests/") {
            texts.tests.push_str(&code(&text));
        } else {
            let (program, tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            texts.program.push_str(&code(program));
            texts.tests.push_str(&code(tests));
        }
    }
    for (name, text) in files("tests") {
        if !name.ends_with("/codes.rs") {
            texts.tests.push_str(&code(&text));
        }
    }
    texts
}

/// The constants of the table with their names.
fn table() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/finding/codes.rs")).unwrap();
    let is_constant = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    text.lines()
        .filter_map(|line| {
            let (constant, rest) = line.trim().split_once(" = \"")?;
            let (name, _) = rest.split_once('"')?;
            is_constant(constant).then(|| (constant.to_owned(), name.to_owned()))
        })
        .collect()
}

/// Whether the constant stands somewhere as a word of its own, and not right after one of `not_after`.
fn names(text: &str, constant: &str, not_after: &[&str]) -> bool {
    let wanted = format!("codes::{constant}");
    text.match_indices(&wanted).any(|(at, _)| {
        let before = text[..at].trim_end_matches('&');
        let next = text[at + wanted.len()..].chars().next().unwrap_or(' ');
        !(next.is_alphanumeric() || next == '_' || not_after.iter().any(|word| before.ends_with(word)))
    })
}

#[test]
fn the_table_is_read_whole() {
    let read: BTreeSet<String> = table().into_iter().map(|(_, name)| name).collect();
    let all: BTreeSet<String> = intune_ferry::finding::codes::ALL.iter().map(|code| code.name.to_owned()).collect();
    assert_eq!(read, all);
    assert!(all.len() > 40);
}

#[test]
fn every_code_is_produced_and_seen_in_a_test() {
    let texts = texts();
    let mut wrong = Vec::new();
    for (constant, name) in table() {
        // Asking whether a finding has a code does not produce it.
        if !names(&texts.program, &constant, &["is(", "== "]) {
            wrong.push(format!("nothing produces {name}"));
        }
        // Nor does a test see one produced that makes it itself.
        if !names(&texts.tests, &constant, &["Finding::new("]) && !texts.tests.contains(&format!("\"{name}\"")) {
            wrong.push(format!("no test sees {name} produced"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_constant_is_told_from_its_longer_neighbours() {
    assert!(names("f(&codes::AB)", "AB", &["is("]));
    assert!(!names("f(&codes::AB_C, codes::ABD)", "AB", &[]));
    assert!(!names("x.is(&codes::AB)", "AB", &["is("]));
    assert!(names("x.is(&codes::AB) || Finding::new(&codes::AB)", "AB", &["is("]));
}
