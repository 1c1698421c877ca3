//! Rule 7 of the house: every code of a finding and every way in which the program ends is produced by a test
//! that runs the real program. Such a test says so by `shows`, `one` or `with`, and by `exits`, which fail where
//! the code is not there; here it is seen that together they name all.

use std::collections::BTreeSet;
use std::path::Path;

use intune_ferry::exit::Exit;

/// The program's text, and that of the tests that run the program.
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
        if !name.starts_with("src/finding/") && !name.starts_with("src/ui/") && !name.contains("tests") {
            let (program, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            texts.program.push_str(&code(program));
        }
    }
    for (name, text) in files("tests") {
        // Those of the laboratory ask the library.
        if !name.ends_with("/codes.rs") && !name.contains("/regressions/") {
            texts.tests.push_str(&code(&text));
        }
    }
    texts
}

/// The texts in the arguments of all calls of a function, and its numbers.
fn arguments<'t>(text: &'t str, function: &str) -> BTreeSet<&'t str> {
    let begin = format!("{function}(");
    let calls = text.match_indices(&begin).filter(|(at, _)| {
        let before = text[..*at].chars().next_back().unwrap_or(' ');
        !(before.is_alphanumeric() || before == '_')
    });
    let mut found = BTreeSet::new();
    for (at, _) in calls {
        let rest = &text[at + begin.len()..];
        let mut open = 1;
        let end = rest.find(|c| {
            open += i32::from(c == '(') - i32::from(c == ')');
            open == 0
        });
        let arguments = &rest[..end.unwrap_or(0)];
        found.extend(arguments.split('"').skip(1).step_by(2));
        found.extend(Some(arguments.trim()).filter(|number| number.parse::<u8>().is_ok()));
    }
    found
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
fn every_code_is_produced_and_seen_through_the_program() {
    let texts = texts();
    let seen: BTreeSet<&str> =
        ["shows", "one", "with"].iter().flat_map(|function| arguments(&texts.tests, function)).collect();
    let mut wrong = Vec::new();
    for (constant, name) in table() {
        // Asking whether a finding has a code does not produce it.
        if !names(&texts.program, &constant, &["is(", "== "]) {
            wrong.push(format!("nothing produces {name}"));
        }
        if !seen.contains(name.as_str()) {
            wrong.push(format!("no test sees {name} produced by the program"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_way_to_end_is_seen_through_the_program() {
    let texts = texts();
    let seen = arguments(&texts.tests, "exits");
    let unseen: Vec<u8> =
        Exit::ALL.iter().map(|exit| exit.code()).filter(|code| !seen.contains(code.to_string().as_str())).collect();
    assert!(unseen.is_empty(), "no test sees the program end with {unseen:?}");
}

#[test]
fn only_the_arguments_of_a_call_count() {
    let text = r#"shows(&plan(&["--x"]), &["a", "b"]);"c";not_shows("d");x.exits(7).exits(code)"#;
    assert_eq!(arguments(text, "shows"), ["--x", "a", "b"].into());
    assert_eq!(arguments(text, "exits"), ["7"].into());
}

#[test]
fn a_constant_is_told_from_its_longer_neighbours() {
    assert!(names("f(&codes::AB)", "AB", &["is("]));
    assert!(!names("f(&codes::AB_C, codes::ABD)", "AB", &[]));
    assert!(!names("x.is(&codes::AB)", "AB", &["is("]));
    assert!(names("x.is(&codes::AB) || Finding::new(&codes::AB)", "AB", &["is("]));
}
