//! `login`: who, where, and what the token allows.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde_json::json;

use super::register::{self, RegisterArgs};
use crate::catalogue::model::SignIn;
use crate::catalogue::permissions::{self, writes};
use crate::catalogue::{Catalogue, PolicyType, Selection};
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::connect::{Connected, client_id, connect};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::flags::SourceArg;
use crate::cli::kept_sign_in;
use crate::engine;
use crate::exit::Exit;
use crate::graph::Claims;
use crate::policy::TenantInfo;
use crate::ui::sign_in_view::{self, Need, SignedIn};

const EXAMPLES: &str = "EXAMPLES:
  Test the sign-in and show its permissions:
    intune-ferry login trial

  In a pipeline, before an import (exit code 6 if a permission is missing):
    intune-ferry login production --require write

  Check only what a backup of compliance policies needs:
    intune-ferry login env --only compliance-policies --require read

  Register an application for a nightly backup, with a new certificate:
    intune-ferry login contoso.onmicrosoft.com --register --certificate ferry.pem

  Register one with which GitHub Actions can import:
    intune-ferry login trial --register --write --github contoso/intune:environment:production

  Remove it again:
    intune-ferry login trial --unregister

A user's sign-in is stored in the system's keyring, so that the next commands do not ask again; --forget removes it, and \
keep_sign_in = false in ferry.toml prevents it. Nothing else is stored.";

/// Test sign-in; show the identity, tenant and permissions (granted and missing)
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which tenant.
    #[command(flatten)]
    pub source: SourceArg,
    /// Check only these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Check all except these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// End with exit code 6 if a permission for this is missing
    #[arg(long, value_enum, value_name = "WHAT")]
    pub require: Option<Require>,
    /// What an application is registered with.
    #[command(flatten)]
    pub register: RegisterArgs,
    /// Only remove the stored sign-in from the system's keyring
    #[arg(long, conflicts_with_all = ["only", "skip", "require"])]
    pub forget: bool,
}

/// `--require`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Require {
    /// Permissions to export
    Read,
    /// Permissions to import
    Write,
}

/// Signs in.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    if args.register.register {
        return register::register(&args, context).await;
    }
    if args.register.unregister {
        return register::unregister(&args, context).await;
    }
    if args.forget {
        return forget(&args.source.tenant, context);
    }
    let catalogue = context.catalogue()?;
    let selection = Selection::new(&catalogue, &args.only, &args.skip, &[])?;
    let connected = connect(context, &args.source.tenant)?;
    asked_permissions::will_read(&connected, &catalogue, |it| selection.includes_type(it)).await;
    if args.require == Some(Require::Write) {
        let types = catalogue.iter().filter(|it| selection.includes_type(it)).map(|it| it.name.as_str()).collect();
        asked_permissions::will_write(&connected, &catalogue, &types).await;
    }
    let claims = connected.client.claims().await.map_err(|error| connected.failed(error))?;
    let tenant = match engine::tenant::who(&connected.client).await {
        Ok(tenant) => tenant,
        // The rest is shown even if the tenant's name is not known.
        Err(error) if error.is_forbidden() => TenantInfo::default(),
        Err(error) => return Err(connected.failed(error)),
    };
    let signed_in = describe(&catalogue, &selection, &connected, claims.as_ref(), &tenant);
    let lacks_read = signed_in.needs.iter().flat_map(|need| &need.to_read).any(|missing| !writes(missing));
    let lacks_write = signed_in.needs.iter().flat_map(|need| &need.to_write).any(|missing| !missing.is_empty());
    let exit = match args.require {
        Some(Require::Read) if lacks_read => Exit::SignIn,
        Some(Require::Write) if lacks_read || lacks_write => Exit::SignIn,
        _ => Exit::Done,
    };
    let needs = signed_in
        .needs
        .iter()
        .map(|need| json!({"what": need.what, "missingToRead": need.to_read, "missingToWrite": need.to_write}));
    let details = json!({
        "tenant": {"id": tenant.id, "displayName": tenant.display_name, "defaultDomain": tenant.default_domain},
        "account": claims.as_ref().and_then(|claims| claims.user.clone()),
        "applicationId": claims.as_ref().and_then(|claims| claims.app_id.clone()),
        "delegated": claims.as_ref().map(|claims| claims.is_delegated),
        "auth": connected.profile.auth.name(),
        "permissions": signed_in.permissions,
        "needs": needs.collect::<Vec<_>>(),
        "leastToRead": signed_in.least_to_read,
        "leastToWrite": signed_in.least_to_write,
        "readableByWritingOnly": signed_in.by_writing_only,
        "readableByPersonsOnly": signed_in.by_persons_only,
    });
    let text = sign_in_view::signed_in(&signed_in, context.look());
    Ok(Answer::new(exit, text).details(details).requests(connected.client.figures()))
}

