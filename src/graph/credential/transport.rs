//! How requests for tokens travel: through our own HTTP client, to the sign-in service and nowhere else.
//!
//! The one seam for rehearsal is here too: the credentials speak https (or to Azure's metadata address), so
//! for a sign-in URL on this machine, and only then, their requests go there instead.

use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use url::{Host, Url};

use super::super::error::GraphError;
use super::super::http::{BodyError, at_host, deepest, http_client, read_body, untrusted};
use super::super::{host, log, retry};
use super::bounds::bounded;
use super::refusal::{NoToken, Refusal, unreadable};
use crate::mask::Mask;

/// Stands in for a sign-in URL on this machine until the request leaves.
const STAND_IN: &str = "https://login.microsoftonline.com";
/// Where a virtual machine in Azure asks for its own token.
const METADATA: &str = "http://169.254.169.254";
/// Where App Service and its like say what answers there.
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const LARGEST_ANSWER: usize = 1024 * 1024;
/// Headers in which pipelines and platforms are shown who asks.
const PROOFS: [&str; 3] = ["authorization", "x-identity-header", "secret"];
/// Away from Azure no one answers at the metadata address.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Carries requests for tokens.
#[derive(Debug)]
pub(in crate::graph) struct TokenTransport {
    http: Client,
    /// The service that the credential believes it talks to.
    asked: Url,
    /// Where its requests really go.
    target: Url,
}

impl TokenTransport {
    /// To the sign-in service.
    pub(in crate::graph) fn sign_in(login_url: &Url) -> Result<Self, GraphError> {
        let asked = if host::is_loopback(login_url) { parse(STAND_IN)? } else { login_url.clone() };
        Ok(Self { http: http_client(login_url)?, asked, target: login_url.clone() })
    }

    /// To what gives a managed identity its token: named by the environment, else Azure's metadata address.
    pub(super) fn identity(login_url: &Url) -> Result<Self, GraphError> {
        let named = std::env::var(IDENTITY_ENDPOINT).ok().filter(|text| !text.trim().is_empty());
        let (asked, target) = match named {
            Some(text) => {
                let url = identity_endpoint(&text)?;
                (url.clone(), url)
            }
            None if host::is_loopback(login_url) => (parse(METADATA)?, login_url.clone()),
            None => (parse(METADATA)?, parse(METADATA)?),
        };
        let http = Client::builder()
            .no_proxy()
            .connect_timeout(METADATA_TIMEOUT)
            .timeout(METADATA_TIMEOUT * 6)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| GraphError::Setup {
                message: format!("the HTTP client cannot be created: {}", deepest(&error)),
            })?;
        Ok(Self { http, asked, target })
    }

    /// The host that the credential believes it talks to.
    pub(super) fn authority(&self) -> &str {
        self.asked.as_str().trim_end_matches('/')
    }

    /// Where a request really goes; none where the credential asks another host than it may.
    fn route(&self, asked: &Url) -> Option<Url> {
        host::same_origin(&self.asked, asked).then(|| {
            let mut target = self.target.clone();
            target.set_path(asked.path());
            target.set_query(asked.query());
            target
        })
    }

    /// Posts a form to a path of the sign-in service; the answer is JSON.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, NoToken> {
        let mut target = self.target.clone();
        target.set_path(path);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(target).header("content-type", "application/x-www-form-urlencoded");
        let answer = exchange(request.body(body.clone()), body.as_bytes()).await?;
        serde_json::from_slice(&answer).map_err(|_| unreadable())
    }

    /// The address of a page of the sign-in service, for a browser.
    pub(super) fn page(&self, path: &str) -> Url {
        let mut page = self.target.clone();
        page.set_path(path);
        page
    }
}

