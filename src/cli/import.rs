//! `import`: computes the plan, asks, and carries it out.

use std::path::{Path, PathBuf};

use super::answer::Answer;
use super::confirm::{self, Consent, Deed};
use super::connect::{Connected, connect};
use super::context::Context;
use super::error::{CliError, file_error};
use super::flags::{ContentArg, HtmlArg, ImportOptions, SecretsArgs, SelectionArgs};
use super::interrupt::unless_stopped;
use super::secrets::Given;
use super::source::Loaded;
use super::{carry_out, files, lock, plan as plan_command, plan_file, resume, source, wave};
use crate::catalogue::{Catalogue, Selection};
use crate::engine::ObjectOutcome;
use crate::engine::import::approvals::Approvals;
use crate::engine::journal::{Header, Journal, Origin};
use crate::engine::plan::plan_file::{Options, Plan};
use crate::engine::plan::planner;
use crate::engine::plan::planner::Inputs;
use crate::engine::plan::prepared::Prepared;
use crate::engine::plan::restore;
use crate::engine::tenant::tenant_info;
use crate::exit::Exit;
use crate::finding::codes;
use crate::graph::approval::LONGEST;
use crate::ui::report::Report;
use crate::ui::{Progress, outcomes, plan_view};

const EXAMPLES: &str = "EXAMPLES:
  Review the plan, then confirm by typing the tenant's name:
    intune-ferry import trial --to production --mapping mapping.json

  In a pipeline, import exactly what was reviewed:
    intune-ferry import trial --to production --mapping mapping.json --plan plan.json

  In a pipeline, without a reviewed plan:
    intune-ferry import trial --to env --mapping mapping.json --yes=00000000-0000-0000-0000-000000000000

  Include the secrets that an export kept (docs/secrets.md):
    intune-ferry import trial --to production --mapping mapping.json --secrets trial.age --identity key.txt

  In phases: assign to a pilot group first, then to the groups in the tree:
    intune-ferry import trial --to production --mapping mapping.json --assignments pilot=Pilots
    intune-ferry import --resume ferry-runs/20260101T080000Z-contoso.example.ndjson --wave

  Upload the files of line-of-business and Win32 apps, which Graph does not return:
    intune-ferry import trial --to production --mapping mapping.json --app-content packages

  Continue an import that was interrupted or is waiting for an approval:
    intune-ferry import --resume ferry-runs/20260101T080000Z-contoso.example.ndjson

Existing policies that differ are changed only with --on-conflict update. Repeating an import creates no duplicates.";

const USAGE: &str = "intune-ferry import [OPTIONS] --to <TENANT> <TREE>
       intune-ferry import --resume <JOURNAL> [--wave [--allow-broad] [--yes <TENANT-ID>]] [--secrets <FILE> --identity <KEYFILE>]";

/// What a journal holds already.
const ALL_OTHERS: [&str; 6] = ["tree", "tenant", "mapping", "plan", "journal", "SelectionArgs"];

/// Import a tree into a tenant: plan, confirm, write, read back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// Tree: a folder written by export, adopt or rewrite
    #[arg(value_name = "TREE", required_unless_present = "resume")]
    pub tree: Option<PathBuf>,
    /// Target tenant: a table of ferry.toml, or `env` for the AZURE_* variables
    #[arg(long = "to", value_name = "TENANT", required_unless_present = "resume")]
    pub tenant: Option<String>,
    /// Mapping from source IDs to target IDs; the import adds the objects it creates
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Import exactly what this reviewed plan contains, with the plan's options
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Confirm without a terminal: the target's tenant ID
    #[arg(long, value_name = "TENANT-ID")]
    pub yes: Option<String>,
    /// Journal file to write instead of ferry-runs/<time>-<target>.ndjson
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Continue the import of this journal, which was interrupted or is waiting for an approval. The journal contains
    /// all options
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ALL_OTHERS)]
    pub resume: Option<PathBuf>,
    /// With --resume: finish a pilot. Replaces the pilot group with the assignments in the tree
    #[arg(long)]
    pub wave: bool,
    /// Justification for the second administrator who approves the changes, if the tenant requires one
    /// (Multi Admin Approval)
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub justification: Option<String>,
    /// Where the app contents are, which Graph does not return.
    #[command(flatten)]
    pub content: ContentArg,
    /// The report in addition to the result.
    #[command(flatten)]
    pub html: HtmlArg,
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

