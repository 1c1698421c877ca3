//! `import`: computes the plan, asks, and carries it out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::answer::Answer;
use super::confirm::{self, Consent};
use super::connect::{Connected, connect};
use super::context::Context;
use super::error::{CliError, file_error};
use super::flags::{ImportOptions, SelectionArgs, TargetArg};
use super::interrupt::unless_stopped;
use super::next_step::CommandLine;
use super::secrets::Environment;
use super::source::Loaded;
use super::{plan as plan_command, plan_file, readable, source};
use crate::catalogue::{Catalogue, Selection};
use crate::engine::import::{self, Imported};
use crate::engine::journal::{Header, Journal, Origin};
use crate::engine::mapped::IMPORTED;
use crate::engine::plan::{Options, Plan, is_default};
use crate::engine::planner::{self, Inputs, Prepared};
use crate::engine::{Action, ObjectOutcome};
use crate::exit::Exit;
use crate::finding::codes;
use crate::mapping::Named;
use crate::tree;
use crate::ui::{Next, Progress, outcomes, plan_view};

const EXAMPLES: &str = "EXAMPLES:
  Look at the plan, then type the tenant's name:
    intune-ferry import trial --to production --mapping mapping.json

  In a pipeline, exactly what was reviewed:
    intune-ferry import trial --to production --mapping mapping.json --plan plan.json

  In a pipeline, without a reviewed plan:
    intune-ferry import trial --to env --mapping mapping.json --yes=00000000-0000-0000-0000-000000000000

Existing policies that differ are not touched unless --on-conflict update is given; running it again makes no duplicates.";

/// Import a tree into a tenant: plan, confirm, write, read back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The tree: a folder that export, adopt or rewrite wrote
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// Which tenant.
    #[command(flatten)]
    pub target: TargetArg,
    /// What the source's ids are in the target; what is created is recorded in it
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Do what this reviewed plan says, and nothing else; it brings its own options
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Confirm without a terminal, by the target's tenant id
    #[arg(long, value_name = "TENANT-ID")]
    pub yes: Option<String>,
    /// Where the record of the run is written, instead of ferry-runs/<time>-<target>.ndjson
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// How the import behaves.
    #[command(flatten)]
    pub options: ImportOptions,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Imports.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let loaded = source::load(&args.tree, args.mapping.as_deref(), &catalogue)?;
    let reviewed = args.plan.as_deref().map(plan_file::load).transpose()?;
    let (options, selection) = wanted(&args, reviewed.as_ref(), &catalogue, &loaded)?;
    let connected = connect(context, &args.target.tenant)?;
    let work = prepare(&connected, &catalogue, &loaded, &options, &selection, context);
    let mut prepared = unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?;
    if let Some(reviewed) = &reviewed {
        plan_file::hold(reviewed, &mut prepared.plan)?;
    }
    if !prepared.plan.has_changes() {
        return Ok(nothing_to_do(&prepared.plan, &loaded, context).requests(connected.client.figures()));
    }
    context.printer.note(&if reviewed.is_some() && !context.look().verbose {
        plan_view::line(&prepared.plan, context.look())
    } else {
        plan_view::plan(&readable::plan(&prepared.plan, &loaded.tree), context.look())
    });
    within_limits(&prepared.plan)?;
    let consent = Consent {
        target: &prepared.plan.target,
        yes: args.yes.as_deref(),
        reviewed: reviewed.is_some(),
        interactive: confirm::is_interactive(),
        loopback: connected.is_loopback(),
    };
    confirm::confirm(context, consent, &plan_view::summary(&prepared.plan))?;
    carry_out(args, context, &catalogue, loaded, connected, prepared).await
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
        .ok_or_else(|| CliError::usage("the plan's selection is not understood").hint("Make a new plan."))?
        .resolve(catalogue)?;
    Ok((options, selection))
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

async fn prepare(
    connected: &Connected,
    catalogue: &Catalogue,
    loaded: &Loaded,
    options: &Options,
    selection: &Selection,
    context: &Context,
) -> Result<Prepared, CliError> {
    let progress = Progress::new(&context.printer);
    let inputs = Inputs {
        client: &connected.client,
        catalogue,
        tree: &loaded.tree,
        mapping: loaded.mapping.as_ref(),
        options,
        selection,
        secrets: &Environment,
        reporter: &progress,
    };
    planner::plan(inputs).await.map_err(|error| connected.failed(error))
}

