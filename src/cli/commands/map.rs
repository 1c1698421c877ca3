//! `map`: proposes what each source id is in the target.

use std::path::PathBuf;

use serde_json::json;

use crate::catalogue::{Catalogue, misfits};
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::connect::connect;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::files::write_file;
use crate::cli::flags::{SelectionArgs, TargetArg};
use crate::cli::next_step::CommandLine;
use crate::cli::source;
use crate::engine;
use crate::engine::plan::mapping_review;
use crate::exit::Exit;
use crate::finding::Severity;
use crate::mapping::{
    Bulk, Decision, Entry, Mapping, Side, Source, can_create, creatable_kinds, hows, known_kinds, same_how, sheet,
    suggest,
};
use crate::tree::Tree;
use crate::ui::{Progress, mapping_view};

const EXAMPLES: &str = "EXAMPLES:
  Propose a mapping, then open it and decide what is undecided:
    intune-ferry map trial --to production --out mapping.json

  Accept users with the same name before the @; create missing groups:
    intune-ferry map trial --to production --out mapping.json --accept user:same-local-part
    intune-ferry map trial --to production --out mapping.json --create-missing group

  Create again what an earlier import created and someone deleted:
    intune-ferry map trial --to production --out mapping.json --create-missing platform-scripts

  Decide in a spreadsheet, mapping.csv, which the next run reads:
    intune-ferry map trial --to production --out mapping.json --csv

Run the command again at any time: existing decisions are kept.";

/// Propose which group, user, app … in the target replaces each one of the source
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Tree: a folder written by export or adopt
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// Which tenant.
    #[command(flatten)]
    pub target: TargetArg,
    /// Mapping file; the decisions of an existing file are kept
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Accept single suggestions found by this method, e.g. group:same-name
    #[arg(long, value_name = "KIND:HOW")]
    pub accept: Vec<String>,
    /// Let the import create objects of this kind that the target does not have, or no longer has
    #[arg(long, value_name = "KIND")]
    pub create_missing: Vec<String>,
    /// Also write the entries to a spreadsheet (.csv) next to the mapping, and first read the decisions made in it
    #[arg(long)]
    pub csv: bool,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Proposes.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let loaded = source::load(&args.tree, None, &catalogue)?;
    let bulk = bulk(&args, &catalogue, &loaded.tree)?;
    if loaded.mapping.is_some() {
        return Err(
            CliError::usage(format!("{} is already rewritten", args.tree.display())).hint("Use the original tree.")
        );
    }
    let mut existing = if args.out.exists() { Some(Mapping::load(&args.out, &catalogue)?) } else { None };
    let sheet = args.csv.then(|| args.out.with_extension("csv"));
    let mut separator = sheet::Separator::default();
    if let Some(file) = sheet.as_ref().filter(|file| std::fs::symlink_metadata(file).is_ok()) {
        // A sheet without its mapping is written over as well, so it is understood first.
        let mapping = existing.get_or_insert_with(|| Mapping::new(Side::default(), Side::default()));
        let bytes = std::fs::read(file).map_err(|error| file_error("read", file, &error))?;
        separator = sheet::read_csv(&bytes, &file.display().to_string(), mapping, &catalogue)?;
    }
    let with_dependencies = !args.selection.without_dependencies;
    let chosen = engine::plan::selection::choose(&loaded.tree.policies, &catalogue, &selection, with_dependencies);
    let policies: Vec<_> = chosen.iter().map(|chosen| chosen.policy.clone()).collect();
    let source = loaded.source(&catalogue, &policies);

    let connected = connect(context, &args.target.tenant)?;
    let types = loaded.type_names(&selection, &catalogue);
    asked_permissions::will_read(&connected, &catalogue, |it| types.contains(it.name.as_str())).await;
    let inventory = {
        let progress = Progress::new(&context.printer);
        engine::tenant::inventory::for_mapping(connected.tenant(&catalogue, &progress), &source)
            .await
            .map_err(|error| connected.failed(error))?
    };
    let tenants = (loaded.tree.manifest.tenant.as_ref(), Some(&inventory.tenant));
    let other = "Name another file with --out, or the tenants that this mapping was made for.";
    source::check_tenants(existing.as_ref(), tenants.0, tenants.1).map_err(|error| error.hint(other))?;
    let ids = [tenants.0, tenants.1].map(|tenant| tenant?.id.as_deref());
    let same_tenant = matches!(ids, [Some(source), Some(target)] if source.eq_ignore_ascii_case(target));
    if same_tenant {
        context.printer.note(
            "The target is the tenant that the tree was exported from. To restore policies there, no mapping is \
             needed: use plan and import with --restore.",
        );
    }
    // What names its own tenant is right there.
    let source = Source { same_tenant, ..source };
    let (mut mapping, mut findings) = suggest(&source, &inventory, existing, &bulk);
    let reviewed = {
        let progress = Progress::new(&context.printer);
        let tenant = connected.tenant(&catalogue, &progress);
        let (tree, target) = (&loaded.tree, &inventory.tenant);
        mapping_review::review(tenant, &mut mapping, tree, &policies, target, &bulk.create_missing)
            .await
            .map_err(|error| connected.failed(error))?
    };
    mapping.entries.iter_mut().for_each(Entry::settle_difference);
    findings.extend(reviewed.findings);
    findings.extend(loaded.tree.manifest.incomplete());
    findings.extend(engine::tenant::unread(&inventory.tenant));
    mapping.save(&args.out).map_err(|error| file_error("write", &args.out, &error))?;
    let mut sheet_error = None;
    if let Some(file) = &sheet {
        sheet_error = write_file(file, sheet::to_csv(&mapping, separator).as_bytes()).err();
    }

    let odd: Vec<_> = policies.iter().flat_map(|policy| misfits(&policy.open(), &catalogue)).collect();
    let undecided = mapping.entries.iter().filter(|entry| entry.decision == Decision::Undecided).count();
    let pairs = mapping.text.iter().filter(|pair| pair.replace.is_none()).count();
    let open = undecided + pairs + reviewed.refused.len();
    let exit = if open + odd.len() > 0 { Exit::Blocked } else { Exit::Done };
    let text = mapping_view::mapping(&mapping, &reviewed.refused, &args.out.display().to_string(), context.look());
    let mut answer = Answer::new(exit, text)
        .findings(findings.into_iter().chain(reviewed.refused).chain(odd).collect())
        .requests(connected.client.figures());
    answer.counts = mapping_view::counts(&mapping);
    // What is in a damaged file, the mapping knows nothing of.
    let left_out = loaded.tree.findings.iter().filter(|finding| finding.severity == Severity::Error);
    answer = left_out.cloned().fold(answer, |answer, finding| answer.beside(finding, context.look()));
    if let (Some(file), Some(error)) = (&sheet, &sheet_error) {
        answer = answer.not_recorded(file, error, None, context.look());
    }
    let next = CommandLine::new(context, "plan").path(&args.tree).word("--to").word(&args.target.tenant);
    let next = if same_tenant { next.word("--restore") } else { next.file("--mapping", Some(&args.out)) };
    let next = next.selection(&args.selection);
    let remaining = if open == 1 { String::from("remaining entry") } else { format!("{open} remaining entries") };
    let then = "then see what an import would do";
    let says = match &sheet {
        _ if open == 0 => String::from("see what an import would do; nothing is written"),
        Some(sheet) => format!(
            "decide the {remaining} in {} and run this command again, or decide them in {}; {then}",
            sheet.display(),
            args.out.display()
        ),
        None => format!("decide the {remaining} in {}, {then}", args.out.display()),
    };
    Ok(answer.details(json!({"mapping": args.out, "sheet": sheet})).next(next.after(says)))
}

