//! Reads a tree: policies with their payloads put back, and a finding for everything that could not
//! be used. One bad file never hides the next. Not for other tools' folders: those are `foreign/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use serde_json::{Map, Value};
use walkdir::WalkDir;

use super::error::TreeError;
use super::folder::{self, Entry, Extent, damaged};
use super::manifest::Manifest;
use super::names::{ADOPTED, MAPPING};
use super::origin::Origins;
use super::sidecars::{self, Refusal};
use super::{checksums, directory};
use crate::catalogue::Catalogue;
use crate::catalogue::sealing;
use crate::finding::{Finding, codes};
use crate::nearest::closest;
use crate::parallel;
use crate::policy::canonical::canonicalise;
use crate::policy::{Directory, Kept, Policy, Rules, sealed};

/// How much all sidecars of a tree may hold together.
const SIDECAR_BUDGET: u64 = 1024 * 1024 * 1024;

/// A tree as read from disk.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The folder.
    pub root: PathBuf,
    /// What it is of and how complete it is.
    pub manifest: Manifest,
    /// Referenced objects that are not in it.
    pub directory: Directory,
    /// The text of `mapping.json`, in a rewritten tree.
    pub mapping: Option<String>,
    /// Where its policies come from, in an adopted tree.
    pub origins: Origins,
    /// Sorted by file, canonical, payloads as base64, secrets as `<property>@ferry.secret`.
    pub policies: Vec<Kept>,
    /// The files that somebody changed or added since the export.
    pub edited: BTreeSet<String>,
    /// What could not be used, and what is odd.
    pub findings: Vec<Finding>,
}

impl Tree {
    /// Whether somebody wrote or changed the policy's file, so that it is not what Graph itself gave.
    pub fn is_by_hand(&self, policy: &Policy) -> bool {
        self.manifest.tenant.as_ref().is_none_or(|tenant| tenant.id.is_none())
            || policy.file.as_ref().is_some_and(|file| self.edited.contains(file))
    }
}

/// The checksum of each file of a tree, by its name.
pub type Checksums = BTreeMap<String, String>;

/// The checksums of a folder's files as they are.
pub fn sums(root: &Path, catalogue: &Catalogue) -> Checksums {
    checksums::of_tree(root, catalogue, Checksums::new())
}

/// Reads the tree in a folder.
pub fn read(root: &Path, catalogue: &Catalogue) -> Result<Tree, TreeError> {
    read_as(root, catalogue, Extent::Whole, None)
}

/// Reads the tree in a folder, but of its policies only what tells which ones they are; a [`Loader`] gives them
/// one by one. What is wrong inside of them is not found here.
pub fn read_heads(root: &Path, catalogue: &Catalogue) -> Result<Tree, TreeError> {
    read_as(root, catalogue, Extent::Heads, None)
}

/// The same, without looking for files that somebody edited.
pub fn read_outline(root: &Path, catalogue: &Catalogue) -> Result<Tree, TreeError> {
    read_as(root, catalogue, Extent::Heads, Some(&Checksums::new()))
}

/// Reads the tree in a folder, to be compared with another: of policies whose file is the same there, only
/// what tells which ones they are. `own` are this tree's checksums.
pub fn read_unlike(root: &Path, catalogue: &Catalogue, own: &Checksums, other: &Checksums) -> Result<Tree, TreeError> {
    let alike = |file: &str| other.get(file).is_some_and(|sum| own.get(file) == Some(sum));
    read_as(root, catalogue, Extent::Unlike(&alike), Some(own))
}

fn read_as(root: &Path, catalogue: &Catalogue, extent: Extent<'_>, own: Option<&Checksums>) -> Result<Tree, TreeError> {
    check_folder(root)?;
    let manifest = Manifest::read(root)?.ok_or_else(|| TreeError::NotATree { path: root.to_owned() })?;
    let mut findings = Vec::new();
    findings.extend(manifest.incomplete());
    let directory = directory::of_tree(root, &manifest, &mut findings);
    // Elsewhere a mapping.json is the user's own.
    let mapping = if manifest.rewritten_for.is_some() { folder::read_text(root, MAPPING, &mut findings) } else { None };
    let origins = read_origins(root, &mut findings);
    let loader = Loader::new(root, catalogue);
    let mut policies = Vec::new();
    let mut sums = Checksums::new();
    for policy_type in catalogue.iter() {
        let folder = folder::read(root, &policy_type.name, extent, own.is_none());
        findings.extend(folder.findings);
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let mut entries = Vec::new();
        for mut entry in folder.entries {
            let file = format!("{}/{}", policy_type.name, entry.file);
            sums.extend(entry.sum.take().map(|sum| (file.clone(), sum)));
            if let Some(id) = entry.id() {
                if let Some(other) = ids.get(&id.to_ascii_lowercase()) {
                    let message = format!("has the same ID as {other} and was left out");
                    findings.push(Finding::new(&codes::DUPLICATE_ID, file, message).at("/id"));
                    continue;
                }
                ids.insert(id.to_ascii_lowercase(), entry.file.clone());
            }
            entries.push(entry);
        }
        for read in parallel::map_into(entries, |entry| Ok(loader.policy(&policy_type.name, entry.open())?.keep())) {
            match read {
                Ok(policy) => policies.push(policy),
                Err(finding) => {
                    let finding: Box<Finding> = finding;
                    findings.push(*finding);
                }
            }
        }
    }
    policies.sort_by(|left, right| left.file.cmp(&right.file));
    findings.extend(unknown_folders(root, catalogue));
    let edited = match own {
        Some(own) => checksums::edited(root, own),
        None => checksums::edited(root, &checksums::of_tree(root, catalogue, sums)),
    };
    let (finding, edited) = edited.unzip();
    findings.extend(finding);
    findings
        .sort_by(|left, right| (&left.subject, &left.at, &left.code).cmp(&(&right.subject, &right.at, &right.code)));
    let edited = edited.unwrap_or_default();
    Ok(Tree { root: root.to_owned(), manifest, directory, mapping, origins, policies, edited, findings })
}

