//! What a profile proves its right with, beside a client secret: a certificate's file, a pipeline's token.
//! Read when it is asked for, and not before.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use secrecy::{SecretSlice, SecretString};
use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::profile::Profile;
use super::surroundings::Surroundings;

pub(super) const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const CERTIFICATE_PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";
pub(super) const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
pub(super) const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
pub(super) const AZURE_DEVOPS_URL: &str = "SYSTEM_OIDCREQUESTURI";
const AZURE_DEVOPS_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
const AZURE_DEVOPS_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";
/// Far more than a key with a long chain.
const LARGEST_CERTIFICATE: u64 = 1024 * 1024;

/// How a certificate's key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum CertificateSignature {
    /// RSASSA-PSS.
    #[default]
    PS256,
    /// PKCS#1 v1.5, the older form.
    RS256,
}

/// A certificate in one of Windows's stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// Of the computer rather than of the user.
    pub of_machine: bool,
    /// The store, such as `My`.
    pub store: String,
    /// The SHA-1 thumbprint.
    pub thumbprint: [u8; 20],
}

impl StoredCertificate {
    /// Reads a store's name, `CurrentUser/My`; what is before the store says whose it is.
    pub(super) fn store(text: &str) -> Result<(bool, String), String> {
        let wrong = || "it must be `CurrentUser/My` or `LocalMachine/My`, or another store of one of them".to_owned();
        let text = text.trim().trim_start_matches("Cert:").trim_matches(['/', '\\']);
        let (location, store) = text.split_once(['/', '\\']).ok_or_else(wrong)?;
        let plain = !store.is_empty() && store.chars().all(|c| c.is_alphanumeric() || " _-.".contains(c));
        match location.to_ascii_lowercase().as_str() {
            "currentuser" if plain => Ok((false, store.to_owned())),
            "localmachine" if plain => Ok((true, store.to_owned())),
            _ => Err(wrong()),
        }
    }

    /// Reads a SHA-1 thumbprint as Windows shows it: with or without spaces, and with the invisible mark that copying
    /// it from a dialog brings along.
    pub(super) fn thumbprint(text: &str) -> Result<[u8; 20], String> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace() && !":\u{200e}\u{200f}".contains(*c))
            .map(|c| c.to_digit(16).map_or(255, |digit| u8::try_from(digit).unwrap_or(255)))
            .collect();
        let mut thumbprint = [0; 20];
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() || pairs.len() != thumbprint.len() || digits.contains(&255) {
            return Err("it must be a SHA-1 thumbprint: 40 hexadecimal digits".to_owned());
        }
        for (byte, [high, low]) in thumbprint.iter_mut().zip(pairs) {
            *byte = high * 16 + low;
        }
        Ok(thumbprint)
    }
}

/// What only some kinds of sign-in need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// The certificate's file, if not `AZURE_CLIENT_CERTIFICATE_PATH`.
    pub certificate: Option<PathBuf>,
    /// The certificate in a store of Windows, which then takes the place of a file.
    pub certificate_store: Option<StoredCertificate>,
    /// The variable that holds its password, if not `AZURE_CLIENT_CERTIFICATE_PASSWORD`.
    pub certificate_password_env: Option<String>,
    /// How the certificate's key signs.
    pub certificate_signature: CertificateSignature,
    /// A file with a token from outside, if not `AZURE_FEDERATED_TOKEN_FILE`.
    pub token_file: Option<PathBuf>,
    /// The service connection of Azure DevOps.
    pub service_connection: Option<String>,
    /// Whether the sign-in of a person outlives the program, in the system's keyring.
    pub keep_sign_in: bool,
}

/// A certificate's file, read.
#[derive(Debug)]
pub struct CertificateFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds: a private key among it.
    pub bytes: SecretSlice<u8>,
    /// Its password.
    pub password: Option<SecretString>,
}

/// Where a token from outside Entra comes from.
#[derive(Debug)]
pub enum OutsideToken {
    /// A file.
    File(PathBuf),
    /// GitHub Actions.
    GitHub {
        /// Who gives it.
        url: Url,
        /// What the job may ask with.
        token: SecretString,
    },
    /// Azure DevOps.
    AzureDevOps {
        /// Who gives it.
        url: Url,
        /// What the job may ask with.
        token: SecretString,
        /// For which service connection.
        service_connection: String,
    },
}

/// The certificate and its password.
pub fn certificate(profile: &Profile) -> Result<CertificateFile, ConfigError> {
    certificate_from(profile, &Surroundings::real())
}

