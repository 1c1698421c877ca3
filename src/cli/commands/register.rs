//! `login --register` and `--unregister`: an application for runs without a user, with exactly the permissions of the
//! selection. What will be done is shown first, and confirmed as an import is.

use std::path::PathBuf;

use serde_json::json;

use super::login::Args;
use crate::catalogue::model::SignIn;
use crate::catalogue::permissions::{self, writes};
use crate::catalogue::{Catalogue, Selection};
use crate::cli::answer::Answer;
use crate::cli::confirm::{self, Consent, Deed};
use crate::cli::connect::{Connected, connect_as_user};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::next_step::CommandLine;
use crate::cli::own_certificate::OwnCertificate;
use crate::config::{AuthKind, NewTenant, usual_name};
use crate::engine::registration::{self, AppCredential, RegisteredApplication, RegistrationPlan, WantedApplication};
use crate::engine::{self, EngineError};
use crate::exit::Exit;
use crate::graph::{GraphError, clouds, consent};
use crate::policy::TenantInfo;
use crate::ui::plan_view;
use crate::ui::registration_view::{self, Registered, Registration};

/// What registering needs; and for the consent as well.
const NEEDED: [&str; 2] = ["Application.ReadWrite.All", "Organization.Read.All"];
const TO_GRANT: &str = "AppRoleAssignment.ReadWrite.All";
/// Who gives tokens to jobs of GitHub Actions.
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const NAME: &str = "intune-ferry";

/// What an application is registered with.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "four flags of the command line")]
#[command(next_help_heading = "Registering an application")]
pub struct RegisterArgs {
    /// Register an application with the permissions of the selection, for runs without a user
    #[arg(long, conflicts_with_all = ["forget", "unregister", "require"])]
    pub register: bool,
    /// Remove the application that --register made
    #[arg(long, conflicts_with_all = ["forget", "only", "skip", "require"])]
    pub unregister: bool,
    /// With permissions to import as well; otherwise only to read
    #[arg(long, requires = "register")]
    pub write: bool,
    /// Display name of the application [default: intune-ferry]
    #[arg(long, value_name = "NAME")]
    pub app_name: Option<String>,
    /// The certificate that it signs in with (PEM or DER); a file that does not exist is made, with a key
    #[arg(long, value_name = "FILE", requires = "register", conflicts_with_all = ["github", "issuer"])]
    pub certificate: Option<PathBuf>,
    /// How long a new certificate is valid
    #[arg(long, value_name = "DAYS", requires = "certificate", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
    /// Trust jobs of GitHub Actions instead: OWNER/REPO:ref:refs/heads/BRANCH or OWNER/REPO:environment:NAME
    #[arg(long, value_name = "SUBJECT", requires = "register", conflicts_with = "issuer")]
    pub github: Option<String>,
    /// Trust the tokens of this issuer instead (Azure Pipelines: as shown in the service connection)
    #[arg(long, value_name = "URL", requires_all = ["register", "subject"])]
    pub issuer: Option<String>,
    /// The subject of these tokens
    #[arg(long, value_name = "SUBJECT", requires = "issuer")]
    pub subject: Option<String>,
    /// The audience of these tokens [default: the one that Entra expects in this cloud]
    #[arg(long, value_name = "AUDIENCE", requires = "register", conflicts_with = "certificate")]
    pub audience: Option<String>,
    /// Leave the consent to an administrator, who opens a link
    #[arg(long, requires = "register")]
    pub no_grant: bool,
    /// Confirm without a terminal: the tenant's ID
    #[arg(long, value_name = "TENANT-ID")]
    pub yes: Option<String>,
}

impl RegisterArgs {
    fn name(&self) -> &str {
        self.app_name.as_deref().unwrap_or(NAME)
    }
}

