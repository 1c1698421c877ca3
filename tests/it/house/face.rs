//! The library's face: a module is public only where the program, a test or a benchmark uses it from outside. Of all
//! else the compiler says when nothing uses it any more.

use std::collections::BTreeSet;

use super::files_below;
use super::modules::{leaves, module};

/// Crates of their own: the program is outside of them.
const CRATES: &[&str] = &["convert/", "sandbox/"];

/// Every module and item that is used from outside, with all modules on the way to it.
fn used_from_outside() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut texts: Vec<String> = ["tests", "benches"].into_iter().flat_map(files_below).map(|(_, text)| text).collect();
    texts.extend(files_below("src").into_iter().filter(|(path, _)| path.ends_with("main.rs")).map(|(_, text)| text));
    for text in &texts {
        for (place, _) in text.match_indices("intune_ferry::") {
            let rest = &text[place + "intune_ferry::".len()..];
            let is_use = text[..place].trim_end().ends_with("use");
            let end = |c: char| if is_use { c == ';' } else { !(c.is_alphanumeric() || c == '_' || c == ':') };
            for path in leaves(rest.split(end).next().unwrap_or_default()) {
                let steps: Vec<&str> = path.split("::").collect();
                used.extend((1..=steps.len()).map(|count| steps[..count].join("::")));
            }
        }
    }
    used
}

#[test]
fn a_module_is_public_only_where_it_is_used_from_outside() {
    let used = used_from_outside();
    assert!(used.contains("cli::program") && used.contains("engine::plan::planner"), "{used:?}");
    let mut hidden = Vec::new();
    for (path, text) in files_below("src") {
        let path = path.to_string_lossy().replace('\\', "/");
        if CRATES.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        for name in text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
            let mut steps = module(&path);
            steps.push(name.to_owned());
            let whole = steps.join("::");
            if !used.contains(&whole) {
                hidden.push(whole);
            }
        }
    }
    assert!(hidden.is_empty(), "these can be `mod` or `pub(crate) mod`: {hidden:#?}");
}
