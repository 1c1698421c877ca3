//! Certificates as they come: PEM in any order, PKCS#1 and PKCS#8, PFX of both ages; and what they sign.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use proptest::prelude::*;

use super::*;

struct Made {
    key: rcgen::KeyPair,
    certificate: rcgen::Certificate,
}

fn made(until: (i32, u8, u8)) -> Made {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    let certificate = params.self_signed(&key).unwrap();
    Made { key, certificate }
}

fn good() -> Made {
    made((2099, 1, 1))
}

impl Made {
    fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }

    fn pfx(&self, password: &str, encryption: EncryptionAlgorithm, mac: MacAlgorithm) -> Vec<u8> {
        let key = PrivateKey::from_der(self.key.serialized_der()).unwrap();
        let leaf = p12_keystore::Certificate::from_der(self.certificate.der()).unwrap();
        let mut store = KeyStore::new();
        store.add_entry("x", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("1", key, [leaf])));
        let writer = store.writer(password).encryption_algorithm(encryption).encryption_iterations(10);
        writer.mac_algorithm(mac).mac_iterations(10).write().unwrap()
    }
}

fn read(bytes: impl AsRef<[u8]>, password: Option<&str>) -> Result<Certificate, String> {
    let password = password.map(|text| SecretString::from(text.to_owned()));
    Certificate::read(bytes.as_ref(), password.as_ref(), Signature::Ps256)
}

#[test]
fn pem_is_read_in_any_order_and_with_other_certificates() {
    let (own, other) = (good(), good());
    let expected = read(own.pem(), None).unwrap().thumbprint();
    assert_eq!(expected.len(), 64);
    let reversed = format!("{}{}", own.key.serialize_pem(), own.certificate.pem());
    let with_chain = format!("{}{}", other.certificate.pem(), own.pem());
    for text in [reversed, with_chain, own.pem().replace('\n', "\r\n")] {
        assert_eq!(read(text, None).unwrap().thumbprint(), expected);
    }
}

#[test]
fn a_pkcs1_key_works_like_its_pkcs8_form() {
    let own = good();
    // The PKCS#1 form is what is inside the PKCS#8 one, after its fixed beginning.
    let pkcs8 = own.key.serialized_der();
    let pkcs1 = base64::engine::general_purpose::STANDARD.encode(&pkcs8[26..]);
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{pkcs1}\n-----END RSA PRIVATE KEY-----\n");
    let certificate = read(format!("{}{pem}", own.certificate.pem()), None).unwrap();
    assert_eq!(certificate.thumbprint(), read(own.pem(), None).unwrap().thumbprint());
}

#[test]
fn a_pfx_is_read_in_its_modern_and_its_legacy_form() {
    let own = good();
    let expected = read(own.pem(), None).unwrap().thumbprint();
    for (encryption, mac) in [
        (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
        (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
    ] {
        let pfx = own.pfx("geheim", encryption, mac);
        assert_eq!(read(&pfx, Some("geheim")).unwrap().thumbprint(), expected);
        assert_eq!(read(&pfx, Some("wrong")).unwrap_err(), "its password is wrong");
        assert_eq!(read(&pfx, None).unwrap_err(), "it needs a password");
    }
}

#[test]
fn each_unusable_file_says_what_is_wrong_with_it() {
    let (own, other) = (good(), good());
    let elliptic = rcgen::KeyPair::generate().unwrap();
    for (text, why) in [
        (own.certificate.pem(), "no private key"),
        (own.key.serialize_pem(), "no certificate"),
        (own.key.serialize_pem().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "encrypted"),
        (format!("{}{}", own.certificate.pem(), other.key.serialize_pem()), "export both together"),
        (format!("{}{}", own.certificate.pem(), elliptic.serialize_pem()), "RSA"),
        (made((2021, 2, 3)).pem(), "expired on"),
        (String::from("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"), "not valid PEM"),
        (String::from("not a certificate"), "neither PEM nor"),
        (String::new(), "neither PEM nor"),
    ] {
        let error = read(&text, None).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn an_assertion_is_signed_for_its_audience_and_a_few_minutes() {
    let own = good();
    for (signature, alg, thumbprint, algorithm) in [
        (Signature::Ps256, "PS256", "x5t#S256", &RSA_PSS_2048_8192_SHA256 as &dyn VerificationAlgorithm),
        (Signature::Rs256, "RS256", "x5t", &RSA_PKCS1_2048_8192_SHA256),
    ] {
        let certificate = Certificate::read(own.pem().as_bytes(), None, signature).unwrap();
        let assertion = certificate.assertion("app-1", "https://login/t/oauth2/v2.0/token", 1000).unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
        assert_eq!((header["alg"].as_str(), header[thumbprint].is_string()), (Some(alg), true));
        let claims: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
        assert_eq!(claims["aud"], "https://login/t/oauth2/v2.0/token");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app-1"), &json!("app-1")));
        assert_eq!((claims["exp"].as_i64(), claims["nbf"].as_i64()), (Some(1540), Some(970)));
        let (_, parsed) = X509Certificate::from_der(&certificate.der).unwrap();
        let key = UnparsedPublicKey::new(algorithm, &parsed.public_key().subject_public_key.data);
        key.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &decoded(parts[2])).unwrap();
        assert!(!format!("{certificate:?}").contains("PRIVATE"));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let _ = read(&bytes, Some("x"));
        let _ = read(format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----"), None);
    }
}
