//! The rules of the house: which room may use which, no circles of files, small files, names that mean one thing in a
//! room, modules that say what they are for.

mod face;
mod methods;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use modules::Modules;

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
    ("web", &["cli", "ui", "engine", "tree", "mapping", "catalogue", "policy", "config"]),
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
    ("plan", &["content", "describe", "lint", "shape", "tenant"]),
    ("ready", &["tenant"]),
    ("verify", &["lint", "plan"]),
    ("diff", &["plan", "shape", "verify"]),
    ("journal", &["content", "plan", "shape"]),
    ("import", &["content", "journal", "plan", "shape", "tenant"]),
    ("undo", &["import", "journal", "plan", "shape", "tenant"]),
    ("registration", &["import", "tenant"]),
];
/// The rooms of the emulated tenants: each uses itself and what is named. The transport may use all but the rules of
/// collections.
const SANDBOX_ARROWS: &[(&str, &[&str])] = &[
    ("metadata", &[]),
    ("odata", &["metadata"]),
    ("tenant", &["config", "field", "metadata", "odata", "sign_in"]),
    ("field", &["odata", "sign_in", "tenant"]),
    ("service", &["config", "metadata", "odata", "tenant"]),
    ("behaviours", &["config", "field", "metadata", "odata", "service", "tenant"]),
    ("sign_in", &["http", "odata", "tenant"]),
    ("http", &["config", "handle", "odata", "seed", "service", "sign_in", "tenant"]),
];
const ENGINE_FOR_ALL: &[&str] = &["error", "options", "outcome", "EngineError", "ObjectOutcome", "Outcome"];
const FOR_ALL: &[&str] = &["exit", "event", "finding", "mask", "misread", "nearest", "parallel", "replace", "text"];

/// Circles of more than two files that may be: none.
const CIRCLES: &[(&[&str], &str)] = &[];

/// As long as a file may be, tests included.
const LONGEST: usize = 400;
/// Names that several types of a room may have.
const SHARED_NAMES: &[(&str, &str)] =
    &[("Args", "what a command takes, one in each command's file, as clap's own guide has it")];

fn sources() -> Vec<(PathBuf, String)> {
    files_below("src")
}

fn files_below(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
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

/// Whether the file holds tests only.
fn is_test(path: &str) -> bool {
    let steps = path.trim_end_matches(".rs").split('/');
    let test = |step: &str| {
        matches!(step, "tests" | "test" | "testing" | "fixture" | "graph_facts" | "type_file_schema")
            || step.ends_with("_tests")
            || step.starts_with("tests_")
    };
    steps.into_iter().any(test)
}

/// The code of a file without its comments and its tests, wherever they are in it.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = text;
    while let Some((before, after)) = left.split_once("#[cfg(test)]") {
        out.push_str(before);
        let (open, end) = (after.find('{').unwrap_or(after.len()), after.find(';').unwrap_or(after.len()));
        left = if end < open { &after[end + 1..] } else { &after[closing(after, open)..] };
    }
    out.push_str(left);
    out.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The place behind the brace that closes the one at `open`.
fn closing(text: &str, open: usize) -> usize {
    let mut depth = 0;
    for (place, sign) in text[open..].char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 1 => return open + place + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
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
        let code = code(&text).replace("crate::engine::", "#crate::");
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

/// Windows refuses to replace and remove files that are held open for a moment; one file waits for that.
#[test]
fn files_are_replaced_and_removed_in_one_place() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path == Path::new("replace.rs") || is_test(&path.to_string_lossy().replace('\\', "/")) {
            continue;
        }
        let code = code(&text);
        let calls = ["fs::rename(", "fs::remove_file(", ".persist(", ".persist_noclobber("];
        wrong
            .extend(calls.iter().filter(|call| code.contains(*call)).map(|call| format!("{}: {call}", path.display())));
    }
    assert!(wrong.is_empty(), "use crate::replace:\n{}", wrong.join("\n"));
}

