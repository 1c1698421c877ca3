//! `login`: who, where, and what the token allows.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde_json::json;

use super::answer::Answer;
use super::connect::{Connected, connect};
use super::context::Context;
use super::error::CliError;
use super::flags::SourceArg;
use super::kept_sign_in;
use crate::catalogue::model::SignIn;
use crate::catalogue::permissions::writes;
use crate::catalogue::{Catalogue, PolicyType, Selection};
use crate::engine;
use crate::exit::Exit;
use crate::graph::Claims;
use crate::policy::TenantInfo;
use crate::ui::sign_in_view::{self, Need, SignedIn};

const EXAMPLES: &str = "EXAMPLES:
  Does the sign-in work, and what may it do?
    intune-ferry login trial

  In a pipeline, before an import: exit code 6 if a permission is missing
    intune-ferry login production --require write

  Only what a backup of compliance policies needs:
    intune-ferry login env --only compliance-policies --require read

Nothing is kept: a token lives as long as a command. Only where ferry.toml says keep_sign_in does the sign-in of a person
stay in the system's keyring; --forget takes it out again. How to register the application: docs/sign-in.md.";

/// Sign in, and show who, where and which permissions
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which tenant.
    #[command(flatten)]
    pub source: SourceArg,
    /// Only look at these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Look at all but these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// End with exit code 6 where a permission is missing to do this with everything looked at
    #[arg(long, value_enum, value_name = "WHAT")]
    pub require: Option<Require>,
    /// Take the kept sign-in out of the system's keyring, and do nothing else
    #[arg(long, conflicts_with_all = ["only", "skip", "require"])]
    pub forget: bool,
}

/// `--require`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Require {
    /// To export it
    Read,
    /// To import it
    Write,
}

/// Signs in.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    if args.forget {
        return forget(&args.source.tenant, context);
    }
    let catalogue = context.catalogue()?;
    let selection = Selection::new(&catalogue, &args.only, &args.skip, &[])?;
    let connected = connect(context, &args.source.tenant)?;
    let claims = connected.client.claims().await.map_err(|error| connected.failed(error))?;
    let tenant = match engine::tenant::who(&connected.client).await {
        Ok(tenant) => tenant,
        // Not to know the tenant's name is no reason to say nothing of the rest.
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
    if !connected.profile.proof.keep_sign_in {
        let message = format!("the tenant `{tenant}` keeps no sign-in: its table has no keep_sign_in");
        return Err(CliError::usage(message));
    }
    kept_sign_in::keep(&connected.profile, context, &connected.login_url)?.forget();
    Ok(Answer::new(Exit::Done, format!("the sign-in of `{tenant}` is no longer kept\n")))
}

fn describe(
    catalogue: &Catalogue,
    selection: &Selection,
    connected: &Connected,
    claims: Option<&Claims>,
    tenant: &TenantInfo,
) -> SignedIn {
    let types = || catalogue.iter().filter(|policy_type| selection.includes_type(policy_type));
    let beside = &catalogue.shared.beside;
    let nothing = BTreeSet::new();
    let held = claims.map_or(&nothing, |claims| &claims.permissions);
    let need = |what: &str, read: &[String], write: &[String]| {
        let to_write = (!write.is_empty()).then(|| catalogue.missing(held, write));
        Need { what: what.to_owned(), to_read: catalogue.missing(held, read), to_write }
    };
    let needs = if claims.is_some() {
        let of_types = types().map(|it| need(&it.name, &it.permissions.read, it.to_import()));
        of_types.chain(beside.iter().map(|it| need(&it.what, &it.read, &it.write))).collect()
    } else {
        Vec::new()
    };
    let read = || types().flat_map(|it| &it.permissions.read).chain(beside.iter().flat_map(|it| &it.read));
    let write = || types().flat_map(PolicyType::to_import).chain(beside.iter().flat_map(|it| &it.write));
    let by_writing_only = types().filter_map(PolicyType::read_by_writing);
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
        least_to_read: catalogue.least(read().filter(|name| !writes(name))),
        by_writing_only: by_writing_only.collect(),
        by_persons_only: by_persons_only.map(|it| it.name.clone()).collect(),
        least_to_write: catalogue.least(read().chain(write())),
    }
}

/// The tenant by name where that may be read, else by what the token says.
fn place(tenant: &TenantInfo, connected: &Connected, claims: Option<&Claims>) -> String {
    let told = claims.and_then(|claims| claims.tenant_id.clone());
    let id = tenant.id.clone().or(told).unwrap_or_else(|| connected.profile.tenant_id.clone());
    match (&tenant.display_name, &tenant.default_domain) {
        (Some(name), Some(domain)) => format!("{name} ({domain}, {id})"),
        (Some(name), None) => format!("{name} ({id})"),
        _ => format!("{id} (its name may not be read)"),
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
