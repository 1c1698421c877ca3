//! The text of a `ferry.toml` made into profiles, with the line of everything that is wrong.
//! Not for finding the file: that is `locate.rs`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::error::ConfigError;
use super::profile::{AuthKind, Cloud, DEFAULT_SECRET_VARIABLE, Profile, check_tenant_id, service_url};
use super::proof::{CertificateSignature, Proof, StoredCertificate};
use super::surroundings::Surroundings;
use super::variables;
use crate::misread::in_words;
use crate::nearest::closest;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    tenants: BTreeMap<String, Spanned<RawTenant>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTenant {
    tenant_id: Spanned<String>,
    client_id: Option<Spanned<String>>,
    auth: Option<AuthKind>,
    client_secret_env: Option<Spanned<String>>,
    certificate_path: Option<Spanned<PathBuf>>,
    certificate_password_env: Option<Spanned<String>>,
    certificate_store: Option<Spanned<String>>,
    certificate_thumbprint: Option<Spanned<String>>,
    certificate_signature: Option<Spanned<CertificateSignature>>,
    federated_token_file: Option<Spanned<PathBuf>>,
    service_connection_id: Option<Spanned<String>>,
    keep_sign_in: Option<Spanned<bool>>,
    #[serde(default)]
    cloud: Cloud,
    graph_url: Option<Spanned<String>>,
    login_url: Option<Spanned<String>>,
    limits: Option<bool>,
}

