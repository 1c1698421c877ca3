//! What a started sandbox says of itself: where it is, and the tables to copy into `ferry.toml`.

use std::fmt::Write as _;

use super::escape::clean;
use super::style::{self, paint};

/// One emulated tenant, with its secret: it protects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its display name.
    pub name: String,
    /// Its id.
    pub tenant_id: String,
    /// The application that may sign in.
    pub client_id: String,
    /// That application's secret.
    pub client_secret: String,
}

/// The address, and per tenant its table and its variable.
pub fn started(url: &str, tenants: &[Profile]) -> String {
    let mut out =
        format!("Emulated tenants are running at {}. Press Ctrl-C to stop them.\n", paint(style::POINTER, url));
    for tenant in tenants {
        let word = word(&tenant.name);
        let variable = format!("{}_SECRET", word.to_uppercase().replace('-', "_"));
        let _ = write!(
            out,
            "\n[tenants.{word}]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nauth = \"client-secret\"\n\
             client_secret_env = \"{variable}\"   # export {variable}='{}'\n\
             graph_url = \"{url}\"\nlogin_url = \"{url}\"\n",
            clean(&tenant.tenant_id),
            clean(&tenant.client_id),
            clean(&tenant.client_secret),
        );
    }
    out
}

/// A name that needs no quotes in TOML and on a command line.
fn word(name: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { String::from("tenant") } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::style::plain;
    use super::*;

    fn sample() -> String {
        let tenant = Profile {
            name: "Contoso Trial & Söhne".into(),
            tenant_id: "3f1d0001-0000-4000-8000-000000000001".into(),
            client_id: "c1".into(),
            client_secret: "not-a-secret".into(),
        };
        plain(&started("http://127.0.0.1:8787", &[tenant]))
    }

    #[test]
    fn the_tables_can_be_copied() {
        insta::assert_snapshot!(sample(), @r#"
        Emulated tenants are running at http://127.0.0.1:8787. Press Ctrl-C to stop them.

        [tenants.contoso-trial-s-hne]
        tenant_id = "3f1d0001-0000-4000-8000-000000000001"
        client_id = "c1"
        auth = "client-secret"
        client_secret_env = "CONTOSO_TRIAL_S_HNE_SECRET"   # export CONTOSO_TRIAL_S_HNE_SECRET='not-a-secret'
        graph_url = "http://127.0.0.1:8787"
        login_url = "http://127.0.0.1:8787"
        "#);
    }

    #[test]
    fn what_is_copied_is_toml() {
        let text = sample();
        let toml: toml::Table = text.split_once('\n').unwrap().1.parse().unwrap();
        assert!(toml["tenants"]["contoso-trial-s-hne"]["graph_url"].is_str());
    }
}
