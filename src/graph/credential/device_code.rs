//! Signing in with a code that a person enters in a browser (RFC 8628).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::super::envelope::short;
use super::application::Application;
use super::keep::Keep;
use super::refusal::{NoToken, Refusal, unreadable};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628: where the service names no interval; and what "slow down" adds.
const USUAL_INTERVAL: u64 = 5;
const SLOW_DOWN: u64 = 5;
/// No one waits longer than this for someone else.
const LONGEST_LIFE: u64 = 3600;

/// What a person must do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePrompt {
    /// Where to go. From the service: clean it before it is shown.
    pub address: String,
    /// What to enter there. From the service as well.
    pub code: String,
    /// How long that is possible.
    pub valid_for: Duration,
}

/// How a person is asked, and where the refresh token lives.
#[derive(Clone)]
pub struct DeviceCode {
    prompt: Arc<dyn Fn(&DevicePrompt) + Send + Sync>,
    pub(super) keep: Arc<dyn Keep>,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl DeviceCode {
    /// Asks by `prompt`.
    pub fn new(prompt: impl Fn(&DevicePrompt) + Send + Sync + 'static, keep: Arc<dyn Keep>) -> Self {
        Self { prompt: Arc::new(prompt), keep }
    }

    /// A token by asking a person.
    pub(super) async fn asked(&self, application: &Application, scope: &str) -> Result<Value, NoToken> {
        let client_id = application.client_id.as_str();
        let form = [("client_id", client_id), ("scope", scope)];
        let answer = application.transport.post(&application.path("devicecode"), &form).await?;
        let text = |name: &str| answer[name].as_str().and_then(short).ok_or_else(unreadable);
        let device_code = answer["device_code"].as_str().ok_or_else(unreadable)?;
        let valid_for = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(900).min(LONGEST_LIFE));
        let prompt = DevicePrompt { address: text("verification_uri")?, code: text("user_code")?, valid_for };
        (self.prompt)(&prompt);

        let ends = Instant::now() + valid_for;
        let mut interval = answer["interval"].as_u64().unwrap_or(USUAL_INTERVAL).clamp(1, LONGEST_LIFE);
        let form = [("grant_type", GRANT), ("client_id", client_id), ("device_code", device_code)];
        loop {
            tokio::time::sleep(Duration::from_secs(interval)).await;
            if Instant::now() >= ends {
                return Err(expired());
            }
            match application.token(&form).await {
                Ok(answer) => return Ok(answer),
                Err(NoToken::Refused(refusal)) => interval = still_waiting(refusal, interval)?,
                // The person may be typing: a network that comes and goes is not a reason to start again.
                Err(NoToken::NotReached(_)) => interval = (interval * 2).min(60),
                Err(other) => return Err(other),
            }
        }
    }
}

/// The interval to go on with, or why there is nothing to wait for.
fn still_waiting(refusal: Box<Refusal>, interval: u64) -> Result<u64, NoToken> {
    match refusal.error.as_str() {
        "authorization_pending" => Ok(interval),
        "slow_down" => Ok(interval + SLOW_DOWN),
        "expired_token" => Err(expired()),
        "authorization_declined" | "access_denied" => Err(NoToken::declined()),
        _ if matches!(refusal.status, 408 | 429 | 500..) => {
            let asked = refusal.retry_after.map_or(interval * 2, |wait| wait.as_secs().saturating_add(1));
            Ok(asked.clamp(interval, 60))
        }
        _ => Err(NoToken::Refused(refusal)),
    }
}

fn expired() -> NoToken {
    NoToken::Final("the code was not entered in time; run the command again for a new one".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(status: u16, error: &str, retry_after: Option<Duration>) -> Result<u64, NoToken> {
        let body = format!("{{\"error\": \"{error}\"}}");
        still_waiting(Box::new(Refusal::new(status, retry_after, body.as_bytes(), b"")), 5)
    }

    #[test]
    fn each_answer_of_the_service_is_followed() {
        assert!(matches!(after(400, "authorization_pending", None), Ok(5)));
        assert!(matches!(after(400, "slow_down", None), Ok(10)));
        assert!(matches!(after(503, "", None), Ok(10)));
        assert!(matches!(after(429, "", Some(Duration::from_hours(8760))), Ok(60)));
        for (error, says) in [
            ("expired_token", "in time"),
            ("authorization_declined", "declined"),
            ("access_denied", "declined"),
            ("bad_verification_code", "refused"),
        ] {
            let reason = after(400, error, None).map_err(|reason| match reason {
                NoToken::Final(text) => text,
                _ => "refused".to_owned(),
            });
            assert!(reason.is_err_and(|text| text.contains(says)), "{error}");
        }
    }
}
