//! Which file uses which: read off the `use` lines and paths of the code, tests left out. A `pub use` leads through to what
//! it shows and is not a use of its own, unless the file that shows a name also works with it; every other path is a use,
//! also one that begins with a child module.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, is_test, sources};

/// Module path to file, re-exported names to what they stand for, and the arrows from file to file.
pub struct Modules {
    files: BTreeMap<Vec<String>, String>,
    shown: BTreeMap<Vec<String>, Vec<String>>,
    pub arrows: BTreeMap<String, BTreeSet<String>>,
}

impl Modules {
    pub fn read() -> Self {
        let all: Vec<(String, String)> = sources()
            .into_iter()
            .map(|(path, text)| (path.to_string_lossy().replace('\\', "/"), text))
            .filter(|(path, _)| !is_test(path) && path != "main.rs")
            .map(|(path, text)| (path, code(&text)))
            .collect();
        let files = all.iter().map(|(path, _)| (module(path), path.clone())).collect();
        let mut modules = Self { files, shown: BTreeMap::new(), arrows: BTreeMap::new() };
        let used: Vec<(&String, Vec<(bool, String)>)> =
            all.iter().map(|(path, text)| (path, paths(text, &modules.children(path)))).collect();
        for (path, list) in &used {
            for (_, shown) in list.iter().filter(|(is_shown, _)| *is_shown) {
                if let Some(whole) = modules.absolute(path, shown)
                    && let Some(name) = whole.last()
                {
                    let here = module(path).into_iter().chain([name.clone()]).collect();
                    modules.shown.insert(here, whole);
                }
            }
        }
        for (path, list) in &used {
            let targets: BTreeSet<String> = list
                .iter()
                .filter(|(is_shown, _)| !is_shown)
                .filter_map(|(_, one)| modules.file_of(&modules.absolute(path, one)?, 0))
                .filter(|target| target != *path)
                .collect();
            modules.arrows.insert((*path).clone(), targets);
        }
        modules
    }

    /// The modules that a file declares.
    fn children(&self, file: &str) -> Vec<&str> {
        let here = module(file);
        let below = |path: &&Vec<String>| path.len() == here.len() + 1 && path.starts_with(&here);
        self.files.keys().filter(below).filter_map(|path| path.last().map(String::as_str)).collect()
    }

    /// A path as the file writes it, from the root of its crate; none for what is another crate's.
    fn absolute(&self, file: &str, path: &str) -> Option<Vec<String>> {
        let mut here = module(file);
        let mut steps = path.split("::").map(|step| step.trim().to_owned()).peekable();
        match steps.peek()?.as_str() {
            "crate" => {
                here = if file.starts_with("sandbox/") { vec![String::from("sandbox")] } else { Vec::new() };
                steps.next();
            }
            "self" => drop(steps.next()),
            "super" => {
                while steps.next_if(|step| step == "super").is_some() {
                    here.pop();
                }
            }
            first => {
                let below: Vec<String> = here.iter().cloned().chain([first.to_owned()]).collect();
                self.files.get(&below)?;
            }
        }
        here.extend(steps.filter(|step| step != "self"));
        Some(here)
    }

    /// The file that holds what the path leads to.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        for length in (0..=path.len()).rev() {
            let Some(file) = self.files.get(&path[..length]) else { continue };
            let through = path.get(..=length).and_then(|shown| self.shown.get(shown));
            return match through {
                Some(whole) if depth < 8 => {
                    let rest = path[length + 1..].iter().cloned();
                    self.file_of(&whole.iter().cloned().chain(rest).collect::<Vec<_>>(), depth + 1)
                }
                _ => Some(file.clone()),
            };
        }
        None
    }

    /// Files that use each other in a loop; each loop once.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.arrows.keys().map(|file| (file, self.reached_from(file))).collect();
        let mut circles: Vec<BTreeSet<String>> = Vec::new();
        for (file, reached) in &reach {
            let both = reached.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
            let circle: BTreeSet<String> = both.map(|other| (*other).clone()).collect();
            if circle.len() > 1 && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    fn reached_from<'s>(&'s self, file: &String) -> BTreeSet<&'s String> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&String> = self.arrows.get(file).into_iter().flatten().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.arrows.get(next).into_iter().flatten());
            }
        }
        reached
    }
}