fn nothing_to_do(plan: &Plan, loaded: &Loaded, context: &Context) -> Answer {
    let objects: Vec<ObjectOutcome> = plan.steps.iter().map(plan_command::outcome).collect();
    let heading = format!("Nothing to write into {}", plan_view::tenant(&plan.target));
    let text = outcomes::outcomes(&heading, &readable::outcomes(&objects, &loaded.tree), context.look());
    let exit = exit_of(&objects, plan, false);
    Answer::new(exit, text).objects(objects).findings(plan.findings.clone())
}

async fn carry_out(
    args: Args,
    context: &Context,
    catalogue: &Catalogue,
    loaded: Loaded,
    connected: Connected,
    prepared: Prepared,
) -> Result<Answer, CliError> {
    let plan = prepared.plan.clone();
    let origin = Origin {
        tree: absolute(&args.tree)?,
        mapping: args.mapping.as_deref().map(absolute).transpose()?,
        tenant: args.target.tenant.clone(),
        config: context.config.as_deref().map(absolute).transpose()?,
    };
    let verify = CommandLine::new(context, "verify").path(&args.tree).word("--to").word(&args.target.tenant);
    let verify = verify.file("--mapping", args.mapping.as_deref()).selection(&args.selection);
    let target = plan.target.default_domain.as_deref().or(plan.target.id.as_deref()).unwrap_or("target");
    let path = args.journal.unwrap_or_else(|| Journal::default_path(target));
    let journal = Journal::create(&path, Header::new(origin, &prepared))?;
    let imported = {
        let progress = Progress::new(&context.printer);
        let run = import::Run {
            client: &connected.client,
            catalogue,
            secrets: &Environment,
            journal: &journal,
            reporter: &progress,
            stop: &context.stop,
        };
        import::import(prepared, run).await.map_err(|error| connected.failed(error))?
    };
    let shown = readable::outcomes(&imported.objects, &loaded.tree);
    record(loaded, &imported)?;
    let heading = format!("Imported {} into {}", args.tree.display(), plan_view::tenant(&plan.target));
    let mut text = outcomes::outcomes(&heading, &shown, context.look());
    let _ = writeln!(text, "\nThe record of this run is {}.", path.display());
    if imported.interrupted {
        context
            .printer
            .note("interrupted: run the same command again to go on; what is done is found and not repeated");
    }
    let exit = exit_of(&imported.objects, &plan, imported.interrupted);
    let next = next(exit, verify);
    let answer = Answer::new(exit, text).objects(imported.objects).findings(plan.findings);
    Ok(answer.requests(connected.client.figures()).details(json!({"journal": path, "target": plan.target})).next(next))
}

/// A path that means the same from any folder.
fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(|error| file_error("find", path, &error))
}

fn next(exit: Exit, verify: CommandLine) -> Next {
    let again = "solve what is listed above and import again: what is done is found and not done twice";
    match exit {
        Exit::SomeFailed | Exit::Blocked => Next { says: again.to_owned(), command: None },
        Exit::Interrupted => Next { says: String::from("run the same command again to go on"), command: None },
        _ => verify.after("compare the tenant with the tree, now or at any later time"),
    }
}

/// Writes what was created into the mapping that was given, or that the rewritten tree holds, so that a later
/// run finds it again.
fn record(loaded: Loaded, imported: &Imported) -> Result<(), CliError> {
    let Some(mut mapping) = loaded.mapping.filter(|_| !imported.created.is_empty()) else { return Ok(()) };
    for (kind, source, name, target) in &imported.created {
        mapping.record(kind, Named::new(source, Some(name)), Named::new(target, Some(name)), IMPORTED);
    }
    match loaded.mapping_file {
        Some(file) => mapping.save(&file).map_err(|error| file_error("write", &file, &error)),
        None => Ok(tree::record_mapping(&loaded.tree.root, &mapping.to_text())?),
    }
}

fn exit_of(objects: &[ObjectOutcome], plan: &Plan, interrupted: bool) -> Exit {
    let mut exit = if interrupted { Exit::Interrupted } else { Exit::Done };
    for object in objects {
        let stale = object.findings.iter().any(|finding| finding.is(&codes::STALE_STEP));
        exit = exit.or(match object.action.as_str() {
            "failed" | "stale" | "not-started" => Exit::SomeFailed,
            "blocked" if stale => Exit::SomeFailed,
            "blocked" => Exit::Blocked,
            "exists-differs" if !is_default(&object.findings) => Exit::Differences,
            _ if object.findings.iter().any(|finding| finding.is(&codes::VERIFY_DIFFERS)) => Exit::SomeFailed,
            _ => Exit::Done,
        });
    }
    let held = plan.steps.iter().any(|step| step.is_held() && step.action != Action::Blocked);
    if held { exit.or(Exit::Blocked) } else { exit }
}
