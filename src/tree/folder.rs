//! One policy type's folder as it lies on disk: each JSON file parsed, what cannot be used named.
//! Not for what the policies mean: `read.rs` makes policies of it, `write.rs` compares with it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};
use walkdir::WalkDir;

use super::{disk, json, sidecars};
use crate::finding::{Finding, codes};
use crate::parallel;
use crate::policy::Packed;
use crate::policy::fingerprint::sha256_hex;
use crate::text;

/// How much of the files is wanted.
#[derive(Clone, Copy)]
pub(super) enum Extent<'a> {
    /// All of it.
    Whole,
    /// What tells which policies they are.
    Heads,
    /// All, but of files that another tree has alike (by type and name) only the head.
    Unlike(&'a (dyn Fn(&str) -> bool + Sync)),
}

/// A policy's file that could be parsed; its JSON is packed where it is kept for later.
#[derive(Debug, Clone)]
pub(super) struct Entry<B = Packed> {
    /// Bare file name.
    pub(super) file: String,
    /// Its JSON, payloads still outside; or the requested part of it.
    pub(super) body: B,
    /// Its own sidecars by their names.
    pub(super) sidecars: Vec<String>,
    /// Whether marks of payloads and secrets may stand in it.
    pub(super) marked: bool,
    /// The file's checksum, where it was wanted.
    pub(super) sum: Option<String>,
}

impl Entry<Map<String, Value>> {
    /// The same, kept for later.
    pub(super) fn keep(self) -> Entry {
        self.with(Packed::from)
    }
}

impl<B> Entry<B> {
    fn with<C>(self, change: impl FnOnce(B) -> C) -> Entry<C> {
        let Self { file, body, sidecars, marked, sum } = self;
        Entry { file, body: change(body), sidecars, marked, sum }
    }
}

impl Entry {
    /// A file of which only the name is known, with what belongs to it by its name.
    pub(super) fn unreadable(name: &str, sidecars: Vec<String>) -> Self {
        let body = Packed::from(Map::new());
        Self { file: name.to_owned(), body, sidecars, marked: false, sum: None }
    }

    /// Its JSON, to look at now.
    pub(super) fn open(self) -> Entry<Map<String, Value>> {
        self.with(|body| body.open())
    }

    /// The Graph id; none for a hand-made policy.
    pub(super) fn id(&self) -> Option<&str> {
        self.body.at_hand("id").filter(|id| !id.is_empty())
    }

    /// The policy's own files by their names, its JSON first.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.file).chain(&self.sidecars).map(String::as_str)
    }
}

/// A folder's policies and what is wrong with the rest.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Sorted by file name.
    pub(super) entries: Vec<Entry>,
    /// Names of `.json` files that could not be used.
    pub(super) damaged: Vec<String>,
    /// Why, and what else is odd.
    pub(super) findings: Vec<Finding>,
}

/// Reads the folder of a type, with checksums or without; a folder that is not there is empty.
pub(super) fn read(root: &Path, type_name: &str, extent: Extent<'_>, sums: bool) -> Folder {
    let mut folder = Folder::default();
    let path = root.join(type_name);
    match std::fs::symlink_metadata(&path) {
        Err(_) => return folder,
        Ok(metadata) if !metadata.is_dir() => {
            folder.findings.push(damaged(type_name, "is a symbolic link or a file instead of a policy type's folder"));
            return folder;
        }
        Ok(_) => {}
    }
    let mut names: Vec<String> = Vec::new();
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
            folder.findings.push(damaged(&subject, "has a name that is not Unicode text"));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let subject = format!("{type_name}/{}", name.escape_debug());
        if sidecars::stem(name) == name {
            if entry.file_type().is_dir() {
                let message = "a subfolder of a policy type's folder is not read";
                folder.findings.push(Finding::new(&codes::NOT_RECOGNIZED, subject, message));
            }
            continue;
        }
        names.push(name.to_owned());
    }
    // A sidecar may itself end in `.json`, so what the names of others claim is judged at the end.
    let mut problems: Vec<(String, Finding)> = Vec::new();
    let read = parallel::map(&names, |name| {
        read_file(root, type_name, name, extent, sums).map(|(entry, warnings)| (entry.keep(), warnings))
    });
    for (name, read) in names.into_iter().zip(read) {
        match read {
            Ok((entry, warnings)) => {
                problems.extend(warnings.into_iter().map(|finding| (name.clone(), finding)));
                folder.entries.push(entry);
            }
            Err(finding) => {
                folder.damaged.push(name.clone());
                problems.push((name, *finding));
            }
        }
    }
    let payloads: BTreeSet<String> = folder.entries.iter().flat_map(|entry| entry.sidecars.iter().cloned()).collect();
    folder.entries.retain(|entry| !payloads.contains(&entry.file));
    folder.damaged.retain(|name| !payloads.contains(name));
    folder
        .findings
        .extend(problems.into_iter().filter(|(name, _)| !payloads.contains(name)).map(|(_, finding)| finding));
    folder
}

