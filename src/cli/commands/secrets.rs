//! `secrets template`: a file with the names of all secrets that a tree needs, to be filled in and encrypted.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::catalogue::secret_rule::PLACEHOLDER;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::files::check_place;
use crate::cli::flags::SelectionArgs;
use crate::cli::folder;
use crate::cli::keep_secrets::is_inside;
use crate::engine;
use crate::engine::shape::secrets::{secrets_of, setting_of};
use crate::exit::Exit;
use crate::finding::count;
use crate::ui::{Next, clean, hang};

const EXAMPLES: &str = "EXAMPLES:
  Name the secrets that a tree needs; put the values in, and encrypt the file:
    intune-ferry secrets template trial --out secrets.json
    age -e -R recipients.txt -o trial.age secrets.json

  Use the encrypted file, after deleting the other one:
    intune-ferry import rewritten --to production --secrets trial.age --identity key.txt";

/// Write a template for the secrets that the policies of a tree need
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Secrets,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Secrets {
    Template(TemplateArgs),
}

/// Write a new file that names every secret, for you to fill in
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TemplateArgs {
    /// Tree: a folder written by export, adopt or rewrite
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// New file; an existing file is never overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Writes the template.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let Secrets::Template(args) = &args.command;
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    if is_inside(&args.out, &args.tree)? {
        let message = format!("{} would be inside the tree {}", args.out.display(), args.tree.display());
        return Err(
            CliError::usage(message).hint("A tree is meant to be shared and committed. Name a file outside the tree.")
        );
    }
    let tree = folder::read(&args.tree, &catalogue)?;
    let with_dependencies = !args.selection.without_dependencies;
    let chosen = engine::plan::selection::choose(&tree.policies, &catalogue, &selection, with_dependencies);
    let mut secrets: BTreeMap<String, String> = BTreeMap::new();
    for policy in chosen.iter().map(|chosen| chosen.policy.open()) {
        for (place, key) in secrets_of(&policy) {
            let what = format!("{PLACEHOLDER}{} in {}", setting_of(&policy, &place), policy.subject());
            secrets.entry(key).or_insert(what);
        }
    }
    let findings = tree.findings;
    if secrets.is_empty() {
        let text = format!("No policy in {} contains a secret; nothing was written.\n", args.tree.display());
        return Ok(Answer::new(Exit::Done, text).findings(findings));
    }
    let mut text = serde_json::to_string_pretty(&json!({"format": 1, "secrets": secrets})).unwrap_or_default();
    text.push('\n');
    write_new(&args.out, text.as_bytes())?;
    let file = clean(&args.out.display().to_string()).into_owned();
    let mut text = format!("{} in {file}:\n\n", count(secrets.len(), "secret is named", "secrets are named"));
    for (key, what) in &secrets {
        let what = what.strip_prefix(PLACEHOLDER).unwrap_or(what);
        text.push_str(&hang(&format!("  {key}: "), 4, &clean(what), context.look().prose()));
    }
    let says = format!(
        "replace the words in {file} with the secrets, encrypt the file for the person who imports (docs/secrets.md), and delete it"
    );
    let details: Value = json!({"file": args.out, "secrets": secrets.keys().collect::<Vec<_>>()});
    let command = format!("age -e -R recipients.txt -o secrets.age {file}");
    let next = Next { says, command: Some(command) };
    Ok(Answer::new(Exit::Done, text).findings(findings).details(details).next(next))
}

/// Writes a file that is not there yet, for its owner alone.
fn write_new(path: &std::path::Path, bytes: &[u8]) -> Result<(), CliError> {
    let folder = check_place(path)?;
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        crate::replace::persist_new(file, path).map(drop)
    };
    write().map_err(|error: io::Error| file_error("write", path, &error))
}
