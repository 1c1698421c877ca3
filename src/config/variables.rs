//! The tenant `env`: described by the `AZURE_*` variables that pipelines already set. It is always in the
//! global cloud; for another one, write a `ferry.toml`.

use super::error::ConfigError;
use super::profile::{AuthKind, Cloud, DEFAULT_SECRET_VARIABLE, Profile, check_tenant_id};
use super::surroundings::Surroundings;

/// The name that stands for the environment.
pub(super) const NAME: &str = "env";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Reads the tenant from the variables.
pub(super) fn read(surroundings: &Surroundings<'_>) -> Result<Profile, ConfigError> {
    let need = |variable: &str, meaning: &str| {
        surroundings
            .set(variable)
            .ok_or_else(|| ConfigError::MissingVariable { variable: variable.to_owned(), meaning: meaning.to_owned() })
    };
    let tenant_id = need(TENANT, "the tenant's GUID or a verified domain")?.trim().to_owned();
    check_tenant_id(&tenant_id).map_err(|reason| ConfigError::BadVariable { variable: TENANT.to_owned(), reason })?;
    let client_id = need(CLIENT, "the application id of the app registration")?.trim().to_owned();
    let by_variable = [
        (DEFAULT_SECRET_VARIABLE, AuthKind::ClientSecret),
        (CERTIFICATE, AuthKind::ClientCertificate),
        (FEDERATED, AuthKind::WorkloadIdentity),
    ];
    let auth = by_variable.iter().find(|(variable, _)| surroundings.set(variable).is_some()).map(|(_, auth)| *auth);
    let auth = auth.ok_or_else(|| ConfigError::MissingVariable {
        variable: DEFAULT_SECRET_VARIABLE.to_owned(),
        meaning: format!("the app registration's client secret (or set {CERTIFICATE} or {FEDERATED})"),
    })?;
    Ok(Profile {
        name: NAME.to_owned(),
        tenant_id,
        client_id: Some(client_id),
        auth,
        cloud: Cloud::Global,
        graph_url: None,
        login_url: None,
        secret_env: None,
        limits: None,
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
    fn each_missing_variable_is_named() {
        let message = |set: &[(&str, &str)]| with(set).unwrap_err().to_string();
        assert!(message(&[]).contains(TENANT));
        assert!(message(&[(TENANT, "t.example")]).contains(CLIENT));
        assert!(message(&[(TENANT, "t.example"), (CLIENT, "c")]).contains(DEFAULT_SECRET_VARIABLE));
        assert!(message(&[(TENANT, "a b"), (CLIENT, "c")]).contains(TENANT));
    }

    #[test]
    fn the_kind_of_sign_in_follows_from_what_is_set() {
        for (variable, auth) in [
            (DEFAULT_SECRET_VARIABLE, AuthKind::ClientSecret),
            (CERTIFICATE, AuthKind::ClientCertificate),
            (FEDERATED, AuthKind::WorkloadIdentity),
        ] {
            let profile = with(&[(TENANT, "t.example"), (CLIENT, "c"), (variable, "x")]).unwrap();
            assert_eq!((profile.auth, profile.name.as_str()), (auth, NAME));
        }
    }
}