/// A policy's file, and what is odd in it.
pub(super) type WithOdd = (Entry<Map<String, Value>>, Vec<Finding>);

/// One policy's file with what is odd in it, or the finding that says why it cannot be used.
pub(super) fn read_file(
    root: &Path,
    type_name: &str,
    file: &str,
    extent: Extent<'_>,
    with_sum: bool,
) -> Result<WithOdd, Box<Finding>> {
    let subject = format!("{type_name}/{}", file.escape_debug());
    let damaged = |problem: &str| Box::new(damaged(&subject, problem));
    let bytes =
        disk::read_regular(&root.join(type_name).join(file)).map_err(|problem| damaged(&problem.to_string()))?;
    let sum = with_sum.then(|| sha256_hex(&bytes));
    let text = text::decode_own(bytes).map_err(|error| damaged(&error.to_string()))?;
    let marked = sidecars::may_hold_marks(&text);
    // What lies in files of its own is not known to be alike.
    let is_head = match extent {
        Extent::Whole => false,
        Extent::Heads => true,
        Extent::Unlike(alike) => !marked && alike(&format!("{type_name}/{file}")),
    };
    let parsed =
        if is_head && !marked { json::parse_head(&text).map(|head| (head, Vec::new())) } else { json::parse(&text) };
    let (mut value, doubled) = parsed.map_err(|error| {
        Box::new(damaged(&error.problem).at(format!("line {}, column {}", error.line, error.column)))
    })?;
    let sidecars = if marked { sidecars::own_names(&value, file) } else { Vec::new() };
    if is_head && marked {
        json::head(&mut value);
    }
    let Value::Object(body) = value else {
        return Err(damaged("is JSON, but not an object"));
    };
    if body.get("id").is_some_and(|id| !id.is_string() && !id.is_null()) {
        return Err(Box::new(damaged("`id` is not a string").at("/id")));
    }
    let warnings = doubled.into_iter().filter(|_| !is_head).map(|pointer| {
        Finding::new(&codes::DUPLICATE_KEY, &subject, "the key occurs twice; the last value was used").at(pointer)
    });
    Ok((Entry { file: file.to_owned(), body, sidecars, marked, sum }, warnings.collect()))
}

/// The finding for a file that cannot be used.
pub(super) fn damaged(subject: &str, problem: &str) -> Finding {
    Finding::new(&codes::DAMAGED_FILE, subject, problem)
}

/// A text file at the top of a tree; none where it is not there, or is damaged, which is a finding.
pub(super) fn read_text(root: &Path, name: &str, findings: &mut Vec<Finding>) -> Option<String> {
    let problem = match disk::read_regular(&root.join(name)) {
        Ok(bytes) => match text::decode(&bytes) {
            Ok(text) => return Some(text),
            Err(error) => error.to_string(),
        },
        Err(disk::FileProblem::Missing) => return None,
        Err(problem) => problem.to_string(),
    };
    findings.push(damaged(name, &problem));
    None
}
