//! Reads a mapping file strictly: what it does not understand it refuses, with file, line, column and
//! what to do. Not for checking against a tenant: that is [`super::inventory`]'s.

use std::collections::HashMap;
use std::path::Path;

use thiserror::Error;

use super::file::{Decision, Entry, FORMAT, Mapping, Named};
use super::kinds::{can_create, known_kinds};
use super::place::place;
use crate::catalogue::Catalogue;
use crate::misread::{in_words, of_file};
use crate::nearest::closest;

/// The largest file that is read.
const MAX_BYTES: u64 = 64 << 20;
/// The longest text of a text pair: names and addresses are far shorter.
const MAX_TEXT: usize = 8192;
/// The longest id that is taken for one.
const MAX_ID: usize = 300;

/// A mapping file cannot be used.
#[derive(Debug, Error)]
pub enum MappingError {
    /// It cannot be read.
    #[error("{file}: cannot be read: {problem}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        problem: String,
    },
    /// It is not JSON, or not of a mapping's shape.
    #[error("{file}, line {line}, column {column}: {problem}; correct the file there")]
    Shape {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// It has a mapping's shape but says something that cannot be.
    #[error("{file}, line {line}, column {column}: {problem}; {fix}")]
    Meaning {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// Several cells of a sheet say something that cannot be.
    #[error("{file}: {count} cells are not understood, so nothing was changed: {list}")]
    Cells {
        /// The sheet.
        file: String,
        /// How many.
        count: usize,
        /// The cells, each with what is wrong and what to do.
        list: String,
    },
    /// A cell of a sheet says something that cannot be.
    #[error("{file}, cell {cell}: {problem}; {fix}")]
    Cell {
        /// The sheet.
        file: String,
        /// The cell, such as `D4`.
        cell: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
}

/// What is wrong, where (an entry's property or a path), and what to do.
pub(super) type Wrong = (Vec<String>, String, String);

impl Mapping {
    /// Reads a mapping from text; `file` is how messages name it.
    pub fn parse(text: &str, file: &str, catalogue: &Catalogue) -> Result<Self, MappingError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mapping: Self = serde_json::from_str(text).map_err(|error| MappingError::Shape {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            problem: in_words(&error.to_string()),
        })?;
        validate(&mapping, catalogue).map_err(|(steps, problem, fix)| {
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            let (line, column) = place(text, &steps);
            MappingError::Meaning { file: file.to_owned(), line, column, problem, fix }
        })?;
        Ok(mapping)
    }

    /// Reads a mapping file.
    pub fn load(path: &Path, catalogue: &Catalogue) -> Result<Self, MappingError> {
        let name = path.display().to_string();
        let unreadable = |problem: String| MappingError::Unreadable { file: name.clone(), problem };
        let text = crate::text::read(path, MAX_BYTES).map_err(|error| unreadable(of_file(&error)))?;
        Self::parse(&text, &name, catalogue)
    }
}

/// Whether what it says can be.
pub(super) fn validate(mapping: &Mapping, catalogue: &Catalogue) -> Result<(), Wrong> {
    if mapping.format != FORMAT {
        return Err(wrong(
            &["format"],
            format!("format {} is not supported; this version reads format {FORMAT}", mapping.format),
            "install the version that wrote the file, or set it to 1",
        ));
    }
    let kinds = known_kinds(catalogue);
    let mut seen: HashMap<(&str, String), usize> = HashMap::new();
    for (index, entry) in mapping.entries.iter().enumerate() {
        let here = |property: &str, problem: String, fix: &str| {
            wrong(&["entries", &index.to_string(), property], problem, fix)
        };
        if !kinds.contains(&entry.kind) {
            let near = closest(&entry.kind, kinds.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            let list = kinds.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(here(
                "kind",
                format!("there is no kind `{}`{hint}", shown(&entry.kind)),
                &format!("the kinds are {list}"),
            ));
        }
        let id = entry.source_id();
        if let Some(problem) = bad_source_id(id) {
            return Err(here("source", problem, "enter the ID of the source's object"));
        }
        if let Some(first) = seen.insert((&entry.kind, id.to_ascii_lowercase()), index) {
            return Err(here(
                "source",
                format!("there are two entries for {} `{id}`; the first is number {}", entry.kind, first + 1),
                "remove one of them",
            ));
        }
        validate_decision(entry, catalogue, &here)?;
    }
    let mut finds: HashMap<&str, usize> = HashMap::new();
    for (index, pair) in mapping.text.iter().enumerate() {
        let here = |problem: String, fix: &str| wrong(&["text", &index.to_string(), "find"], problem, fix);
        if pair.find.is_empty() {
            return Err(here(String::from("nothing to find"), "enter the text to replace"));
        }
        let texts = [Some(&pair.find), pair.replace.as_ref()];
        if let Some(long) = texts.into_iter().flatten().find(|text| text.len() > MAX_TEXT) {
            let problem =
                format!("a text of {} bytes is too long for a text pair, which has {MAX_TEXT} at most", long.len());
            return Err(here(problem, "replace only the part that differs between the tenants"));
        }
        if finds.insert(&pair.find, index).is_some() {
            return Err(here(format!("`{}` occurs in two text pairs", shown(&pair.find)), "remove one of the pairs"));
        }
    }
    Ok(())
}

fn validate_decision(
    entry: &Entry,
    catalogue: &Catalogue,
    here: &dyn Fn(&str, String, &str) -> Wrong,
) -> Result<(), Wrong> {
    match entry.decision {
        Decision::Map => {
            let named =
                |target: &Named| target.id.is_some() || target.name.as_deref().is_some_and(|name| !name.is_empty());
            let Some(target) = entry.target.as_ref().filter(|target| named(target)) else {
                return Err(here(
                    "decision",
                    String::from("`map` without a target"),
                    "add `target` with the ID, or the unique name, of the object in the target",
                ));
            };
            if let Some(problem) = target.id.as_deref().and_then(bad_target_id) {
                return Err(here("target", problem, "enter the ID as the target tenant shows it"));
            }
        }
        Decision::Keep if entry.why.as_deref().is_none_or(|why| why.trim().is_empty()) => {
            return Err(here(
                "decision",
                String::from("`keep` without `why`"),
                "explain in `why` how you know that the ID is the same in both tenants",
            ));
        }
        Decision::Create if !can_create(&entry.kind, catalogue) && catalogue.get(&entry.kind).is_none() => {
            return Err(here(
                "decision",
                format!("a {} cannot be created by an import", entry.kind),
                "create it manually and map to it, or choose `drop`",
            ));
        }
        _ => {}
    }
    Ok(())
}

fn wrong(steps: &[&str], problem: String, fix: &str) -> Wrong {
    (steps.iter().map(|step| (*step).to_owned()).collect(), problem, fix.to_owned())
}

fn bad_source_id(id: &str) -> Option<String> {
    if id.is_empty() {
        return Some(String::from("the entry has no source ID"));
    }
    (id.len() > MAX_ID || id.chars().any(char::is_control)).then(|| format!("`{}` is not an ID", shown(id)))
}

/// An id of the target becomes part of addresses, so it may hold nothing that means something there.
fn bad_target_id(id: &str) -> Option<String> {
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '@' | '!' | ' ' | ':');
    let fine = !id.is_empty() && id.len() <= MAX_ID && id.chars().all(legal) && id != "." && id != "..";
    (!fine).then(|| format!("`{}` is not an ID", shown(id)))
}

/// A text from a file as it may stand in a message.
fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::testing::catalogue;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const SCHEMA: &str = include_str!("../../policies-schema/mapping.schema.json");

    fn error(text: &str) -> String {
        Mapping::parse(text, "m.json", &catalogue()).unwrap_err().to_string()
    }

    fn with_entry(entry: &str) -> String {
        format!("{{\"format\": 1,\n \"entries\": [\n  {entry}\n ]}}")
    }

    #[test]
    fn the_shape_is_told_with_its_place() {
        assert!(
            error("{\"format\": 1,\n \"color\": 2}")
                .starts_with("m.json, line 2, column 8: `color` is not a key that is known here")
        );
        assert!(error("{\"format\": 1").contains("line 1"));
        assert!(
            error(&with_entry(r#"{"kind": "group", "source": {"id": "a"}}"#)).contains("`decision` is missing here")
        );
        let decisions = error(&with_entry(r#"{"kind": "group", "source": {"id": "a"}, "decision": "maybe"}"#));
        assert!(decisions.contains("`map`, `create`, `drop`, `keep`, `undecided`"), "{decisions}");
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place_and_a_way_out() {
        for (entry, place, word) in [
            (
                r#"{"kind": "groups", "source": {"id": "a"}, "decision": "drop"}"#,
                "line 3, column 12",
                "did you mean `group`?",
            ),
            (r#"{"kind": "group", "source": {"name": "a"}, "decision": "drop"}"#, "line 3, column 31", "no source ID"),
            (r#"{"kind": "group", "source": {"id": "a"}, "decision": "map"}"#, "line 3", "without a target"),
            (
                r#"{"kind": "group", "source": {"id": "a"}, "decision": "map", "target": {"id": "x')/y"}}"#,
                "line 3",
                "is not an ID",
            ),
            (
                r#"{"kind": "group", "source": {"id": "a"}, "decision": "map", "target": {"id": ".."}}"#,
                "line 3",
                "is not an ID",
            ),
            (r#"{"kind": "group", "source": {"id": "a"}, "decision": "keep"}"#, "line 3", "without `why`"),
            (r#"{"kind": "user", "source": {"id": "a"}, "decision": "create"}"#, "line 3", "cannot be created"),
            (
                "{\"kind\": \"group\", \"source\": {\"id\": \"a\"}, \"decision\": \"drop\"},\n {\"kind\": \"group\", \"source\": {\"id\": \"A\"}, \"decision\": \"drop\"}",
                "line 4",
                "two entries",
            ),
        ] {
            let error = error(&with_entry(entry));
            assert!(error.contains(place) && error.contains(word), "{error}");
        }
        assert!(error(r#"{"format": 2}"#).contains("format 2"));
        assert!(error(r#"{"format": 1, "text": [{"find": "", "replace": "x"}]}"#).contains("column 33"));
        assert!(
            error(r#"{"format": 1, "text": [{"find":"a","replace":"x"},{"find":"a","replace":"y"}]}"#)
                .contains("two text pairs")
        );
    }

    #[test]
    fn the_schema_agrees_with_the_reader() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = json!({"$schema": "x", "format": 1, "source": {"tenantId": "a", "name": "b"}, "target": {},
            "entries": [
                {"kind": "group", "source": {"id": "1", "name": "n"}, "decision": "map", "target": {"name": "t"}, "how": "same name"},
                {"kind": "group", "source": {"id": "2"}, "decision": "undecided", "candidates": [{"id": "x"}], "why": "two"},
                {"kind": "user", "source": {"id": "3"}, "decision": "drop", "allowWiden": true},
                {"kind": "user", "source": {"id": "4"}, "decision": "keep", "why": "guest"}],
            "text": [{"find": "a", "replace": ""}]});
        let mapping = Mapping::parse(&good.to_string(), "m.json", &catalogue()).unwrap();
        let written: Value = serde_json::from_str(&mapping.to_text()).unwrap();
        assert!(validator.is_valid(&good) && validator.is_valid(&written));
        for bad in [
            json!({"entries": []}),
            json!({"format": 1, "color": 1}),
            json!({"format": 1, "entries": [{"kind": "group", "source": {"id": "1"}}]}),
            json!({"format": 1, "entries": [{"kind": "group", "source": {"id": "1"}, "decision": "map"}]}),
            json!({"format": 1, "entries": [{"kind": "group", "source": {"id": "1"}, "decision": "map", "target": {}}]}),
            json!({"format": 1, "entries": [{"kind": "group", "source": {"id": "1"}, "decision": "keep"}]}),
            json!({"format": 1, "entries": [{"kind": "group", "source": {"name": "1"}, "decision": "drop"}]}),
            json!({"format": 1, "text": [{"find": "", "replace": ""}]}),
        ] {
            assert!(!validator.is_valid(&bad), "{bad}");
            assert!(Mapping::parse(&bad.to_string(), "m.json", &catalogue()).is_err(), "{bad}");
        }
    }

    #[test]
    fn depth_and_marks_do_no_harm() {
        assert!(error(&"[".repeat(100_000)).contains("line 1"));
        assert!(Mapping::parse("\u{feff}{\"format\": 1}", "m.json", &catalogue()).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(id in any::<String>(), kind in "group|[a-z]{0,6}", cut in any::<prop::sample::Index>()) {
            let text = json!({"format": 1, "entries": [{"kind": kind, "source": {"id": id}, "decision": "drop"}]}).to_string();
            let _ = Mapping::parse(&text, "m.json", &catalogue());
            let end = (0..=text.len()).filter(|end| text.is_char_boundary(*end)).nth(cut.index(8)).unwrap_or(0);
            let _ = Mapping::parse(&text[..end], "m.json", &catalogue());
        }
    }
}
