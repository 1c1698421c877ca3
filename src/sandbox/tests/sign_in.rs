//! Signing in: what the emulated services refuse. The program never sends these, so no one else would see.

use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Answer, Client, TENANT, answer, behaviour, seed, sign_in, start};
use crate::SignInSeed;
use crate::TenantSeed;

struct Signer {
    key: aws_lc_rs::rsa::KeyPair,
    der: Vec<u8>,
}

/// A tenant with a registered certificate, and who can sign with it.
async fn with_certificate() -> (Client, Signer) {
    let made = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&made).unwrap();
    let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(&made.serialize_der()).unwrap();
    assert!(!key.public_key().as_ref().is_empty());
    let sign_in = SignInSeed { certificates: vec![certificate.pem()], ..SignInSeed::default() };
    let client = start(behaviour(), TenantSeed { sign_in, ..seed(json!({})) }).await;
    (client, Signer { key, der: certificate.der().to_vec() })
}

impl Signer {
    fn header(&self) -> Value {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der);
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(digest)})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.key.sign(&RSA_PSS_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims() -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({
        "aud": format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"), "iss": "client", "sub": "client",
        "jti": "1", "nbf": now, "exp": now + 300
    })
}

async fn show(client: &Client, assertion: &str) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", "client")
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", assertion)
        .append_pair("scope", "https://graph.microsoft.com/.default")
        .finish();
    sign_in(&client.running, &client.http, TENANT, &form).await
}

#[tokio::test]
async fn an_assertion_is_refused_for_each_thing_that_is_wrong_with_it() {
    let (client, signer) = with_certificate().await;
    let good = signer.sign(&signer.header(), &claims());
    assert_eq!(show(&client, &good).await.status, 200);

    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        signer.sign(&signer.header(), &claims)
    };
    let header = |name: &str, value: Value| {
        let mut header = signer.header();
        header[name] = value;
        signer.sign(&header, &claims())
    };
    let now = jiff::Timestamp::now().as_second();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(vec![1; 256]);
    for (assertion, code) in [
        (with("aud", json!("https://login.microsoftonline.com/common/oauth2/v2.0/token")), 700_023),
        (with("aud", json!("https://elsewhere.example/t/oauth2/v2.0/token")), 700_023),
        (with("iss", json!("other")), 700_021),
        (with("exp", json!(now - 1)), 700_024),
        (with("exp", json!(now + 3600)), 700_024),
        (with("nbf", json!(now + 3600)), 700_024),
        (with("jti", Value::Null), 50_027),
        (header("x5t#S256", json!("AAAA")), 700_027),
        (header("alg", json!("none")), 700_027),
        (header("alg", json!("RS256")), 700_027),
        (format!("{head}.{other}"), 700_027),
        (format!("{}.{signature}", head.replacen('.', ".A", 1)), 50_027),
        ("nothing".to_owned(), 50_027),
    ] {
        let answer = show(&client, &assertion).await;
        assert_eq!((answer.status, &answer.body["error_codes"]), (401, &json!([code])), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_hasty_client_is_told_to_slow_down_and_a_code_is_good_once() {
    let sign_in_seed = SignInSeed { public_client: true, ..SignInSeed::default() };
    let client = start(behaviour(), TenantSeed { sign_in: sign_in_seed, ..seed(json!({})) }).await;
    let url = format!("{}/{TENANT}/oauth2/v2.0/devicecode", client.running.url);
    let asked = client.http.post(url).body("client_id=client&scope=x%20offline_access").send().await.unwrap();
    let code = answer(asked).await.body;
    assert_eq!((code["interval"].as_u64(), code["expires_in"].as_u64()), (Some(5), Some(900)));
    let form = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=client&device_code={}",
        code["device_code"].as_str().unwrap()
    );
    let hasty = sign_in(&client.running, &client.http, TENANT, &form).await;
    assert_eq!((hasty.status, hasty.body["error"].as_str()), (400, Some("slow_down")));
    let page =
        client.http.post(code["verification_uri"].as_str().unwrap()).body("user_code=WRONG").send().await.unwrap();
    assert_eq!(page.status().as_u16(), 400);
    let unknown = form.replace("device_code=D", "device_code=X");
    let unknown = sign_in(&client.running, &client.http, TENANT, &unknown).await;
    assert_eq!(unknown.body["error"], "bad_verification_code");
}

#[tokio::test]
async fn a_managed_identity_wants_its_header_and_graphs_resource() {
    let sign_in_seed = SignInSeed { managed_identity: Some("m-1".into()), ..SignInSeed::default() };
    let client = start(behaviour(), TenantSeed { sign_in: sign_in_seed, ..seed(json!({})) }).await;
    let url = format!("{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=", client.running.url);
    let ask = |resource: &str, header: &str| {
        let request = client.http.get(format!("{url}{resource}")).header("metadata", header.to_owned());
        async move { answer(request.send().await.unwrap()).await }
    };
    assert_eq!(ask("https://graph.microsoft.com", "true").await.status, 200);
    assert_eq!(ask("https://graph.microsoft.com", "no").await.status, 400);
    assert_eq!(ask("https://storage.azure.com", "true").await.body["error"], "invalid_resource");
    let platform =
        format!("{}/msi/token?api-version=2019-08-01&resource=https://graph.microsoft.com", client.running.url);
    assert_eq!(client.http.get(platform).send().await.unwrap().status().as_u16(), 401);
}
