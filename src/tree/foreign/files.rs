//! Reads the JSON and YAML files of a foreign folder, whatever their encoding. Not for what is in them.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use walkdir::WalkDir;

use super::error::ForeignError;
use super::yaml;
use crate::finding::{Finding, codes};
use crate::text;
use crate::tree::json;

/// A larger file is not a policy.
pub(super) const LARGEST: u64 = intune_ferry_convert::text::LARGEST as u64;
/// Version control's own folder is never looked into.
const VERSION_CONTROL: &str = ".git";
/// The manifest of a tree of our own.
const MANIFEST: &str = "ferry-tree.json";

const JSON: &[&str] = &[".json"];
const YAML: &[&str] = &[".yaml", ".yml"];

/// One JSON or YAML file.
pub(super) struct SourceFile {
    /// Relative to the folder, with `/`.
    pub(super) name: String,
    /// What is in it, or what is wrong with it.
    pub(super) content: Result<Value, Finding>,
    /// Keys that stand twice in one object.
    pub(super) findings: Vec<Finding>,
}

impl SourceFile {
    /// The names of the folders it is in, nearest first.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.name.rsplit('/').skip(1)
    }

    /// The folder with its slash, and the name without folder and ending.
    pub(super) fn stem(&self) -> (&str, &str) {
        stem(&self.name)
    }

    /// The ending of the name, with its dot.
    pub(super) fn ending(&self) -> &str {
        ending(&self.name).unwrap_or_default()
    }
}

/// Of a file's name, the folder with its slash, and the rest without its ending.
pub(super) fn stem(name: &str) -> (&str, &str) {
    let split = name.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, name) = name.split_at(split);
    (folder, name.get(..name.len() - ending(name).map_or(0, str::len)).unwrap_or(name))
}

/// A folder's files: those that may hold objects, and the names of the others; sorted.
pub(super) fn read_folder(root: &Path) -> Result<(Vec<SourceFile>, Vec<String>), ForeignError> {
    if !root.is_dir() {
        return Err(ForeignError::NotAFolder { path: root.to_owned() });
    }
    if root.join(MANIFEST).exists() {
        return Err(ForeignError::AlreadyATree { path: root.to_owned() });
    }
    let mut files = Vec::new();
    let mut others = Vec::new();
    let walk = WalkDir::new(root).follow_links(false).into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != VERSION_CONTROL) {
        match entry {
            Ok(entry) if entry.depth() == 0 => {}
            Ok(entry) => {
                let name = relative(root, entry.path());
                if ending(&name).is_none() {
                    if !entry.file_type().is_dir() {
                        others.push(name);
                    }
                } else if entry.file_type().is_file() {
                    files.push(read_file(entry.path(), name));
                } else {
                    let what = if entry.file_type().is_dir() { "a folder" } else { "a symbolic link or device" };
                    files.push(damaged(name, &format!("this is {what}, not a regular file")));
                }
            }
            Err(error) => {
                let name = error.path().map_or_else(String::new, |path| relative(root, path));
                files.push(damaged(name, &error.to_string()));
            }
        }
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    others.sort_unstable();
    Ok((files, others))
}

/// The ending of a name that says JSON or YAML.
fn ending(name: &str) -> Option<&str> {
    let of = |known: &&&str| {
        name.len()
            .checked_sub(known.len())
            .and_then(|at| name.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(known))
    };
    JSON.iter().chain(YAML).find(of).and_then(|known| name.get(name.len() - known.len()..))
}

fn is_yaml(name: &str) -> bool {
    ending(name).is_some_and(|ending| YAML.iter().any(|yaml| ending.eq_ignore_ascii_case(yaml)))
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn damaged(name: String, problem: &str) -> SourceFile {
    let finding = Finding::new(&codes::DAMAGED_FILE, name.clone(), problem);
    SourceFile { name, content: Err(finding), findings: Vec::new() }
}

/// A file's bytes, up to one more than the limit: whoever reads them says what is too large.
fn up_to_limit(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("cannot be read: {error}"))?;
    Ok(bytes)
}

/// The same of a regular file.
pub(super) fn content(path: &Path) -> Result<Vec<u8>, String> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file());
    if is_file { up_to_limit(path) } else { Err(String::from("this is not a regular file")) }
}

fn read_file(path: &Path, name: String) -> SourceFile {
    let bytes = match up_to_limit(path) {
        Ok(bytes) => bytes,
        Err(problem) => return damaged(name, &problem),
    };
    if bytes.len() as u64 > LARGEST {
        return damaged(name, "larger than 64 MiB");
    }
    parse(&bytes, name)
}

/// Bytes as JSON; the file's name is for the findings.
fn parse(bytes: &[u8], name: String) -> SourceFile {
    let text = match text::decode(bytes) {
        Ok(text) => text,
        Err(error) => return damaged(name, &error.to_string()),
    };
    let (parsed, language) = if is_yaml(&name) { (yaml::parse(&text), "YAML") } else { (json::parse(&text), "JSON") };
    match parsed {
        Ok((value, duplicates)) => {
            let findings = duplicates
                .into_iter()
                .map(|pointer| Finding::new(&codes::DUPLICATE_KEY, name.clone(), "the last value was used").at(pointer))
                .collect();
            SourceFile { name, content: Ok(value), findings }
        }
        Err(error) => {
            let finding =
                Finding::new(&codes::DAMAGED_FILE, name.clone(), format!("not valid {language}: {}", error.problem))
                    .at(format!("line {}, column {}", error.line, error.column));
            SourceFile { name, content: Err(finding), findings: Vec::new() }
        }
    }
}
