//! The client: what the engine calls. Each method is one way of asking; the work is done in `core.rs`
//! (one request, with its retries), `pages.rs` and `batch.rs`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::approval::Approval;
use super::batch;
use super::call::{Call, asked};
use super::claims::Claims;
use super::core::Core;
use super::error::{Facts, GraphError};
use super::figures::Figures;
use super::pages::{self, Extent};
use super::plain_forms::PlainForms;
use super::retry::Kind;
use super::settings::{Api, Settings, WriteKind};

/// A tenant's Graph. Cheap to clone; clones share connections, token, pace and counts.
#[derive(Debug, Clone)]
pub struct Client {
    core: Arc<Core>,
}

/// A write.
#[derive(Debug, Clone)]
pub struct Write<'a> {
    /// The HTTP method.
    pub method: Method,
    /// The version of the API.
    pub api: Api,
    /// Where to, below the version's root.
    pub path: &'a str,
    /// The body, where it has one.
    pub body: Option<&'a Value>,
    /// Whether it may be sent twice.
    pub kind: WriteKind,
    /// What is said about an approval, where it may need one.
    pub approval: Option<&'a Approval>,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, GraphError> {
        let core = Core::new(settings)?;
        Ok(Self { core: Arc::new(core) })
    }

    /// What its clones share.
    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    /// Where Graph answers.
    pub fn graph_url(&self) -> &Url {
        &self.core.graph_url
    }

    /// Makes a relative reference absolute for an `@odata.bind`.
    pub fn bind_url(&self, api: Api, relative: &str) -> String {
        let root = self.core.graph_url.as_str().trim_end_matches('/');
        format!("{root}/{}/{}", api.segment(), relative.trim_start_matches('/'))
    }

    /// Signs in now rather than with the first request.
    pub async fn sign_in(&self) -> Result<(), GraphError> {
        self.core.sign_in.token().await.map(drop)
    }

    /// What the token says of itself, where it can be read; signs in if need be.
    pub async fn claims(&self) -> Result<Option<Claims>, GraphError> {
        self.core.sign_in.claims().await
    }

    /// Reads one object. The path is relative to the version's root and may have a query.
    pub async fn get(&self, api: Api, path: &str) -> Result<Value, GraphError> {
        let call = Call::get(self.core.url(api, path)?);
        let answer = self.core.run(&call).await?;
        answer.ok_or_else(|| {
            let message = "the answer is empty".to_owned();
            GraphError::Answer(Box::new(Facts { message, ..call.facts() }))
        })
    }

    /// Reads a collection to its end: all of it, or an error.
    pub async fn list(&self, api: Api, path: &str) -> Result<Vec<Value>, GraphError> {
        self.pages(api, path).try_concat().await
    }

    /// Reads a collection page by page, so that work can begin with the first. Only all of it without an error
    /// is the collection.
    pub fn pages<'a>(&'a self, api: Api, path: &str) -> impl Stream<Item = Result<Vec<Value>, GraphError>> + use<'a> {
        let first = stream::once(future::ready(self.core.url(api, path)));
        first.map_ok(|first| pages::pages(&self.core, first)).try_flatten()
    }

    /// The first object of a collection; none where it is empty.
    pub async fn first(&self, api: Api, path: &str) -> Result<Option<Value>, GraphError> {
        let mut pages = std::pin::pin!(self.pages(api, path));
        while let Some(page) = pages.next().await {
            if let Some(first) = page?.into_iter().next() {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// Reads many objects in few requests; the answers are in the order of the paths. A part that is the first page of
    /// a collection comes back with all its values. Where a path is known to be a collection, [`Self::lists`] is right.
    pub async fn batch(&self, api: Api, paths: &[String]) -> Vec<Result<Value, GraphError>> {
        batch::batch(&self.core, api, paths, Extent::ToTheEnd).await
    }

    /// Reads many collections in few requests, each to its end: all of it, or an error. In the order of the paths.
    pub async fn lists(&self, api: Api, paths: &[String]) -> Vec<Result<Vec<Value>, GraphError>> {
        self.lists_to(api, paths, Extent::ToTheEnd).await
    }

    /// Reads the beginning of many collections in few requests, to the first page with an object: whether they hold
    /// anything. In the order of the paths.
    pub async fn beginnings(&self, api: Api, paths: &[String]) -> Vec<Result<Vec<Value>, GraphError>> {
        self.lists_to(api, paths, Extent::ToAnObject).await
    }

    async fn lists_to(&self, api: Api, paths: &[String], extent: Extent) -> Vec<Result<Vec<Value>, GraphError>> {
        let answers = batch::batch(&self.core, api, paths, extent).await;
        let list = |(path, answer): (&String, Result<Value, GraphError>)| values(api, path, answer?);
        paths.iter().zip(answers).map(list).collect()
    }

    /// Asks for a list by a POST that changes nothing: all of it, or an error.
    pub async fn ask_for_list(&self, api: Api, path: &str, body: &Value) -> Result<Vec<Value>, GraphError> {
        let url = self.core.url(api, path)?;
        let paths = vec![asked(&url)];
        let call = Call { method: Method::POST, url, paths, body: Some(body), kind: Kind::Idempotent, approval: None };
        let mut answer = self.core.run(&call).await?.unwrap_or_default();
        let link = answer.get_mut(pages::NEXT_LINK).map(Value::take);
        let mut found = pages::list_in(answer).ok_or_else(|| pages::no_list(call.facts()))?;
        pages::follow(&self.core, &call.url, link, &mut found, Extent::ToTheEnd).await?;
        Ok(found)
    }

    /// Sends one write. No body in the answer is `None`. A create whose outcome is not known is
    /// [`GraphError::Uncertain`]: look for the object before sending it again. One that waits for an approval is
    /// an error of which [`GraphError::needs_approval`] holds: it did not happen.
    pub async fn send(&self, write: Write<'_>) -> Result<Option<Value>, GraphError> {
        let Write { method, api, path, body, kind, approval } = write;
        let url = self.core.url(api, path)?;
        let paths = vec![asked(&url)];
        let kind = match kind {
            WriteKind::Create => Kind::Create,
            WriteKind::Idempotent => Kind::Idempotent,
        };
        self.core.run(&Call { method, url, paths, body, kind, approval }).await
    }

    /// Says which permissions what comes next needs: a user is asked for those that the token does not hold yet. Before
    /// the first token, they replace what would be asked for. Of an application that has what it was granted, nothing
    /// is asked.
    pub async fn ask_for(&self, permissions: &[String]) {
        self.core.sign_in.ask_for(permissions).await;
    }

    /// The first wait after a failure for which the service names none.
    pub fn backoff(&self) -> Duration {
        self.core.backoff
    }

    /// Whether requests are held to Graph's documented limits, as at a real tenant.
    pub fn is_paced(&self) -> bool {
        self.core.paced
    }

    /// What has to be asked for more plainly than usual in this run.
    pub fn plain_forms(&self) -> &PlainForms {
        &self.core.plain_forms
    }

    /// The rest of a collection, from the link that an answer gave to its next page.
    pub async fn rest(&self, link: Value) -> Result<Vec<Value>, GraphError> {
        let mut values = Vec::new();
        pages::follow(&self.core, &self.core.graph_url, Some(link), &mut values, Extent::ToTheEnd).await?;
        Ok(values)
    }

    /// What was sent so far.
    pub fn figures(&self) -> Figures {
        self.core.counters.figures(self.core.budget.figures())
    }
}

/// The values of an answer that is to be a list. One that is none is not an empty one: what is not understood may hold
/// anything.
pub fn values(api: Api, path: &str, answer: Value) -> Result<Vec<Value>, GraphError> {
    let path = format!("{}/{}", api.segment(), path.split('?').next().unwrap_or(path));
    let facts = || Facts { method: String::from("GET"), path, ..Facts::default() };
    pages::list_in(answer).ok_or_else(|| pages::no_list(facts()))
}