impl RawTenant {
    /// The keys that name environment variables.
    fn variables(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let all = [
            ("client_secret_env", &self.client_secret_env),
            ("certificate_password_env", &self.certificate_password_env),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }

    /// The keys that mean something for some kinds of sign-in only, each with these; the first is what it implies.
    fn particular(&self) -> impl Iterator<Item = (&'static str, Range<usize>, &'static [AuthKind])> {
        fn span<T>(value: Option<&Spanned<T>>) -> Option<Range<usize>> {
            value.map(Spanned::span)
        }
        let all = [
            ("client_secret_env", span(self.client_secret_env.as_ref()), &[AuthKind::ClientSecret][..]),
            ("certificate_path", span(self.certificate_path.as_ref()), &[AuthKind::ClientCertificate][..]),
            (
                "certificate_password_env",
                span(self.certificate_password_env.as_ref()),
                &[AuthKind::ClientCertificate][..],
            ),
            ("certificate_store", span(self.certificate_store.as_ref()), &[AuthKind::ClientCertificate][..]),
            ("certificate_thumbprint", span(self.certificate_thumbprint.as_ref()), &[AuthKind::ClientCertificate][..]),
            ("certificate_signature", span(self.certificate_signature.as_ref()), &[AuthKind::ClientCertificate][..]),
            ("federated_token_file", span(self.federated_token_file.as_ref()), &[AuthKind::WorkloadIdentity][..]),
            ("service_connection_id", span(self.service_connection_id.as_ref()), &[AuthKind::WorkloadIdentity][..]),
            ("keep_sign_in", span(self.keep_sign_in.as_ref()), &[AuthKind::Browser, AuthKind::DeviceCode]),
        ];
        all.into_iter().filter_map(|(key, span, kinds)| Some((key, span?, kinds)))
    }

    /// The certificate in a store of Windows: a store and a thumbprint, and no file as well.
    fn stored_certificate(&self) -> Result<Option<StoredCertificate>, (Range<usize>, &'static str, String)> {
        let (store, thumbprint) = match (&self.certificate_store, &self.certificate_thumbprint) {
            (None, None) => return Ok(None),
            (Some(store), Some(thumbprint)) => (store, thumbprint),
            (Some(one), None) => {
                return Err((one.span(), "certificate_store", "certificate_thumbprint is missing".to_owned()));
            }
            (None, Some(one)) => {
                return Err((one.span(), "certificate_thumbprint", "certificate_store is missing".to_owned()));
            }
        };
        if let Some(path) = &self.certificate_path {
            return Err((path.span(), "certificate_path", "use it or certificate_store, not both".to_owned()));
        }
        let (of_machine, name) =
            StoredCertificate::store(store.as_ref()).map_err(|reason| (store.span(), "certificate_store", reason))?;
        let thumbprint = StoredCertificate::thumbprint(thumbprint.as_ref())
            .map_err(|reason| (thumbprint.span(), "certificate_thumbprint", reason))?;
        Ok(Some(StoredCertificate { of_machine, store: name, thumbprint }))
    }

    /// How to sign in where it is not said: by what the other keys are for, else by the secret that is set, else as
    /// a person.
    fn implied(&self, surroundings: &Surroundings<'_>) -> Option<AuthKind> {
        let by_keys = self.particular().map(|(_, _, kinds)| kinds[0]).find(|auth| !auth.is_of_a_person());
        by_keys.or_else(|| surroundings.set(DEFAULT_SECRET_VARIABLE).map(|_| AuthKind::ClientSecret))
    }
}

/// The tenants that the text of a file describes, whether it is right in all else or not.
pub(super) fn names(text: &str) -> Vec<String> {
    let file: toml::Table = text.trim_start_matches('\u{feff}').parse().unwrap_or_default();
    let tenants = file.get("tenants").and_then(toml::Value::as_table);
    tenants.into_iter().flat_map(toml::Table::keys).cloned().collect()
}

/// The name of the only table for a tenant's ID or domain.
pub(super) fn name_of(text: &str, tenant_id: &str) -> Option<String> {
    let file: toml::Table = text.trim_start_matches('\u{feff}').parse().ok()?;
    let is_for = |table: &toml::Value| {
        table.get("tenant_id").and_then(toml::Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(tenant_id))
    };
    let mut own = file.get("tenants")?.as_table()?.iter().filter(|(_, table)| is_for(table));
    own.next().filter(|_| own.next().is_none()).map(|(name, _)| name.clone())
}

/// Finds a tenant in the text of a file.
pub(super) fn tenant(
    path: &Path,
    text: &str,
    name: &str,
    surroundings: &Surroundings<'_>,
) -> Result<Profile, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut file: RawFile = toml::from_str(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        ConfigError::Syntax { path: path.to_owned(), line, column, reason: in_words(error.message()) }
    })?;
    let wrong = |span: Range<usize>, tenant: &str, key: &'static str, reason: String| ConfigError::Value {
        path: path.to_owned(),
        line: position(text, span.start).0,
        tenant: tenant.to_owned(),
        key,
        reason,
    };
    if let Some(reserved) = file.tenants.get(variables::NAME) {
        let reason = "this name is reserved for the AZURE_ environment variables; choose another".to_owned();
        return Err(wrong(reserved.span(), variables::NAME, "name", reason));
    }
    let Some(raw) = file.tenants.remove(name) else {
        let known: Vec<String> = file.tenants.into_keys().collect();
        let suggestion = closest(name, known.iter().map(String::as_str)).map(ToOwned::to_owned);
        return Err(ConfigError::UnknownTenant { path: path.to_owned(), tenant: name.to_owned(), suggestion, known });
    };
    let table = raw.span();
    let raw = raw.into_inner();
    let wrong = |span: Range<usize>, key: &'static str, reason: String| wrong(span, name, key, reason);

    check_tenant_id(raw.tenant_id.as_ref()).map_err(|reason| wrong(raw.tenant_id.span(), "tenant_id", reason))?;
    if let Some(id) = raw.client_id.as_ref().filter(|id| id.as_ref().trim().is_empty()) {
        return Err(wrong(
            id.span(),
            "client_id",
            "it is empty; enter the application ID of the app registration".to_owned(),
        ));
    }
    let named = raw.auth.or_else(|| raw.implied(surroundings));
    let auth = named.unwrap_or(AuthKind::Browser);
    if raw.client_id.is_none() && auth.needs_client_id() {
        let reason = format!("it is missing; `{}` needs the application ID of the app registration", auth.name());
        return Err(wrong(table, "client_id", reason));
    }
    for (key, variable) in raw.variables() {
        check_variable(variable.as_ref()).map_err(|reason| wrong(variable.span(), key, reason))?;
    }
    for (key, span, kinds) in raw.particular() {
        if !kinds.contains(&auth) {
            let wanted =
                kinds.iter().map(|kind| format!("`auth = \"{}\"`", kind.name())).collect::<Vec<_>>().join(" or ");
            let reason = format!("it is for {wanted}, and this tenant has `{}`", auth.name());
            return Err(wrong(span, key, reason));
        }
    }
    let certificate_store = raw.stored_certificate().map_err(|(span, key, reason)| wrong(span, key, reason))?;
    // A path in the file is as seen from the file.
    let beside = |file: Option<Spanned<PathBuf>>| {
        file.map(|file| path.parent().unwrap_or(Path::new("")).join(file.into_inner()))
    };
    let url = |value: Option<Spanned<String>>, key: &'static str| match value {
        Some(text) => service_url(text.as_ref()).map(Some).map_err(|reason| wrong(text.span(), key, reason)),
        None => Ok(None),
    };
    Ok(Profile {
        name: name.to_owned(),
        graph_url: url(raw.graph_url, "graph_url")?,
        login_url: url(raw.login_url, "login_url")?,
        tenant_id: raw.tenant_id.into_inner(),
        client_id: raw.client_id.map(Spanned::into_inner),
        auth,
        auth_is_named: named.is_some(),
        cloud: raw.cloud,
        secret_env: raw.client_secret_env.map(Spanned::into_inner),
        limits: raw.limits,
        proof: Proof {
            certificate: beside(raw.certificate_path),
            certificate_store,
            certificate_password_env: raw.certificate_password_env.map(Spanned::into_inner),
            certificate_signature: raw.certificate_signature.map(Spanned::into_inner).unwrap_or_default(),
            token_file: beside(raw.federated_token_file),
            service_connection: raw.service_connection_id.map(Spanned::into_inner),
            keep_sign_in: raw.keep_sign_in.is_none_or(Spanned::into_inner),
        },
        file: Some(path.to_owned()),
    })
}

