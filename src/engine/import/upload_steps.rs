//! What every step of an upload needs: the content, its object, and the requests about it. The steps themselves are
//! in `upload`, `upload_place` and `upload_address`.

use base64::Engine as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::parts::Owner;
use super::request::{WriteError, Writer};
use super::upload_wait;
use crate::engine::content::source::Source;
use crate::engine::journal::Does;
use crate::engine::plan::prepared::Past;
use crate::engine::tenant::addresses::api;
use crate::event::Reporter;
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};

/// A content that is to be uploaded.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// The file, or why there is none any more: which does not matter where the content is there already.
    pub source: Result<&'a Source, &'a Finding>,
    /// Who is shown progress.
    pub reporter: &'a dyn Reporter,
    /// Ends the upload between two blocks.
    pub stop: &'a CancellationToken,
    /// What an earlier part of the run did.
    pub past: Option<&'a Past>,
}

/// The upload of one object's content.
pub(crate) struct Steps<'a> {
    pub(super) upload: Upload<'a>,
    pub(super) writer: Writer<'a>,
    pub(super) owner: Owner<'a>,
    /// The path of the content versions.
    pub(super) versions: String,
}

/// What the service did not do, or did not do in time.
pub(crate) fn refused(steps: &Steps<'_>, message: impl Into<String>) -> WriteError {
    Finding::new(&codes::CONTENT_REFUSED, steps.owner.subject, message).into()
}

impl Steps<'_> {
    /// The file once the service has done what it was asked for.
    pub(super) async fn state(&self, file: &str, what: &str) -> Result<Value, WriteError> {
        let (pending, done) = (format!("{what}Pending"), format!("{what}Success"));
        let arrived = self
            .ask(file, async |told: Value| {
                let state = text(&told, "uploadState");
                let before = ["", "azureStorageUriRequestSuccess", "azureStorageUriRenewalSuccess"];
                if state == done {
                    return Ok(Some(told));
                }
                if state == pending || before.contains(&state) {
                    return Ok(None);
                }
                let code = told.get("uploadErrorCode").and_then(Value::as_str).unwrap_or_default();
                let why = if code.is_empty() { String::new() } else { format!(" ({code})") };
                Err(refused(self, format!("Intune reports \"{state}\" for the content{why}")))
            })
            .await?;
        arrived.ok_or_else(|| refused(self, format!("Intune did not reach the state \"{done}\" in time")))
    }

    /// Another address for the file.
    pub(crate) async fn renew(&self, file: &str) -> Result<Value, WriteError> {
        let path = format!("{file}/renewUpload");
        self.send(Does::Part, Method::POST, &path, None, WriteKind::Idempotent).await?;
        self.state(file, "azureStorageUriRenewal").await
    }

    /// Reads until there is an answer, or for as long as that makes sense.
    pub(super) async fn ask<T>(
        &self,
        path: &str,
        answer: impl AsyncFn(Value) -> Result<Option<T>, WriteError>,
    ) -> Result<Option<T>, WriteError> {
        let client = self.writer.client;
        let ask = async || answer(client.get(api(self.owner.policy_type), path).await?).await;
        upload_wait::until(client, self.upload.stop, self.owner.subject, ask).await
    }

    /// What is there already. No other client asks for these lists, so a tenant that refuses them counts as one that
    /// has nothing yet: then a killed upload cannot be found, and the service says so itself where that matters.
    pub(super) async fn list(&self, path: &str) -> Result<Vec<Value>, WriteError> {
        match self.writer.client.list(api(self.owner.policy_type), path).await {
            Err(error) if matches!(error.status(), Some(400 | 403..=405 | 501)) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }

    /// Makes an element of a collection; its id.
    pub(super) async fn create(&self, path: &str, body: Value) -> Result<String, WriteError> {
        let answer = self.send(Does::Part, Method::POST, path, Some(body), WriteKind::Create).await?;
        let id = answer.as_ref().map(|answer| text(answer, "id").to_owned()).filter(|id| !id.is_empty());
        id.ok_or_else(|| refused(self, "Graph's answer does not contain the ID of the new content"))
    }

    pub(super) async fn send(
        &self,
        does: Does,
        method: Method,
        path: &str,
        body: Option<Value>,
        kind: WriteKind,
    ) -> Result<Option<Value>, WriteError> {
        self.owner.send(self.writer, does, method, path, body, kind).await
    }
}

pub(super) fn announcement(source: &Source) -> Value {
    let encoded = |text: &String| base64::engine::general_purpose::STANDARD.encode(text);
    json!({
        "@odata.type": "#microsoft.graph.mobileAppContentFile",
        "name": source.name,
        "size": source.file.size,
        "sizeEncrypted": source.sealed_size,
        "manifest": source.manifest.as_ref().map(encoded),
        "isDependency": false,
    })
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
