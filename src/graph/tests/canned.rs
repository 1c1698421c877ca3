//! A server with a queue of canned answers, which remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::StreamExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::graph::{Auth, Client, Settings};

pub(super) const SECRET: &str = "s3cret-Value~1";

/// One canned answer.
#[derive(Debug, Clone)]
pub(super) struct Canned {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Option<usize>,
}

pub(super) fn json_answer(status: u16, body: &Value) -> Canned {
    raw_answer(status, body.to_string().into_bytes())
}

pub(super) fn raw_answer(status: u16, body: impl Into<Vec<u8>>) -> Canned {
    Canned { status, headers: Vec::new(), body: body.into(), length: None }
}

pub(super) fn error_answer(status: u16, code: &str, message: &str) -> Canned {
    json_answer(status, &json!({"error": {"code": code, "message": message}}))
}

impl Canned {
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Promises more bytes than come, so that the connection breaks off.
    pub(super) fn truncated(mut self) -> Self {
        self.length = Some(self.body.len() + 100);
        self
    }
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct State {
    graph: VecDeque<Canned>,
    token: VecDeque<Canned>,
    asked: Vec<Asked>,
    tokens_given: usize,
}

/// The server; it ends with the test.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) url: Url,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let router = Router::new().fallback(move |request: Request| answer(shared.clone(), request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Queues answers for Graph.
    pub(super) fn graph(&self, answers: impl IntoIterator<Item = Canned>) {
        self.state.lock().unwrap().graph.extend(answers);
    }

    /// Queues answers for sign-in; without any, tokens are given.
    pub(super) fn token(&self, answers: impl IntoIterator<Item = Canned>) {
        self.state.lock().unwrap().token.extend(answers);
    }

    /// What Graph was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.iter().filter(|asked| !asked.target.contains("/oauth2/")).cloned().collect()
    }

    /// What sign-in was asked so far.
    pub(super) fn sign_ins(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.iter().filter(|asked| asked.target.contains("/oauth2/")).cloned().collect()
    }

    pub(super) fn settings(&self) -> Settings {
        let auth = Auth::ClientSecret(SecretString::from(SECRET));
        let mut settings =
            Settings::new(self.url.clone(), self.url.clone(), "contoso.example".to_owned(), "app-1".to_owned(), auth);
        settings.backoff = Duration::from_millis(4);
        settings
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.to_string();
    let sign_in = target.contains("/oauth2/");
    let headers =
        parts.headers.iter().map(|(key, value)| (key.to_string(), value.to_str().unwrap().to_owned())).collect();
    let canned = {
        let mut state = state.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        state.asked.push(Asked { method: parts.method.to_string(), target, headers, body });
        let queued = if sign_in { state.token.pop_front() } else { state.graph.pop_front() };
        queued.unwrap_or_else(|| {
            if !sign_in {
                return error_answer(418, "NothingQueued", "the test queued no answer");
            }
            state.tokens_given += 1;
            let token = format!("token-{}", state.tokens_given);
            json_answer(200, &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}))
        })
    };
    let mut response = Response::builder().status(canned.status).header("content-type", "application/json");
    for (name, value) in &canned.headers {
        response = response.header(name, value);
    }
    let body = match canned.length {
        None => Body::from(canned.body),
        Some(length) => {
            response = response.header("content-length", length);
            let pieces = [Ok(canned.body), Err(std::io::Error::other("cut"))];
            // The pause lets the first piece reach the client before the connection breaks.
            Body::from_stream(futures_util::stream::iter(pieces).then(|piece| async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                piece
            }))
        }
    };
    response.body(body).unwrap()
}