/// Registers an application.
pub async fn register(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = Selection::new(&catalogue, &args.only, &args.skip, &[])?;
    let own = &args.register;
    let connected = connect_as_user(context, &args.source.tenant)?;
    let certificate =
        own.certificate.as_deref().map(|file| OwnCertificate::of(file, own.name(), own.days)).transpose()?;
    let wanted = WantedApplication {
        name: own.name().to_owned(),
        permissions: permissions(&catalogue, &selection, own.write),
        credential: credential(own, certificate.as_ref(), &connected)?,
        grants: !own.no_grant,
    };
    let target = sign_in(&connected, wanted.grants).await?;
    let plan = registration::look(&connected.client, &wanted).await.map_err(|error| connected.failed(error))?;
    let shown = shown(&plan, &wanted, &target, certificate.as_ref(), persons_only(&catalogue, &selection));
    // Where all is done already, carrying it out sends nothing.
    if !plan.is_done() {
        context.printer.note(&registration_view::planned(&shown, context.look()));
        let doing = if plan.application.is_some() { "changed" } else { "registered" };
        confirmed(
            args,
            &target,
            Deed::Register,
            &format!("The application `{}` will be {doing}", wanted.name),
            context,
        )?;
        // The key is on disk before its certificate is anywhere else.
        if let Some(certificate) = &certificate {
            certificate.write()?;
        }
    }
    let done = registration::carry_out(&connected.client, &plan, &wanted.name).await;
    let done = done.map_err(|error| refused(&connected, error))?;
    Ok(answer(args, context, &connected, &Told { plan, wanted, target, done, certificate }))
}

/// All that the answer is made from.
struct Told {
    plan: RegistrationPlan,
    wanted: WantedApplication,
    target: TenantInfo,
    done: RegisteredApplication,
    certificate: Option<OwnCertificate>,
}

fn answer(args: &Args, context: &Context, connected: &Connected, told: &Told) -> Answer {
    let Told { plan, wanted, target, done, certificate } = told;
    let profile = &connected.profile;
    let tenant_id = target.id.clone().unwrap_or_else(|| profile.tenant_id.clone());
    let table = NewTenant {
        // A table of the file keeps its name: it is the one of the user.
        name: if profile.file.is_some() { format!("{}-app", profile.name) } else { usual_name(&profile.tenant_id) },
        tenant_id: profile.tenant_id.clone(),
        auth: if certificate.is_some() { AuthKind::ClientCertificate } else { AuthKind::WorkloadIdentity },
        client_id: Some(done.application.app_id.clone()),
        cloud: profile.cloud,
        certificate_path: certificate.as_ref().filter(|it| it.has_key).map(|it| it.file.display().to_string()),
        graph_url: profile.graph_url.clone(),
        login_url: profile.login_url.clone(),
    };
    let page = consent::registered_consent(&connected.login_url, &tenant_id, &done.application.app_id);
    let not_granted: Vec<String> = wanted
        .permissions
        .iter()
        .filter(|it| !done.granted.contains(it) && !plan.unavailable.contains(it))
        .cloned()
        .collect();
    let text = registration_view::registered(
        &Registered {
            tenant: plan_view::tenant(target),
            name: done.application.name.clone(),
            app_id: done.application.app_id.clone(),
            granted: done.granted.len(),
            not_granted: not_granted.clone(),
            refusal: done.refusal.clone(),
            consent_page: page.to_string(),
            table: table.table(),
        },
        context.look(),
    );
    // What was asked for and refused is left to somebody else; what was not asked for is not a failure.
    let exit = if wanted.grants && !not_granted.is_empty() { Exit::Blocked } else { Exit::Done };
    let details = json!({
        "tenant": {"id": target.id, "displayName": target.display_name, "defaultDomain": target.default_domain},
        "applicationId": done.application.app_id, "objectId": done.application.object_id, "name": done.application.name,
        "changed": !plan.is_done(), "permissions": wanted.permissions, "granted": done.granted,
        "notGranted": not_granted, "unavailable": plan.unavailable, "adminConsent": page.as_str(),
        "table": table.table(), "tableName": table.name,
    });
    let login = CommandLine::new(context, "login").word(&table.name);
    let login = args.only.iter().fold(login, |line, only| line.word("--only").word(only));
    let login = login.word("--require").word(if args.register.write { "write" } else { "read" });
    let before = if not_granted.is_empty() { "" } else { "after the consent, " };
    let next = login.after(format!("{before}add the table to ferry.toml and check the sign-in"));
    Answer::new(exit, text).details(details).requests(connected.client.figures()).next(next)
}

