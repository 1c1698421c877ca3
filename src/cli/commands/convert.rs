//! `convert`: policies of a tree that become policies of another type.

use std::path::PathBuf;

use super::report::{now, said};
use crate::catalogue::model::ConvertStep;
use crate::catalogue::{Catalogue, PolicyType, Selection};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::RemovalsArg;
use crate::cli::next_step::CommandLine;
use crate::cli::{files, folder};
use crate::tree::foreign;
use crate::tree::origin::Origins;
use crate::ui::{converted_page, converted_view, export_view};

const EXAMPLES: &str = "EXAMPLES:
  Make settings catalog policies of the administrative templates of a tree:
    intune-ferry convert trial --from administrative-templates --admx admx --out new

  Then compare both trees:
    intune-ferry diff trial new

A policy is converted only if all its settings convert. Its assignments and scope tags stay. The tree that is read does not change.";

/// Write a new tree in which policies of one type are settings catalog policies
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Tree: a folder written by export or adopt
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// Policy type to convert: administrative-templates
    #[arg(long, value_name = "TYPE")]
    pub from: String,
    /// Folder to write: new, empty, or a tree of the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
    /// Folder of ADMX and ADML files that explain the settings: a Central Store or PolicyDefinitions
    #[arg(long, value_name = "FOLDER")]
    pub admx: Option<PathBuf>,
    /// Also write what became of each setting as an HTML page: one self-contained file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Whether removals are accepted.
    #[command(flatten)]
    pub removals: RemovalsArg,
}

/// Converts.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let from = type_of(&args.from, &catalogue)?;
    let tree = folder::read(&args.tree, &catalogue)?;
    let before = folder::check_target(&args.out)?;
    let given = tree.manifest.tenant.clone().unwrap_or_default();
    folder::check_source(&args.out, before.as_ref(), &given, &args.tree)?;
    let converted = foreign::convert(&tree, from, &catalogue, args.admx.as_deref())?;
    let stayed = converted.stayed();
    let mut snapshot = folder::changed_snapshot(&tree, Selection::default(), converted.policies);
    snapshot.origins = Some(converted.origins).filter(|origins| !origins.sources.is_empty());
    let heading = format!("Converted {} to {}", args.tree.display(), args.out.display());
    let writing = folder::Writing {
        out: &args.out,
        catalogue: &catalogue,
        consent: args.removals.consent(),
        heading: &heading,
        findings: tree.findings.into_iter().chain(converted.findings).collect(),
    };
    let mut answer = writing.write(&snapshot, context)?;
    let looked_at = &converted.looked_at;
    answer.text.push_str(&export_view::counted(
        "Policies to convert",
        &[(looked_at.sources.len(), "read"), (converted.converted, "converted"), (stayed, "stay as they are")],
    ));
    let title = format!("Conversion of {}", args.tree.display());
    tell(&mut answer, looked_at, &title, args.html.as_ref(), context)?;
    for (word, number) in [("read", looked_at.sources.len()), ("converted", converted.converted), ("stayed", stayed)] {
        answer.counts.insert(word.to_owned(), number);
    }
    if let Some(details) = answer.details.as_mut().and_then(serde_json::Value::as_object_mut) {
        details.insert(String::from("converted"), converted_view::ledger(looked_at));
    }
    let next = CommandLine::new(context, "plan").path(&args.out).word("--to").word("TENANT");
    Ok(answer.next(next.after("see what an import of the converted tree would do; nothing is written")))
}

/// Says what became of each setting: counted, and with all settings on a page where one is asked for.
pub(super) fn tell(
    answer: &mut Answer,
    converted: &Origins,
    title: &str,
    html: Option<&PathBuf>,
    context: &Context,
) -> Result<(), CliError> {
    answer.text.push_str(&converted_view::text(converted, context.look()));
    for (word, number) in converted_view::counts(converted) {
        answer.counts.insert(word.to_owned(), number);
    }
    if let Some(file) = html {
        let page = converted_page::html(title, converted, &answer.findings, &now());
        files::write_file(file, page.as_bytes())?;
        answer.text.push_str(&said(&[file]));
    }
    Ok(())
}

/// The type to convert, and how its policies are read.
fn type_of<'a>(name: &str, catalogue: &'a Catalogue) -> Result<(&'a PolicyType, ConvertStep), CliError> {
    let found = catalogue.get(name).and_then(|own| Some((own, own.converts_by?)));
    found.ok_or_else(|| {
        let known = catalogue.iter().filter(|own| own.converts_by.is_some()).map(|own| own.name.as_str());
        let known = known.collect::<Vec<_>>().join(", ");
        CliError::usage(format!("policies of `{name}` cannot be converted")).hint(format!("Types that can: {known}."))
    })
}