/// Imports.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    args.html.html.as_deref().map(files::check_place).transpose()?;
    if let Some(journal) = &args.resume {
        takes_no_others(&args)?;
        if args.wave {
            return Box::pin(wave::run(journal, &args, context)).await;
        }
        return Box::pin(resume::run(journal, &args, context)).await;
    }
    if args.wave {
        return Err(
            CliError::usage("--wave continues a pilot import").hint("Name its journal: --resume JOURNAL --wave.")
        );
    }
    let (Some(tree), Some(name)) = (&args.tree, &args.tenant) else {
        return Err(
            CliError::usage("a tree and a target tenant are required").hint("Name them: import TREE --to TENANT.")
        );
    };
    let catalogue = context.catalogue()?;
    let loaded = source::load(tree, args.mapping.as_deref(), &catalogue)?;
    let reviewed = args.plan.as_deref().map(plan_file::load).transpose()?;
    let (options, selection) = wanted(&args, reviewed.as_ref(), &catalogue, &loaded)?;
    let content = args.content.open()?;
    let secrets = Given::new(&args.secrets, context)?;
    let connected = connect(context, name)?;
    let who = async { tenant_info::who(&connected.client).await.map_err(|error| connected.failed(error)) };
    let target = unless_stopped(&context.stop, who).await.unwrap_or_else(|| Err(CliError::interrupted()))?;
    // Before planning: a plan that does not see what another run makes would make it again.
    let lock = lock::take(&target, &connected, context)?;
    let progress = Progress::new(&context.printer);
    let inputs = Inputs {
        client: &connected.client,
        catalogue: &catalogue,
        tree: &loaded.tree,
        mapping: loaded.mapping.as_ref(),
        options: &options,
        selection: &selection,
        secrets: &secrets,
        content: content.as_ref(),
        reporter: &progress,
    };
    let work = prepare(&connected, inputs);
    let mut prepared = unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?;
    drop(progress);
    if let Some(reviewed) = &reviewed {
        plan_file::hold(reviewed, &mut prepared.plan)?;
    }
    if !prepared.plan.has_changes() {
        return Ok(nothing_to_do(&prepared.plan, &args.html, context).requests(connected.client.figures()));
    }
    context.printer.note(&if reviewed.is_some() && !context.look().verbose {
        plan_view::line(&prepared.plan, context.look())
    } else {
        plan_view::plan(&prepared.plan, context.look())
    });
    within_limits(&prepared.plan)?;
    let consent = Consent {
        target: &prepared.plan.target,
        yes: args.yes.as_deref(),
        reviewed: reviewed.is_some(),
        interactive: confirm::is_interactive(),
        loopback: connected.is_loopback(),
        deed: Deed::Import,
    };
    confirm::confirm(context, consent, &plan_view::summary(&prepared.plan))?;
    let origin = Origin {
        tree: absolute(tree)?,
        mapping: args.mapping.as_deref().map(absolute).transpose()?,
        tenant: name.clone(),
        config: connected.profile.file.as_deref().map(absolute).transpose()?,
        app_content: args.content.app_content.as_deref().map(absolute).transpose()?,
    };
    let target = &prepared.plan.target;
    let target = target.default_domain.as_deref().or(target.id.as_deref()).unwrap_or("target");
    let path = args.journal.unwrap_or_else(|| Journal::default_path(target));
    let header = Header { justification: args.justification.clone(), ..Header::new(origin.clone(), &prepared) };
    let journal = Journal::create(&path, header)?;
    let approvals = Approvals::new(args.justification.as_deref(), None);
    let html = &args.html;
    let (catalogue, origin) = (&catalogue, &origin);
    let run = carry_out::Run { context, html, catalogue, origin, connected, journal, approvals, secrets, lock };
    carry_out::run(run, loaded, prepared).await
}

/// A reason that the service takes.
pub fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(String::from("the justification is empty")),
        long if long.chars().count() > LONGEST => Err(format!("the justification is longer than {LONGEST} characters")),
        reason => Ok(reason.to_owned()),
    }
}

/// A path that means the same from any folder.
fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(|error| file_error("find", path, &error))
}

/// What was asked for: by flags, or by the reviewed plan.
fn wanted(
    args: &Args,
    reviewed: Option<&Plan>,
    catalogue: &Catalogue,
    loaded: &Loaded,
) -> Result<(Options, Selection), CliError> {
    let selection = args.selection.resolve(catalogue)?;
    let policies = &loaded.tree.policies;
    let typed = args.options.resolve(selection.describe(), args.selection.without_dependencies, policies)?;
    let Some(reviewed) = reviewed else { return Ok((typed, selection)) };
    let options = plan_file::options(reviewed, &typed)?;
    let selection = SelectionArgs::parse(&options.selection, options.without_dependencies)
        .ok_or_else(|| CliError::usage("the plan's selection cannot be read").hint("Make a new plan."))?
        .resolve(catalogue)?;
    Ok((options, selection))
}

/// With a journal, its options are the run's. Only a wave is confirmed again, and may be allowed to be broad.
fn takes_no_others(args: &Args) -> Result<(), CliError> {
    let mut options = args.options.clone();
    options.allow_broad &= !args.wave;
    let typed = options.resolve(Vec::new(), false, &[])?;
    if typed == Options::default() && (args.wave || args.yes.is_none()) {
        return Ok(());
    }
    Err(CliError::usage("--resume takes no other options: the journal contains those of its import")
        .hint("Leave them out, or start a new import."))
}

/// Nothing is written where the plan would do more than was allowed.
fn within_limits(plan: &Plan) -> Result<(), CliError> {
    let over = plan.over_limits();
    if over.is_empty() {
        return Ok(());
    }
    Err(CliError::new(Exit::Blocked, format!("nothing was written: {}", over.join("; ")))
        .hint(codes::TOO_MANY_CHANGES.fix))
}

async fn prepare(connected: &Connected, inputs: Inputs<'_>) -> Result<Prepared, CliError> {
    let mut prepared = planner::plan(inputs).await.map_err(|error| connected.failed(error))?;
    let old = restore::old_ids(&prepared.plan, &connected.client, inputs.catalogue).await;
    prepared.plan.findings.extend(old.map_err(|error| connected.failed(error))?);
    Ok(prepared)
}

/// The answer where nothing is to be written.
pub fn nothing_to_do(plan: &Plan, html: &HtmlArg, context: &Context) -> Answer {
    let objects: Vec<ObjectOutcome> = plan.steps.iter().map(plan_command::outcome).collect();
    let heading = format!("Nothing to write into {}", plan_view::tenant(&plan.target));
    let text = outcomes::outcomes(&heading, &objects, context.look());
    let exit = carry_out::exit_of(&objects, plan, false);
    let report = || Report::of_outcomes(heading, &objects, &plan.findings);
    Answer::new(exit, text).report(html, report).objects(objects).findings(plan.findings.clone())
}
