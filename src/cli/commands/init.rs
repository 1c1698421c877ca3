//! `init`: writes a `ferry.toml`, or adds a tenant to it, from flags and a few questions.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::confirm;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::files::write_file;
use crate::cli::next_step::CommandLine;
use crate::config::{self, AuthKind, Cloud, NewTenant};
use crate::exit::Exit;

const EXAMPLES: &str = "EXAMPLES:
  A user signs in with a browser:
    intune-ferry init contoso.onmicrosoft.com --name contoso

  A computer in Azure signs in with its own identity:
    intune-ferry init contoso.com --name backup --auth managed-identity

Without a tenant, init asks a few questions. A ferry.toml is optional: as TENANT, a command also accepts a tenant's ID or \
domain.";

/// Write a ferry.toml with a tenant, or add a tenant to it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The tenant's ID, or one of its domains; asked for at a terminal if omitted
    #[arg(value_name = "TENANT")]
    pub tenant: Option<String>,
    /// What the tenant is called on the command line [default: the first part of the domain]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How to sign in [default: browser]
    #[arg(long, value_enum, value_name = "HOW")]
    pub auth: Option<AuthKind>,
    /// Application (client) ID of the app registration
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The cloud of the tenant
    #[arg(long, value_enum, value_name = "CLOUD", default_value_t = Cloud::Global)]
    pub cloud: Cloud,
}

/// Writes it.
pub fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let interactive = confirm::is_interactive();
    let ask = |question: &str| if interactive { confirm::ask(context, question).map(Some) } else { Ok(None) };
    let new = complete(args, &ask)?;
    let file = context.config.clone().unwrap_or_else(|| PathBuf::from("ferry.toml"));
    let text = with_table(&file, &new)?;
    write_file(&file, text.as_bytes())?;
    let shown = format!("{} describes the tenant `{}` ({})\n", file.display(), new.name, new.tenant_id);
    let next = CommandLine::new(context, "login").word(&new.name);
    let details = json!({"file": file, "tenant": new.name, "tenantId": new.tenant_id, "auth": new.auth.name()});
    Ok(Answer::new(Exit::Done, shown)
        .details(details)
        .next(next.after("sign in and see which permissions are granted")))
}

/// What is to be written: by flags, by answers, by what is usual.
fn complete(args: Args, ask: &dyn Fn(&str) -> Result<Option<String>, CliError>) -> Result<NewTenant, CliError> {
    let asked = args.tenant.is_none();
    let tenant_id = match args.tenant {
        Some(tenant) => Some(tenant),
        None => ask("The tenant's ID, or one of its domains (for example contoso.onmicrosoft.com): ")?,
    };
    let tenant_id = tenant_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).ok_or_else(|| {
        CliError::usage("no tenant is named").hint("Name its ID or domain: intune-ferry init contoso.onmicrosoft.com")
    })?;
    config::check_tenant_id(&tenant_id).map_err(|reason| CliError::usage(format!("`{tenant_id}`: {reason}")))?;
    let usual = config::usual_name(&tenant_id);
    let name = match args.name {
        None if asked => ask(&format!("A short name for the command line [{usual}]: "))?,
        given => given,
    };
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or(usual);
    let client_id = match args.client_id {
        None if asked && args.auth.is_none() => {
            ask("Application ID of your own app registration (leave it empty to sign in as a user without one): ")?
        }
        given => given,
    };
    let client_id = client_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    let auth = args.auth.unwrap_or(AuthKind::Browser);
    if client_id.is_none() && auth.needs_client_id() {
        let message = format!("`{}` needs the application ID of an app registration", auth.name());
        return Err(CliError::usage(message)
            .hint("Name it with --client-id. docs/sign-in.md describes how to register an application."));
    }
    let new = NewTenant {
        name,
        tenant_id,
        auth,
        client_id,
        cloud: args.cloud,
        certificate_path: None,
        graph_url: None,
        login_url: None,
    };
    Ok(new)
}

/// The file's text with the tenant's table at its end. What is in the file stays as it is.
fn with_table(file: &Path, new: &NewTenant) -> Result<String, CliError> {
    let text = if std::fs::symlink_metadata(file).is_ok() {
        let text = config::text(file)?;
        if config::names(Some(file)).contains(&new.name) {
            let message = format!("{}: there is already a tenant `{}`", file.display(), new.name);
            return Err(CliError::usage(message).hint("Choose another name with --name, or edit the file."));
        }
        let joined = format!("{}\n{}", text.trim_end(), new.table());
        // A file that is broken stays as it is, and its own mistake is shown.
        let parsed: Result<toml::Table, _> = joined.parse();
        parsed.map_err(|error| file_error("add to", file, &std::io::Error::other(error.message().to_owned())))?;
        joined
    } else {
        format!("{}{}", config::HEAD, new.table())
    };
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn args(tenant: Option<&str>) -> Args {
        Args { tenant: tenant.map(ToOwned::to_owned), name: None, auth: None, client_id: None, cloud: Cloud::Global }
    }

    #[test]
    fn what_is_not_typed_is_asked_for_or_usual() {
        let silent = |_: &str| Ok(None);
        let new = complete(args(Some("Contoso.onmicrosoft.com")), &silent).unwrap();
        assert_eq!((new.name.as_str(), new.auth, new.client_id), ("contoso", AuthKind::Browser, None));
        assert!(complete(args(None), &silent).unwrap_err().message.contains("no tenant"));
        assert!(complete(args(Some("a b")), &silent).unwrap_err().message.contains("GUID"));
        let answers = |question: &str| {
            Ok(Some(
                if question.contains("domains") {
                    "t.example\n"
                } else if question.contains("short") {
                    "lab\n"
                } else {
                    "\n"
                }
                .to_owned(),
            ))
        };
        let new = complete(args(None), &answers).unwrap();
        assert_eq!((new.name.as_str(), new.tenant_id.as_str(), new.client_id), ("lab", "t.example", None));
        let unregistered = Args { auth: Some(AuthKind::ClientSecret), ..args(Some("t.example")) };
        assert!(complete(unregistered, &silent).unwrap_err().message.contains("client-secret"));
    }
}
