//! What a sign-in with the browser is asked with: the address of the service's page, and what only this sign-in knows,
//! by which its answer is recognized.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::super::super::claims::Claims;
use super::super::application::Application;
use super::super::refusal::{NoToken, unreadable};

/// As long as RFC 7636 recommends for the verifier; the start is read, and perhaps typed, by a person.
const SECRET: usize = 32;
const START: usize = 12;

/// What only this sign-in knows.
#[derive(Debug)]
pub(super) struct Question {
    /// Where the browser starts, below the port of this computer: what is shown is short, and says nothing.
    pub(super) start: String,
    /// Comes back with the answer.
    state: SecretString,
    /// Comes back in the identity token.
    nonce: SecretString,
    /// Shows with the code that the same program asks; it never leaves in any other way.
    pub(super) verifier: SecretString,
}

/// Knows an answer by the state that came back with it.
#[derive(Debug)]
pub(super) struct Recognizer(SecretString);

impl Recognizer {
    /// Whether this is the state that was sent.
    pub(super) fn is_own(&self, state: &str) -> bool {
        same(self.0.expose_secret(), state)
    }
}

impl Question {
    pub(super) fn new() -> Result<Self, NoToken> {
        let secret = || random::<SECRET>().map(SecretString::from);
        Ok(Self { start: random::<START>()?, state: secret()?, nonce: secret()?, verifier: secret()? })
    }

    /// The service's page where the person signs in.
    pub(super) fn page(&self, application: &Application, scope: &str, redirect: &str) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.expose_secret().as_bytes()));
        let mut page = application.transport.page(&application.path("authorize"));
        page.query_pairs_mut()
            .append_pair("client_id", &application.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "form_post")
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", scope)
            .append_pair("state", self.state.expose_secret())
            .append_pair("nonce", self.nonce.expose_secret())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            // Who works for several tenants has several accounts, and the browser would take the last one.
            .append_pair("prompt", "select_account");
        page
    }

    /// Says whether an answer that came to the port is this sign-in's.
    pub(super) fn recognizer(&self) -> Recognizer {
        Recognizer(self.state.clone())
    }

    /// Refuses a token that another sign-in asked for. The identity token came straight from the service, so that its
    /// signature need not be checked (OpenID Connect Core 1.0, 3.1.3.7).
    pub(super) fn check_identity(&self, answer: &Value, client_id: &str) -> Result<(), NoToken> {
        let claims = answer["id_token"].as_str().and_then(Claims::of).ok_or_else(unreadable)?;
        if same(self.nonce.expose_secret(), &claims.nonce) && claims.audience.eq_ignore_ascii_case(client_id) {
            return Ok(());
        }
        let message = "the answer belongs to another sign-in and is not used; run the command again".to_owned();
        Err(NoToken::Final(message))
    }
}

/// Takes as long whatever the difference is. The length is known to all.
fn same(own: &str, given: &str) -> bool {
    verify_slices_are_equal(own.as_bytes(), given.as_bytes()).is_ok()
}

fn random<const LENGTH: usize>() -> Result<String, NoToken> {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| NoToken::Final("this computer gives no random numbers".to_owned()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use serde_json::json;

    use super::super::super::transport::TokenTransport;
    use super::*;

    fn application() -> Application {
        let login = Url::parse("https://login.example").unwrap();
        let transport = Arc::new(TokenTransport::sign_in(&login).unwrap());
        Application { tenant_id: "contoso.example".into(), client_id: "c-1".into(), transport }
    }

    #[test]
    fn the_page_is_asked_with_a_challenge_and_never_with_the_verifier() {
        let question = Question {
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into(),
            ..Question::new().unwrap()
        };
        let page = question.page(&application(), "https://graph.example/A.Read openid", "http://localhost:7");
        assert!(page.as_str().starts_with("https://login.example/contoso.example/oauth2/v2.0/authorize?"), "{page}");
        let asked: BTreeMap<String, String> = page.query_pairs().into_owned().collect();
        // RFC 7636, appendix B.
        assert_eq!(asked["code_challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(
            (asked["response_mode"].as_str(), asked["redirect_uri"].as_str()),
            ("form_post", "http://localhost:7")
        );
        assert_eq!(asked["scope"], "https://graph.example/A.Read openid");
        assert!(!page.as_str().contains(question.verifier.expose_secret()));
        assert!(!format!("{question:?}").contains(question.state.expose_secret()));
    }

    #[test]
    fn nothing_of_one_sign_in_is_another_ones() {
        let (one, other) = (Question::new().unwrap(), Question::new().unwrap());
        let all = |it: &Question| [&it.state, &it.nonce, &it.verifier].map(|secret| secret.expose_secret().to_owned());
        let distinct: BTreeSet<String> = all(&one).into_iter().chain(all(&other)).collect();
        assert_eq!(distinct.len(), 6);
        assert!(distinct.iter().all(|text| text.len() == 43), "RFC 7636: 43 to 128 characters");
        assert_ne!(one.start, other.start);
        assert!(one.recognizer().is_own(one.state.expose_secret()));
        for wrong in [other.state.expose_secret(), "", &one.state.expose_secret()[..42]] {
            assert!(!one.recognizer().is_own(wrong));
        }
    }

    #[test]
    fn only_the_own_nonce_and_application_are_taken() {
        let question = Question::new().unwrap();
        let answer = |nonce: &str, audience: &str| {
            let claims = json!({"nonce": nonce, "aud": audience}).to_string();
            json!({"id_token": format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims))})
        };
        let nonce = question.nonce.expose_secret();
        question.check_identity(&answer(nonce, "C-1"), "c-1").unwrap();
        for wrong in
            [answer("other", "c-1"), answer("", "c-1"), answer(nonce, "c-2"), json!({}), json!({"id_token": "x"})]
        {
            question.check_identity(&wrong, "c-1").unwrap_err();
        }
    }
}
