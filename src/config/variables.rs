//! The tenant `env`: described by the `AZURE_*` variables that pipelines already set, and by what GitHub Actions,
//! Azure Pipelines and Azure's own machines set.

use url::Url;

use super::error::ConfigError;
use super::profile::{AuthKind, Cloud, DEFAULT_SECRET_VARIABLE, Profile, check_tenant_id, service_url};
use super::proof::{AZURE_DEVOPS_URL, CERTIFICATE, GITHUB_URL, Proof, TOKEN_FILE};
use super::surroundings::Surroundings;

/// The name that stands for the environment.
pub(super) const NAME: &str = "env";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
/// Which sign-in service is meant, and so which cloud.
pub(super) const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
/// Set where Azure gives the machine an identity.
const IDENTITY: &str = "IDENTITY_ENDPOINT";

/// What says how to sign in, the first that is set.
const BY_VARIABLE: [(&str, AuthKind); 6] = [
    (DEFAULT_SECRET_VARIABLE, AuthKind::ClientSecret),
    (CERTIFICATE, AuthKind::ClientCertificate),
    (TOKEN_FILE, AuthKind::WorkloadIdentity),
    (GITHUB_URL, AuthKind::WorkloadIdentity),
    (AZURE_DEVOPS_URL, AuthKind::WorkloadIdentity),
    (IDENTITY, AuthKind::ManagedIdentity),
];

/// The sign-in service that the environment names.
pub(super) fn authority(surroundings: &Surroundings<'_>) -> Result<Option<Url>, ConfigError> {
    let url = surroundings.set(AUTHORITY).map(|text| service_url(text.trim())).transpose();
    url.map_err(|reason| ConfigError::BadVariable { variable: AUTHORITY.to_owned(), reason })
}

/// Reads the tenant from the variables. Where they name a sign-in service, its cloud's Graph host is for the
/// caller to know.
pub(super) fn read(surroundings: &Surroundings<'_>) -> Result<Profile, ConfigError> {
    let missing =
        |variable: &str, meaning: String| ConfigError::MissingVariable { variable: variable.to_owned(), meaning };
    let bad = |variable: &str, reason: String| ConfigError::BadVariable { variable: variable.to_owned(), reason };
    let tenant_id = surroundings
        .set(TENANT)
        .ok_or_else(|| missing(TENANT, "the tenant's GUID or a verified domain".to_owned()))?
        .trim()
        .to_owned();
    check_tenant_id(&tenant_id).map_err(|reason| bad(TENANT, reason))?;
    let client_id = surroundings.set(CLIENT).map(|id| id.trim().to_owned());
    let auth = BY_VARIABLE.iter().find(|(variable, _)| surroundings.set(variable).is_some()).map(|(_, auth)| *auth);
    if client_id.is_none() && auth.is_none_or(AuthKind::needs_client_id) {
        return Err(missing(CLIENT, "the application id of the app registration".to_owned()));
    }
    let auth = auth.ok_or_else(|| {
        let meaning = format!("the app registration's client secret (or set {CERTIFICATE} or {TOKEN_FILE})");
        missing(DEFAULT_SECRET_VARIABLE, meaning)
    })?;
    let login_url = authority(surroundings)?;
    Ok(Profile {
        name: NAME.to_owned(),
        tenant_id,
        client_id,
        auth,
        auth_is_named: true,
        cloud: Cloud::Global,
        graph_url: None,
        login_url,
        secret_env: None,
        limits: None,
        proof: Proof::default(),
        file: None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::path::PathBuf;

    use super::*;

    fn with(set: &[(&str, &str)]) -> Result<Profile, ConfigError> {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        read(&Surroundings { variable: &variable, folder: PathBuf::new() })
    }

    #[test]
    fn each_missing_or_unusable_variable_is_named() {
        let message = |set: &[(&str, &str)]| with(set).unwrap_err().to_string();
        assert!(message(&[]).contains(TENANT));
        assert!(message(&[(TENANT, "t.example")]).contains(CLIENT));
        assert!(message(&[(TENANT, "t.example"), (CLIENT, "c")]).contains(DEFAULT_SECRET_VARIABLE));
        assert!(message(&[(TENANT, "a b"), (CLIENT, "c")]).contains(TENANT));
        let authority =
            [(TENANT, "t.example"), (CLIENT, "c"), (TOKEN_FILE, "f"), (AUTHORITY, "http://elsewhere.example")];
        assert!(message(&authority).contains(AUTHORITY));
    }

    #[test]
    fn the_kind_of_sign_in_follows_from_what_is_set() {
        for (variable, auth) in BY_VARIABLE {
            let profile = with(&[(TENANT, "t.example"), (CLIENT, "c"), (variable, "x")]).unwrap();
            assert_eq!((profile.auth, profile.name.as_str()), (auth, NAME));
        }
        // A machine's own identity needs no application.
        assert_eq!(with(&[(TENANT, "t.example"), (IDENTITY, "x")]).unwrap().client_id, None);
    }
}
