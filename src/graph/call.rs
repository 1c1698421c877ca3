//! What is asked of Graph: one request, before it is sent.

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::approval::Approval;
use super::envelope::readable;
use super::error::Facts;
use super::retry::Kind;

/// One request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    /// What counts against limits: path and query below the version root; in a batch, one per part.
    pub(super) paths: Vec<String>,
    pub(super) body: Option<&'a Value>,
    pub(super) kind: Kind,
    /// What is said about an approval, where the write may need one.
    pub(super) approval: Option<&'a Approval>,
}

impl Call<'_> {
    /// A GET of an absolute URL.
    pub(super) fn get(url: Url) -> Self {
        let paths = vec![asked(&url)];
        Self { method: Method::GET, url, paths, body: None, kind: Kind::Read, approval: None }
    }

    /// The facts known before an answer.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            method: self.method.to_string(),
            path: readable(self.url.path().trim_start_matches('/')),
            ..Facts::default()
        }
    }
}

/// Path and query that follow the version segment.
pub(super) fn asked(url: &Url) -> String {
    let path = url.path().trim_start_matches('/');
    let path = path.split_once('/').map_or("", |(_, rest)| rest);
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}