/// Removes it.
pub async fn unregister(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let connected = connect_as_user(context, &args.source.tenant)?;
    let target = sign_in(&connected, false).await?;
    // The table of an application says which one it is.
    let (property, value) = match (&connected.application, &args.register.app_name) {
        (Some(id), None) => ("appId", id.as_str()),
        _ => ("displayName", args.register.name()),
    };
    let found = registration::own(&connected.client, property, value).await;
    let details = |removed: bool, id: Option<&str>| json!({"removed": removed, "applicationId": id});
    let Some(application) = found.map_err(|error| connected.failed(error))? else {
        let text = format!("{} has no application that --register made for `{value}`\n", plan_view::tenant(&target));
        let answer = Answer::new(Exit::Done, text).details(details(false, None));
        return Ok(answer.requests(connected.client.figures()));
    };
    let what = format!(
        "The application `{}` ({}), its credentials and its permissions will be removed",
        application.name, application.app_id
    );
    confirmed(args, &target, Deed::Unregister, &what, context)?;
    registration::remove(&connected.client, &application).await.map_err(|error| refused(&connected, error))?;
    let text = format!(
        "removed the application `{}` ({}) from {}\nEntra keeps it for 30 days under App registrations, Deleted applications. \
         The certificate's file and the table in ferry.toml are still there.\n",
        crate::ui::clean(&application.name),
        application.app_id,
        plan_view::tenant(&target)
    );
    let answer = Answer::new(Exit::Done, text).details(details(true, Some(&application.app_id)));
    Ok(answer.requests(connected.client.figures()))
}

/// Asks for what this needs, and says which tenant it is.
async fn sign_in(connected: &Connected, grants: bool) -> Result<TenantInfo, CliError> {
    let mut needed = NEEDED.map(str::to_owned).to_vec();
    needed.extend(grants.then(|| TO_GRANT.to_owned()));
    connected.client.ask_for(&needed).await;
    engine::tenant::who(&connected.client).await.map_err(|error| connected.failed(error))
}

fn confirmed(args: &Args, target: &TenantInfo, deed: Deed, summary: &str, context: &Context) -> Result<(), CliError> {
    let consent = Consent {
        target,
        yes: args.register.yes.as_deref(),
        reviewed: false,
        interactive: confirm::is_interactive(),
        deed,
    };
    confirm::confirm(context, consent, summary)
}

/// A refusal of the tenant: what was done before it stays, and the same command goes on from there.
fn refused(connected: &Connected, error: EngineError) -> CliError {
    let by_tenant = matches!(&error, EngineError::Graph(GraphError::Refused(_) | GraphError::Forbidden(_)));
    let error = connected.failed(error);
    if !by_tenant {
        return error;
    }
    let exit = if error.exit == Exit::Unexpected { Exit::SomeFailed } else { error.exit };
    CliError { exit, ..error }.hint(
        "The signed-in user needs the role Application Administrator, and a policy of the tenant may limit certificates \
         (--days) or federated credentials. The same command goes on where it stopped; --unregister removes what was done.",
    )
}

/// The permissions of the selection, and of what it refers to, that an application can have.
fn permissions(catalogue: &Catalogue, selection: &Selection, write: bool) -> Vec<String> {
    let names = permissions::with_referenced(catalogue, |it| selection.includes_type(it));
    let types = || catalogue.iter().filter(|it| names.contains(it.name.as_str()) && it.sign_in != SignIn::Delegated);
    if write { permissions::to_write(catalogue, types()) } else { permissions::to_read(catalogue, types()) }
}

