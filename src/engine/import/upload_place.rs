//! Where the content of an app is uploaded to: the version that is not committed, and the file in it. What this run
//! announced is gone on with; what somebody else left half done is taken away.

use serde_json::{Value, json};

use super::request::WriteError;
use super::uncertain_create;
use super::upload_steps::{Steps, announcement, text};
use crate::engine::content::source::Source;
use crate::engine::journal::{Does, Intent};
use crate::engine::tenant::addresses::encode;
use crate::graph::{Method, WriteKind};

/// The states of a file that can be filled, and what is waited for first.
const OPEN: [(&str, Option<&str>); 4] = [
    ("azureStorageUriRequestPending", Some("azureStorageUriRequest")),
    ("azureStorageUriRequestSuccess", None),
    ("azureStorageUriRenewalPending", Some("azureStorageUriRenewal")),
    ("azureStorageUriRenewalSuccess", None),
];
/// The states of a file that is committed, or soon will be.
const COMMITTING: [&str; 2] = ["commitFilePending", "commitFileSuccess"];

/// What becomes of the file of a content.
pub(super) enum Destination {
    /// The version has it already.
    Done,
    /// The service is taking it.
    Committing(String),
    /// It is to be filled: its path, and what the service says of it.
    Open(String, Value),
}

/// Whether a request announces a file for a content.
pub(super) fn is_announcement(intent: &Intent) -> bool {
    intent.does == Does::Part && intent.method == Method::POST.as_str() && intent.path.ends_with("/files")
}

/// The content version that is not committed: the last one that is there, or a new one. A second one is refused
/// as long as the first is open.
pub(super) async fn version(steps: &Steps<'_>) -> Result<String, WriteError> {
    let open = async || {
        let list = steps.list(&steps.versions).await?;
        let ids = list.iter().map(|version| text(version, "id").to_owned()).filter(|id| !id.is_empty());
        Ok(ids.max_by_key(|id| id.parse::<u64>().unwrap_or_default()))
    };
    if let Some(version) = open().await? {
        return Ok(version);
    }
    let post = async || steps.create(&steps.versions, json!({})).await;
    uncertain_create::until_certain(steps.writer.client, post, open).await
}

/// A file in the version with an address to upload it to, or what it has instead.
pub(super) async fn destination(steps: &Steps<'_>, version: &str, source: &Source) -> Result<Destination, WriteError> {
    let files = format!("{}/{}/files", steps.versions, encode(version));
    let is_ours = |file: &Value| text(file, "name") == source.name && file["size"].as_u64() == Some(source.file.size);
    let there = steps.list(&files).await?;
    if let [only] = &there[..]
        && is_ours(only)
    {
        let file = format!("{files}/{}", encode(text(only, "id")));
        if only["isCommitted"] == true {
            return Ok(Destination::Done);
        }
        if let Some(place) = goes_on(steps, only, file).await? {
            return Ok(place);
        }
    }
    for id in there.iter().map(|file| text(file, "id")).filter(|id| !id.is_empty()) {
        // What a killed upload left. Where it cannot be taken away, the version says so later.
        let path = format!("{files}/{}", encode(id));
        match steps.send(Does::Part, Method::DELETE, &path, None, WriteKind::Idempotent).await {
            Ok(_) | Err(WriteError::Graph(_)) => {}
            Err(other) => return Err(other),
        }
    }
    let old: Vec<String> = there.iter().map(|file| text(file, "id").to_owned()).collect();
    let post = async || steps.create(&files, announcement(source)).await;
    let find = async || {
        let new = steps.list(&files).await?.into_iter().filter(|file| !old.contains(&text(file, "id").to_owned()));
        Ok(new.filter(is_ours).map(|file| text(&file, "id").to_owned()).next())
    };
    let id = uncertain_create::until_certain(steps.writer.client, post, find).await?;
    let file = format!("{files}/{}", encode(&id));
    let told = steps.state(&file, "azureStorageUriRequest").await?;
    Ok(Destination::Open(file, told))
}

/// The file that an earlier part of the run announced, where it can be gone on with. Another's is not: two that
/// fill one file would mix their contents.
async fn goes_on(steps: &Steps<'_>, there: &Value, file: String) -> Result<Option<Destination>, WriteError> {
    if !steps.upload.past.is_some_and(|past| past.announced) {
        return Ok(None);
    }
    let state = text(there, "uploadState");
    if COMMITTING.contains(&state) {
        return Ok(Some(Destination::Committing(file)));
    }
    let Some((_, waits)) = OPEN.iter().find(|(open, _)| *open == state) else { return Ok(None) };
    let told = match waits {
        Some(what) => Some(steps.state(&file, what).await?),
        None => steps.ask(&file, async |told: Value| Ok(Some(told))).await?,
    };
    let told = match told.filter(|told| !text(told, "azureStorageUri").is_empty()) {
        Some(told) => told,
        None => steps.renew(&file).await?,
    };
    Ok(Some(Destination::Open(file, told)))
}
