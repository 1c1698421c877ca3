//! `verify`: reads the target back and compares.

use std::path::PathBuf;

use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::connect::connect;
use crate::cli::context::Context;
use crate::cli::decide_file;
use crate::cli::error::CliError;
use crate::cli::flags::{self, PageArgs, SelectionArgs, TreeToTenant};
use crate::cli::next_step::CommandLine;
use crate::cli::no_mapping::Unmapped;
use crate::cli::source;
use crate::engine::plan::PlanInputs;
use crate::engine::plan::plan_file::{AssignmentMode, Options, is_default};
use crate::engine::shape::secrets::NoSecrets;
use crate::engine::{self, ObjectOutcome, Outcome};
use crate::exit::Exit;
use crate::finding::Finding;
use crate::ui::report::Report;
use crate::ui::{Next, Progress, findings, outcomes};

const EXAMPLES: &str = "EXAMPLES:
  Check that the target matches the tree:
    intune-ferry verify trial --to production --mapping mapping.json

  Check whether the tenant has changed since the backup:
    intune-ferry verify backup --to production

Exit code 3 means that something is missing or differs.";

/// Compare the target with the tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What goes where.
    #[command(flatten)]
    pub route: TreeToTenant,
    /// The report in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// Look for copies with these names, as given to the import's --rename
    #[arg(long, value_name = "TEMPLATE", value_parser = flags::template)]
    pub rename: Option<String>,
    /// Which assignments to expect, as given to the import's --assignments: `mapped`, `none` to ignore them, or
    /// `pilot=GROUP`
    #[arg(long, default_value_t = AssignmentMode::Mapped, value_name = "WHICH", value_parser = flags::assignments)]
    pub assignments: AssignmentMode,
    /// Per-policy decisions, as given to the import's --decide
    #[arg(long, value_name = "FILE")]
    pub decide: Option<PathBuf>,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Verifies.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let loaded = source::load(&args.route.tree, args.route.mapping.as_deref(), &catalogue)?;
    let policies = &loaded.tree.policies;
    let decided = args.decide.as_deref().map(|file| decide_file::load(file, policies)).transpose()?;
    let options = Options {
        decided: decided.unwrap_or_default(),
        rename: args.rename.clone(),
        assignments: args.assignments.clone(),
        selection: selection.describe(),
        without_dependencies: args.selection.without_dependencies,
        ..Options::default()
    };
    let connected = connect(context, &args.route.target.tenant)?;
    let types = loaded.type_names(&selection, &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let tenant = engine::tenant::who(&connected.client).await.map_err(|error| connected.failed(error))?;
    let unmapped = Unmapped {
        tree: &args.route.tree,
        tenant: &args.route.target.tenant,
        loaded: &loaded,
        selected: &args.selection,
        with_assignments: !options.ignores_assignments(),
    };
    unmapped.check(&selection, &tenant, &catalogue, context)?;
    let engine::verify::Verified { objects, unread } = {
        let progress = Progress::new(&context.printer);
        engine::verify::verify(PlanInputs {
            tenant: connected.tenant(&catalogue, &progress),
            tree: &loaded.tree,
            mapping: loaded.mapping.as_ref(),
            options: &options,
            selection: &selection,
            secrets: &NoSecrets,
            content: None,
        })
        .await
        .map_err(|error| connected.failed(error))?
    };
    let heading = format!("Compared {} with {}", args.route.tree.display(), crate::ui::plan_view::tenant(&tenant));
    let mut text = outcomes::outcomes(&heading, &objects, context.look());
    if !unread.is_empty() {
        text.push('\n');
        text.push_str(&findings::findings(&unread, context.look()));
    }
    let own = engine::tenant::unread(&tenant);
    let findings: Vec<Finding> = loaded.tree.findings.iter().cloned().chain(own).chain(unread).collect();
    let report = || Report::of_outcomes(&heading, &objects, &findings);
    let exit = exit_of(&objects);
    let answer = Answer::new(exit, text).report(&args.pages, report).objects(objects);
    let answer = answer.findings(findings).requests(connected.client.figures());
    let next = next(&args, context).filter(|_| exit != Exit::Done);
    Ok(next.into_iter().fold(answer, Answer::next))
}

/// What an import would still do about it; none where the names or assignments were others than an import's.
fn next(args: &Args, context: &Context) -> Option<Next> {
    let route = &args.route;
    let is_plain = args.rename.is_none() && args.decide.is_none() && args.assignments == AssignmentMode::Mapped;
    let plan = CommandLine::new(context, "plan").path(&route.tree).word("--to").word(&route.target.tenant);
    let plan = plan.file("--mapping", route.mapping.as_deref()).selection(&args.selection);
    is_plain.then(|| plan.after("see what an import would still do; nothing is written"))
}

fn exit_of(objects: &[ObjectOutcome]) -> Exit {
    objects.iter().fold(Exit::Done, |exit, object| {
        // Every tenant has its own defaults, and an import changes one only where that is asked for.
        let is_default = object.action == Outcome::Differs && is_default(&object.findings);
        exit.or(if is_default { Exit::Done } else { object.action.exit() })
    })
}
