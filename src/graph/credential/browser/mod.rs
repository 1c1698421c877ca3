//! Signing in with the browser of this computer: the authorization code flow with PKCE (RFC 7636), answered to a port
//! of this computer (RFC 8252).
//!
//! `question.rs` makes what is asked and checks what comes back, `listener.rs` waits for the browser. The crate `oauth2`
//! is not used: what it does beside the requests is the few lines of `question.rs`, and the requests have to go through
//! our own transport, which keeps secrets out of errors and reads Entra's numbers. It would bring older versions of
//! `rand`, `base64` and `sha2` with it.
//!
//! The answer comes as a form that the browser posts, as Microsoft's own libraries ask for it since 2026
//! (AzureAD/microsoft-authentication-library-for-python pull request 868, for-dotnet 5678): the code then is in no
//! address, and so in no history. An answer in the query of the address is taken as well.

mod listener;
mod question;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::application::Application;
use super::keep::Keep;
use super::refusal::{NoToken, Refusal};
use listener::{BrowserAnswer, Listener};
use question::Question;

/// How often a code is shown to a sign-in service that does not answer, and how long is waited in between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// What a person must do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPrompt {
    /// Where to go: a page of this computer that leads to the sign-in service.
    pub address: String,
    /// The port that waits for the answer.
    pub port: u16,
    /// How long it waits.
    pub within: Duration,
}

/// How a person is sent to the browser, and where the refresh token lives.
#[derive(Clone)]
pub struct Browser {
    prompt: Arc<dyn Fn(&BrowserPrompt) + Send + Sync>,
    port: Option<u16>,
    within: Duration,
    pub(super) keep: Arc<dyn Keep>,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("port", &self.port).field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl Browser {
    /// Asks by `prompt`, and waits for the answer at this port, or a free one, for so long.
    pub fn new(
        prompt: impl Fn(&BrowserPrompt) + Send + Sync + 'static,
        port: Option<u16>,
        within: Duration,
        keep: Arc<dyn Keep>,
    ) -> Self {
        Self { prompt: Arc::new(prompt), port, within, keep }
    }

    /// The answer with a token, by asking a person.
    pub(super) async fn asked(&self, application: &Application, scope: &str) -> Result<Value, NoToken> {
        let listener = Listener::open(self.port).await?;
        let redirect = listener.redirect();
        let question = Question::new()?;
        let page = question.page(application, scope, &redirect);
        let address = format!("{redirect}/{}", question.start);
        (self.prompt)(&BrowserPrompt { address, port: listener.port(), within: self.within });
        let answer = listener.answer(&question, page, self.within).await?;
        let code = match answer {
            BrowserAnswer::Code(code) => code,
            BrowserAnswer::Refused { error, description } => return Err(refused(&error, &description)),
        };
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", application.client_id.as_str()),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect.as_str()),
            ("code_verifier", question.verifier.expose_secret()),
            ("scope", scope),
        ];
        let answer = redeemed(application, &form).await.map_err(|reason| NoToken::AfterAsking(Box::new(reason)))?;
        question.check_identity(&answer, &application.client_id)?;
        Ok(answer)
    }
}

/// Shows the code until the service answers. It does so once: a code is good for one answer.
async fn redeemed(application: &Application, form: &[(&str, &str)]) -> Result<Value, NoToken> {
    let mut tries = 0;
    loop {
        tries += 1;
        match application.token(form).await {
            Err(NoToken::NotReached(_)) if tries < TRIES => {}
            Err(NoToken::Refused(refusal)) if tries < TRIES && matches!(refusal.status, 429 | 500..) => {}
            other => return other,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The service's no, as the browser brought it.
fn refused(error: &str, description: &str) -> NoToken {
    let body = json!({"error": error, "error_description": description}).to_string();
    let refusal = Refusal::new(400, None, body.as_bytes(), b"");
    if error == "access_denied" && refusal.code.is_none() {
        return NoToken::declined();
    }
    NoToken::AfterAsking(Box::new(refusal.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_of_the_service_keeps_its_number_and_a_plain_no_is_the_persons() {
        let said = |error: &str, description: &str| refused(error, description).into_error().to_string();
        let declined = said("access_denied", "AADSTS65004: User declined to consent to access the app.\r\nTrace ID: t");
        assert!(declined.contains("AADSTS65004: consent was declined"), "{declined}");
        assert!(said("access_denied", "").contains("declined in the browser"));
        let odd = said("server_error", "\u{1b}[2J odd");
        assert!(odd.contains("odd") && !odd.contains('\u{1b}'), "{odd}");
    }
}
