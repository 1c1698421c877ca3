//! Uploads the content of one object by the documented steps (api-behaviour.md section 9, quirks.md 33): a content
//! version, a file in it, its storage address, the blocks, the commit, the version as the object's own, and the wait
//! until it is published. Each step finds what an earlier run did: there is never a second version or file of one
//! content, and a block that arrived is not sent again (Azure keeps blocks without a list for a week: Put Block, 2026-11).
//! Every changing request to Graph is in the journal, the blocks as one and each that arrived; no address or key does.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use futures_util::{TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::parts::Owner;
use super::request::{WriteError, Writer};
use super::uncertain_create;
use super::upload_address::Address;
use super::upload_place::{Destination, destination, version};
use super::upload_steps::{Steps, Upload, refused, text};
use super::upload_wait;
use crate::engine::content::Begun;
use crate::engine::content::begun::{SALT, new_salt};
use crate::engine::content::encryption::{Blocks, blocks_of};
use crate::engine::content::source::Source;
use crate::engine::journal::write::Sending;
use crate::engine::journal::{Does, Reply, RequestOutcome};
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::graph::{Method, Storage, WriteKind};

/// How many blocks of one content are under way at once; the client has its own limit for all of them.
const AT_ONCE: usize = 4;

/// Holds the file against what it says of itself: better before anything is made.
pub(super) async fn check(upload: Upload<'_>, subject: &str) -> Result<(), WriteError> {
    let source = upload.source.map_err(|finding| WriteError::from(finding.clone()))?;
    let own = source.clone();
    let checked = tokio::task::spawn_blocking(move || own.check()).await;
    checked.unwrap_or_else(|error| Err(error.to_string())).map_err(|why| unusable(source, subject, &why))
}

/// Uploads it, or what of it is not there yet.
pub(super) async fn upload(upload: Upload<'_>, writer: Writer<'_>, owner: Owner<'_>) -> Result<(), WriteError> {
    let segment = owner.policy.odata_type().unwrap_or_default().trim_start_matches('#');
    let item = item_path(owner.policy_type, owner.id);
    let versions = format!("{item}/{}/contentVersions", encode(segment));
    run(&Steps { upload, writer, owner, versions }, &item).await
}

fn unusable(source: &Source, subject: &str, why: &str) -> WriteError {
    Finding::new(&codes::CONTENT_UNUSABLE, subject, format!("{} cannot be used: {why}", source.file.file)).into()
}

async fn run(steps: &Steps<'_>, item: &str) -> Result<(), WriteError> {
    let now = steps.ask(item, async |now: Value| Ok(Some(now))).await?.unwrap_or_default();
    let committed = text(&now, "committedContentVersion").to_owned();
    if committed.is_empty() {
        let source = steps.upload.source.map_err(|finding| WriteError::from(finding.clone()))?;
        // Where several apps got new files at once, some were refused (terraprovider/microsoft365wp, 2026-05).
        let alone = steps.writer.patience.content.lock().await;
        let version = version(steps).await?;
        let place = destination(steps, &version, source).await?;
        drop(alone);
        match place {
            Destination::Done => {}
            Destination::Committing(file) => drop(steps.state(&file, "commitFile").await?),
            Destination::Open(file, told) => fill(steps, &file, &told, source).await?,
        }
        let own_type = steps.owner.policy.odata_type().unwrap_or_default();
        let body = json!({"@odata.type": own_type, "committedContentVersion": version});
        steps.send(Does::Change, Method::PATCH, item, Some(body), WriteKind::Idempotent).await?;
    }
    let published =
        steps.ask(item, async |now: Value| Ok((text(&now, "publishingState") == "published").then_some(()))).await?;
    published.ok_or_else(|| refused(steps, "the content is uploaded, but the app was not published in time"))
}

/// Uploads the file and commits it.
async fn fill(steps: &Steps<'_>, file: &str, told: &Value, source: &Source) -> Result<(), WriteError> {
    let info = upload_to(steps, file, told, source).await?;
    let commit = format!("{file}/commit");
    let send = async || {
        let body = json!({"fileEncryptionInfo": info.clone()});
        steps.send(Does::Part, Method::POST, &commit, Some(body), WriteKind::Create).await.map(drop)
    };
    let committed = async || {
        let file = steps.writer.client.get(api(steps.owner.policy_type), file).await?;
        Ok(text(&file, "uploadState").starts_with("commitFile").then_some(()))
    };
    uncertain_create::until_certain(steps.writer.client, send, committed).await?;
    steps.state(file, "commitFile").await.map(drop)
}