/// What is asked for in bulk, held against the kinds and ways that there are.
fn bulk(args: &Args, catalogue: &Catalogue, tree: &Tree) -> Result<Bulk, CliError> {
    let (ways, kinds) = (hows(catalogue), known_kinds(catalogue));
    let mut bulk = Bulk { create_missing: args.create_missing.clone(), ..Bulk::default() };
    for text in &args.accept {
        let (kind, how) = text.split_once(':').unwrap_or((text, ""));
        if !kinds.contains(kind) {
            return Err(CliError::usage(format!("there is no kind `{kind}`"))
                .hint("Use KIND:HOW, such as group:same-name; the mapping shows the kinds."));
        }
        if !ways.iter().any(|known| same_how(known, how)) {
            let known = ways.iter().map(|how| how.replace(' ', "-")).collect::<Vec<_>>().join(", ");
            return Err(CliError::usage(format!("there is no method `{how}`"))
                .hint(format!("Use KIND:HOW, such as group:same-name; HOW is one of {known}.")));
        }
        bulk.accept.push((kind.to_owned(), how.to_owned()));
    }
    let in_tree = |kind: &str| tree.policies.iter().any(|policy| policy.type_name == kind);
    if let Some(kind) = args.create_missing.iter().find(|kind| !can_create(kind, catalogue) && !in_tree(kind)) {
        return Err(CliError::usage(format!(
            "an import cannot create objects of kind `{kind}` that are not in the tree"
        ))
        .hint(format!("An import can create {}.", creatable_kinds(catalogue).join(", "))));
    }
    Ok(bulk)
}
