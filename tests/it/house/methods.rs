//! A type's own methods are in the file that says what the type is: whoever reads the file knows all that it can do, and
//! no other file has to know the whole of it to help. What another file does with a value is a function that takes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{closing, code, is_test, sources};

/// The name of a type that a line defines at the top level of its file.
pub fn defined(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.strip_prefix(' ')?,
        None => line,
    };
    let (kind, rest) = line.split_once(' ')?;
    let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    (matches!(kind, "struct" | "enum" | "trait" | "type") && name.starts_with(char::is_uppercase)).then_some(name)
}

/// The name of the type whose own methods begin with this line; none for those of a trait.
fn implemented(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("impl")?;
    if rest.contains(" for ") {
        return None;
    }
    let rest = if rest.starts_with('<') { behind_generics(rest)? } else { rest };
    let name = rest.trim_start().split(['<', ' ', '{']).next()?;
    name.rsplit("::").next().filter(|name| !name.is_empty())
}

/// What follows the angle brackets that a text begins with.
fn behind_generics(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (place, sign) in text.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' if !text[..place].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[place + 1..]);
        }
    }
    None
}

/// Types whose methods are in several files, and why.
const SPREAD: &[(&str, &[&str], &str)] = &[
    (
        "Service",
        &["sandbox/service/"],
        "one request of an emulated tenant with all it may touch: each file answers one kind of request, and as free \
         functions all of them would take the same four values; `the_service_is_written_in_its_own_room` keeps it there",
    ),
    ("PolicyType", &["catalogue/paths.rs"], "where its objects are is a subject of its own, and reads its path alone"),
];

/// Whether the block that begins at `open` has a method that looks at a value of the type. A function that only makes one
/// may be in the file that knows what it is made of.
fn looks_at_a_value(code: &str, open: usize) -> bool {
    code[open..closing(code, open)].split("fn ").skip(1).any(|function| {
        let taken = function.split_once('(').map_or("", |(_, rest)| rest.split([',', ')']).next().unwrap_or_default());
        taken.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "self")
    })
}

#[test]
fn a_types_methods_are_in_its_own_file() {
    let (mut files, mut homes): (BTreeMap<String, BTreeSet<String>>, BTreeMap<String, BTreeSet<String>>) =
        Default::default();
    for (path, text) in sources() {
        let path = path.to_string_lossy().replace('\\', "/");
        if is_test(&path) {
            continue;
        }
        let code = code(&text);
        let mut place = 0;
        for line in code.split_inclusive('\n') {
            // Indented where a macro defines it.
            if let Some(name) = defined(line.trim()) {
                homes.entry(name.to_owned()).or_default().insert(path.clone());
            }
            if let Some(name) = implemented(line.trim_end())
                && let Some(open) = code[place..].find('{')
                && looks_at_a_value(&code, place + open)
            {
                files.entry(name.to_owned()).or_default().insert(path.clone());
            }
            place += line.len();
        }
    }
    assert!(files.len() > 250, "{}", files.len());
    let is_spread = |name: &str, file: &str| {
        SPREAD.iter().any(|(own, places, _)| *own == name && places.iter().any(|place| file.starts_with(place)))
    };
    let mut wrong = Vec::new();
    for (name, files) in &files {
        let homes = homes.get(name);
        let away =
            files.iter().filter(|file| !homes.is_some_and(|homes| homes.contains(*file)) && !is_spread(name, file));
        wrong.extend(away.map(|file| format!("{name} in {file}")));
    }
    assert!(wrong.is_empty(), "types with methods away from the file that defines them:\n{}", wrong.join("\n"));
}

#[test]
fn what_makes_a_value_is_told_from_what_looks_at_one() {
    let makes = "impl A {\n    pub fn new(text: &str) -> Self {\n        Self::of(text, |own| own.fits())\n    }\n}\nfn b(&self) {}";
    assert!(!looks_at_a_value(makes, 7));
    for looks in
        ["impl A { fn a(self) {} }", "impl A { fn a(&mut self, b: B) {} }", "impl A { fn a(self: Box<Self>) {} }"]
    {
        assert!(looks_at_a_value(looks, 7), "{looks}");
    }
}

#[test]
fn methods_are_found_in_every_form() {
    let lines =
        ["impl A {", "impl B<'_> {", "impl<'a, F: Fn(&str) -> bool> C<'a, F> {", "impl super::D {", "impl E for F {"];
    assert_eq!(lines.map(implemented), [Some("A"), Some("B"), Some("C"), Some("D"), None]);
    let lines =
        ["pub struct A;", "pub(crate) enum B {", "type C = u8;", "pub(in crate::engine) trait D<T> {", "fn E() {}"];
    assert_eq!(lines.map(defined), [Some("A"), Some("B"), Some("C"), Some("D"), None]);
}
