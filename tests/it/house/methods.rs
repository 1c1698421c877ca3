//! A type's own methods are in the file that says what the type is: whoever reads the file knows all that it can do, and
//! no other file has to know the whole of it to help.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, is_test, sources};

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

#[test]
fn a_types_methods_are_in_its_own_file() {
    let (mut files, mut homes): (BTreeMap<String, BTreeSet<String>>, BTreeMap<String, String>) = Default::default();
    for (path, text) in sources() {
        let path = path.to_string_lossy().replace('\\', "/");
        if !path.starts_with("engine/") || is_test(&path) {
            continue;
        }
        for line in code(&text).lines() {
            if let Some(name) = defined(line) {
                homes.insert(name.to_owned(), path.clone());
            }
            if let Some(name) = implemented(line.trim_start()) {
                files.entry(name.to_owned()).or_default().insert(path.clone());
            }
        }
    }
    assert!(files.len() > 80, "{}", files.len());
    let is_at_home = |name: &String, files: &BTreeSet<String>| {
        files.len() == 1 && homes.get(name).is_some_and(|home| files.contains(home))
    };
    let wrong: Vec<_> = files.iter().filter(|(name, files)| !is_at_home(name, files)).collect();
    assert!(wrong.is_empty(), "types with methods away from the file that defines them:\n{wrong:#?}");
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
