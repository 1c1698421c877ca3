//! A person's sign-in as a credential: by the refresh token that was kept, else by asking the person in one of two
//! ways. Not for how a person is asked: that is `browser` and `device_code.rs`.

use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::application::Application;
use super::browser::Browser;
use super::device_code::DeviceCode;
use super::keep::Keep;
use super::refusal::{NoToken, unreadable};

/// How a person is asked.
#[derive(Debug)]
pub(super) enum Way {
    DeviceCode(DeviceCode),
    Browser(Browser),
}

#[derive(Debug)]
pub(super) struct PersonCredential {
    application: Application,
    way: Way,
}

#[async_trait]
impl TokenCredential for PersonCredential {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        // Without `offline_access` there is no refresh token, and a person would be asked every hour. `openid` gives
        // the identity token, which shows that the answer belongs to this very sign-in.
        let scope = match self.way {
            Way::DeviceCode(_) => format!("{} offline_access", scopes.join(" ")),
            Way::Browser(_) => format!("{} openid offline_access", scopes.join(" ")),
        };
        if let Some(token) = self.refreshed(&scope).await? {
            return Ok(token);
        }
        let answer = match &self.way {
            Way::DeviceCode(way) => way.asked(&self.application, &scope).await?,
            Way::Browser(way) => way.asked(&self.application, &scope).await?,
        };
        Ok(self.accept(&answer)?)
    }
}

impl PersonCredential {
    pub(super) fn new(application: Application, way: Way) -> Self {
        Self { application, way }
    }

    /// Where the refresh token is kept.
    fn keep(&self) -> &dyn Keep {
        match &self.way {
            Way::DeviceCode(way) => way.keep.as_ref(),
            Way::Browser(way) => way.keep.as_ref(),
        }
    }

    /// A token by the kept refresh token; none where there is none, or where a person has to be asked again.
    async fn refreshed(&self, scope: &str) -> Result<Option<AccessToken>, NoToken> {
        let Some(kept) = self.keep().load() else { return Ok(None) };
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.application.client_id.as_str()),
            ("refresh_token", kept.expose_secret()),
            ("scope", scope),
        ];
        match self.application.token(&form).await {
            Ok(answer) => self.accept(&answer).map(Some),
            Err(NoToken::Refused(refusal)) if refusal.status == 400 || refusal.status == 401 => {
                tracing::debug!(code = refusal.code, "the stored sign-in does not give a token");
                // Where only a consent is missing, it still gives what was consented to.
                if !refusal.lacks_consent() {
                    self.keep().forget();
                }
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Reads a token, and keeps the refresh token that came with it.
    fn accept(&self, answer: &Value) -> Result<AccessToken, NoToken> {
        let token = answer["access_token"].as_str().ok_or_else(unreadable)?;
        let seconds = answer["expires_in"].as_i64().unwrap_or_default().clamp(0, 86_400);
        if let Some(refresh) = answer["refresh_token"].as_str() {
            self.keep().save(&SecretString::from(refresh.to_owned()));
        }
        let expires = OffsetDateTime::now_utc() + Duration::from_secs(seconds.unsigned_abs());
        Ok(AccessToken::new(Secret::new(token.to_owned()), expires))
    }
}