/// Sends and reads within bounds. `form` is what was posted, to keep it out of errors.
pub(super) async fn exchange(request: RequestBuilder, form: &[u8]) -> Result<Vec<u8>, NoToken> {
    let failed = |error: reqwest::Error| match untrusted(&error) {
        Some(why) => NoToken::Untrusted(at_host(&error, &why)),
        None => NoToken::NotReached(at_host(&error, &deepest(&error))),
    };
    let (client, request) = request.build_split();
    let request = request.map_err(failed)?;
    let (method, url, begun) = (request.method().clone(), request.url().clone(), Instant::now());
    let proofs = PROOFS.iter().filter_map(|name| request.headers().get(*name)?.to_str().ok());
    let mask = proofs.fold(Mask::default(), |mask, proof| mask.token(proof.rsplit(' ').next().unwrap_or_default()));
    let answered = client.execute(request).await;
    let header = |response: &Response| Some(response.headers().get("x-ms-request-id")?.to_str().ok()?.to_owned());
    let (status, id) = answered.as_ref().map_or((None, None), |it| (Some(it.status().as_u16()), header(it)));
    log::signed_in(method.as_str(), &url, status, begun.elapsed(), id.as_deref());
    let mut response = answered.map_err(failed)?;
    let status = response.status().as_u16();
    let retry_after = retry::retry_after(response.headers(), SystemTime::now());
    let body = match read_body(&mut response, LARGEST_ANSWER).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => {
            return Err(NoToken::Final("the answer of the sign-in service is larger than 1 MiB".to_owned()));
        }
        Err(BodyError::Broken(_)) if status != 200 => Vec::new(),
        Err(BodyError::Broken(why)) => return Err(NoToken::NotReached(format!("the answer is incomplete: {why}"))),
    };
    if status == 200 { Ok(body) } else { Err(Refusal::new(status, retry_after, &body, form).hide(&mask).into()) }
}

#[async_trait]
impl HttpClient for TokenTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let never = |message: &str| NoToken::Final(message.to_owned());
        let target = self.route(request.url()).ok_or_else(|| never("a token request to another host is refused"))?;
        let Body::Bytes(body) = request.body().clone() else {
            return Err(never("a token request has a plain body").into());
        };
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|_| never("a token request has a plain method"))?;
        let mut builder = self.http.request(method, target).body(body.clone());
        for (name, value) in request.headers().iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let answer = exchange(builder, &body).await?;
        let answer = bounded(answer, jiff::Timestamp::now().as_second());
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), answer))
    }
}

/// The platform's address is on the machine itself or link-local; a secret header goes there.
fn identity_endpoint(text: &str) -> Result<Url, GraphError> {
    let refuse = |why: &str| GraphError::Setup { message: format!("{IDENTITY_ENDPOINT} cannot be used: {why}") };
    let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    let near = host::is_loopback(&url) || matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local());
    match url.scheme() {
        "https" => Ok(url),
        "http" if near => Ok(url),
        _ => Err(refuse("plain http is allowed only for this computer and 169.254.0.0/16")),
    }
}

fn parse(text: &str) -> Result<Url, GraphError> {
    Url::parse(text).map_err(|error| GraphError::Setup { message: format!("`{text}` is not a URL: {error}") })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_a_sign_in_url_on_this_machine_is_redirected_to() {
        let asked = url("https://login.microsoftonline.com/t/oauth2/v2.0/token");
        let here = TokenTransport::sign_in(&url("http://127.0.0.1:9")).unwrap();
        assert_eq!(here.route(&asked).unwrap().as_str(), "http://127.0.0.1:9/t/oauth2/v2.0/token");
        assert_eq!(here.route(&url("https://elsewhere.example/t")), None);
        let there = TokenTransport::sign_in(&url("https://login.microsoftonline.us")).unwrap();
        assert_eq!(there.route(&asked), None);
        assert_eq!(there.authority(), "https://login.microsoftonline.us");
    }

    #[test]
    fn a_managed_identity_is_asked_for_nearby_only() {
        for fine in ["http://127.0.0.1:41741/msi/token", "http://localhost:1/", "http://169.254.129.2:8081/msi/token"] {
            identity_endpoint(fine).unwrap();
        }
        for bad in ["http://elsewhere.example/msi/token", "http://10.0.0.1/", "ftp://127.0.0.1/", "nothing"] {
            identity_endpoint(bad).unwrap_err();
        }
    }
}
