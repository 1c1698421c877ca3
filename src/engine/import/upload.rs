//! Uploads the content of one object by the documented steps (api-behaviour.md section 9, quirks.md 33): a content
//! version, a file in it, its storage address, the blocks, the commit, the version as the object's own, and the wait
//! until it is published. Each step finds what an earlier run did: there is never a second version or file of one
//! content. Every changing request to Graph is in the journal, the blocks as one; no address or key does.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use futures_util::{TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::parts::Owner;
use super::request::{WriteError, Writer};
use super::uncertain_create;
use super::upload_address::Address;
use super::upload_wait;
use crate::engine::content::encryption::{Blocks, blocks_of};
use crate::engine::content::source::Source;
use crate::engine::journal::write::Sending;
use crate::engine::journal::{Does, Outcome, Reply};
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::event::{Event, Reporter};
use crate::finding::{Finding, codes};
use crate::graph::{Method, Storage, WriteKind};

/// How many blocks of one content are under way at once; the client has its own limit for all of them.
const AT_ONCE: usize = 4;

/// A content that is to be uploaded.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// The file, or why there is none any more: which does not matter where the content is there already.
    pub source: Result<&'a Source, &'a Finding>,
    /// Who is shown progress.
    pub reporter: &'a dyn Reporter,
    /// Ends the upload between two blocks.
    pub stop: &'a CancellationToken,
}

/// The upload of one object's content.
pub(crate) struct Steps<'a> {
    upload: Upload<'a>,
    writer: Writer<'a>,
    owner: Owner<'a>,
    /// The path of the content versions.
    versions: String,
}

/// What the service did not do, or did not do in time.
pub(crate) fn refused(steps: &Steps<'_>, message: impl Into<String>) -> WriteError {
    Finding::new(&codes::CONTENT_REFUSED, steps.owner.subject, message).into()
}

impl Upload<'_> {
    /// Holds the file against what it says of itself: better before anything is made.
    pub(crate) async fn check(self, subject: &str) -> Result<(), WriteError> {
        let source = self.source.map_err(|finding| WriteError::from(finding.clone()))?;
        let own = source.clone();
        let checked = tokio::task::spawn_blocking(move || own.check()).await;
        checked.unwrap_or_else(|error| Err(error.to_string())).map_err(|why| unusable(source, subject, &why))
    }

    /// Uploads it, or what of it is not there yet.
    pub(crate) async fn run(self, writer: Writer<'_>, owner: Owner<'_>) -> Result<(), WriteError> {
        let segment = owner.policy.odata_type().unwrap_or_default().trim_start_matches('#');
        let item = item_path(owner.policy_type, owner.id);
        let versions = format!("{item}/{}/contentVersions", encode(segment));
        Steps { upload: self, writer, owner, versions }.run(&item).await
    }
}

fn unusable(source: &Source, subject: &str, why: &str) -> WriteError {
    Finding::new(&codes::CONTENT_UNUSABLE, subject, format!("{} cannot be used: {why}", source.file.file)).into()
}

