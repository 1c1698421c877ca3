//! `diff`: what lies between two trees or tenants.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::{PageArgs, SelectionArgs};
use crate::cli::next_step::CommandLine;
use crate::cli::sides::{self, SideWord};
use crate::cli::{no_mapping, readiness_file};
use crate::engine::ObjectOutcome;
use crate::engine::diff::{self, Compared, DiffInputs, Differing, Side};
use crate::exit::Exit;
use crate::finding::{Finding, Severity};
use crate::policy::JsonPath;
use crate::ui::report::Report;
use crate::ui::{Next, diff_view};

const EXAMPLES: &str = "EXAMPLES:
  Show what has changed in the tenant since the backup (drift):
    intune-ferry diff backup tenant:production

  Compare two exports:
    intune-ferry diff monday tuesday

  Compare two tenants, with the groups of one mapped to those of the other:
    intune-ferry diff tenant:trial tenant:production --mapping mapping.json

  Ignore descriptions and some settings:
    intune-ferry diff monday tuesday --ignore description --ignore 'settings/device_*'

  Show what has changed between two results of `ready --out`:
    intune-ferry diff ready-monday.json ready-tuesday.json

Policies are matched by the mapping, by ID, then by type and name; settings by their definition, assignments by their \
group. Paths are shown in the form that --ignore accepts. Exit code 3 means that there are differences, 5 that \
something could not be read and compared.";

/// Compare two trees or tenants, in any combination: changes and drift
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The earlier state: a tree, `tenant:` and the name of a tenant, or a file that `ready --out` wrote
    #[arg(value_name = "LEFT")]
    pub left: String,
    /// The later state: a tree, `tenant:` and the name of a tenant, or a file that `ready --out` wrote
    #[arg(value_name = "RIGHT")]
    pub right: String,
    /// Mapping from the IDs of LEFT to those of RIGHT
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Path to ignore, such as `description`, `assignments` or `settings/*`; `*` matches one step, `**` any number of
    /// steps
    #[arg(long, value_name = "PATH")]
    pub ignore: Vec<String>,
    /// The report in addition to the result.
    #[command(flatten)]
    pub pages: PageArgs,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Compares.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    if let Some(answer) = readiness_file::compare(&args.left, &args.right, context)? {
        return Ok(answer);
    }
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let ignore = args.ignore.iter().map(|path| ignored(path)).collect::<Result<Vec<_>, _>>()?;
    let given = [&args.left, &args.right].map(|word| SideWord::of(word));
    let loaded = sides::load(&given, args.mapping.as_deref(), &args.selection, &catalogue, context).await?;
    let compared = diff::diff(DiffInputs {
        catalogue: &catalogue,
        left: &loaded.left,
        right: &loaded.right,
        selection: &selection,
        with_dependencies: !args.selection.without_dependencies,
        ignore: &ignore,
    });
    let labels = [loaded.left.label.as_str(), loaded.right.label.as_str()];
    let findings: Vec<Finding> = loaded.findings.iter().chain(&compared.findings).cloned().collect();
    let text = diff_view::diff(labels, &compared, &findings, context.look());
    let report = || Report::of_diff(labels, &compared, &findings);
    let mut answer = Answer::new(exit_of(&compared, &findings), text).report(&args.pages, report);
    answer = answer.objects(compared.differing.iter().map(outcome).collect()).findings(findings);
    answer.counts = compared.counts().into_iter().map(|(fate, count)| (fate.word().to_owned(), count)).collect();
    let next = if args.mapping.is_none() { unmapped(&given, &loaded, &catalogue, context) } else { None };
    answer.requests = loaded.requests;
    Ok(next.into_iter().fold(answer.details(details(labels, &compared)), Answer::next))
}

/// What to do where the sides are of two tenants, and nothing says what the ids of one are in the other.
fn unmapped(given: &[SideWord; 2], loaded: &sides::Sides, catalogue: &Catalogue, context: &Context) -> Option<Next> {
    let id = |side: &Side| side.refers_to.as_ref()?.id.as_ref().map(|id| id.to_ascii_lowercase());
    let (left, right) = (&loaded.left, &loaded.right);
    if id(left)? == id(right)? {
        return None;
    }
    let needs = no_mapping::needs(catalogue, &left.policies, left.policies.iter(), true)?;
    let says = format!("{needs}, so their ids differ; compare with --mapping FILE");
    let command = match given {
        [SideWord::Tree(tree), SideWord::Tenant(name)] => {
            let map = CommandLine::new(context, "map").path(tree).word("--to").word(name);
            Some(map.word("--out").word("mapping.json").text())
        }
        _ => None,
    };
    Some(Next { says, command })
}

fn ignored(path: &str) -> Result<JsonPath, CliError> {
    if path.split('/').all(str::is_empty) {
        return Err(CliError::usage("--ignore needs a path").hint("Name a property, such as `description`."));
    }
    Ok(JsonPath::new(path))
}

/// What could not be read counts before what differs.
fn exit_of(compared: &Compared, findings: &[Finding]) -> Exit {
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        Exit::SomeFailed
    } else if compared.differing.is_empty() {
        Exit::Done
    } else {
        Exit::Differences
    }
}

/// A policy as an object of the JSON document. Its differences are among the details: they have sides and no
/// wanted value.
fn outcome(one: &Differing) -> ObjectOutcome {
    ObjectOutcome {
        type_name: one.type_name.clone(),
        id: one.left.clone().or_else(|| one.right.clone()).unwrap_or_default(),
        name: one.name.clone(),
        action: one.fate.outcome(),
        target_id: one.right.clone(),
        differences: Vec::new(),
        audience: Vec::new(),
        findings: Vec::new(),
    }
}

fn details(labels: [&str; 2], compared: &Compared) -> Value {
    let differences = compared.differing.iter().flat_map(|one| {
        one.changes.iter().map(move |change| {
            let mut place = json!({"type": one.type_name, "id": one.left, "name": one.name, "at": change.at});
            if let Some(made_of) = &one.made_of {
                place["madeOf"] = made_of.as_str().into();
            }
            for (side, value) in [("left", &change.left), ("right", &change.right)] {
                if let Some(value) = value {
                    place[side] = value.clone();
                }
            }
            place
        })
    });
    json!({"left": labels[0], "right": labels[1], "differences": differences.collect::<Vec<Value>>()})
}
