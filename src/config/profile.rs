//! One tenant as the configuration describes it. Not for its secret's value until it is asked for.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use secrecy::SecretString;
use serde::Deserialize;
use url::{Host, Url};

use super::error::ConfigError;
use super::proof::Proof;
use super::surroundings::Surroundings;

/// The variable that holds the client secret where the profile names none.
pub(super) const DEFAULT_SECRET_VARIABLE: &str = "AZURE_CLIENT_SECRET";

/// A national cloud, by name; its hosts are known to `graph`. The descriptions are those of the command line's help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Worldwide, and GCC
    #[default]
    Global,
    /// US Government L4 (GCC High)
    UsGov,
    /// US Government L5 (DoD)
    UsDod,
    /// China, operated by 21Vianet
    China,
}

impl Cloud {
    /// Its name in `ferry.toml` and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGov => "us-gov",
            Self::UsDod => "us-dod",
            Self::China => "china",
        }
    }

    /// The cloud of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|cloud| cloud.name() == name)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a tenant is signed in to. The descriptions are those of the command line's help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum AuthKind {
    /// A user, with the browser of this computer
    Browser,
    /// A user, with a code
    DeviceCode,
    /// An app registration with a certificate
    ClientCertificate,
    /// An app registration with a secret
    ClientSecret,
    /// An app registration that trusts a pipeline
    WorkloadIdentity,
    /// The identity of a computer in Azure
    ManagedIdentity,
    /// Whoever is signed in with `az login`
    AzureCli,
}

impl AuthKind {
    /// Its name in `ferry.toml` and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::DeviceCode => "device-code",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::ManagedIdentity => "managed-identity",
            Self::WorkloadIdentity => "workload-identity",
            Self::AzureCli => "azure-cli",
        }
    }

    /// Whether a person signs in.
    pub fn is_of_a_person(self) -> bool {
        matches!(self, Self::Browser | Self::DeviceCode)
    }

    /// Whether it needs an app registration's id.
    pub fn needs_client_id(self) -> bool {
        !matches!(self, Self::ManagedIdentity | Self::AzureCli) && !self.is_of_a_person()
    }
}

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name in `ferry.toml`, or `env`.
    pub name: String,
    /// A GUID or a verified domain.
    pub tenant_id: String,
    /// The app registration; there for all kinds of sign-in that need one. A user can sign in without.
    pub client_id: Option<String>,
    /// How it is signed in to.
    pub auth: AuthKind,
    /// Whether that is said somewhere; else it is what a person at a terminal gets.
    pub auth_is_named: bool,
    /// Which cloud it is in.
    pub cloud: Cloud,
    /// Another Graph host than the cloud's, such as an emulator's.
    pub graph_url: Option<Url>,
    /// Another sign-in host than the cloud's.
    pub login_url: Option<Url>,
    /// The variable that holds the client secret, if not `AZURE_CLIENT_SECRET`.
    pub secret_env: Option<String>,
    /// Whether to keep within Graph's documented limits, where it is said.
    pub limits: Option<bool>,
    /// What the other kinds of sign-in need.
    pub proof: Proof,
    /// The file it was read from; none for `env`.
    pub file: Option<PathBuf>,
}

impl Profile {
    /// The same tenant, for a user who signs in with the browser instead of an application.
    #[must_use]
    pub fn as_user(self) -> Self {
        let proof = Proof { keep_sign_in: true, ..Proof::default() };
        Self { auth: AuthKind::Browser, client_id: None, secret_env: None, proof, ..self }
    }

    /// The environment variable that holds the client secret.
    pub fn secret_variable(&self) -> &str {
        self.secret_env.as_deref().unwrap_or(DEFAULT_SECRET_VARIABLE)
    }

    /// The client secret, from its environment variable.
    pub fn secret(&self) -> Result<SecretString, ConfigError> {
        self.secret_from(&Surroundings::real())
    }

    pub(super) fn secret_from(&self, surroundings: &Surroundings<'_>) -> Result<SecretString, ConfigError> {
        let variable = self.secret_variable();
        let secret = surroundings.set(variable).ok_or_else(|| ConfigError::MissingVariable {
            variable: variable.to_owned(),
            meaning: format!("the client secret of tenant `{}`", self.name),
        })?;
        if secret.chars().any(char::is_control) {
            // Almost always a line end that a shell or a file left there.
            return Err(ConfigError::BadVariable {
                variable: variable.to_owned(),
                reason: "it contains a line break or another control character".to_owned(),
            });
        }
        Ok(SecretString::from(secret))
    }
}

/// Says what is wrong with a tenant id.
pub fn check_tenant_id(id: &str) -> Result<(), String> {
    let fine = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if matches!(id.to_ascii_lowercase().as_str(), "common" | "organizations" | "consumers") {
        return Err(format!("`{id}` means any tenant; enter the tenant's GUID or a verified domain"));
    }
    if fine { Ok(()) } else { Err("it must be the tenant's GUID or a verified domain".to_owned()) }
}

/// Reads the URL of a service: a bare host; plain http for this machine only.
pub(super) fn service_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}"))?;
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err("it has no host".to_owned()),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err("plain http is allowed for 127.0.0.0/8, [::1] and localhost only; use https".to_owned()),
        _ => return Err("it must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not contain a user name or password".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("it must be a bare host, without path or query".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use secrecy::ExposeSecret;

    use super::*;

    pub(in crate::config) fn profile() -> Profile {
        Profile {
            name: "trial".to_owned(),
            tenant_id: "contoso.example".to_owned(),
            client_id: None,
            auth: AuthKind::ClientSecret,
            auth_is_named: true,
            cloud: Cloud::Global,
            graph_url: None,
            login_url: None,
            secret_env: Some("TRIAL_SECRET".to_owned()),
            limits: None,
            proof: Proof::default(),
            file: None,
        }
    }

    fn secret(value: Option<&str>) -> Result<SecretString, ConfigError> {
        let variable = |name: &str| value.filter(|_| name == "TRIAL_SECRET").map(ToOwned::to_owned);
        profile().secret_from(&Surroundings { variable: &variable, folder: PathBuf::new() })
    }

    #[test]
    fn a_missing_secret_says_which_variable_to_set() {
        for empty in [None, Some(""), Some(" ")] {
            let message = secret(empty).unwrap_err().to_string();
            assert!(message.contains("TRIAL_SECRET") && message.contains("`trial`"), "{message}");
        }
        assert_eq!(secret(Some("s3cret")).unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn a_secret_with_a_line_end_is_refused_without_being_repeated() {
        let message = secret(Some("s3cret\n")).unwrap_err().to_string();
        assert!(message.contains("TRIAL_SECRET") && !message.contains("s3cret"), "{message}");
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in ["https://graph.microsoft.us", "http://127.0.0.1:8787", "http://[::1]:1", "http://localhost:1/"] {
            service_url(fine).unwrap();
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "https://u:p@h.example",
            "https://h.example/beta",
            "127.0.0.1:1",
        ] {
            assert!(service_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tenant_is_a_guid_or_a_domain() {
        assert!(check_tenant_id("3f1d0001-0000-4000-8000-000000000001").is_ok());
        assert!(check_tenant_id("contoso.example").is_ok());
        for bad in ["", "a/b", "a b", "common", "Organizations"] {
            assert!(check_tenant_id(bad).is_err(), "{bad}");
        }
    }
}