/// Uploads the blocks and their list, which is in the journal as one request; what opens the content.
async fn upload_to(steps: &Steps<'_>, file: &str, told: &Value, source: &Source) -> Result<Value, WriteError> {
    let storage = Storage::of(steps.writer.client)?;
    let address = Address::new(steps, &storage, file, told)?;
    let journal = steps.writer.journal;
    let path = format!("{file}/azureStorageUri");
    let Owner { step, before, .. } = steps.owner;
    let sending = Sending { step, does: Does::Part, method: Method::PUT.as_str(), path: &path, body: None, before };
    let n = journal.intent(&sending).map_err(WriteError::Run)?;
    let what = format!("uploading {} (MiB)", source.file.file);
    let total = Some(blocks_of(source.sealed_size) * 4);
    steps.upload.reporter.report(Event::Started { what: what.clone(), total });
    let begun = steps.upload.past.and_then(|past| past.upload.clone()).filter(|begun| begun.file == file);
    let mut uploaded = blocks(steps, &storage, &address, source, &what, (file, begun.as_ref())).await;
    let lost = |uploaded: &Result<Value, WriteError>| match uploaded {
        Err(WriteError::Graph(error)) => error.status() == Some(400),
        _ => false,
    };
    if begun.is_some() && lost(&uploaded) {
        // What arrived long ago is not kept for ever.
        uploaded = blocks(steps, &storage, &address, source, &what, (file, None)).await;
    }
    steps.upload.reporter.report(Event::Finished { what });
    let uploaded = uploaded.map_err(|error| match error {
        // The tenant itself can be reached: only this content cannot go on.
        WriteError::Graph(error) => refused(steps, format!("the content could not be uploaded: {error}")),
        other => other,
    });
    let error = match &uploaded {
        Ok(_) => None,
        Err(WriteError::Object(finding)) => Some(finding.message.clone()),
        Err(WriteError::Graph(error)) => Some(error.to_string()),
        Err(WriteError::Run(error)) => Some(error.to_string()),
    };
    let outcome = if uploaded.is_ok() { RequestOutcome::Ok } else { RequestOutcome::Failed };
    let reply = Reply { n, outcome, target_id: None, error, approval: None };
    journal.result(reply).map_err(WriteError::Run)?;
    uploaded
}

/// Begins to read the content, sealed as an upload that was begun has it; and the blocks of it that arrived. One that
/// begins now, or has another content, is written down.
async fn sealed(
    steps: &Steps<'_>,
    source: &Source,
    (file, begun): (&str, Option<&Begun>),
) -> Result<(Box<dyn Blocks>, BTreeSet<u64>), WriteError> {
    let unusable = |why: &str| unusable(source, steps.owner.subject, why);
    let open = async |salt: [u8; SALT]| {
        let own = source.clone();
        let opened = tokio::task::spawn_blocking(move || own.open(&salt)).await;
        opened.unwrap_or_else(|error| Err(error.to_string())).map_err(|why| unusable(&why))
    };
    if let Some((begun, salt)) = begun.and_then(|begun| Some((begun, begun.salt()?))) {
        let blocks = open(salt).await?;
        if blocks.print() == begun.print {
            return Ok((blocks, begun.blocks.clone()));
        }
    }
    let (salt, text) = new_salt().map_err(|why| unusable(&why))?;
    let blocks = open(salt).await?;
    let begun = Begun { file: file.to_owned(), salt: text, print: blocks.print(), blocks: BTreeSet::new() };
    steps.writer.journal.upload(steps.owner.step, &begun).map_err(WriteError::Run)?;
    Ok((blocks, begun.blocks))
}

async fn blocks(
    steps: &Steps<'_>,
    storage: &Storage<'_>,
    address: &Address<'_>,
    source: &Source,
    what: &str,
    begun: (&str, Option<&Begun>),
) -> Result<Value, WriteError> {
    let unusable = |why: &str| unusable(source, steps.owner.subject, why);
    let (blocks, arrived) = sealed(steps, source, begun).await?;
    let info = Mutex::new(Value::Null);
    let read = stream::try_unfold(blocks, async |blocks: Box<dyn Blocks>| {
        upload_wait::goes_on(steps.upload.stop, steps.owner.subject)?;
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
        if !arrived.contains(&place) {
            let id = block_id(place);
            address.with(async |address| storage.put_block(address, &id, &block).await).await?;
            steps.writer.journal.block(steps.owner.step, place).map_err(WriteError::Run)?;
        }
        drop(room);
        steps.upload.reporter.report(Event::Advanced { what: what.to_owned(), count: 4 });
        Ok(())
    });
    sent.try_buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await?;
    let count = blocks_of(source.sealed_size);
    if !arrived.contains(&count) {
        let ids: Vec<String> = (0..count).map(block_id).collect();
        address.with(async |address| storage.put_list(address, &ids).await).await?;
        steps.writer.journal.block(steps.owner.step, count).map_err(WriteError::Run)?;
    }
    Ok(info.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Ids of one file's blocks are of one length.
fn block_id(place: u64) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{place:06}"))
}
