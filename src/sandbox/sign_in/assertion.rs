//! A client assertion is checked for real: a registered certificate's signature and claims, or a trusted token
//! from outside (api 7).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::clients::Proofs;
use super::desk::{Desk, FederatedSeed};
use super::said::{error, now};
use crate::odata::call::Reply;
use crate::tenant::store::Tenant;

/// An assertion may not be good for longer than this, and clocks may differ by less.
const LONGEST: i64 = 600;
const SKEW: i64 = 300;

/// Whether the assertion proves that this application of the tenant asks.
pub(super) fn check(
    desk: &Desk,
    tenant: &Tenant,
    (client, proofs): (&str, &Proofs),
    assertion: &str,
    hosts: &[&str],
) -> Result<(), Reply> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let json = |index: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(parts.get(index)?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
    };
    let (Some(header), Some(claims), 3) = (json(0), json(1), parts.len()) else {
        return Err(refuse(50_027, "JWT token is invalid or malformed."));
    };
    if header["x5t"].is_null() && header["x5t#S256"].is_null() {
        return from_outside(desk, &proofs.federated, assertion);
    }
    let signed = assertion.rsplit_once('.').map_or("", |(signed, _)| signed);
    by_certificate(&proofs.certificates, &header, signed, parts[2])?;
    if claims["iss"] != *client || claims["sub"] != *client {
        return Err(refuse(700_021, "Client assertion application identifier doesn't match 'client_id' parameter."));
    }
    let audience = claims["aud"].as_str().unwrap_or_default();
    let names = [tenant.id.as_str(), tenant.default_domain.as_str()];
    let fits = |host: &&str| names.iter().any(|name| audience == format!("{host}/{name}/oauth2/v2.0/token"));
    if !hosts.iter().any(fits) {
        return Err(refuse(700_023, "Client assertion audience claim does not match Realm issuer."));
    }
    let (from, until) = (claims["nbf"].as_i64().unwrap_or(i64::MAX), claims["exp"].as_i64().unwrap_or_default());
    let now = now();
    if until <= now || from > now + SKEW || until > now + LONGEST {
        return Err(refuse(700_024, "Client assertion is not within its valid time range."));
    }
    if claims["jti"].as_str().is_none_or(str::is_empty) {
        return Err(refuse(50_027, "JWT token is invalid or malformed: 'jti' is missing."));
    }
    Ok(())
}

fn by_certificate(certificates: &[Vec<u8>], header: &Value, signed: &str, signature: &str) -> Result<(), Reply> {
    let wrong = |reason: &str| {
        Err(refuse(
            700_027,
            &format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}]"
            ),
        ))
    };
    let (thumbprint, hash, algorithm): (_, _, &'static dyn VerificationAlgorithm) = match header["alg"].as_str() {
        Some("PS256") => ("x5t#S256", &SHA256, &RSA_PSS_2048_8192_SHA256),
        Some("RS256") if header["x5t"].is_string() => ("x5t", &SHA1_FOR_LEGACY_USE_ONLY, &RSA_PKCS1_2048_8192_SHA256),
        Some("RS256") => ("x5t#S256", &SHA256, &RSA_PKCS1_2048_8192_SHA256),
        _ => return wrong("The algorithm is not supported."),
    };
    let named = |der: &[u8]| header[thumbprint] == URL_SAFE_NO_PAD.encode(digest(hash, der));
    let Some(der) = certificates.iter().find(|der| named(der)) else {
        return wrong("The key was not found.");
    };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return wrong("The key is invalid.") };
    if certificate.validity().not_after.timestamp() < now() {
        return wrong("The key used is expired.");
    }
    let key = UnparsedPublicKey::new(algorithm, &certificate.public_key().subject_public_key.data);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    key.verify(signed.as_bytes(), &signature)
        .map_err(|_| refuse(700_027, "Client assertion contains an invalid signature."))
}

/// An outside token is known by its text: what was never given out is forged.
fn from_outside(desk: &Desk, trusted: &[FederatedSeed], token: &str) -> Result<(), Reply> {
    let Some(outside) = desk.outside.get(token) else {
        return Err(refuse(50_027, "JWT token is invalid or malformed: its signature cannot be verified."));
    };
    if outside.until <= now() {
        return Err(refuse(700_024, "Client assertion is not within its valid time range."));
    }
    let same_issuer: Vec<_> = trusted.iter().filter(|own| own.issuer == outside.issuer).collect();
    let same_subject: Vec<_> = same_issuer.iter().filter(|own| own.subject == outside.subject).collect();
    let no_match = "No matching federated identity record found for presented assertion";
    if same_issuer.is_empty() {
        return Err(refuse(700_211, &format!("{no_match} issuer '{}'.", outside.issuer)));
    }
    if same_subject.is_empty() {
        return Err(refuse(700_213, &format!("{no_match} subject '{}'.", outside.subject)));
    }
    if same_subject.iter().all(|own| own.audience != outside.audience) {
        return Err(refuse(700_212, &format!("{no_match} audience '{}'.", outside.audience)));
    }
    Ok(())
}

fn refuse(code: u32, message: &str) -> Reply {
    error(401, "invalid_client", code, message)
}