fn forget(tenant: &str, context: &Context) -> Result<Answer, CliError> {
    let connected = connect(context, tenant)?;
    let profile = &connected.profile;
    if !profile.proof.keep_sign_in || !profile.auth.is_of_a_person() {
        let why = "only the sign-ins of users are stored, and not with keep_sign_in = false";
        return Err(CliError::usage(format!("there is no stored sign-in for the tenant `{tenant}`: {why}")));
    }
    kept_sign_in::keep(profile, client_id(profile), context, &connected.login_url).forget();
    Ok(Answer::new(Exit::Done, format!("the stored sign-in of `{tenant}` was removed\n")))
}

fn describe(
    catalogue: &Catalogue,
    selection: &Selection,
    connected: &Connected,
    claims: Option<&Claims>,
    tenant: &TenantInfo,
) -> SignedIn {
    let types = || catalogue.iter().filter(|policy_type| selection.includes_type(policy_type));
    let beside = &catalogue.shared.other_permissions;
    let nothing = BTreeSet::new();
    let held = claims.map_or(&nothing, |claims| &claims.permissions);
    let need = |what: &str, read: &[String], write: &[String]| {
        let to_write = (!write.is_empty()).then(|| permissions::missing(catalogue, held, write));
        Need { what: what.to_owned(), to_read: permissions::missing(catalogue, held, read), to_write }
    };
    let needs = if claims.is_some() {
        // What only a user can read is nothing that an application lacks.
        let can =
            |it: &&PolicyType| claims.is_some_and(|claims| claims.is_delegated) || it.sign_in != SignIn::Delegated;
        let of_types = types().filter(can).map(|it| need(&it.name, &it.permissions.read, permissions::to_import(it)));
        of_types.chain(beside.iter().map(|it| need(&it.what, &it.read, &it.write))).collect()
    } else {
        Vec::new()
    };
    let by_writing_only = types().filter_map(permissions::read_by_writing);
    let by_persons_only = types().filter(|it| it.sign_in == SignIn::Delegated);
    SignedIn {
        tenant: place(tenant, connected, claims),
        account: account(connected, claims),
        way: format!(
            "{} at {}",
            connected.profile.auth.name(),
            connected.client.graph_url().as_str().trim_end_matches('/')
        ),
        permissions: claims.map(|claims| claims.permissions.iter().cloned().collect()),
        is_delegated: claims.is_some_and(|claims| claims.is_delegated),
        needs,
        least_to_read: permissions::to_read(catalogue, types()),
        by_writing_only: by_writing_only.collect(),
        by_persons_only: by_persons_only.map(|it| it.name.clone()).collect(),
        least_to_write: permissions::to_write(catalogue, types()),
    }
}

/// The tenant by name where that may be read, else by what the token says.
fn place(tenant: &TenantInfo, connected: &Connected, claims: Option<&Claims>) -> String {
    let told = claims.and_then(|claims| claims.tenant_id.clone());
    let id = tenant.id.clone().or(told).unwrap_or_else(|| connected.profile.tenant_id.clone());
    match (&tenant.display_name, &tenant.default_domain) {
        (Some(name), Some(domain)) => format!("{name} ({domain}, {id})"),
        (Some(name), None) => format!("{name} ({id})"),
        _ => format!("{id} (no permission to read its name)"),
    }
}

fn account(connected: &Connected, claims: Option<&Claims>) -> String {
    let id = claims.and_then(|claims| claims.app_id.clone()).or_else(|| connected.profile.client_id.clone());
    let application = match (claims.and_then(|claims| claims.app_name.clone()), id) {
        (Some(name), Some(id)) => format!("the application {name} ({id})"),
        (_, Some(id)) => format!("the application {id}"),
        (_, None) => "an identity that the token does not name".to_owned(),
    };
    match claims.and_then(|claims| claims.user.as_ref()) {
        Some(user) => format!("{user}, through {application}"),
        None => application,
    }
}
