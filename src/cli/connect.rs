//! From a tenant's name on the command line to a Graph client: joins `config` and `graph`.

use std::path::Path;

use secrecy::ExposeSecret;
use url::Url;

use super::context::Context;
use super::error::CliError;
use super::{confirm, kept_sign_in, open_browser};
use crate::catalogue::Catalogue;
use crate::catalogue::permissions;
use crate::config::{self, AuthKind, CertificateSignature, Cloud, OutsideToken, Profile};
use crate::engine::tenant::Tenant;
use crate::event::Reporter;
use crate::exit::Exit;
use crate::graph::clouds::{self, CloudHosts};
use crate::graph::{
    Auth, Browser, Certificate, Client, DeviceCode, DevicePrompt, Federation, Scopes, Settings, Signature, StorePlace,
    host,
};
use crate::ui::sign_in_view;

/// Microsoft Graph Command Line Tools: Microsoft's own public client, known in every tenant, by which a user signs in
/// where no application was registered. It asks for permissions by name.
/// (learn.microsoft.com/powershell/microsoftgraph/authentication-commands, read 2026-11-30)
pub const COMMON_CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

/// A tenant that can be talked to.
#[derive(Debug)]
pub struct Connected {
    /// The client, not yet signed in.
    pub client: Client,
    /// What the configuration says.
    pub profile: Profile,
    /// Where tokens are asked for.
    pub login_url: Url,
    /// The application of the tenant's table, where a user signs in in its place.
    pub application: Option<String>,
}

impl Connected {
    /// An error of a request to this tenant. Where no one answered, it says who was asked.
    pub fn failed(&self, error: impl Into<CliError>) -> CliError {
        let mut error = error.into();
        if error.exit == Exit::Unreachable {
            let hosts = format!("{} and {}", self.client.graph_url(), self.login_url);
            error.message = format!("{} (tenant `{}` at {hosts})", error.message, self.profile.name);
        }
        error
    }

    /// The tenant as the engine asks it.
    pub fn tenant<'a>(&'a self, catalogue: &'a Catalogue, reporter: &'a dyn Reporter) -> Tenant<'a> {
        Tenant { client: &self.client, catalogue, reporter }
    }

    /// Whether it is an emulator on this machine.
    pub fn is_loopback(&self) -> bool {
        host::is_loopback(self.client.graph_url())
    }
}

/// Finds the tenant and makes a client for it.
pub fn connect(context: &Context, tenant: &str) -> Result<Connected, CliError> {
    connect_by(context, context.config.as_deref(), tenant)
}

/// As [`connect`], by a configuration that need not be the command line's.
pub fn connect_by(context: &Context, config: Option<&Path>, tenant: &str) -> Result<Connected, CliError> {
    let profile = with_cloud(config::find(config, tenant)?)?;
    let settings = settings(&profile, context)?;
    connected(context, profile, settings)
}

/// As [`connect`], for what an administrator does: where the tenant's table is for an application, a user signs in with
/// the browser, through Microsoft's public client. Permissions are asked for by name.
pub fn connect_as_user(context: &Context, tenant: &str) -> Result<Connected, CliError> {
    let found = with_cloud(config::find(context.config.as_deref(), tenant)?)?;
    let is_of_a_person = found.auth.is_of_a_person();
    if !is_of_a_person && !confirm::is_interactive() {
        let message = format!("this needs a user's sign-in, and tenant `{tenant}` signs in as an application");
        return Err(CliError::usage(message)
            .hint("Run it at a terminal, or add a table with `auth = \"browser\"` or `auth = \"device-code\"`."));
    }
    let application = found.client_id.clone().filter(|_| !is_of_a_person);
    let profile = if is_of_a_person { found } else { found.as_user() };
    let mut settings = settings(&profile, context)?;
    settings.scopes = Scopes::Named(Vec::new());
    Ok(Connected { application, ..connected(context, profile, settings)? })
}

fn connected(context: &Context, profile: Profile, mut settings: Settings) -> Result<Connected, CliError> {
    settings.buckets = context.catalogue()?.buckets();
    let login_url = settings.login_url.clone();
    let client = Client::new(settings)?;
    Ok(Connected { client, profile, login_url, application: None })
}

/// The environment names a sign-in service only; the cloud follows from it.
fn with_cloud(profile: Profile) -> Result<Profile, CliError> {
    let Some(login_url) = profile.login_url.as_ref().filter(|_| profile.file.is_none()) else { return Ok(profile) };
    if host::is_loopback(login_url) {
        // The emulator answers both at one address.
        let graph_url = Some(login_url.clone());
        return Ok(Profile { graph_url, ..profile });
    }
    if let Some(cloud) = clouds::by_login(login_url).and_then(|cloud| Cloud::named(cloud.name)) {
        return Ok(Profile { cloud, ..profile });
    }
    let message = format!("{login_url} is not the sign-in address of a known cloud");
    Err(CliError::usage(message).hint("Describe the tenant in a ferry.toml with login_url and graph_url."))
}

