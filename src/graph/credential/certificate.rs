//! A certificate as proof of who is asking: a key and its certificate from PEM or PFX, and the assertion that
//! the key signs (RFC 7523). Not for reading files: the bytes come from the caller.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use aws_lc_rs::{digest, error::KeyRejected};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p12_keystore::Pkcs12Archive;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::refusal::NoToken;

/// Entra takes assertions of up to ten minutes; clocks may differ a little.
const LIFETIME: i64 = 540;
const SKEW: i64 = 30;

/// How the assertion is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signature {
    /// RSASSA-PSS with SHA-256, and the certificate's SHA-256 thumbprint.
    #[default]
    Ps256,
    /// PKCS#1 v1.5 with SHA-256, and the SHA-1 thumbprint: the older form, for services that know no other.
    Rs256,
}

/// A key that signs, wherever it is kept.
pub(super) trait SigningKey: Send + Sync {
    /// The signature over a text.
    fn sign(&self, signature: Signature, text: &[u8]) -> Result<Vec<u8>, NoToken>;
}

impl SigningKey for KeyPair {
    fn sign(&self, signature: Signature, text: &[u8]) -> Result<Vec<u8>, NoToken> {
        let encoding: &'static dyn RsaEncoding = match signature {
            Signature::Ps256 => &RSA_PSS_SHA256,
            Signature::Rs256 => &RSA_PKCS1_SHA256,
        };
        let mut signed = vec![0; self.public_modulus_len()];
        Self::sign(self, encoding, &SystemRandom::new(), text, &mut signed)
            .map_err(|_| NoToken::Final("the certificate's key cannot sign".to_owned()))?;
        Ok(signed)
    }
}

/// A key with its certificate.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<dyn SigningKey>,
    der: Vec<u8>,
    signature: Signature,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.thumbprint())
    }
}

impl Certificate {
    /// Reads PEM (certificate and unencrypted key, in any order) or PFX. The error says what is wrong with
    /// the file, and what to do.
    pub fn read(bytes: &[u8], password: Option<&SecretString>, signature: Signature) -> Result<Self, String> {
        let is_pem = bytes.windows(11).any(|window| window == b"-----BEGIN ");
        let (keys, certificates) = if is_pem { from_pem(bytes)? } else { from_pfx(bytes, password)? };
        let pairs = keys.iter().flat_map(|key| certificates.iter().map(move |der| (key, der)));
        let (key, der) = pairs.into_iter().find(|(key, der)| belongs(key, der)).ok_or_else(|| {
            "the file has no certificate that belongs to its private key; export both together".to_owned()
        })?;
        let key: Arc<KeyPair> = Arc::clone(key);
        Self::with_signer(key, der.clone(), signature)
    }

    /// A certificate that is valid now, with the key that signs for it.
    pub(super) fn with_signer(key: Arc<dyn SigningKey>, der: Vec<u8>, signature: Signature) -> Result<Self, String> {
        let certificate = Self { key, der, signature };
        certificate.check_dates(now())?;
        Ok(certificate)
    }

    /// The SHA-256 thumbprint, as portals show it.
    pub fn thumbprint(&self) -> String {
        digest::digest(&digest::SHA256, &self.der).as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02X}");
            hex
        })
    }

    fn check_dates(&self, now: i64) -> Result<(), String> {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.der) else { return Ok(()) };
        let validity = parsed.validity();
        if validity.not_after.timestamp() < now {
            let when = validity.not_after;
            return Err(format!(
                "the certificate expired on {when}; create a new one and add it to the app registration"
            ));
        }
        if validity.not_before.timestamp() > now + SKEW {
            let when = validity.not_before;
            return Err(format!("the certificate is valid only from {when}; check the clock of this computer"));
        }
        Ok(())
    }

    /// The header, by the way of signing.
    fn header(&self) -> Value {
        let (alg, name, algorithm) = match self.signature {
            Signature::Ps256 => ("PS256", "x5t#S256", &digest::SHA256),
            Signature::Rs256 => ("RS256", "x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        };
        json!({"alg": alg, "typ": "JWT", name: URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &self.der))})
    }

    /// A signed statement that the client asks, good for this audience and some minutes.
    fn assertion(&self, client_id: &str, audience: &str, now: i64) -> Result<String, NoToken> {
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": Uuid::new_v4().to_string(),
            "iat": now, "nbf": now - SKEW, "exp": now + LIFETIME,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&self.header()), part(&claims));
        let signature = self.key.sign(self.signature, text.as_bytes())?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

type Found = (Vec<Arc<KeyPair>>, Vec<Vec<u8>>);

fn from_pem(bytes: &[u8]) -> Result<Found, String> {
    let broken = |error| format!("it is not valid PEM: {error}");
    let mut keys = Vec::new();
    for key in PrivateKeyDer::pem_slice_iter(bytes) {
        keys.push(match key.map_err(broken)? {
            PrivateKeyDer::Pkcs8(key) => usable(KeyPair::from_pkcs8(key.secret_pkcs8_der()))?,
            PrivateKeyDer::Pkcs1(key) => usable(KeyPair::from_der(key.secret_pkcs1_der()))?,
            _ => {
                return Err(
                    "its private key is not an RSA key; Microsoft Entra accepts RSA certificates for applications"
                        .to_owned(),
                );
            }
        });
    }
    let found = CertificateDer::pem_slice_iter(bytes).map(|found| found.map(|der| der.to_vec()).map_err(broken));
    let certificates: Vec<Vec<u8>> = found.collect::<Result<_, _>>()?;
    if keys.is_empty() {
        let encrypted = bytes.windows(9).any(|window| window == b"ENCRYPTED");
        let why = if encrypted {
            "its private key is encrypted; use a .pfx with its password, or decrypt it with `openssl pkey`"
        } else {
            "the file has no private key; put the key and the certificate in one file"
        };
        return Err(why.to_owned());
    }
    if certificates.is_empty() {
        return Err("the file has no certificate; put the key and the certificate in one file".to_owned());
    }
    Ok((keys, certificates))
}

fn from_pfx(bytes: &[u8], password: Option<&SecretString>) -> Result<Found, String> {
    let given = password.map_or("", ExposeSecret::expose_secret);
    let archive = Pkcs12Archive::from_pkcs12(bytes, given).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) if password.is_some() => "its password is wrong".to_owned(),
        p12_keystore::error::Error::MacError(_) => "it needs a password".to_owned(),
        _ => format!("it is neither PEM nor a readable .pfx: {error}"),
    })?;
    let keys = archive.keys.iter().map(|bag| usable(KeyPair::from_pkcs8(bag.key.as_der())));
    let keys: Vec<Arc<KeyPair>> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err("the file has no private key; export the certificate together with its key".to_owned());
    }
    Ok((keys, archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect()))
}

fn usable(key: Result<KeyPair, KeyRejected>) -> Result<Arc<KeyPair>, String> {
    key.map(Arc::new).map_err(|_| "its private key is not an RSA key of at least 2048 bits".to_owned())
}

/// Whether the certificate is for the key.
fn belongs(key: &KeyPair, der: &[u8]) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, parsed)| parsed.public_key().subject_public_key.data == key.public_key().as_ref())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Signs a new assertion each time one is asked for.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) certificate: Certificate,
    pub(super) client_id: String,
    /// The full token URL of the tenant.
    pub(super) audience: String,
}

#[async_trait]
impl ClientAssertion for Signer {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.certificate.assertion(&self.client_id, &self.audience, now())?)
    }
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
