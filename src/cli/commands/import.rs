//! `import`: computes the plan, asks, and carries it out.

use std::path::{Path, PathBuf};

use super::import_args::Args;
use super::nothing_to_do::nothing_to_do;
use super::{resume, wave};
use crate::catalogue::{Catalogue, Selection};
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::confirm::{self, Consent, Deed};
use crate::cli::connect::{Connected, connect};
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::flags::SelectionArgs;
use crate::cli::interrupt::unless_stopped;
use crate::cli::no_mapping::Unmapped;
use crate::cli::secrets::Given;
use crate::cli::source::Loaded;
use crate::cli::{carry_out, files, lock, plan_file, readiness_line, source};
use crate::engine::import::approvals::Approvals;
use crate::engine::journal::{Header, Journal, Origin};
use crate::engine::plan::PlanInputs;
use crate::engine::plan::plan_file::{Options, Plan};
use crate::engine::plan::planner;
use crate::engine::plan::prepared::Prepared;
use crate::engine::plan::restore;
use crate::engine::tenant::tenant_info;
use crate::exit::Exit;
use crate::finding::codes;
use crate::ui::{Progress, plan_view};

/// Imports.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    for file in args.crossing.pages.files() {
        files::check_place(file)?;
    }
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
    let content = args.crossing.content.open()?;
    let secrets = Given::new(&args.crossing.secrets, context)?;
    let connected = connect(context, name)?;
    let types = loaded.type_names(&selection, &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let who = async { tenant_info::who(&connected.client).await.map_err(|error| connected.failed(error)) };
    let target = unless_stopped(&context.stop, who).await.unwrap_or_else(|| Err(CliError::interrupted()))?;
    let unmapped = Unmapped {
        tree,
        tenant: name,
        loaded: &loaded,
        selected: &args.crossing.selection,
        with_assignments: !options.ignores_assignments(),
    };
    if reviewed.is_none() {
        unmapped.check(&selection, &target, &catalogue, context)?;
    }
    // Before planning: a plan that does not see what another run makes would make it again.
    let lock = lock::take(&target, &connected, context)?;
    let progress = Progress::new(&context.printer);
    let inputs = PlanInputs {
        tenant: connected.tenant(&catalogue, &progress),
        tree: &loaded.tree,
        mapping: loaded.mapping.as_ref(),
        options: &options,
        selection: &selection,
        secrets: &secrets,
        content: content.as_ref(),
    };
    let work = prepare(&connected, inputs);
    let mut prepared = unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))?;
    drop(progress);
    if let Some(reviewed) = &reviewed {
        plan_file::hold(reviewed, &mut prepared.plan)?;
    }
    if !prepared.plan.has_changes() {
        return Ok(nothing_to_do(&prepared.plan, &args.crossing.pages, context).requests(connected.client.figures()));
    }
    context.printer.note(&if reviewed.is_some() && !context.look().verbose {
        plan_view::line(&prepared.plan, context.look())
    } else {
        plan_view::plan(&prepared.plan, context.look())
    });
    let ready = readiness_line::line(&prepared.plan, tree, name, args.mapping.as_deref(), context);
    if let Some(line) = &ready {
        context.printer.note(line);
    }
    within_limits(&prepared.plan)?;
    let consent = Consent {
        target: &prepared.plan.target,
        yes: args.yes.as_deref(),
        reviewed: reviewed.is_some(),
        interactive: confirm::is_interactive(),
        deed: Deed::Import,
    };
    confirm::confirm(context, consent, &plan_view::summary(&prepared.plan))?;
    let origin = Origin {
        tree: absolute(tree)?,
        mapping: args.mapping.as_deref().map(absolute).transpose()?,
        tenant: name.clone(),
        config: connected.profile.file.as_deref().map(absolute).transpose()?,
        app_content: args.crossing.content.app_content.as_deref().map(absolute).transpose()?,
    };
    let target = &prepared.plan.target;
    let target = target.default_domain.as_deref().or(target.id.as_deref()).unwrap_or("target");
    let path = args.journal.unwrap_or_else(|| Journal::default_path(target));
    let header = Header { justification: args.justification.clone(), ..Header::new(origin.clone(), &prepared) };
    let journal = Journal::create(&path, header)?;
    let approvals = Approvals::new(args.justification.as_deref(), None);
    let pages = &args.crossing.pages;
    let (catalogue, origin) = (&catalogue, &origin);
    let run = carry_out::Run { context, pages, catalogue, origin, connected, journal, approvals, secrets, lock };
    Box::pin(carry_out::run(run, loaded, prepared)).await
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
    let selection = args.crossing.selection.resolve(catalogue)?;
    let policies = &loaded.tree.policies;
    let typed =
        args.crossing.options.resolve(selection.describe(), args.crossing.selection.without_dependencies, policies)?;
    let Some(reviewed) = reviewed else { return Ok((typed, selection)) };
    let options = plan_file::options(reviewed, &typed)?;
    let selection = SelectionArgs::parse(&options.selection, options.without_dependencies)
        .ok_or_else(|| CliError::usage("the plan's selection cannot be read").hint("Make a new plan."))?
        .resolve(catalogue)?;
    Ok((options, selection))
}

/// With a journal, its options are the run's. Only a wave is confirmed again, and may be allowed to be broad.
fn takes_no_others(args: &Args) -> Result<(), CliError> {
    let mut options = args.crossing.options.clone();
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

async fn prepare(connected: &Connected, inputs: PlanInputs<'_>) -> Result<Prepared, CliError> {
    let mut prepared = planner::plan(inputs).await.map_err(|error| connected.failed(error))?;
    let old = restore::old_ids(&prepared.plan, inputs.tenant.quiet()).await;
    prepared.plan.findings.extend(old.map_err(|error| connected.failed(error))?);
    Ok(prepared)
}
