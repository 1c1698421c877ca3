//! What `plan` and `import` take alike, and `verify` in part: a preview is of an import with the same flags.

use std::path::PathBuf;

use super::{ContentArg, ImportOptions, PageArgs, SecretsArgs, SelectionArgs, TargetArg};

/// A tree, the tenant that it goes to, and what its ids are there.
#[derive(Debug, Clone, clap::Args)]
pub struct TreeToTenant {
    /// Tree: a folder written by export, adopt or rewrite
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// Which tenant.
    #[command(flatten)]
    pub target: TargetArg,
    /// Mapping from source IDs to target IDs
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
}

/// What decides beside the tree, the tenant and the mapping what an import does.
#[derive(Debug, Clone, clap::Args)]
pub struct Crossing {
    /// Where the app contents are, which Graph does not return.
    #[command(flatten)]
    pub content: ContentArg,
    /// The report in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// How the import behaves.
    #[command(flatten)]
    pub options: ImportOptions,
    /// Where secrets come from; no journal holds them, so a run that is gone on with is given them again.
    #[command(flatten)]
    pub secrets: SecretsArgs,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}
