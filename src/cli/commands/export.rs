//! `export`: a tenant's policies into a tree.

use std::path::{Path, PathBuf};

use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::commit::CommitArgs;
use crate::cli::connect::connect;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::flags::{RemovalsArg, SelectionArgs, SourceArg};
use crate::cli::folder;
use crate::cli::keep_secrets::KeepArgs;
use crate::cli::layout::{self, Layout};
use crate::cli::next_step::CommandLine;
use crate::config;
use crate::engine;
use crate::engine::export::incremental_cache::Cache;
use crate::engine::export::secret_ids;
use crate::event::Silent;
use crate::policy::{TenantInfo, sha256_hex};
use crate::ui::Progress;

const EXAMPLES: &str = "EXAMPLES:
  Export everything from the tenant `trial` in ferry.toml:
    intune-ferry export trial --out trial

  Back up only compliance policies and what they refer to:
    intune-ferry export env --out backup --only compliance-policies

  Fetch only what has changed (run a full export from time to time):
    intune-ferry export env --out backup --incremental

  Also keep the secrets that Graph returns, encrypted (docs/secrets.md):
    intune-ferry export trial --out trial --secrets trial.age --recipient recipients.txt

  Write settings catalog policies as files for the admin center's import:
    intune-ferry export trial --out files --layout admin-center

  Keep edited files of the tree:
    intune-ferry export trial --out trial --keep-edited

  Commit changes to git, with the admin who made them as the author:
    intune-ferry export trial --out trial --commit --audit-author

Run the command again to update the folder; an unchanged tenant produces identical files.";

/// Export a tenant's policies into a folder of readable JSON
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which tenant.
    #[command(flatten)]
    pub source: SourceArg,
    /// Folder to write: new, empty, or a tree of the same tenant
    #[arg(long, value_name = "TREE")]
    pub out: PathBuf,
    /// Write a folder for this other program instead of a tree
    #[arg(long, value_enum, value_name = "PROGRAM", conflicts_with_all = ["commit", "accept_removals", "keep_edited", "overwrite_edited", "incremental"])]
    pub layout: Option<Layout>,
    /// Whether removals are accepted.
    #[command(flatten)]
    pub removals: RemovalsArg,
    /// Fetch only objects whose modified time or version changed since the last incremental export
    #[arg(long)]
    pub incremental: bool,
    /// Whether and how secrets are kept.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Whether to commit.
    #[command(flatten)]
    pub commit: CommitArgs,
    /// Which policies.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// The file for this tenant and tree in the user's cache folder.
fn cache_file(out: &Path, tenant: &TenantInfo) -> Result<PathBuf, CliError> {
    let folder = config::cache_folder().ok_or_else(|| {
        CliError::usage("--incremental needs a cache folder, and this computer does not define one")
            .hint("Set XDG_CACHE_HOME to a folder outside the tree.")
    })?;
    let out = std::path::absolute(out).map_err(|error| file_error("find", out, &error))?;
    let identity = format!("{} {}", tenant.id.as_deref().unwrap_or_default(), out.display());
    Ok(folder.join("exports").join(format!("{}.json", &sha256_hex(identity.as_bytes())[..24])))
}

/// Exports.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = args.selection.resolve(&catalogue)?;
    let before = match args.layout {
        Some(_) => layout::check(&args.out).map(|()| None)?,
        None => folder::check_target(&args.out)?,
    };
    args.commit.check(&args.out)?;
    let keeping = args.keep.check(&args.out)?;
    let connected = connect(context, &args.source.tenant)?;
    asked_permissions::will_read(&connected, &catalogue, |it| selection.includes_type(it)).await;
    if keeping.is_some() {
        // Only a permission to write shows a secret.
        let types = catalogue
            .iter()
            .filter(|it| selection.includes_type(it) && !it.secrets.is_empty())
            .map(|it| it.name.as_str());
        asked_permissions::will_write(&connected, &catalogue, &types.collect()).await;
    }
    let client = &connected.client;
    let tenant = engine::tenant::who(client).await.map_err(|error| connected.failed(error))?;
    folder::check_tenant(&args.out, before.as_ref(), &tenant)?;
    // What the tree knows of the tenant is not lost because it may not be asked for this time.
    let is_same = |known: &TenantInfo| known.id.as_deref().is_some_and(|id| tenant.id.as_deref() == Some(id));
    let described = before.filter(|known| !tenant.is_described() && known.is_described() && is_same(known));
    let cloud = Some(connected.profile.cloud.name().to_owned());
    let cache = if args.incremental { Some(cache_file(&args.out, &tenant)?) } else { None };
    let known = cache.as_deref().map(Cache::load);
    let mut exported = {
        let progress = Progress::new(&context.printer);
        let with_dependencies = !args.selection.without_dependencies;
        let source = connected.tenant(&catalogue, &progress);
        engine::export::export(source, &selection, with_dependencies, cloud, known.as_ref())
            .await
            .map_err(|error| connected.failed(error))?
    };
    if described.is_some() {
        exported.snapshot.tenant = described;
    }
    let heading = format!("Exported {} to {}", crate::ui::plan_view::tenant(&tenant), args.out.display());
    if let Some(program) = args.layout {
        let answer = layout::write(program, &args.out, exported, &catalogue, &heading, context)?;
        return Ok(answer.requests(client.figures()));
    }
    let mut secrets = None;
    if let Some(keeping) = keeping {
        let revealed = keeping.read(&connected, &catalogue, &exported.snapshot.policies, context).await?;
        secret_ids::look_up(connected.tenant(&catalogue, &Silent), &revealed.secrets, &mut exported.snapshot)
            .await
            .map_err(|error| connected.failed(error))?;
        exported.findings.extend(revealed.findings.iter().cloned());
        exported.findings.extend(keeping.stays(&exported.findings));
        secrets = Some((keeping, revealed));
    }
    let written = folder::Writing {
        out: &args.out,
        catalogue: &catalogue,
        consent: args.removals.consent(),
        heading: &heading,
        findings: exported.findings,
    };
    let next = CommandLine::new(context, "lint").path(&args.out).selection(&args.selection);
    let mut answer = written.write(&exported.snapshot, context)?;
    if let Some((keeping, revealed)) = &secrets {
        answer = keeping.write(revealed, answer, context.look());
    }
    if let (Some(path), Some(next)) = (cache, exported.cache) {
        // Without it the next export only takes longer.
        if let Err(error) = next.save(&path) {
            context.printer.note(&format!("{} cannot be kept for the next export: {error}", path.display()));
        }
    }
    let name = tenant.display_name.as_deref().or(tenant.id.as_deref()).unwrap_or("tenant");
    let answer = args.commit.run(&args.out, name, &catalogue, client, answer, context.look()).await;
    let answer = answer.requests(client.figures());
    Ok(answer.next(next.after("see what the policies need to move to another tenant (works offline)")))
}