fn persons_only(catalogue: &Catalogue, selection: &Selection) -> Vec<String> {
    let types = catalogue.iter().filter(|it| selection.includes_type(it) && it.sign_in == SignIn::Delegated);
    types.map(|it| it.name.clone()).collect()
}

fn credential(
    own: &RegisterArgs,
    certificate: Option<&OwnCertificate>,
    connected: &Connected,
) -> Result<AppCredential, CliError> {
    if let Some(certificate) = certificate {
        return Ok(AppCredential::Certificate { der: certificate.der.clone(), label: certificate.label() });
    }
    let (issuer, subject) = match (&own.github, &own.issuer, &own.subject) {
        (Some(subject), ..) => (GITHUB.to_owned(), github(subject)?),
        (None, Some(issuer), Some(subject)) => (issuer.clone(), subject.clone()),
        _ => {
            return Err(CliError::usage("an application needs something to sign in with").hint(
                "Name --certificate FILE (a new file is made), --github OWNER/REPO:ref:refs/heads/BRANCH, or --issuer and \
                 --subject.",
            ));
        }
    };
    let usual = clouds::find(connected.profile.cloud.name()).map_or("", |cloud| cloud.exchange_audience);
    let audience = own.audience.clone().unwrap_or_else(|| usual.to_owned());
    Ok(AppCredential::Federated { issuer, subject, audience })
}

/// The subject of a job's token: a repository alone would trust no job at all.
fn github(text: &str) -> Result<String, CliError> {
    let text = text.strip_prefix("repo:").unwrap_or(text);
    let (repository, which) = text.split_once(':').unwrap_or((text, ""));
    let is_whole = repository.split('/').filter(|part| !part.is_empty()).count() == 2 && !which.is_empty();
    if is_whole {
        return Ok(format!("repo:{text}"));
    }
    Err(CliError::usage(format!("`{text}` does not say which jobs are trusted")).hint(
        "Name a branch, an environment or a tag: OWNER/REPO:ref:refs/heads/main, OWNER/REPO:environment:production, \
         OWNER/REPO:ref:refs/tags/v1.",
    ))
}

fn shown(
    plan: &RegistrationPlan,
    wanted: &WantedApplication,
    target: &TenantInfo,
    certificate: Option<&OwnCertificate>,
    by_persons_only: Vec<String>,
) -> Registration {
    let names = |roles: &[registration::AppRole]| roles.iter().map(|role| role.name.clone()).collect();
    let credential = match (&wanted.credential, certificate) {
        (AppCredential::Federated { issuer, subject, .. }, _) => {
            format!("tokens of {issuer} with the subject {subject}")
        }
        (_, Some(own)) if own.is_new() => {
            format!("a new certificate, valid until {}, written to {}", own.until, own.file.display())
        }
        (_, own) => own
            .map(|own| format!("the certificate in {}, valid until {}", own.file.display(), own.until))
            .unwrap_or_default(),
    };
    Registration {
        tenant: plan_view::tenant(target),
        name: wanted.name.clone(),
        app_id: plan.application.as_ref().map(|application| application.app_id.clone()),
        credential,
        adds_credential: plan.adds_credential,
        permissions: wanted.permissions.iter().filter(|name| !plan.unavailable.contains(name)).cloned().collect(),
        writes: wanted.permissions.iter().any(|name| writes(name)),
        grants: wanted.grants,
        to_grant: names(&plan.to_grant),
        to_revoke: names(&plan.to_revoke),
        unavailable: plan.unavailable.clone(),
        by_persons_only,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_subject_of_github_names_the_jobs_as_well() {
        assert_eq!(
            github("contoso/intune:environment:production").unwrap(),
            "repo:contoso/intune:environment:production"
        );
        assert_eq!(
            github("repo:contoso/intune:ref:refs/heads/main").unwrap(),
            "repo:contoso/intune:ref:refs/heads/main"
        );
        for wrong in ["contoso/intune", "contoso:ref:refs/heads/main", "/intune:x", "contoso/intune:"] {
            assert_eq!(github(wrong).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
    }
}