fn certificate_from(profile: &Profile, surroundings: &Surroundings<'_>) -> Result<CertificateFile, ConfigError> {
    let named = || surroundings.set(CERTIFICATE).map(PathBuf::from);
    let path = profile.proof.certificate.clone().or_else(named).ok_or_else(|| ConfigError::MissingVariable {
        variable: CERTIFICATE.to_owned(),
        meaning: format!("the certificate of tenant `{}` (PEM or PFX), or name it as certificate_path", profile.name),
    })?;
    let password = match &profile.proof.certificate_password_env {
        Some(variable) => Some(need(surroundings, variable, "the certificate's password")?),
        None => surroundings.set(CERTIFICATE_PASSWORD).map(SecretString::from),
    };
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.clone(), reason };
    let file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_CERTIFICATE + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_CERTIFICATE {
        return Err(unreadable("it is larger than 1 MiB; is it the right file?".to_owned()));
    }
    Ok(CertificateFile { bytes: bytes.into(), path, password })
}

/// Where its token from outside comes from: what the profile names, else what the pipeline has set.
pub fn outside_token(profile: &Profile) -> Result<OutsideToken, ConfigError> {
    outside_token_from(profile, &Surroundings::real())
}

fn outside_token_from(profile: &Profile, surroundings: &Surroundings<'_>) -> Result<OutsideToken, ConfigError> {
    if let Some(path) = &profile.proof.token_file {
        return Ok(OutsideToken::File(path.clone()));
    }
    let from_azure_devops = |service_connection: String| {
        let url = url(surroundings, AZURE_DEVOPS_URL, "the address that Azure Pipelines sets")?;
        let meaning = "$(System.AccessToken) in the step's `env`";
        Ok(OutsideToken::AzureDevOps {
            url,
            token: need(surroundings, AZURE_DEVOPS_TOKEN, meaning)?,
            service_connection,
        })
    };
    if let Some(id) = &profile.proof.service_connection {
        return from_azure_devops(id.clone());
    }
    if let Some(path) = surroundings.set(TOKEN_FILE) {
        return Ok(OutsideToken::File(PathBuf::from(path)));
    }
    if surroundings.set(GITHUB_URL).is_some() {
        let meaning = "what GitHub sets for a job with `permissions: id-token: write`";
        let url = url(surroundings, GITHUB_URL, meaning)?;
        return Ok(OutsideToken::GitHub { url, token: need(surroundings, GITHUB_TOKEN, meaning)? });
    }
    if surroundings.set(AZURE_DEVOPS_URL).is_some() {
        let id = surroundings.set(AZURE_DEVOPS_CONNECTION).ok_or_else(|| ConfigError::MissingVariable {
            variable: AZURE_DEVOPS_CONNECTION.to_owned(),
            meaning: "the service connection's id, or name it as service_connection_id".to_owned(),
        })?;
        return from_azure_devops(id);
    }
    Err(ConfigError::MissingVariable {
        variable: TOKEN_FILE.to_owned(),
        meaning: format!(
            "a file with a token that the app registration trusts (or run in GitHub Actions with `permissions: \
             id-token: write`, which sets {GITHUB_URL}, or in Azure Pipelines)"
        ),
    })
}

fn need(surroundings: &Surroundings<'_>, variable: &str, meaning: &str) -> Result<SecretString, ConfigError> {
    let missing = || ConfigError::MissingVariable { variable: variable.to_owned(), meaning: meaning.to_owned() };
    surroundings.set(variable).map(|value| SecretString::from(value.trim())).ok_or_else(missing)
}

