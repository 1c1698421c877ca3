//! `plan`: what an import would do.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::connect::connect;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::{Crossing, TreeToTenant};
use crate::cli::next_step::CommandLine;
use crate::cli::no_mapping::Unmapped;
use crate::cli::secrets::Given;
use crate::cli::{plan_file, readiness_line, source};
use crate::engine;
use crate::engine::ObjectOutcome;
use crate::engine::plan::PlanInputs;
use crate::engine::plan::plan_file::{Plan, Step};
use crate::engine::plan::planner;
use crate::engine::plan::restore;
use crate::event::Silent;
use crate::exit::Exit;
use crate::ui::report::Report;
use crate::ui::{Next, Progress, plan_view};

const EXAMPLES: &str = "EXAMPLES:
  Show what an import would do:
    intune-ferry plan trial --to production --mapping mapping.json

  Include the secrets that an export kept:
    intune-ferry plan rewritten --to production --secrets trial.age --identity key.txt

  Save a plan that a pipeline imports after review:
    intune-ferry plan trial --to production --mapping mapping.json --out plan.json

Nothing is written to the tenant. Exit code 3 means that there are changes to make, 4 that a decision is needed.";

/// Show what an import would do, without writing anything
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What goes where.
    #[command(flatten)]
    pub route: TreeToTenant,
    /// Save the plan to a file, for review and for `import --plan`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What an import does.
    #[command(flatten)]
    pub crossing: Crossing,
}

/// Plans.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.crossing.selection.resolve(&catalogue)?;
    let loaded = source::load(&args.route.tree, args.route.mapping.as_deref(), &catalogue)?;
    let policies = &loaded.tree.policies;
    let options =
        args.crossing.options.resolve(selection.describe(), args.crossing.selection.without_dependencies, policies)?;
    let content = args.crossing.content.open()?;
    let secrets = Given::new(&args.crossing.secrets, context)?;
    let connected = connect(context, &args.route.target.tenant)?;
    let types = loaded.type_names(&selection, &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let target = engine::tenant::who(&connected.client).await.map_err(|error| connected.failed(error))?;
    let unmapped = Unmapped {
        tree: &args.route.tree,
        tenant: &args.route.target.tenant,
        loaded: &loaded,
        selected: &args.crossing.selection,
        with_assignments: !options.ignores_assignments(),
    };
    unmapped.check(&selection, &target, &catalogue, context)?;
    let prepared = {
        let progress = Progress::new(&context.printer);
        planner::plan(PlanInputs {
            tenant: connected.tenant(&catalogue, &progress),
            tree: &loaded.tree,
            mapping: loaded.mapping.as_ref(),
            options: &options,
            selection: &selection,
            secrets: &secrets,
            content: content.as_ref(),
        })
        .await
        .map_err(|error| connected.failed(error))?
    };
    let mut plan = prepared.plan;
    let old = restore::old_ids(&plan, connected.tenant(&catalogue, &Silent)).await;
    plan.findings.extend(old.map_err(|error| connected.failed(error))?);
    let mut details = json!({"target": plan.target, "source": plan.source, "treeFingerprint": plan.tree_fingerprint});
    let saved = args.out.as_deref().map(|out| (out, plan_file::save(&plan, out)));
    if let Some((out, Ok(()))) = &saved {
        details["plan"] = json!(out);
    }
    let text = plan_view::plan(&plan, context.look());
    let next = next(&args, &plan, context);
    let ready = readiness_line::line(
        &plan,
        &args.route.tree,
        &args.route.target.tenant,
        args.route.mapping.as_deref(),
        context,
    );
    if let Some(line) = &ready {
        context.printer.note(line);
    }
    let answer = Answer::new(exit_of(&plan), text).objects(plan.steps.iter().map(outcome).collect());
    let answer = answer
        .report(&args.crossing.pages, || Report::of_plan(&plan).fact("Tree", args.route.tree.display().to_string()));
    let answer = answer.findings(plan.findings).requests(connected.client.figures()).details(details);
    if let Some((out, Err(error))) = &saved {
        return Ok(answer.not_recorded(out, error, None, context.look()));
    }
    Ok(next.into_iter().fold(answer, Answer::next))
}

fn next(args: &Args, plan: &Plan, context: &Context) -> Option<Next> {
    let held = plan.steps.iter().filter(|step| step.is_held()).count();
    let held = match held {
        0 => String::new(),
        _ => String::from("blocked and held-back policies need a fix and a new plan; for the rest, "),
    };
    match (&args.out, plan.has_changes()) {
        (Some(file), true) => {
            let import =
                CommandLine::new(context, "import").path(&args.route.tree).word("--to").word(&args.route.target.tenant);
            let import = import.file("--mapping", args.route.mapping.as_deref()).file("--plan", Some(file));
            let import = import.file("--app-content", args.crossing.content.app_content.as_deref());
            let import = import.file("--secrets", args.crossing.secrets.secrets.as_deref());
            let import = import.file("--identity", args.crossing.secrets.identity.as_deref());
            Some(import.after(format!("{held}import exactly this plan")))
        }
        (None, true) => {
            let says = format!("{held}run the same command with `import` instead of `plan`");
            Some(Next { says, command: None })
        }
        (_, false) if held.is_empty() => None,
        (_, false) => {
            Some(Next { says: String::from("fix what is blocked or held back, and plan again"), command: None })
        }
    }
}

/// What must be decided counts before what would be changed.
pub fn exit_of(plan: &Plan) -> Exit {
    if plan.steps.iter().any(Step::is_held) || !plan.over_limits().is_empty() {
        Exit::Blocked
    } else if plan.has_changes() || plan.steps.iter().any(Step::is_left_different) {
        Exit::Differences
    } else {
        Exit::Done
    }
}

/// A step as an object of the JSON document.
pub fn outcome(step: &Step) -> ObjectOutcome {
    ObjectOutcome {
        differences: step.all_differences().cloned().collect(),
        audience: step.audience.clone(),
        ..step.object(step.outcome(), step.target_id.clone(), step.findings.clone())
    }
}
