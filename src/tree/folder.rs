//! One policy type's folder as it lies on disk: each JSON file parsed, what cannot be used named.
//! Not for what the policies mean: `read.rs` makes policies of it, `write.rs` compares with it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};
use walkdir::WalkDir;

use super::{disk, json, sidecars, text};
use crate::finding::{Finding, codes};

/// A policy's file that could be parsed.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Bare file name.
    pub(super) file: String,
    /// Its JSON, payloads still outside.
    pub(super) body: Map<String, Value>,
}

impl Entry {
    /// The Graph id; none for a hand-made policy.
    pub(super) fn id(&self) -> Option<&str> {
        self.body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
    }
}

/// A folder's policies and what is wrong with the rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    /// Sorted by file name.
    pub(super) entries: Vec<Entry>,
    /// Names of `.json` files that could not be used.
    pub(super) damaged: Vec<String>,
    /// Why, and what else is odd.
    pub(super) findings: Vec<Finding>,
}

/// Reads the folder of a type; a folder that is not there is empty.
pub(super) fn read(root: &Path, type_name: &str) -> Folder {
    read_unlike(root, type_name, &|_| false)
}

/// The same, but of a file that `alike` knows (by type and name) only what tells which policy it is.
pub(super) fn read_unlike(root: &Path, type_name: &str, alike: &dyn Fn(&str) -> bool) -> Folder {
    let mut folder = Folder::default();
    let path = root.join(type_name);
    match std::fs::symlink_metadata(&path) {
        Err(_) => return folder,
        Ok(metadata) if !metadata.is_dir() => {
            folder.findings.push(damaged(type_name, "is a link or a file where a policy type's folder should be"));
            return folder;
        }
        Ok(_) => {}
    }
    // A sidecar may itself end in `.json`, so what the names of others claim is judged at the end.
    let mut problems: Vec<(String, Finding)> = Vec::new();
    for entry in WalkDir::new(&path).min_depth(1).max_depth(1).follow_links(false).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let reason = error.io_error().map_or_else(String::new, |error| format!(": {}", error.kind()));
                folder.findings.push(damaged(type_name, &format!("cannot be listed{reason}")));
                continue;
            }
        };
        let Some(name) = entry.file_name().to_str() else {
            let lossy = entry.file_name().to_string_lossy();
            let subject = format!("{type_name}/{}", lossy.escape_debug());
            folder.findings.push(damaged(&subject, "has a name that is no Unicode text"));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let subject = format!("{type_name}/{}", name.escape_debug());
        if sidecars::stem(name) == name {
            if entry.file_type().is_dir() {
                let message = "a folder inside a policy type's folder is not read";
                folder.findings.push(Finding::new(&codes::NOT_RECOGNISED, subject, message));
            }
            continue;
        }
        let mut warnings = Vec::new();
        match read_file(entry.path(), &subject, &mut warnings) {
            Ok(mut body) => {
                // What lies in files of its own is not known to be alike.
                if alike(&format!("{type_name}/{name}")) && sidecars::own_names(&body, name).is_empty() {
                    body.retain(|_, value| !(value.is_object() || value.is_array()));
                }
                problems.extend(warnings.into_iter().map(|finding| (name.to_owned(), finding)));
                folder.entries.push(Entry { file: name.to_owned(), body });
            }
            Err(finding) => {
                folder.damaged.push(name.to_owned());
                problems.push((name.to_owned(), *finding));
            }
        }
    }
    let payloads: BTreeSet<String> =
        folder.entries.iter().flat_map(|entry| sidecars::own_names(&entry.body, &entry.file)).collect();
    folder.entries.retain(|entry| !payloads.contains(&entry.file));
    folder.damaged.retain(|name| !payloads.contains(name));
    folder
        .findings
        .extend(problems.into_iter().filter(|(name, _)| !payloads.contains(name)).map(|(_, finding)| finding));
    folder
}

/// One policy's JSON, or the finding that says why not.
fn read_file(path: &Path, subject: &str, warnings: &mut Vec<Finding>) -> Result<Map<String, Value>, Box<Finding>> {
    let bytes = disk::read_regular(path).map_err(|problem| Box::new(damaged(subject, &problem.to_string())))?;
    let text = text::decode(&bytes).map_err(|error| Box::new(damaged(subject, &error.to_string())))?;
    let (value, doubled) = json::parse(&text).map_err(|error| {
        Box::new(damaged(subject, &error.problem).at(format!("line {}, column {}", error.line, error.column)))
    })?;
    let Value::Object(body) = value else {
        return Err(Box::new(damaged(subject, "is JSON, but no object")));
    };
    if body.get("id").is_some_and(|id| !id.is_string() && !id.is_null()) {
        return Err(Box::new(damaged(subject, "`id` is no text").at("/id")));
    }
    warnings.extend(doubled.into_iter().map(|pointer| {
        Finding::new(&codes::DUPLICATE_KEY, subject, "the key stands twice, the last value was taken").at(pointer)
    }));
    Ok(body)
}

/// The finding for a file that cannot be used.
pub(super) fn damaged(subject: &str, problem: &str) -> Finding {
    Finding::new(&codes::DAMAGED_FILE, subject, problem)
}
