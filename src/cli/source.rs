//! The tree and the mapping that a command was given, read and held against each other.

use std::path::{Path, PathBuf};

use super::error::CliError;
use super::folder;
use crate::catalogue::Catalogue;
use crate::mapping::{Mapping, Source};
use crate::policy::Policy;
use crate::tree::Tree;

/// The file in a rewritten tree.
pub const MAPPING_IN_TREE: &str = "mapping.json";

/// A tree with the mapping that goes with it.
#[derive(Debug)]
pub struct Loaded {
    /// The tree.
    pub tree: Tree,
    /// The mapping; none where none was given and the tree holds none.
    pub mapping: Option<Mapping>,
    /// Where the mapping was given, to record in it what an import creates.
    pub mapping_file: Option<PathBuf>,
}

/// Reads both. A rewritten tree brings its mapping; giving it another one is refused.
pub fn load(tree: &Path, mapping: Option<&Path>, catalogue: &Catalogue) -> Result<Loaded, CliError> {
    let root = tree;
    let tree = folder::read(root, catalogue)?;
    let mut loaded = Loaded { tree, mapping: None, mapping_file: mapping.map(Path::to_owned) };
    loaded.mapping = match (mapping, loaded.tree.manifest.rewritten_for.is_some()) {
        (Some(file), true) => return Err(already_rewritten(root, file)),
        (Some(file), false) => Some(Mapping::load(file, catalogue)?),
        (None, true) => Some(Mapping::load(&root.join(MAPPING_IN_TREE), catalogue)?),
        (None, false) => None,
    };
    Ok(loaded)
}

fn already_rewritten(tree: &Path, mapping: &Path) -> CliError {
    CliError::usage(format!(
        "{} was rewritten already and holds the mapping that was applied; {} cannot be applied on top",
        tree.display(),
        mapping.display()
    ))
    .hint("Leave --mapping out, or use the original tree.")
}

impl Loaded {
    /// What the mapping is applied to: the given policies, with all that the tree knows.
    pub fn source<'a>(&'a self, catalogue: &'a Catalogue, policies: &'a [Policy]) -> Source<'a> {
        Source {
            catalogue,
            policies,
            directory: &self.tree.directory,
            tenant: self.tree.manifest.tenant.as_ref(),
            already_rewritten: self.tree.manifest.rewritten_for.is_some(),
            ignore_assignments: false,
            same_tenant: false,
        }
    }
}