impl Steps<'_> {
    async fn run(&self, item: &str) -> Result<(), WriteError> {
        let now = self.ask(item, async |now: Value| Ok(Some(now))).await?.unwrap_or_default();
        let committed = text(&now, "committedContentVersion").to_owned();
        if committed.is_empty() {
            let source = self.upload.source.map_err(|finding| WriteError::from(finding.clone()))?;
            // Where several apps got new files at once, some were refused (terraprovider/microsoft365wp, 2026-05).
            let alone = self.writer.patience.content.lock().await;
            let version = self.version().await?;
            let place = self.place(&version, source).await?;
            drop(alone);
            if let Some((file, told)) = place {
                self.fill(&file, &told, source).await?;
            }
            let own_type = self.owner.policy.odata_type().unwrap_or_default();
            let body = json!({"@odata.type": own_type, "committedContentVersion": version});
            self.send(Does::Change, Method::PATCH, item, Some(body), WriteKind::Idempotent).await?;
        }
        let published =
            self.ask(item, async |now: Value| Ok((text(&now, "publishingState") == "published").then_some(()))).await?;
        published.ok_or_else(|| refused(self, "the content is uploaded, but the app was not published in time"))
    }

    /// The content version that is not committed: the last one that is there, or a new one. A second one is refused
    /// as long as the first is open.
    async fn version(&self) -> Result<String, WriteError> {
        let open = async || {
            let list = self.list(&self.versions).await?;
            let ids = list.iter().map(|version| text(version, "id").to_owned()).filter(|id| !id.is_empty());
            Ok(ids.max_by_key(|id| id.parse::<u64>().unwrap_or_default()))
        };
        if let Some(version) = open().await? {
            return Ok(version);
        }
        let post = async || self.create(&self.versions, json!({})).await;
        uncertain_create::until_certain(self.writer.client, post, open).await
    }

    /// A file in the version with an address to upload it to; none where the version has it already.
    async fn place(&self, version: &str, source: &Source) -> Result<Option<(String, Value)>, WriteError> {
        let files = format!("{}/{}/files", self.versions, encode(version));
        let is_ours =
            |file: &Value| text(file, "name") == source.name && file["size"].as_u64() == Some(source.file.size);
        let there = self.list(&files).await?;
        let is_done = |file: &Value| is_ours(file) && file["isCommitted"] == true;
        if there.len() == 1 && there.iter().all(is_done) {
            return Ok(None);
        }
        for id in there.iter().map(|file| text(file, "id")).filter(|id| !id.is_empty()) {
            // What a killed upload left. Where it cannot be taken away, the version says so later.
            let path = format!("{files}/{}", encode(id));
            match self.send(Does::Part, Method::DELETE, &path, None, WriteKind::Idempotent).await {
                Ok(_) | Err(WriteError::Graph(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let old: Vec<String> = there.iter().map(|file| text(file, "id").to_owned()).collect();
        let post = async || self.create(&files, announcement(source)).await;
        let find = async || {
            let new = self.list(&files).await?.into_iter().filter(|file| !old.contains(&text(file, "id").to_owned()));
            Ok(new.filter(is_ours).map(|file| text(&file, "id").to_owned()).next())
        };
        let id = uncertain_create::until_certain(self.writer.client, post, find).await?;
        let file = format!("{files}/{}", encode(&id));
        let told = self.state(&file, "azureStorageUriRequest").await?;
        Ok(Some((file, told)))
    }

    /// Uploads the file and commits it.
    async fn fill(&self, file: &str, told: &Value, source: &Source) -> Result<(), WriteError> {
        let info = self.upload_to(file, told, source).await?;
        let commit = format!("{file}/commit");
        let send = async || {
            let body = json!({"fileEncryptionInfo": info.clone()});
            self.send(Does::Part, Method::POST, &commit, Some(body), WriteKind::Create).await.map(drop)
        };
        let committed = async || {
            let file = self.writer.client.get(api(self.owner.policy_type), file).await?;
            Ok(text(&file, "uploadState").starts_with("commitFile").then_some(()))
        };
        uncertain_create::until_certain(self.writer.client, send, committed).await?;
        self.state(file, "commitFile").await.map(drop)
    }

    /// The file once the service has done what it was asked for.
    async fn state(&self, file: &str, what: &str) -> Result<Value, WriteError> {
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

    /// Uploads the blocks and their list, which is in the journal as one request; what opens the content.
    async fn upload_to(&self, file: &str, told: &Value, source: &Source) -> Result<Value, WriteError> {
        let storage = self.writer.client.storage()?;
        let address = Address::new(self, &storage, file, told)?;
        let journal = self.writer.journal;
        let path = format!("{file}/azureStorageUri");
        let Owner { step, before, .. } = self.owner;
        let sending = Sending { step, does: Does::Part, method: Method::PUT.as_str(), path: &path, body: None, before };
        let n = journal.intent(&sending).map_err(WriteError::Run)?;
        let what = format!("uploading {} (MiB)", source.file.file);
        let total = Some(blocks_of(source.sealed_size) * 4);
        self.upload.reporter.report(Event::Started { what: what.clone(), total });
        let uploaded = self.blocks(&storage, &address, source, &what).await;
        self.upload.reporter.report(Event::Finished { what });
        let error = match &uploaded {
            Ok(_) => None,
            Err(WriteError::Object(finding)) => Some(finding.message.clone()),
            Err(WriteError::Graph(error)) => Some(error.to_string()),
            Err(WriteError::Run(error)) => Some(error.to_string()),
        };
        let outcome = if uploaded.is_ok() { Outcome::Ok } else { Outcome::Failed };
        let reply = Reply { n, outcome, target_id: None, error, approval: None };
        journal.result(reply).map_err(WriteError::Run)?;
        uploaded
    }

    async fn blocks(
        &self,
        storage: &Storage<'_>,
        address: &Address<'_>,
        source: &Source,
        what: &str,
    ) -> Result<Value, WriteError> {
        let unusable = |why: &str| unusable(source, self.owner.subject, why);
        let blocks = source.open().map_err(|why| unusable(&why))?;
        let info = Mutex::new(Value::Null);
        let read = stream::try_unfold(blocks, async |blocks: Box<dyn Blocks>| {
            upload_wait::goes_on(self.upload.stop, self.owner.subject)?;
            let room = storage.room().await?;
            let mut blocks = blocks;
            let read = tokio::task::spawn_blocking(move || (blocks.next(), blocks)).await;
            let (block, blocks) = read.map_err(|error| unusable(&error.to_string()))?;
            let Some((place, block)) = block.map_err(|why| unusable(&why))? else {
                *info.lock().unwrap_or_else(PoisonError::into_inner) = blocks.seal().info();
                return Ok(None);
            };
            Ok::<_, WriteError>(Some(((place, block, room), blocks)))
        });
        let sent = read.map_ok(async |(place, block, room)| {
            let id = block_id(place);
            address.with(async |address| storage.put_block(address, &id, &block).await).await?;
            drop(room);
            self.upload.reporter.report(Event::Advanced { what: what.to_owned(), count: 4 });
            Ok(())
        });
        sent.try_buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await?;
        let ids: Vec<String> = (0..blocks_of(source.sealed_size)).map(block_id).collect();
        address.with(async |address| storage.put_list(address, &ids).await).await?;
        Ok(info.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads until there is an answer, or for as long as that makes sense.
    async fn ask<T>(
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
    async fn list(&self, path: &str) -> Result<Vec<Value>, WriteError> {
        match self.writer.client.list(api(self.owner.policy_type), path).await {
            Err(error) if matches!(error.status(), Some(400 | 403..=405 | 501)) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }

    /// Makes an element of a collection; its id.
    async fn create(&self, path: &str, body: Value) -> Result<String, WriteError> {
        let answer = self.send(Does::Part, Method::POST, path, Some(body), WriteKind::Create).await?;
        let id = answer.as_ref().map(|answer| text(answer, "id").to_owned()).filter(|id| !id.is_empty());
        id.ok_or_else(|| refused(self, "Graph's answer does not contain the ID of the new content"))
    }

    async fn send(
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

fn announcement(source: &Source) -> Value {
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

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Ids of one file's blocks are of one length.
fn block_id(place: u64) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{place:06}"))
}
