//! Holds every text of the project against the style card (`docs/style.md`): the words in the left column of its two
//! tables may not appear. Adding a word there is adding it here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use intune_ferry::catalogue::Catalogue;
use intune_ferry::cli::ends;
use intune_ferry::finding::codes;

/// Written by the service, by other tools or in file names, so not ours to spell.
const NOT_OURS: [&str; 2] = ["api-behaviour.md", "applies-to-nobody"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The words in the left column of the card's tables: the first table's, which appear nowhere, and the second's, which a
/// user never reads.
fn card() -> [Vec<String>; 2] {
    let text = std::fs::read_to_string(root().join("docs/style.md")).unwrap();
    let mut sections = text.split("\n## ").skip(1).map(|section| {
        let cells = section.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_lowercase).collect::<Vec<_>>()
    });
    let [nowhere, texts] = [sections.next().unwrap(), sections.next().unwrap()];
    assert!(nowhere.len() > 30 && texts.len() > 10, "the card's tables are not found");
    [nowhere, texts]
}

/// The places of a word in a text, as whole words. "there is no" and "is no longer" are English.
fn places(text: &str, word: &str) -> Vec<usize> {
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let free = |at: &usize| {
        let (before, after) = (&text[..*at], &text[*at + word.len()..]);
        let (before_words, after_words) = (before.trim_end(), after.trim_start_matches([' ', '\n', '/', '!']));
        let english = match word {
            "is no" | "are no" => {
                before_words.ends_with("there")
                    || ["longer", "more", "one"].iter().any(|it| after_words.starts_with(it))
            }
            "in clear" => after_words.starts_with("text"),
            _ => false,
        };
        !english && !before.ends_with(part_of_word) && !after.starts_with(part_of_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(free).collect()
}

/// What of a text breaks the card, as lines of a report.
fn breaks(name: &str, text: &str, words: &[String]) -> String {
    let mut text = text.to_lowercase();
    for theirs in NOT_OURS {
        text = text.replace(theirs, &"·".repeat(theirs.len() / 2));
    }
    let mut report = String::new();
    for word in words {
        for at in places(&text, word) {
            let line = text[..at].matches('\n').count() + 1;
            writeln!(report, "{name}:{line}: `{word}`").unwrap();
        }
    }
    report
}

/// All files under a folder that end in one of these.
fn files(folder: &str, ends: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let walk = walkdir::WalkDir::new(root.join(folder)).sort_by_file_name().into_iter().map(Result::unwrap);
    let wanted = walk.filter(|entry| ends.iter().any(|end| entry.path().to_string_lossy().ends_with(end)));
    wanted
        .map(|entry| {
            let name = entry.path().strip_prefix(&root).unwrap_or_else(|_| Path::new("?")).display().to_string();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// The documents: the card names the words itself, and `docs/graph` quotes others.
fn documents() -> Vec<(String, String)> {
    let mut all = files("docs", &[".md"]);
    all.retain(|(name, _)| name != "docs/style.md" && !name.starts_with("docs/graph"));
    all.extend(files("samples", &[".md"]));
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"] {
        all.push((name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap()));
    }
    all
}

/// What a command says of itself.
fn help(command: &str) -> String {
    let words = [command, "--help"].into_iter().filter(|word| !word.is_empty());
    let output = Command::new(env!("CARGO_BIN_EXE_intune-ferry")).args(words).output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

/// Prose alone: what is between fences or backticks are names. Lines stay where they are.
fn without_code(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            line.split('`').step_by(2).for_each(|prose| write!(out, "{prose}·").unwrap());
        }
        out.push('\n');
    }
    out
}

#[test]
fn no_document_comment_message_or_name_has_a_word_of_the_first_table() {
    let [nowhere, _] = card();
    let mut texts = documents();
    texts.extend(files("src", &[".rs", ".toml", ".css", ".js"]));
    texts.extend(files("tests/it", &[".rs"]));
    texts.extend(files("benches", &[".rs"]));
    texts.extend(files("policies-schema/types", &[".toml"]));
    texts.extend(files("policies-schema", &["shared.toml", ".schema.json"]));
    texts.retain(|(name, _)| name != "tests/it/words.rs");
    assert!(texts.len() > 500, "{}", texts.len());
    let report: String = texts.iter().map(|(name, text)| breaks(name, text, &nowhere)).collect();
    assert!(report.is_empty(), "docs/style.md says what to write instead:\n{report}");
}

/// Documents without what is code in them, the help of every command, the findings and the texts of the policy types.
#[test]
fn nothing_that_a_user_reads_has_a_word_of_the_second_table() {
    let [_, words] = card();
    let mut texts: Vec<(String, String)> =
        documents().into_iter().map(|(name, text)| (name, without_code(&text))).collect();
    for command in std::iter::once("").chain(ends::ALL.iter().map(|one| one.command)) {
        texts.push((format!("intune-ferry {command} --help"), help(command)));
    }
    for code in codes::ALL {
        texts.push((format!("finding {}", code.name), format!("{}\n{}\n{}", code.title, code.reason, code.fix)));
    }
    for one in Catalogue::built_in().unwrap().iter() {
        let said = [&one.title, &one.about, &one.portability.reason, &one.portability.fix];
        texts.push((format!("type {}", one.name), said.map(String::as_str).join("\n")));
    }
    let report: String = texts.iter().map(|(name, text)| breaks(name, text, &words)).collect();
    assert!(report.is_empty(), "docs/style.md says what to write instead:\n{report}");
}

#[test]
fn words_are_found_whole_and_english_is_not_mistaken() {
    let words = ["is no", "whom", "in clear"].map(String::from);
    let found = |text: &str| breaks("x", text, &words).lines().count();
    assert_eq!(found("This is no tree.\nFor Whom? It is in clear."), 3);
    assert_eq!(found("There is no tree, it is no longer one, whomever; in clear text, `is_no`"), 0);
}
