//! From a tenant's name on the command line to a Graph client: joins `config` and `graph`.

use std::path::Path;

use super::context::Context;
use super::error::CliError;
use crate::config::{self, AuthKind, Profile};
use crate::exit::Exit;
use crate::graph::{Auth, Client, Settings, clouds, host};

/// A tenant that can be talked to.
#[derive(Debug)]
pub struct Connected {
    /// The client, not yet signed in.
    pub client: Client,
    /// What the configuration says.
    pub profile: Profile,
    /// Where tokens are asked for.
    login_url: url::Url,
}

impl Connected {
    /// An error of a request to this tenant. Where nobody answered, it says who was asked.
    pub fn failed(&self, error: impl Into<CliError>) -> CliError {
        let mut error = error.into();
        if error.exit == Exit::Unreachable {
            let hosts = format!("{} and {}", self.client.graph_url(), self.login_url);
            error.message = format!("{} (tenant `{}` at {hosts})", error.message, self.profile.name);
        }
        error
    }

    /// Whether it is an emulator on this machine.
    pub fn is_loopback(&self) -> bool {
        host::is_loopback(self.client.graph_url())
    }
}

/// Finds the tenant and makes a client for it.
pub fn connect(context: &Context, tenant: &str) -> Result<Connected, CliError> {
    connect_by(context.config.as_deref(), tenant)
}

/// As [`connect`], by a configuration that need not be the command line's.
pub fn connect_by(config: Option<&Path>, tenant: &str) -> Result<Connected, CliError> {
    let profile = config::find(config, tenant)?;
    let settings = settings(&profile)?;
    let login_url = settings.login_url.clone();
    let client = Client::new(settings)?;
    Ok(Connected { client, profile, login_url })
}

fn settings(profile: &Profile) -> Result<Settings, CliError> {
    let name = profile.cloud.name();
    let cloud = clouds::find(name).ok_or_else(|| CliError::usage(format!("the cloud `{name}` is not known")))?;
    let graph_url = profile.graph_url.clone().map_or_else(|| cloud.graph_url(), Ok)?;
    let login_url = profile.login_url.clone().map_or_else(|| cloud.login_url(), Ok)?;
    let auth = match profile.auth {
        AuthKind::ClientSecret => Auth::ClientSecret(profile.secret()?),
        other => Auth::Unsupported(other.name().to_owned()),
    };
    let client_id = profile.client_id.clone().unwrap_or_default();
    Ok(Settings::new(graph_url, login_url, profile.tenant_id.clone(), client_id, auth))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::config::Cloud;

    fn profile(auth: AuthKind) -> Profile {
        Profile {
            name: "trial".into(),
            tenant_id: "t.example".into(),
            client_id: Some("c".into()),
            auth,
            cloud: Cloud::Global,
            graph_url: None,
            login_url: None,
            secret_env: None,
            file: None,
        }
    }

    #[test]
    fn every_cloud_of_the_configuration_has_hosts() {
        for cloud in [Cloud::Global, Cloud::UsGov, Cloud::UsDod, Cloud::China] {
            settings(&Profile { cloud, ..profile(AuthKind::AzureCli) }).unwrap();
        }
    }

    #[test]
    fn a_sign_in_that_does_not_work_yet_is_refused_by_its_name() {
        let error = Client::new(settings(&profile(AuthKind::DeviceCode)).unwrap()).unwrap_err();
        let error = CliError::from(error);
        assert!(error.message.contains("device-code") && error.exit.code() == 2, "{error}");
    }
}
