//! The text of a tenant's table for a `ferry.toml`, with a comment for every key. Pure.

use std::fmt::Write as _;

use url::Url;

use super::profile::{AuthKind, Cloud};

/// What a new file begins with.
pub const HEAD: &str = "# Tenants for intune-ferry. Each table is one tenant; its name is what you type as TENANT.
# This file holds no secret: secrets are in environment variables. docs/sign-in.md explains every key.
";

/// A tenant that is to be described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// What it will be called.
    pub name: String,
    /// A GUID or a verified domain.
    pub tenant_id: String,
    /// How it is signed in to.
    pub auth: AuthKind,
    /// The app registration.
    pub client_id: Option<String>,
    /// Which cloud it is in.
    pub cloud: Cloud,
    /// The file with key and certificate, where it is known.
    pub certificate_path: Option<String>,
    /// Another Graph host than the cloud's.
    pub graph_url: Option<Url>,
    /// Another sign-in host than the cloud's.
    pub login_url: Option<Url>,
}

/// What a tenant is usually called: by the first part of a domain; of an ID by its first eight digits.
pub fn usual_name(tenant_id: &str) -> String {
    let first = tenant_id.split(['.', '-']).next().unwrap_or_default().to_ascii_lowercase();
    if first.is_empty() { "tenant".to_owned() } else { first }
}

impl NewTenant {
    /// Its table.
    pub fn table(&self) -> String {
        let mut out = format!("\n[tenants.{}]\n", key(&self.name));
        let mut line = |pair: &str, comment: &str| {
            let _ = writeln!(out, "{pair:<40}# {comment}");
        };
        let pair = |key: &str, value: &str| format!("{key} = {}", quoted(value));
        line(&pair("tenant_id", &self.tenant_id), "the tenant's ID, or one of its domains");
        line(&pair("auth", self.auth.name()), about(self.auth));
        match &self.client_id {
            Some(id) => line(&pair("client_id", id), "Application (client) ID of the app registration"),
            None if self.auth.is_of_a_person() => {
                line(
                    r#"# client_id = "...""#,
                    "only for your own app registration; without it, Microsoft's public client",
                );
                line("#", "\"Microsoft Graph Command Line Tools\" is used");
            }
            None => {}
        }
        match self.auth {
            AuthKind::ClientSecret => {
                line(r#"client_secret_env = "AZURE_CLIENT_SECRET""#, "the variable that contains the secret");
            }
            AuthKind::ClientCertificate => {
                let file = self.certificate_path.as_deref().unwrap_or("ferry.pem");
                line(&pair("certificate_path", file), "key and certificate as PEM, or a .pfx");
                line(r#"# certificate_password_env = "...""#, "the variable that contains the password of a .pfx");
            }
            AuthKind::WorkloadIdentity => {
                line(r#"# federated_token_file = "...""#, "only outside GitHub Actions and Azure Pipelines");
            }
            AuthKind::Browser | AuthKind::DeviceCode | AuthKind::ManagedIdentity | AuthKind::AzureCli => {}
        }
        line(&pair("cloud", self.cloud.name()), "global, us-gov, us-dod or china");
        for (key, url) in [("graph_url", &self.graph_url), ("login_url", &self.login_url)] {
            if let Some(url) = url {
                line(&pair(key, url.as_str()), "another host than the cloud's");
            }
        }
        out
    }
}

fn about(auth: AuthKind) -> &'static str {
    match auth {
        AuthKind::Browser => "a user signs in with the browser of this computer",
        AuthKind::DeviceCode => "a user enters a code in a browser; many tenants block this",
        AuthKind::ClientSecret => "an app registration signs in with a secret",
        AuthKind::ClientCertificate => "an app registration signs in with a certificate",
        AuthKind::ManagedIdentity => "the identity of a computer in Azure",
        AuthKind::WorkloadIdentity => "an app registration that trusts the tokens of a pipeline",
        AuthKind::AzureCli => "the sign-in of `az login`",
    }
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare {
        return name.to_owned();
    }
    // A key may not be written over several lines, as a text is that has line ends.
    let line = toml::Table::from_iter([(name.to_owned(), true.into())]).to_string();
    line.trim_end().trim_end_matches(" = true").to_owned()
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::super::file;
    use super::super::surroundings::Surroundings;
    use super::*;

    const ALL: [AuthKind; 7] = [
        AuthKind::Browser,
        AuthKind::DeviceCode,
        AuthKind::ClientSecret,
        AuthKind::ClientCertificate,
        AuthKind::ManagedIdentity,
        AuthKind::WorkloadIdentity,
        AuthKind::AzureCli,
    ];

    fn read(text: &str, name: &str) -> super::super::profile::Profile {
        let nothing = |_: &str| None;
        let here = Surroundings { variable: &nothing, folder: PathBuf::new() };
        file::tenant(Path::new("ferry.toml"), text, name, &here).unwrap()
    }

    #[test]
    fn a_table_is_explained_line_by_line() {
        let new = NewTenant {
            name: "contoso".into(),
            tenant_id: "contoso.onmicrosoft.com".into(),
            auth: AuthKind::Browser,
            client_id: None,
            cloud: Cloud::Global,
            certificate_path: None,
            graph_url: None,
            login_url: None,
        };
        insta::assert_snapshot!(format!("{HEAD}{}", new.table()), @r#"
        # Tenants for intune-ferry. Each table is one tenant; its name is what you type as TENANT.
        # This file holds no secret: secrets are in environment variables. docs/sign-in.md explains every key.

        [tenants.contoso]
        tenant_id = "contoso.onmicrosoft.com"   # the tenant's ID, or one of its domains
        auth = "browser"                        # a user signs in with the browser of this computer
        # client_id = "..."                     # only for your own app registration; without it, Microsoft's public client
        #                                       # "Microsoft Graph Command Line Tools" is used
        cloud = "global"                        # global, us-gov, us-dod or china
        "#);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_as_it_was_meant(name in "[^\u{0}-\u{1f}\u{7f}]{1,20}", which in 0..7_usize, china in any::<bool>()) {
            prop_assume!(name != "env");
            let auth = ALL[which];
            let client_id = (auth != AuthKind::AzureCli && !auth.is_of_a_person()).then(|| "c-1".to_owned());
            let cloud = if china { Cloud::China } else { Cloud::UsGov };
            let graph_url = china.then(|| Url::parse("https://graph.example").unwrap());
            let new = NewTenant {
                name: name.clone(), tenant_id: "t.example".into(), auth, client_id: client_id.clone(), cloud,
                certificate_path: Some(format!("keys/{name}")), graph_url: graph_url.clone(), login_url: None,
            };
            let other = NewTenant { name: format!("{name}x"), ..new.clone() };
            let profile = read(&format!("{HEAD}{}{}", other.table(), new.table()), &name);
            let certificate = (auth == AuthKind::ClientCertificate).then(|| PathBuf::from(format!("keys/{name}")));
            prop_assert_eq!((profile.auth, profile.client_id, profile.cloud), (auth, client_id, cloud));
            prop_assert_eq!((profile.graph_url, profile.proof.certificate), (graph_url, certificate));
        }
    }

    #[test]
    fn a_name_is_short() {
        assert_eq!(usual_name("3F1D0001-0000-4000-8000-000000000001"), "3f1d0001");
        assert_eq!(usual_name(".x"), "tenant");
    }
}
