//! The tree and the mapping that a command was given, read and held against each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::folder;
use crate::catalogue::{Catalogue, Selection};
use crate::mapping::{Mapping, Source, made_for_others};
use crate::policy::{Kept, TenantInfo};
use crate::tree::Tree;

/// A tree with the mapping that goes with it.
#[derive(Debug)]
pub struct Loaded {
    /// The tree.
    pub tree: Tree,
    /// The mapping; none where none was given and the tree holds none.
    pub mapping: Option<Mapping>,
    /// Where the mapping was given; none where it is the rewritten tree's own.
    pub mapping_file: Option<PathBuf>,
}

/// Reads both. A rewritten tree brings its mapping; giving it another one is refused.
pub fn load(tree: &Path, mapping: Option<&Path>, catalogue: &Catalogue) -> Result<Loaded, CliError> {
    joined(folder::read(tree, catalogue)?, mapping, catalogue)
}

/// A tree as people read it: a rewritten one with what its mapping and the imports with it made of its policies.
pub fn load_for_people(tree: &Path, catalogue: &Catalogue) -> Result<Tree, CliError> {
    let Loaded { mut tree, mapping, .. } = load(tree, None, catalogue)?;
    if let Some(mapping) = mapping {
        mapping.translate(&mut tree.directory);
        // The others refer to what a policy became.
        for policy in &mut tree.policies {
            let became = policy.id().and_then(|id| mapping.entry(&policy.type_name, id)?.target_id());
            if let Some(id) = became.map(str::to_owned) {
                let mut open = policy.open();
                open.body.insert(String::from("id"), id.into());
                *policy = open.keep();
            }
        }
    }
    Ok(tree)
}

/// The same, but of the policies only what tells which ones they are.
pub fn load_heads(tree: &Path, mapping: &Path, catalogue: &Catalogue) -> Result<Loaded, CliError> {
    joined(folder::read_heads(tree, catalogue)?, Some(mapping), catalogue)
}

/// A tree that was read, with its mapping.
pub fn joined(tree: Tree, mapping: Option<&Path>, catalogue: &Catalogue) -> Result<Loaded, CliError> {
    let root = tree.root.clone();
    let mut loaded = Loaded { tree, mapping: None, mapping_file: mapping.map(Path::to_owned) };
    let mapping = match (mapping, loaded.tree.manifest.rewritten_for.is_some()) {
        (Some(file), true) => return Err(already_rewritten(&root, file)),
        (Some(file), false) => Some(Mapping::load(file, catalogue)?),
        (None, true) => of_tree(&loaded.tree, catalogue)?,
        (None, false) => None,
    };
    check_tenants(mapping.as_ref(), loaded.tree.manifest.tenant.as_ref(), None)?;
    loaded.mapping = mapping;
    Ok(loaded)
}

/// Refuses a mapping that was made for other tenants, before anything is written.
pub fn check_tenants(
    mapping: Option<&Mapping>,
    source: Option<&TenantInfo>,
    target: Option<&TenantInfo>,
) -> Result<(), CliError> {
    match mapping.and_then(|mapping| made_for_others(mapping, source, target)) {
        None => Ok(()),
        Some(message) => Err(CliError::usage(message)
            .hint("Name the mapping that was made for these two tenants, or make one with map.")),
    }
}

/// The mapping that a rewritten tree holds.
fn of_tree(tree: &Tree, catalogue: &Catalogue) -> Result<Option<Mapping>, CliError> {
    let file = tree.root.join(crate::tree::MAPPING).display().to_string();
    let mapping = tree.mapping.as_deref().map(|text| Mapping::parse(text, &file, catalogue)).transpose()?;
    if mapping.is_none() {
        return Err(CliError::usage(format!("{file} is missing, although the tree was rewritten"))
            .hint("Rewrite the original tree again."));
    }
    Ok(mapping)
}

fn already_rewritten(tree: &Path, mapping: &Path) -> CliError {
    CliError::usage(format!(
        "{} is already rewritten and contains the mapping that was applied; {} cannot be applied as well",
        tree.display(),
        mapping.display()
    ))
    .hint("Omit --mapping, or use the original tree.")
}

impl Loaded {
    /// The types of the tree's policies, as far as they may be selected.
    pub fn type_names<'a>(&self, selection: &Selection, catalogue: &'a Catalogue) -> BTreeSet<&'a str> {
        let present: BTreeSet<&str> = self.tree.policies.iter().map(|policy| policy.type_name.as_str()).collect();
        let types = catalogue.iter().filter(|it| selection.includes_type(it) && present.contains(it.name.as_str()));
        types.map(|it| it.name.as_str()).collect()
    }

    /// What the mapping is applied to: the given policies, with all that the tree knows.
    pub fn source<'a>(&'a self, catalogue: &'a Catalogue, policies: &'a [Kept]) -> Source<'a> {
        let (directory, tenant) = (&self.tree.directory, self.tree.manifest.tenant.as_ref());
        let already_rewritten = self.tree.manifest.rewritten_for.is_some();
        Source { already_rewritten, ..Source::new(catalogue, policies, directory, tenant) }
    }
}