#[test]
fn the_emulated_tenants_rooms_use_only_what_is_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Ok(inside) = path.strip_prefix("sandbox") else { continue };
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy();
        let Some((_, allowed)) = SANDBOX_ARROWS.iter().find(|(name, _)| *name == room) else { continue };
        for used in rooms_used(&code(&text)) {
            if used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses crate::{used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the emulated tenants do not have:\n{}", wrong.join("\n"));
}

/// A method of the service that is written among the rules of a collection would be an arrow that no path shows.
#[test]
fn the_service_is_written_in_its_own_room() {
    let elsewhere: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| path.starts_with("sandbox") && !path.starts_with("sandbox/service"))
        .filter(|(_, text)| code(text).contains("impl Service<"))
        .map(|(path, _)| path)
        .collect();
    assert!(elsewhere.is_empty(), "methods of the service outside its room: {elsewhere:?}");
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
        // The emulated tenants know collections by their paths, which some types are named after.
        if is_test(&path.to_string_lossy()) || path.starts_with("sandbox") {
            continue;
        }
        let code = code(&text);
        for policy_type in catalogue.iter() {
            if code.contains(&format!("\"{}\"", policy_type.name)) {
                named.push(format!("{} names {}", path.display(), policy_type.name));
            }
        }
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn tests_are_left_out_wherever_they_are() {
    let text = "fn a() {}\n#[cfg(test)]\nmod b {\n    fn c() { d(); }\n}\n// \"x\"\nfn e() {}\n#[cfg(test)]\nmod f;\nfn g() {}";
    assert_eq!(code(text).split_whitespace().collect::<Vec<_>>().join(" "), "fn a() {} fn e() {} fn g() {}");
}

/// A circle can only be read as a whole: what is in it can neither be understood nor tested alone. Two files that use
/// each other are one thought in two files, and may.
#[test]
fn no_more_than_two_files_use_each_other_in_a_circle() {
    let modules = Modules::read();
    let circles = modules.circles();
    let large: Vec<&BTreeSet<String>> = circles.iter().filter(|circle| circle.len() > 2).collect();
    println!(
        "{} files, {} arrows, {} circles of two, {} larger",
        modules.arrows.len(),
        modules.arrows.values().map(BTreeSet::len).sum::<usize>(),
        circles.len() - large.len(),
        large.len()
    );
    let allowed = |circle: &BTreeSet<String>| {
        CIRCLES.iter().any(|(files, _)| circle.len() == files.len() && files.iter().all(|file| circle.contains(*file)))
    };
    let wrong: Vec<_> = large.into_iter().filter(|circle| !allowed(circle)).collect();
    assert!(wrong.is_empty(), "files in a circle:\n{wrong:#?}");
}

#[test]
fn files_are_small() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for (path, text) in files_below(folder) {
            let (path, lines) =
                (Path::new(folder).join(path).to_string_lossy().replace('\\', "/"), text.lines().count());
            if lines > LONGEST {
                wrong.push(format!("{path} has {lines} lines, {LONGEST} at most"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The room of a file; the engine's and the tree's folders are rooms of their own.
fn room(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').collect();
    match steps[..] {
        ["engine", inner, _, ..] => format!("engine/{inner}"),
        [only] => only.trim_end_matches(".rs").to_owned(),
        _ => steps[0].to_owned(),
    }
}

#[test]
fn a_types_name_means_one_thing_in_a_room_and_in_the_engine() {
    let mut named: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let path = path.to_string_lossy().replace('\\', "/");
        if is_test(&path) {
            continue;
        }
        for line in code(&text).lines() {
            if let Some(name) = methods::defined(line) {
                named.entry((room(&path), name.to_owned())).or_default().insert(path.clone());
                if path.starts_with("engine/") {
                    named.entry((String::from("engine"), name.to_owned())).or_default().insert(path.clone());
                }
            }
        }
    }
    assert!(named.len() > 400, "{}", named.len());
    let shared = |name: &str| SHARED_NAMES.iter().any(|(own, _)| *own == name);
    let wrong: Vec<_> = named.iter().filter(|((_, name), files)| files.len() > 1 && !shared(name)).collect();
    assert!(wrong.is_empty(), "names that several types of a room, or of the engine, have:\n{wrong:#?}");
}
