//! The page where an administrator consents for the whole tenant.

use url::Url;

/// Its address. Permissions are named without the service: Microsoft Graph is meant then.
/// (learn.microsoft.com/entra/identity-platform/v2-admin-consent, read 2026-11-30)
///
/// It ends at `http://localhost`, which the applications of users have as their address; by then all is done.
pub fn admin_consent(login_url: &Url, tenant_id: &str, client_id: &str, permissions: &[String]) -> Url {
    let mut page = login_url.clone();
    page.set_path(&format!("/{tenant_id}/v2.0/adminconsent"));
    let scope = if permissions.is_empty() { ".default".to_owned() } else { permissions.join(" ") };
    page.query_pairs_mut()
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", "http://localhost")
        .append_pair("scope", &scope);
    page
}

/// Where an administrator consents to what a registered application asks for itself.
/// (learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent, read 2026-11-30)
pub fn registered_consent(login_url: &Url, tenant_id: &str, client_id: &str) -> Url {
    let mut page = login_url.clone();
    page.set_path(&format!("/{tenant_id}/adminconsent"));
    page.query_pairs_mut().append_pair("client_id", client_id);
    page
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn the_page_names_the_application_and_what_it_asks_for() {
        let login = Url::parse("https://login.example").unwrap();
        let page = admin_consent(&login, "t.example", "c-1", &["A.Read.All".into(), "B.Read.All".into()]);
        assert_eq!(
            page.as_str(),
            "https://login.example/t.example/v2.0/adminconsent?client_id=c-1&redirect_uri=http%3A%2F%2Flocalhost&scope=A.Read.All+B.Read.All"
        );
        assert!(admin_consent(&login, "t", "c", &[]).as_str().ends_with("scope=.default"));
        let own = registered_consent(&login, "t.example", "c-1");
        assert_eq!(own.as_str(), "https://login.example/t.example/adminconsent?client_id=c-1");
    }
}
