//! Every citation of a fact leads somewhere: the pages of `docs/graph/` have each section, number and table that the
//! code, the type files and the tests name.

use std::collections::BTreeSet;
use std::path::Path;

const PAGES: &[&str] = &["api-behaviour", "portability", "quirks", "requests"];

/// What a page has: section numbers and letters, item numbers, `table`.
fn marks(page: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/graph").join(page).with_extension("md");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut marks = BTreeSet::new();
    for line in text.lines() {
        let heading = line.trim_start_matches('#').trim_start();
        let mark = heading.split(['.', ' ']).next().unwrap_or_default();
        if (line.starts_with("##") || heading.starts_with(|c: char| c.is_ascii_digit())) && heading.contains(". ") {
            marks.insert(mark.to_owned());
        }
        if line.starts_with("| ---") || line.starts_with("|---") {
            marks.insert(String::from("table"));
        }
    }
    marks
}

/// The sections that a citation names after the page's name, such as ` 3, 9`, ` B`, ` section 9`, ` 33-36 and table`.
fn cited(rest: &str) -> Vec<String> {
    let mut cited = Vec::new();
    let mut rest = rest.trim_start_matches([',', ' ']);
    loop {
        rest = rest.strip_prefix("section ").or_else(|| rest.strip_prefix("sections ")).unwrap_or(rest);
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
        let is_letter = word.len() == 1 && word.chars().all(|c| c.is_ascii_uppercase());
        if !is_number && !is_letter && word != "table" {
            return cited;
        }
        rest = &rest[word.len()..];
        if let Some(end) = rest.strip_prefix('-').filter(|_| is_number) {
            let last: String = end.chars().take_while(char::is_ascii_digit).collect();
            let range = word.parse::<u32>().unwrap()..=last.parse().unwrap_or_default();
            cited.extend(range.map(|number| number.to_string()));
            rest = &end[last.len()..];
        } else {
            cited.push(word);
        }
        let Some(next) = [", and ", ", ", " and "].iter().find_map(|joint| rest.strip_prefix(joint)) else {
            return cited;
        };
        rest = next;
    }
}

fn files() -> impl Iterator<Item = (String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["src", "tests", "policies-schema/types", "policies-schema/shared.toml", "policies-schema/generate.py"]
        .into_iter()
        .flat_map(move |part| walkdir::WalkDir::new(root.join(part)).sort_by_file_name())
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|it| it == "rs" || it == "toml" || it == "py"))
        .map(|entry| (entry.path().display().to_string(), std::fs::read_to_string(entry.path()).unwrap()))
}

#[test]
fn every_cited_section_exists() {
    let pages: Vec<_> = PAGES.iter().map(|page| (*page, marks(page))).collect();
    let mut missing = Vec::new();
    let mut count = 0;
    for (path, text) in files().filter(|(path, _)| !path.ends_with("citations.rs")) {
        // A citation may be broken over two lines of a comment.
        let text = text.replace("\n//! ", " ").replace("\n/// ", " ").replace("\n// ", " ").replace("\n# ", " ");
        let short = [("api ", "api-behaviour"), ("quirk ", "quirks")];
        let named = pages.iter().flat_map(|(page, marks)| {
            let name = format!("{page}.md");
            text.match_indices(&name).map(|(at, _)| (*page, marks, cited(&text[at + name.len()..]))).collect::<Vec<_>>()
        });
        let in_sandbox = path.contains("src/sandbox");
        let shortened = short.iter().filter(|_| in_sandbox).flat_map(|(word, page)| {
            let marks = &pages.iter().find(|(name, _)| name == page).unwrap().1;
            let starts = [format!("// {word}"), format!("({word}"), format!("; {word}")];
            starts
                .iter()
                .flat_map(|start| text.match_indices(start.as_str()).map(|(at, _)| at + start.len()))
                .map(|at| (*page, marks, cited(&text[at..])))
                .collect::<Vec<_>>()
        });
        for (page, marks, sections) in named.chain(shortened) {
            count += sections.len();
            missing.extend(
                sections.iter().filter(|one| !marks.contains(*one)).map(|one| format!("{path}: {page}.md {one}")),
            );
        }
    }
    assert!(missing.is_empty(), "cited, and not there:\n{}", missing.join("\n"));
    assert!(count > 200, "only {count} citations were found: the search is broken");
}

#[test]
fn citations_are_read_in_every_form() {
    assert_eq!(cited(" 3, 9 and table; more"), ["3", "9", "table"]);
    assert_eq!(cited(" section 9)."), ["9"]);
    assert_eq!(cited(" B, class D)."), ["B"], "a class is not a section");
    assert_eq!(cited(" 33-35"), ["33", "34", "35"]);
    assert_eq!(cited(" says so"), Vec::<String>::new());
}
