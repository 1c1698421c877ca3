//! `SHA256SUMS`: what the last export wrote, checkable with `sha256sum -c SHA256SUMS`. It describes,
//! it never decides: a mismatch is an information.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use walkdir::WalkDir;

use super::{disk, names};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};
use crate::parallel;
use crate::policy::fingerprint::sha256_hex;
use crate::text;

/// The file's name.
pub(super) const FILE: &str = "SHA256SUMS";

/// The hash of every file of the tree by its path with `/`: ours at the root, and what lies in the
/// folders of policy types. A name that is not Unicode cannot stand in the file and is left out. So are overviews: their
/// line would change on every branch that changes any policy of the type, and no merge would be without a conflict.
/// What is `known` already of files that are there is not read again.
pub(super) fn of_tree(
    root: &Path,
    catalogue: &Catalogue,
    mut known: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let own = names::OWN.iter().filter(|own| **own != FILE);
    let mut names: Vec<String> = own.map(|own| (*own).to_owned()).collect();
    for policy_type in catalogue.iter() {
        let folder = root.join(&policy_type.name);
        if !disk::is_folder(&folder) {
            continue;
        }
        let entries = WalkDir::new(&folder).min_depth(1).max_depth(1).follow_links(false);
        for entry in entries.into_iter().filter_map(Result::ok) {
            let name = entry.file_name().to_str();
            if let Some(name) = name.filter(|name| !name.starts_with('.') && *name != names::OVERVIEW) {
                names.push(format!("{}/{name}", policy_type.name));
            }
        }
    }
    let (there, new): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| known.contains_key(name));
    let mut sums: BTreeMap<String, String> =
        there.into_iter().filter_map(|name| known.remove(&name).map(|sum| (name, sum))).collect();
    let read = |name: &String| disk::read_regular(&root.join(name)).ok().map(|bytes| sha256_hex(&bytes));
    let read = parallel::map(&new, read);
    sums.extend(new.into_iter().zip(read).filter_map(|(name, sum)| Some((name, sum?))));
    sums
}

/// As `sha256sum` writes it, names with a backslash or a line break escaped.
pub(super) fn to_text(sums: &BTreeMap<String, String>) -> String {
    sums.iter()
        .map(|(name, sum)| {
            if name.contains(['\\', '\n', '\r']) {
                let name = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
                format!("\\{sum}  {name}\n")
            } else {
                format!("{sum}  {name}\n")
            }
        })
        .collect()
}

fn from_text(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (sum, name) = line.split_once("  ").or_else(|| line.split_once(" *"))?;
            Some(match sum.strip_prefix('\\') {
                Some(sum) => (unescape(name), sum.to_ascii_lowercase()),
                None => (name.to_owned(), sum.to_ascii_lowercase()),
            })
        })
        .collect()
}

fn unescape(name: &str) -> String {
    let mut result = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        result.push(match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            (other, false) => other,
        });
    }
    result
}

/// Puts right the line of one file that the program itself changed since the last export.
pub(super) fn refresh(root: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = root.join(FILE);
    let Some(text) = disk::read_regular(&path).ok().and_then(|bytes| text::decode(&bytes).ok()) else { return Ok(()) };
    let mut sums = from_text(&text);
    sums.insert(name.to_owned(), sha256_hex(bytes));
    disk::write_atomic(&path, to_text(&sums).as_bytes()).map(drop)
}

/// What the last writing wrote, by the paths of its files; none where nothing says so.
pub(super) fn of_last_writing(root: &Path) -> Option<BTreeMap<String, String>> {
    Some(from_text(&text::decode(&disk::read_regular(&root.join(FILE)).ok()?).ok()?))
}

/// The names of all files of the tree that was just written.
pub fn file_names(root: &Path) -> Vec<String> {
    let listed = of_last_writing(root).unwrap_or_default();
    listed.into_keys().chain([FILE.to_owned()]).collect()
}

/// What was changed, added or removed by hand since the last export, as one information, with the files that were
/// changed or added.
pub(super) fn edited(root: &Path, now: &BTreeMap<String, String>) -> Option<(Finding, BTreeSet<String>)> {
    let then = of_last_writing(root)?;
    let changed = now.iter().filter(|(name, sum)| then.get(*name).is_some_and(|then| then != *sum));
    let changed: Vec<&String> = changed.map(|(name, _)| name).collect();
    let added: Vec<&String> = now.keys().filter(|name| !then.contains_key(*name)).collect();
    let removed: Vec<&String> = then.keys().filter(|name| !now.contains_key(*name)).collect();
    let files = changed.iter().chain(&added).map(|name| (*name).clone()).collect();
    let parts: Vec<String> = [("changed", changed), ("added", added), ("removed", removed)]
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{} {what} ({})", names.len(), first(names)))
        .collect();
    if parts.is_empty() {
        return None;
    }
    let message = format!("since the last export: {}", parts.join(", "));
    Some((Finding::new(&codes::EDITED_SINCE_EXPORT, FILE, message), files))
}

fn first(names: &[&String]) -> String {
    let mut shown: Vec<String> = names.iter().take(3).map(|name| name.escape_debug().to_string()).collect();
    if names.len() > shown.len() {
        shown.push(String::from("…"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_name_goes_to_text_and_back(names in proptest::collection::btree_map("[a\\\\\n\r /n]{1,6}", "[0-9a-f]{64}", 0..5)) {
            prop_assert_eq!(from_text(&to_text(&names)), names);
        }
    }

    #[test]
    fn nonsense_is_read_as_nothing() {
        assert!(from_text("hello\n\n  \nx").len() <= 1);
    }
}