/// The value must look like a variable's name: people put the secret itself there. It is not repeated.
fn check_variable(name: &str) -> Result<(), String> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && name.chars().next().is_some_and(|c| !c.is_ascii_digit()) {
        return Ok(());
    }
    Err("it must be the name of an environment variable; never put the secret itself in this file".to_owned())
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = r#"
[tenants.trial]
tenant_id = "contoso.example"
client_id = "11111111-1111-4111-8111-111111111111"
auth = "client-secret"
client_secret_env = "TRIAL_SECRET"
cloud = "us-gov"
graph_url = "http://127.0.0.1:8787"

[tenants.machine]
tenant_id = "contoso.example"
auth = "managed-identity"
"#;

    fn read(text: &str, name: &str) -> Result<Profile, ConfigError> {
        within(Path::new("ferry.toml"), text, name, &[])
    }

    /// With these environment variables set.
    fn within(path: &Path, text: &str, name: &str, set: &[&str]) -> Result<Profile, ConfigError> {
        let variable = |name: &str| set.contains(&name).then(|| "set".to_owned());
        tenant(path, text, name, &Surroundings { variable: &variable, folder: PathBuf::new() })
    }

    fn message(text: &str) -> String {
        read(text, "trial").unwrap_err().to_string()
    }

    #[test]
    fn a_profile_is_read_with_and_without_a_byte_order_mark() {
        let profile = read(GOOD, "trial").unwrap();
        assert_eq!(profile.cloud, Cloud::UsGov);
        assert_eq!(profile.secret_variable(), "TRIAL_SECRET");
        assert_eq!(profile.graph_url.as_ref().unwrap().port(), Some(8787));
        assert_eq!(read(&format!("\u{feff}{GOOD}"), "trial").unwrap(), profile);
        let machine = read(GOOD, "machine").unwrap();
        assert_eq!((machine.auth, machine.client_id, machine.cloud), (AuthKind::ManagedIdentity, None, Cloud::Global));
    }

    #[test]
    fn a_mistyped_tenant_gets_a_suggestion() {
        let error = read(GOOD, "trail").unwrap_err().to_string();
        assert!(error.contains("did you mean `trial`?") && error.contains("machine, trial"), "{error}");
        let error = read("", "trail").unwrap_err().to_string();
        assert!(error.contains("[tenants.NAME]"), "{error}");
    }

    #[test]
    fn broken_text_unknown_keys_and_wrong_kinds_name_their_line() {
        assert!(message("[tenants.trial]\ntenant_id = ").starts_with("ferry.toml:2:"));
        let unknown = message("[tenants.trial]\ntenant_id = \"t\"\nsecret = \"s3cret\"\n");
        assert!(unknown.starts_with("ferry.toml:3:") && unknown.contains("client_secret_env"), "{unknown}");
        assert!(!unknown.contains("s3cret"), "{unknown}");
        let kind = message("[tenants.trial]\ntenant_id = \"t\"\nauth = \"password\"\n");
        assert!(kind.starts_with("ferry.toml:3:") && kind.contains("device-code"), "{kind}");
        assert!(message("[tenant.trial]\n").starts_with("ferry.toml:1:"));
    }

    #[test]
    fn each_unusable_value_names_its_line_and_what_to_do() {
        let with = |line: &str| message(&GOOD.replace("client_id = \"11111111-1111-4111-8111-111111111111\"", line));
        let error = with("");
        assert!(
            error.starts_with("ferry.toml:2: tenant `trial`, client_id") && error.contains("client-secret"),
            "{error}"
        );
        assert!(with("client_id = \"\"").starts_with("ferry.toml:4: tenant `trial`, client_id"));
        let http = message(&GOOD.replace("http://127.0.0.1:8787", "http://graph.example"));
        assert!(http.starts_with("ferry.toml:8:") && http.contains("use https"), "{http}");
        assert!(message(&GOOD.replacen("contoso.example", "a/b", 1)).starts_with("ferry.toml:3:"));
        assert!(message(&format!("{GOOD}[tenants.env]\ntenant_id = \"t\"\n")).contains("choose another"));
    }

    #[test]
    fn what_a_kind_of_sign_in_needs_is_read_beside_the_file_and_for_no_other_kind() {
        let text = |auth: &str, line: &str| {
            format!("[tenants.trial]\ntenant_id = \"t.example\"\nclient_id = \"c\"\nauth = \"{auth}\"\n{line}\n")
        };
        let read = |auth: &str, line: &str| within(Path::new("conf/ferry.toml"), &text(auth, line), "trial", &[]);
        let certificate = "certificate_path = \"keys/c.pfx\"\ncertificate_signature = \"RS256\"";
        let proof = read("client-certificate", certificate).unwrap().proof;
        assert_eq!(proof.certificate.unwrap(), Path::new("conf/keys/c.pfx"));
        assert_eq!(proof.certificate_signature, CertificateSignature::RS256);
        let absolute = read("workload-identity", "federated_token_file = \"/var/token\"").unwrap();
        assert_eq!(absolute.proof.token_file.unwrap(), Path::new("/var/token"));
        assert!(read("device-code", "keep_sign_in = true").unwrap().proof.keep_sign_in);
        let error = read("device-code", certificate).unwrap_err().to_string();
        assert!(error.starts_with("conf/ferry.toml:5:") && error.contains("client-certificate"), "{error}");
        let digits = "0a".repeat(20);
        let stored = format!("certificate_store = \"CurrentUser/My\"\ncertificate_thumbprint = \"{digits}\"");
        let stored = read("client-certificate", &stored).unwrap().proof.certificate_store.unwrap();
        assert_eq!((stored.of_machine, stored.store.as_str(), stored.thumbprint), (false, "My", [10; 20]));
        for (lines, says) in [
            ("certificate_store = \"CurrentUser/My\"", "certificate_thumbprint is missing"),
            ("certificate_thumbprint = \"00\"", "certificate_store is missing"),
            ("certificate_store = \"My\"\ncertificate_thumbprint = \"00\"", "LocalMachine/My"),
            ("certificate_store = \"CurrentUser/My\"\ncertificate_thumbprint = \"00\"", "40 hexadecimal"),
            ("certificate_path = \"a\"\ncertificate_store = \"x\"\ncertificate_thumbprint = \"00\"", "not both"),
        ] {
            let error = read("client-certificate", lines).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let error = read("client-certificate", "certificate_signature = \"none\"").unwrap_err().to_string();
        assert!(error.contains("PS256"), "{error}");
        let error = read("client-certificate", "certificate_password_env = \"pass word\"").unwrap_err().to_string();
        assert!(error.contains("name of an environment variable"), "{error}");
    }

    #[test]
    fn where_no_kind_is_said_the_other_keys_imply_it_then_the_secret_that_is_set() {
        let auth = |line: &str, set: &[&str]| {
            let text = format!("[tenants.trial]\ntenant_id = \"t.example\"\nclient_id = \"c\"\n{line}\n");
            let profile = within(Path::new("ferry.toml"), &text, "trial", set).unwrap();
            (profile.auth, profile.auth_is_named)
        };
        assert_eq!(auth("", &[]), (AuthKind::Browser, false));
        assert_eq!(auth("keep_sign_in = true", &[]), (AuthKind::Browser, false));
        assert_eq!(auth("", &["AZURE_CLIENT_SECRET"]), (AuthKind::ClientSecret, true));
        assert_eq!(auth("client_secret_env = \"S\"", &[]), (AuthKind::ClientSecret, true));
        let set = &["AZURE_CLIENT_SECRET"][..];
        assert_eq!(auth("certificate_path = \"c.pem\"", set), (AuthKind::ClientCertificate, true));
        assert_eq!(auth("service_connection_id = \"1\"", set), (AuthKind::WorkloadIdentity, true));
        assert_eq!(auth("auth = \"browser\"", set), (AuthKind::Browser, true));
    }

    #[test]
    fn a_secret_in_place_of_a_variables_name_is_not_repeated() {
        let error = message(&GOOD.replace("TRIAL_SECRET", "q8Q~secret-value"));
        assert!(error.contains("name of an environment variable") && !error.contains("q8Q"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*", name in ".*") {
            let _ = read(&text, &name);
            let _ = read(&format!("{GOOD}{text}"), &name);
        }
    }
}
