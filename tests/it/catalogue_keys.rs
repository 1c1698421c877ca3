//! The page of the type files' keys is made from the JSON Schema of its files, as the pages of types and findings are
//! made from the program's tables. The schema itself is held to the model by `catalogue::type_file_schema`.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::reference::{MADE, cell, page};

const SCHEMA: &str = include_str!("../../policies-schema/type-file.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The definition that a schema refers to, and its name.
fn definition<'s>(root: &'s Value, node: &'s Value) -> Option<(&'s str, &'s Value)> {
    let name = node["$ref"].as_str()?.strip_prefix("#/$defs/")?;
    Some((name, &root["$defs"][name]))
}

/// A section of the page: its heading and the schema of the table that it is about.
struct Section<'s> {
    heading: String,
    node: &'s Value,
}

struct Page<'s> {
    root: &'s Value,
    text: String,
    open: VecDeque<Section<'s>>,
    named: BTreeSet<String>,
}

impl<'s> Page<'s> {
    /// What a key may hold, in words; a table of its own becomes a section.
    fn holds(&mut self, node: &'s Value, place: &str) -> String {
        if let Some((name, definition)) = definition(self.root, node) {
            return match name {
                "kebab" => String::from("name"),
                "jsonPath" => String::from("path"),
                _ if definition["properties"].is_null() && definition["oneOf"].is_null() => {
                    self.holds(definition, place)
                }
                _ => {
                    let heading = heading_of(name).to_owned();
                    self.section(heading, definition)
                }
            };
        }
        if let Some(words) = node["enum"].as_array() {
            return words.iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect::<Vec<_>>().join(", ");
        }
        if !node["const"].is_null() {
            return format!("`{}`", node["const"].as_str().map_or_else(|| node["const"].to_string(), str::to_owned));
        }
        if let Some(choices) = node["oneOf"].as_array() {
            if choices.iter().all(|choice| choice["properties"]["step"].is_object()) {
                return self.section(place.to_owned(), node);
            }
            let choices: Vec<String> = choices.iter().map(|choice| self.holds(choice, place)).collect();
            return choices.join(" or ");
        }
        match node["type"].as_str() {
            Some("array") => match self.holds(&node["items"], place) {
                table if table.starts_with('[') => format!("tables, {table}"),
                one => format!("list of {one}"),
            },
            Some("object") if node["properties"].is_object() => self.section(place.to_owned(), node),
            Some("object") => String::from("table, any keys"),
            Some("boolean") => String::from("`true`"),
            Some("string") => String::from("text"),
            Some("integer") => String::from("number"),
            _ => String::from("any value"),
        }
    }

    fn section(&mut self, heading: String, node: &'s Value) -> String {
        let link = format!("[{heading}](#{})", heading.to_lowercase().replace(['.', '`'], "").replace(' ', "-"));
        if self.named.insert(heading.clone()) {
            self.open.push_back(Section { heading, node });
        }
        link
    }

    fn rows(&mut self, properties: &'s Map<String, Value>, required: &Value, place: &str) {
        let required: BTreeSet<&str> = required.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        self.text.push_str("| key | holds | says |\n| --- | --- | --- |\n");
        for (key, node) in properties {
            let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            let holds = self.holds(node, &inner);
            let must = if required.contains(key.as_str()) { " **Required.**" } else { "" };
            let says = cell(node["description"].as_str().unwrap_or_default());
            writeln!(self.text, "| `{key}` | {holds} | {says}{must} |").unwrap();
        }
    }

    fn write(&mut self) {
        while let Some(Section { heading, node }) = self.open.pop_front() {
            writeln!(self.text, "\n## {heading}\n").unwrap();
            if let Some(says) = node["description"].as_str() {
                writeln!(self.text, "{}\n", cell(says)).unwrap();
            }
            let place = if heading.contains(' ') { "" } else { heading.as_str() };
            for (number, choice) in node["oneOf"].as_array().into_iter().flatten().enumerate() {
                if number > 0 {
                    self.text.push('\n');
                }
                let word = choice["properties"]["step"]["const"].as_str().unwrap();
                writeln!(self.text, "**`{word}`**\n").unwrap();
                self.rows(choice["properties"].as_object().unwrap(), &choice["required"], place);
            }
            if let Some(properties) = node["properties"].as_object() {
                self.rows(properties, &node["required"], place);
            }
        }
    }
}

fn heading_of(definition: &str) -> &str {
    match definition {
        "part" => "A part",
        "partWrite" => "How a part is written",
        "predicate" => "A test",
        "reference" => "A reference",
        "portability" => "The portability",
        "updateRule" => "How a policy is changed",
        "likeness" => "A likeness",
        "sort" => "A sorted list",
        other => panic!("{other} needs a heading"),
    }
}

fn made(root: &Value) -> String {
    let mut made = Page { root, text: String::new(), open: VecDeque::new(), named: BTreeSet::new() };
    write!(
        made.text,
        "# The keys of the type files\n\n{MADE} What a policy type is and how to\nadd one: [Adding a policy type]\
         (adding-a-type.md). A *path* is a path of properties, joined by `/`; `*` is every element or\nproperty, \
         `**` any depth. A *test* is the same everywhere; the key that holds it says what it is for.\n\
         `parts.call` below is the table that a file writes as `[parts.call]`, or as `call = {{ … }}` in `[[parts]]`.\n"
    )
    .unwrap();
    made.section(String::from("A type's file"), root);
    made.section(String::from("What all types share"), &root["$defs"]["shared"]);
    made.write();
    made.text
}

#[test]
fn the_page_of_keys_is_what_the_schema_says() {
    page("catalogue-keys.md", &made(&schema()));
}

/// Every key at any depth, with what says it: walked here by another way than the page is made.
fn keys(node: &Value, list: &mut Vec<(String, String)>) {
    match node {
        Value::Object(map) => {
            for (name, inner) in map {
                // A key may itself be called `properties`.
                let Some(own) = inner.as_object().filter(|_| name == "properties") else {
                    keys(inner, list);
                    continue;
                };
                for (key, of) in own {
                    list.push((key.clone(), of["description"].as_str().unwrap_or_default().to_owned()));
                    keys(of, list);
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|inner| keys(inner, list)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_schema_is_described_and_on_the_page() {
    let schema = schema();
    let page = made(&schema);
    let mut list = Vec::new();
    keys(&schema, &mut list);
    // `verdict` is also named where its reasons are asked for, which is a test and no key of its own.
    list.retain(|(key, says)| !(key == "verdict" && says.is_empty()));
    assert!(list.len() > 200, "{}", list.len());
    for (key, says) in &list {
        assert!(!says.is_empty(), "`{key}` has no description");
        let row = format!("| `{key}` | ");
        let described = page.lines().any(|line| line.starts_with(&row) && line.contains(cell(says).as_str()));
        assert!(described, "`{key}` ({says}) is not on the page");
    }
    for new in
        ["unset", "blank", "ids-only", "meaning", "tenant-placeholders", "tenant-ids", "available-with", "sign-in"]
    {
        assert!(list.iter().any(|(key, _)| key == new), "{new}");
    }
}

/// The worked example of docs/adding-a-type.md is the file itself.
#[test]
fn the_example_is_the_real_file() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/adding-a-type.md")).unwrap();
    let shown = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = std::fs::read_to_string(root.join("policies-schema/types/assignment-filters.toml")).unwrap();
    let table = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
    assert_eq!(table(shown), table(&file), "the example and policies-schema/types/assignment-filters.toml differ");
}
