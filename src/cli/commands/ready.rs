//! `ready`: what a tenant must have before the policies of a tree work there, and what of it expires.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::catalogue::{Catalogue, Selection};
use crate::cli::answer::Answer;
use crate::cli::connect::connect;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::files::write_file;
use crate::cli::flags::{PageArgs, SelectionArgs, TargetArg};
use crate::cli::source::{self, Loaded};
use crate::engine::plan::selection::choose;
use crate::engine::ready::announce::announce;
use crate::engine::ready::{Inputs, Readiness, Wanted, examine};
use crate::engine::tenant;
use crate::exit::Exit;
use crate::policy::TenantInfo;
use crate::ui::{Progress, readiness};

const EXAMPLES: &str = "EXAMPLES:
  Show what the target needs before a tree is imported:
    intune-ferry ready trial --to production --mapping mapping.json

  Check every connector, token and certificate of a tenant, for a nightly job:
    intune-ferry ready --to production --out ready.json

  Write a page to print:
    intune-ferry ready trial --to production --mapping mapping.json --html ready.html

  Name the people in its groups who have no license:
    intune-ferry ready trial --to production --mapping mapping.json --names

Nothing is changed. Without --names, no name of a person is read. Exit code 4 means that something is missing, 5 that something \
could not be checked, 3 that something expires or degrades soon (docs/ready.md).";

/// Show what a tenant needs before policies work there, and what expires soon
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Tree: a folder written by export, adopt or rewrite; without it, the tenant itself is checked
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,
    /// Which tenant.
    #[command(flatten)]
    pub target: TargetArg,
    /// Mapping from source IDs to target IDs
    #[arg(long, value_name = "FILE", requires = "tree")]
    pub mapping: Option<PathBuf>,
    /// Also look up the DNS names by which Windows devices find Intune
    #[arg(long)]
    pub dns: bool,
    /// Also name the people who are counted: those without a license, and those who have an Intune role
    #[arg(long)]
    pub names: bool,
    /// Also write the result to a file, for `diff` with a later one
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Also write a letter to the people whose devices move, with check lists and a worksheet, as Markdown
    #[arg(long, value_name = "FILE", requires = "tree")]
    pub announce: Option<PathBuf>,
    /// The page in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Checks.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let loaded = match &args.tree {
        Some(tree) => Some(source::load(tree, args.mapping.as_deref(), &catalogue)?),
        None => None,
    };
    let connected = connect(context, &args.target.tenant)?;
    let client = &connected.client;
    let claims = client.claims().await.map_err(|error| connected.failed(error))?;
    let target = tenant::who(client).await.map_err(|error| connected.failed(error))?;
    if let Some(loaded) = &loaded {
        source::check_tenants(loaded.mapping.as_ref(), None, Some(&target))?;
    }
    let letter = loaded.as_ref().map(|loaded| {
        let chosen = choose(&loaded.tree.policies, &catalogue, &selection, !args.selection.without_dependencies);
        announce(&catalogue, chosen.into_iter().map(|chosen| chosen.policy))
    });
    let wanted = loaded.as_ref().map(|loaded| wanted(loaded, &args, &selection, &target, &catalogue));
    let readiness = {
        let progress = Progress::new(&context.printer);
        let tenant = connected.tenant(&catalogue, &progress);
        let inputs = Inputs { tenant, wanted, claims: claims.as_ref(), dns: args.dns, names: args.names };
        examine(&inputs, target).await.map_err(|error| connected.failed(error))?
    };
    let mut answer = Answer::new(readiness.exit(), readiness::ready(&readiness, context.look()));
    answer.counts = readiness.counts();
    let mut findings = Vec::new();
    if let Some(loaded) = &loaded {
        findings.extend(loaded.tree.findings.iter().cloned());
    }
    if !findings.is_empty() {
        answer.text.push('\n');
        answer.text.push_str(&crate::ui::findings::findings(&findings, context.look()));
    }
    let document = document(&readiness)?;
    let answer = answer.findings(findings).requests(client.figures()).details(document.clone());
    let made = super::report::now();
    let mut files: Vec<(&Path, String)> = Vec::new();
    files.extend(args.out.as_deref().map(|path| (path, in_a_file(&document))));
    files.extend(args.pages.html.as_deref().map(|path| (path, readiness::html(&readiness, &made))));
    files.extend(args.pages.markdown.as_deref().map(|path| (path, readiness::markdown(&readiness, &made))));
    let letter = args.announce.as_deref().zip(letter);
    files.extend(letter.map(|(path, letter)| (path, readiness::letter(&letter))));
    Ok(files.into_iter().fold(answer, |answer, (path, text)| save(answer, path, &text, context)))
}

/// The policies of the tree that are meant, with what they become in the target.
fn wanted<'a>(
    loaded: &'a Loaded,
    args: &Args,
    selection: &Selection,
    target: &TenantInfo,
    catalogue: &'a Catalogue,
) -> Wanted<'a> {
    let tree = &loaded.tree;
    let own = tree.manifest.tenant.as_ref().and_then(|tenant| tenant.id.as_deref());
    let same_tenant = own.zip(target.id.as_deref()).is_some_and(|(own, id)| own.eq_ignore_ascii_case(id));
    let source = loaded.source(catalogue, &tree.policies);
    let chosen = choose(&tree.policies, catalogue, selection, !args.selection.without_dependencies);
    Wanted {
        source: crate::mapping::Source { same_tenant, ..source },
        mapping: loaded.mapping.as_ref(),
        policies: chosen.into_iter().map(|chosen| chosen.policy).collect(),
    }
}

fn document(readiness: &Readiness) -> Result<Value, CliError> {
    serde_json::to_value(readiness)
        .map_err(|error| CliError::new(Exit::Unexpected, format!("the result cannot be written: {error}")))
}

/// The result as the text of a file.
fn in_a_file(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    text + "\n"
}

/// With a file beside it; the result counts all the same where the file cannot be written.
fn save(answer: Answer, path: &Path, text: &str, context: &Context) -> Answer {
    match write_file(path, text.as_bytes()) {
        Ok(()) => {
            context.printer.note(&format!("{} is written.", crate::ui::clean(&path.display().to_string())));
            answer
        }
        Err(error) => answer.not_recorded(path, &error, None, context.look()),
    }
}