/// Reads single policies of a tree, also from several threads.
#[derive(Debug)]
pub struct Loader<'a> {
    root: &'a Path,
    rules: BTreeMap<&'a str, Rules>,
    /// How many bytes of sidecars may still be read.
    budget: AtomicU64,
}

impl<'a> Loader<'a> {
    /// For the tree in a folder.
    pub fn new(root: &'a Path, catalogue: &'a Catalogue) -> Self {
        let rules = catalogue.iter().map(|t| (t.name.as_str(), t.rules(&catalogue.shared))).collect();
        Self { root, rules, budget: AtomicU64::new(SIDECAR_BUDGET) }
    }

    /// The policy of which this is the head, with what is odd in its file; or why it cannot be used.
    pub fn load(&self, head: &Kept) -> Result<(Policy, Vec<Finding>), Box<Finding>> {
        let (entry, warnings) = self.file(head)?;
        Ok((self.policy(&head.type_name, entry)?, warnings))
    }

    /// The policy of which this is the head as it is in its file: payloads stay outside.
    pub fn document(&self, head: &Kept) -> Result<Policy, Box<Finding>> {
        let (entry, _) = self.file(head)?;
        Ok(Policy { type_name: head.type_name.clone(), body: entry.body, file: head.file.clone() })
    }

    /// A policy's file, with what is odd in it.
    fn file(&self, head: &Kept) -> Result<folder::WithOdd, Box<Finding>> {
        let file = head.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default();
        folder::read_file(self.root, &head.type_name, file, Extent::Whole, false)
    }

    /// The policy that a file's JSON is, its payloads put back.
    fn policy(&self, type_name: &str, entry: Entry<Map<String, Value>>) -> Result<Policy, Box<Finding>> {
        let Entry { file, mut body, marked, .. } = entry;
        let subject = format!("{type_name}/{file}");
        if marked {
            let document = Value::Object(body);
            if let Some(at) = foreign_secret(&document) {
                let message =
                    "the secret's name is not valid: it must begin with FERRY_ and contain only A-Z, 0-9 and _";
                return Err(Box::new(damaged(&subject, message).at(at)));
            }
            body = sidecars::restore(document, &self.root.join(type_name), &self.budget).map_err(|refusal| {
                Box::new(match refusal {
                    Refusal::Name { at, problem } => {
                        Finding::new(&codes::SIDECAR_REFUSED, &subject, format!("the sidecar {problem}")).at(at)
                    }
                    Refusal::File { at, problem } => damaged(&subject, &format!("the sidecar {problem}")).at(at),
                })
            })?;
        }
        let body = match self.rules.get(type_name) {
            Some(rules) => canonicalise(body, rules),
            None => body,
        };
        Ok(Policy { type_name: type_name.to_owned(), body, file: Some(subject) })
    }
}

/// Whether there is a folder at all.
fn check_folder(root: &Path) -> Result<(), TreeError> {
    match std::fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(TreeError::NotADirectory { path: root.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(TreeError::Missing { path: root.to_owned() }),
        Err(error) => Err(TreeError::io(root)(error)),
    }
}

/// The first secret's mark that names something else than a secret of ours.
fn foreign_secret(document: &Value) -> Option<String> {
    let places = sidecars::marked(document, sealed::MARK);
    places.into_iter().find(|at| !document.pointer(at).and_then(Value::as_str).is_some_and(sealing::is_name))
}

/// `adopted.json`; a broken one is a finding and counts as empty.
fn read_origins(root: &Path, findings: &mut Vec<Finding>) -> Origins {
    let Some(text) = folder::read_text(root, ADOPTED, findings) else { return Origins::default() };
    Origins::parse(&text).unwrap_or_else(|problem| {
        findings.push(damaged(ADOPTED, &problem));
        Origins::default()
    })
}

/// Folders that hold JSON but do not belong to a policy type: probably a typing error in the name.
fn unknown_folders(root: &Path, catalogue: &Catalogue) -> Vec<Finding> {
    let entries = WalkDir::new(root).min_depth(1).max_depth(1).follow_links(false).sort_by_file_name();
    let folders = entries.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_dir());
    folders
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || catalogue.get(&name).is_some() || !holds_json(entry.path()) {
                return None;
            }
            let near = closest(&name, catalogue.iter().map(|policy_type| policy_type.name.as_str()));
            let suggestion = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("there is no policy type `{}`{suggestion}", name.escape_debug());
            Some(Finding::new(&codes::NOT_RECOGNIZED, name.escape_debug().to_string(), message))
        })
        .collect()
}

/// Whether a folder itself holds a JSON file.
pub(super) fn holds_json(folder: &Path) -> bool {
    let entries = WalkDir::new(folder).min_depth(1).max_depth(1).follow_links(false);
    entries.into_iter().filter_map(Result::ok).any(|entry| {
        let name = entry.file_name().to_string_lossy();
        !name.starts_with('.') && sidecars::stem(&name) != name
    })
}