fn settings(profile: &Profile, context: &Context) -> Result<Settings, CliError> {
    let name = profile.cloud.name();
    let cloud = clouds::find(name).ok_or_else(|| CliError::usage(format!("unknown cloud `{name}`")))?;
    let graph_url = profile.graph_url.clone().map_or_else(|| cloud.graph_url(), Ok)?;
    let login_url = profile.login_url.clone().map_or_else(|| cloud.login_url(), Ok)?;
    let auth = auth(profile, context, cloud, &login_url)?;
    let by_common = profile.client_id.is_none() && profile.auth.is_of_a_person();
    let client_id = client_id(profile).to_owned();
    let mut settings = Settings::new(graph_url, login_url, profile.tenant_id.clone(), client_id, auth);
    if by_common {
        let catalogue = context.catalogue()?;
        settings.scopes =
            Scopes::Named(permissions::delegated(&catalogue, &permissions::to_read(&catalogue, catalogue.iter())));
    }
    settings.paced = profile.limits.unwrap_or(settings.paced);
    Ok(settings)
}

/// The application that signs in. A user can do so without any registration.
pub fn client_id(profile: &Profile) -> &str {
    let common = if profile.auth.is_of_a_person() { COMMON_CLIENT } else { "" };
    profile.client_id.as_deref().unwrap_or(common)
}

fn auth(profile: &Profile, context: &Context, cloud: &CloudHosts, login_url: &Url) -> Result<Auth, CliError> {
    Ok(match profile.auth {
        AuthKind::ClientSecret => Auth::ClientSecret(profile.secret()?),
        AuthKind::ClientCertificate => Auth::ClientCertificate(certificate(profile)?),
        AuthKind::WorkloadIdentity => Auth::Federation(match config::outside_token(profile)? {
            OutsideToken::File(path) => Federation::File(path),
            OutsideToken::GitHub { url, token } => {
                Federation::GitHub { url, token, audience: cloud.exchange_audience.to_owned() }
            }
            OutsideToken::AzureDevOps { url, token, service_connection } => {
                Federation::AzureDevOps { url, token, service_connection }
            }
        }),
        AuthKind::ManagedIdentity => Auth::ManagedIdentity,
        AuthKind::AzureCli => Auth::AzureCli,
        AuthKind::DeviceCode => {
            let (printer, tenant) = (context.printer.clone(), profile.name.clone());
            let prompt = move |prompt: &DevicePrompt| {
                printer.say(&sign_in_view::prompt(&tenant, &prompt.address, &prompt.code, prompt.valid_for));
            };
            Auth::DeviceCode(DeviceCode::new(
                prompt,
                kept_sign_in::keep(profile, client_id(profile), context, login_url),
            ))
        }
        AuthKind::Browser => {
            if !profile.auth_is_named && !confirm::is_interactive() {
                return Err(nobody_there(&profile.name));
            }
            let (prompt, keep) = (
                open_browser::prompter(profile, context),
                kept_sign_in::keep(profile, client_id(profile), context, login_url),
            );
            Auth::Browser(Browser::new(prompt, context.browser.sign_in_port, context.browser.within(), keep))
        }
    })
}

/// Nobody said how to sign in, and nobody is there who could.
fn nobody_there(tenant: &str) -> CliError {
    let message = format!(
        "tenant `{tenant}` has no `auth`, and there is no terminal at which a user could sign in with a browser"
    );
    CliError::usage(message)
        .hint("Add `auth` to the tenant's table in ferry.toml, or set AZURE_CLIENT_SECRET; see docs/sign-in.md.")
}

fn certificate(profile: &Profile) -> Result<Certificate, CliError> {
    let signature = match profile.proof.certificate_signature {
        CertificateSignature::PS256 => Signature::Ps256,
        CertificateSignature::RS256 => Signature::Rs256,
    };
    if let Some(stored) = &profile.proof.certificate_store {
        let place = StorePlace { of_machine: stored.of_machine, store: &stored.store, thumbprint: stored.thumbprint };
        let name = &profile.name;
        return Certificate::stored(&place, signature)
            .map_err(|reason| CliError::usage(format!("the certificate of tenant `{name}`: {reason}")));
    }
    let file = config::certificate(profile)?;
    Certificate::read(file.bytes.expose_secret(), file.password.as_ref(), signature)
        .map_err(|reason| CliError::usage(format!("{}: {reason}", file.path.display())))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::cli::program::tests::quiet_context;
    use crate::config::Cloud;

    fn profile(auth: AuthKind) -> Profile {
        Profile {
            name: "trial".into(),
            tenant_id: "t.example".into(),
            client_id: Some("c".into()),
            auth,
            auth_is_named: true,
            cloud: Cloud::Global,
            graph_url: None,
            login_url: None,
            secret_env: None,
            limits: None,
            proof: crate::config::Proof::default(),
            file: None,
        }
    }

    #[test]
    fn every_cloud_of_the_configuration_has_hosts() {
        for cloud in [Cloud::Global, Cloud::UsGov, Cloud::UsDod, Cloud::China] {
            settings(&Profile { cloud, ..profile(AuthKind::AzureCli) }, &quiet_context()).unwrap();
        }
    }

    #[test]
    fn the_environments_sign_in_service_says_which_cloud_it_is() {
        let at = |login: &str| Profile { login_url: Some(Url::parse(login).unwrap()), ..profile(AuthKind::AzureCli) };
        assert_eq!(with_cloud(at("https://login.chinacloudapi.cn")).unwrap().cloud, Cloud::China);
        assert_eq!(with_cloud(at("https://login.microsoftonline.us/")).unwrap().cloud, Cloud::UsGov);
        let here = with_cloud(at("http://127.0.0.1:8787")).unwrap();
        assert_eq!(here.graph_url, here.login_url);
        let error = with_cloud(at("https://login.elsewhere.example")).unwrap_err();
        assert!(error.message.contains("elsewhere") && error.exit == Exit::Usage, "{error}");
    }
}