fn url(surroundings: &Surroundings<'_>, variable: &str, meaning: &str) -> Result<Url, ConfigError> {
    let missing = || ConfigError::MissingVariable { variable: variable.to_owned(), meaning: meaning.to_owned() };
    let text = surroundings.set(variable).ok_or_else(missing)?;
    Url::parse(text.trim()).map_err(|error| ConfigError::BadVariable {
        variable: variable.to_owned(),
        reason: format!("it is not a URL: {error}"),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use secrecy::ExposeSecret;

    use super::super::profile::tests::profile;
    use super::*;

    type Set<'a> = &'a [(&'a str, &'a str)];

    fn with<T>(set: Set<'_>, ask: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ask(&Surroundings { variable: &variable, folder: PathBuf::new() })
    }

    #[test]
    fn a_certificate_is_found_by_the_profile_or_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.pem");
        std::fs::write(&path, "x").unwrap();
        let text = path.display().to_string();
        let set: Set<'_> = &[(CERTIFICATE, &text), (CERTIFICATE_PASSWORD, "p"), ("OWN", "q")];
        let mut profile = profile();
        let found = with(set, |here| certificate_from(&profile, here)).unwrap();
        assert_eq!((found.bytes.expose_secret(), found.password.unwrap().expose_secret()), (&b"x"[..], "p"));
        profile.proof.certificate_password_env = Some("OWN".to_owned());
        assert_eq!(with(set, |here| certificate_from(&profile, here)).unwrap().password.unwrap().expose_secret(), "q");
        let error = with(&set[..1], |here| certificate_from(&profile, here)).unwrap_err().to_string();
        assert!(error.contains("OWN"), "{error}");
        assert!(
            with(&[], |here| certificate_from(&profile, here)).unwrap_err().to_string().contains("certificate_path")
        );
        profile.proof.certificate = Some(folder.path().join("none.pem"));
        assert!(with(set, |here| certificate_from(&profile, here)).unwrap_err().to_string().contains("none.pem"));
    }

    #[test]
    fn a_store_and_a_thumbprint_are_read_as_windows_shows_them() {
        for (text, of_machine) in
            [("CurrentUser/My", false), ("LocalMachine\\My", true), ("Cert:\\currentuser\\My", false)]
        {
            assert_eq!(StoredCertificate::store(text), Ok((of_machine, "My".to_owned())));
        }
        for wrong in ["My", "Other/My", "CurrentUser/", "CurrentUser/a/b", ""] {
            assert!(StoredCertificate::store(wrong).is_err(), "{wrong}");
        }
        let mut expected = [0xab; 20];
        expected[0] = 0x01;
        let digits = format!("01{}", "ab".repeat(19));
        assert_eq!(StoredCertificate::thumbprint(&digits), Ok(expected));
        let copied = format!("\u{200e}01 {}", "AB ".repeat(19));
        assert_eq!(StoredCertificate::thumbprint(&copied), Ok(expected));
        for wrong in [&digits[1..], &digits[2..], "", &format!("{}zz", &digits[2..])] {
            assert!(StoredCertificate::thumbprint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_profile_wins_over_the_pipeline_and_a_file_over_a_service() {
        let github: Set<'_> = &[(GITHUB_URL, "https://g.example/?a=b"), (GITHUB_TOKEN, "t")];
        let devops: Set<'_> =
            &[(AZURE_DEVOPS_URL, "https://d.example/"), (AZURE_DEVOPS_TOKEN, "t"), (AZURE_DEVOPS_CONNECTION, "c-1")];
        let mut profile = profile();
        let ask = |profile: &Profile, set: Set<'_>| with(set, |here| outside_token_from(profile, here));
        assert!(matches!(ask(&profile, github), Ok(OutsideToken::GitHub { .. })));
        let found = ask(&profile, devops);
        assert!(
            matches!(found, Ok(OutsideToken::AzureDevOps { service_connection, .. }) if service_connection == "c-1")
        );
        let all = [github, devops, &[(TOKEN_FILE, "/token")]].concat();
        assert!(
            matches!(ask(&profile, &all), Ok(OutsideToken::File(path)) if path.as_path() == std::path::Path::new("/token"))
        );
        profile.proof.service_connection = Some("c-2".to_owned());
        assert!(
            matches!(ask(&profile, &all), Ok(OutsideToken::AzureDevOps { service_connection, .. }) if service_connection == "c-2")
        );
        profile.proof.token_file = Some(PathBuf::from("own"));
        assert!(
            matches!(ask(&profile, &all), Ok(OutsideToken::File(path)) if path.as_path() == std::path::Path::new("own"))
        );
    }

    #[test]
    fn what_a_pipeline_has_not_set_is_named() {
        let profile = profile();
        for (set, named) in [
            (&[][..], "id-token: write"),
            (&[(GITHUB_URL, "https://g.example")][..], GITHUB_TOKEN),
            (&[(GITHUB_URL, "nothing"), (GITHUB_TOKEN, "t")][..], GITHUB_URL),
            (&[(AZURE_DEVOPS_URL, "https://d.example")][..], "service_connection_id"),
            (&[(AZURE_DEVOPS_URL, "https://d.example"), (AZURE_DEVOPS_CONNECTION, "c")][..], AZURE_DEVOPS_TOKEN),
        ] {
            let error = with(set, |here| outside_token_from(&profile, here)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