/// `engine/plan/decide.rs` is `engine::plan::decide`; a folder's `mod.rs` is the folder.
pub fn module(file: &str) -> Vec<String> {
    let mut steps: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(steps.last().map(String::as_str), Some("mod" | "lib")) {
        steps.pop();
    }
    steps
}

/// Every path that the code names, and whether it only shows it to others (`pub use`). `children` are the modules that
/// the file declares.
fn paths(text: &str, children: &[&str]) -> Vec<(bool, String)> {
    let (mut list, mut shown) = (Vec::new(), Vec::new());
    let mut rest = String::with_capacity(text.len());
    let mut left = text;
    while let Some((before, after)) = left.split_once("use ") {
        rest.push_str(before);
        let start = before.rsplit('\n').next().unwrap_or_default().trim();
        let is_use = start.is_empty() || start == "pub" || (start.starts_with("pub(") && start.ends_with(')'));
        let Some((tree, behind)) = after.split_once(';').filter(|_| is_use) else {
            left = after;
            continue;
        };
        for leaf in leaves(tree) {
            if start.is_empty() { list.push((false, leaf)) } else { shown.push(leaf) }
        }
        left = behind;
    }
    rest.push_str(left);
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    for root in ["crate", "super", "self"].iter().chain(children) {
        for (place, _) in rest.match_indices(&format!("{root}::")) {
            if !rest[..place].ends_with(|c: char| in_word(c) || c == ':' || c == '$') {
                let path = rest[place..].split(|c: char| !(in_word(c) || c == ':')).next().unwrap_or_default();
                list.push((false, path.trim_end_matches(':').to_owned()));
            }
        }
    }
    let declares = |line: &&str| line.ends_with(';') && line.split(' ').rev().nth(1) == Some("mod");
    let lines = rest.lines().filter(|line| !declares(line));
    let words: BTreeSet<&str> = lines.flat_map(|line| line.split(|c: char| !in_word(c))).collect();
    for leaf in shown {
        if leaf.rsplit("::").next().is_some_and(|name| words.contains(name)) {
            list.push((false, leaf.clone()));
        }
        list.push((true, leaf));
    }
    list
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
pub fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut list, mut depth, mut from) = (Vec::new(), 0, 0);
    for (place, sign) in group.char_indices().chain([(group.len(), ',')]) {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let one = group[from..place].trim();
                if !one.is_empty() {
                    list.extend(leaves(&format!("{before}{one}")));
                }
                from = place + 1;
            }
            _ => {}
        }
    }
    list
}

#[test]
fn paths_are_found_in_every_form() {
    let text = "mod r;\npub use r::r;\nuse super::a::{B, c::{self, D as E}};\npub use crate::f::{G, M};\nuse child::N;\n\
                let x = super::super::h::i(crate::j::K);\nlet m: M = child::o(other::child::p, self::q());";
    let mut found = paths(text, &["child"]);
    found.sort();
    let wanted = [
        (false, "child::N"),
        (false, "child::o"),
        (false, "crate::f::M"),
        (false, "crate::j::K"),
        (false, "self::q"),
        (false, "super::a::B"),
        (false, "super::a::c::D"),
        (false, "super::a::c::self"),
        (false, "super::super::h::i"),
        (true, "crate::f::G"),
        (true, "crate::f::M"),
        (true, "r::r"),
    ];
    assert_eq!(found, wanted.map(|(shown, path)| (shown, path.to_owned())));
}

#[test]
fn an_arrow_leads_through_a_folders_face_to_the_file() {
    let modules = Modules::read();
    let arrows = |file: &str| &modules.arrows[file];
    assert!(arrows("engine/import/parts.rs").contains("engine/import/request.rs"));
    // `crate::policy::Policy` is `policy/document.rs`, which `policy/mod.rs` shows.
    assert!(arrows("catalogue/references.rs").contains("policy/document.rs"));
    assert!(!arrows("catalogue/references.rs").contains("policy/mod.rs"));
}
