//! The rules of the house: which room may use which, small files, modules that say what they are for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each room may use, beside itself and what is usable by all. The sandbox is a crate of its own: the compiler
/// sees to it.
const ARROWS: &[(&str, &[&str])] = &[
    ("policy", &[]),
    ("graph", &[]),
    ("config", &[]),
    ("catalogue", &["policy"]),
    ("tree", &["catalogue", "policy"]),
    ("mapping", &["catalogue", "policy"]),
    ("engine", &["graph", "tree", "mapping", "catalogue", "policy"]),
    ("ui", &["engine", "tree", "mapping", "catalogue", "policy"]),
];
/// The engine's rooms: each uses itself and what is named; `error`, `options` and `outcome` are usable by all of them.
const ENGINE_ARROWS: &[(&str, &[&str])] = &[
    ("tenant", &[]),
    ("doctor", &["tenant"]),
    ("shape", &["tenant"]),
    ("content", &[]),
    ("describe", &["shape"]),
    ("lint", &["shape"]),
    ("export", &["shape", "tenant"]),
    ("plan", &["content", "lint", "shape", "tenant"]),
    ("verify", &["lint", "plan"]),
    ("diff", &["plan", "shape", "verify"]),
    ("journal", &["plan", "shape"]),
    ("import", &["content", "journal", "plan", "shape", "tenant"]),
    ("undo", &["import", "journal", "plan", "shape", "tenant"]),
];
const ENGINE_FOR_ALL: &[&str] = &["error", "options", "outcome", "EngineError", "ObjectOutcome", "Outcome"];
const FOR_ALL: &[&str] = &["exit", "event", "finding", "mask", "nearest", "parallel"];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.path().strip_prefix(&root).unwrap().to_owned(), text)
        })
        .collect()
}

/// The rooms a file names after `crate::`, in uses and in paths; brace groups are opened.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (place, _) in text.match_indices("crate::") {
        if text[..place].ends_with('$') {
            continue;
        }
        let rest = &text[place + "crate::".len()..];
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split("};").next().unwrap_or_default();
            let mut depth = 0;
            let mut fresh = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if fresh && !c.is_whitespace() => {
                        rooms.insert(word(&group[at..]));
                        fresh = false;
                    }
                    _ => {}
                }
            }
        } else {
            rooms.insert(word(rest));
        }
    }
    rooms
}

#[test]
fn rooms_use_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else { continue };
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for used in rooms_used(&code) {
            let fine = used == room || FOR_ALL.contains(&used.as_str()) || allowed.contains(&used.as_str());
            if !fine {
                wrong.push(format!("{} uses crate::{used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the house does not have:\n{}", wrong.join("\n"));
}

#[test]
fn the_engines_rooms_use_only_what_is_above_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("engine") else { continue };
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy();
        let room = room.trim_end_matches(".rs");
        let Some((_, allowed)) = ENGINE_ARROWS.iter().find(|(name, _)| *name == room) else { continue };
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().replace("crate::engine::", "#crate::");
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for place in code.split('#').skip(1) {
            for used in rooms_used(place.split('\n').next().unwrap_or_default()) {
                let fine = used == room || ENGINE_FOR_ALL.contains(&used.as_str()) || allowed.contains(&used.as_str());
                if place.starts_with("crate::") && !fine {
                    wrong.push(format!("{} uses engine::{used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the engine does not have:\n{}", wrong.join("\n"));
}

#[test]
fn arrows_are_found_in_every_form() {
    let used = rooms_used("use crate::a::B;\nuse crate::{b::{C, D}, e, f::G};\nlet x = crate::h::i();");
    assert_eq!(used, ["a", "b", "e", "f", "h"].map(String::from).into());
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "modules without a purpose line: {silent:?}");
}

/// Rule 2 of the house: a policy type is data.
#[test]
fn no_policy_type_is_named_in_code() {
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let mut named = Vec::new();
    for (path, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = ["test", "graph_facts"].iter().any(|mark| path.to_string_lossy().contains(mark));
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for policy_type in
            catalogue.iter().filter(|_| !is_test && !path.starts_with("sandbox") && !path.starts_with("cli"))
        {
            if code.contains(&format!("\"{}\"", policy_type.name)) {
                named.push(format!("{} names {}", path.display(), policy_type.name));
            }
        }
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
}
