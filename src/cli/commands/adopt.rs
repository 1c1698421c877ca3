//! `adopt`: another tool's export into a tree.

use std::path::PathBuf;

use super::convert::tell;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::RemovalsArg;
use crate::cli::folder;
use crate::cli::next_step::CommandLine;
use crate::tree::foreign;
use crate::ui::{converted_view, export_view};

const EXAMPLES: &str = "EXAMPLES:
  Convert another tool's folder; the program detects which tool wrote it:
    intune-ferry adopt ~/intune-backup --out trial

  Convert group policy reports and backups (Get-GPOReport, Backup-GPO):
    intune-ferry adopt gpos --admx admx --out from-gpo

  The same, with a page that shows what became of each setting:
    intune-ferry adopt gpos --admx admx --out from-gpo --html gpo.html

  Convert rules of Basic Mobility and Security (docs/basic-mobility.md):
    intune-ferry adopt mobility --out trial

  Then check what its policies need:
    intune-ferry lint trial

The command reads exports of IntuneManagement, IntuneCD (JSON or YAML), IntuneBackupAndRestore, Microsoft's samples, \
CIPP and the admin center.";

/// Convert another tool's export, or group policy, into a tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder or ZIP file that another tool exported, or that contains what is to be converted
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Folder to write: new, empty, or a tree of the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
    /// Folder of ADMX and ADML files that explain the group policy: a Central Store or PolicyDefinitions
    #[arg(long, value_name = "FOLDER")]
    pub admx: Option<PathBuf>,
    /// What registry items of group policy preferences become: without this option they are only reported
    #[arg(long, value_name = "FORM")]
    pub registry_as: Option<RegistryForm>,
    /// Also write what became of each setting as an HTML page: one self-contained file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Whether removals are accepted.
    #[command(flatten)]
    pub removals: RemovalsArg,
}

/// What registry items can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RegistryForm {
    /// A pair of scripts: one looks for the values, the other one sets them.
    Remediation,
}

/// Adopts.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let before = folder::check_target(&args.out)?;
    let options =
        foreign::Options { admx: args.admx.as_deref(), registry_items_as_scripts: args.registry_as.is_some() };
    let mut adopted = foreign::adopt(&args.dir, &catalogue, options)?;
    let given = adopted.tenant.clone().unwrap_or_default();
    folder::check_source(&args.out, before.as_ref(), &given, &args.dir)?;
    let counts = adopted.counts;
    let origins = adopted.origins.clone();
    let heading = format!("Adopted {} into {}", args.dir.display(), args.out.display());
    let title = format!("Conversion of {}", args.dir.display());
    let writing = folder::Writing {
        out: &args.out,
        catalogue: &catalogue,
        consent: args.removals.consent(),
        heading: &heading,
        findings: std::mem::take(&mut adopted.findings),
    };
    let mut answer = writing.write(&folder::adopted_snapshot(adopted, &catalogue), context)?;
    let read = export_view::counted(
        "Objects in the folder",
        &[
            (counts.objects, "read"),
            (counts.adopted, "adopted"),
            (counts.duplicates, "duplicates"),
            (counts.helpers, "helper files, such as groups and migration tables"),
            (counts.damaged, "damaged"),
            (counts.not_recognized, "not recognized"),
        ],
    );
    answer.text.push_str(&read);
    tell(&mut answer, &origins, &title, args.html.as_ref(), context)?;
    let details = answer.details.as_mut().and_then(serde_json::Value::as_object_mut);
    if let Some(details) = details.filter(|_| !origins.sources.is_empty()) {
        details.insert(String::from("converted"), converted_view::ledger(&origins));
    }
    let next = CommandLine::new(context, "lint").path(&args.out);
    answer.next = Some(next.after("see what the policies need to move to another tenant (works offline)"));
    for (word, number) in [
        ("files", counts.files),
        ("otherFiles", counts.other_files),
        ("objects", counts.objects),
        ("adopted", counts.adopted),
        ("duplicates", counts.duplicates),
        ("helpers", counts.helpers),
        ("damaged", counts.damaged),
        ("notRecognized", counts.not_recognized),
    ] {
        answer.counts.insert(word.to_owned(), number);
    }
    Ok(answer)
}
