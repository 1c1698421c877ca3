//! Content of apps: versions, their files, what state an upload is in, the commit, and when the app is published
//! (api 9; quirk 33; documentation of mobileAppContentFile and fileEncryptionInfo).
//!
//! The storage that takes the bytes is [`crate::http::storage`]; whether they are what the commit says, [`crate::tenant::opened`].

use std::time::Instant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing, no_route, refuse};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::tenant::blob::Blob;
use crate::tenant::contents::{COMMITTED, File, NOT_COMMITTED, RENEWED, REQUESTED, Version};
use crate::tenant::defaults::now_text;
use crate::tenant::opened;
use crate::tenant::roots::APPS;
use crate::tenant::store::{Tenant, id_of, text, type_of};

/// Types whose files need a manifest, with what it begins with (Microsoft's samples of LOB uploads).
const MANIFESTS: [(&str, &str); 7] = [
    ("androidLobApp", "AndroidManifestProperties"),
    ("managedAndroidLobApp", "AndroidManifestProperties"),
    ("iosLobApp", "plist"),
    ("managedIOSLobApp", "plist"),
    ("windowsMobileMSI", "MobileMsiData"),
    ("windowsUniversalAppX", ""),
    ("windowsAppX", ""),
];

/// Whether a route leads to the content of an app.
pub(crate) fn is_below(route: &Route) -> bool {
    route.root == APPS && route.subs.first().is_some_and(|sub| sub.name == "contentVersions")
}

/// What takes the service a moment is done once the moment has passed.
pub(crate) fn settle(tenant: &mut Tenant, now: Instant) {
    for file in tenant.contents.versions.values_mut().flatten().flat_map(|version| &mut version.files) {
        if let Some((state, _)) = file.next.take_if(|(_, when)| *when <= now) {
            file.state = state;
        }
    }
    let done = tenant.contents.processing.iter().filter(|(_, when)| **when <= now);
    for app in done.map(|(app, _)| app.clone()).collect::<Vec<_>>() {
        tenant.contents.processing.remove(&app);
        if let Some(app) = tenant.find_mut(APPS, &app) {
            app.insert("publishingState".into(), json!("published"));
            app.insert("uploadState".into(), json!(1));
        }
    }
}

impl Service<'_> {
    /// The app's id, the id of a version and of a file, as far as the route names them.
    fn named(&self, route: &Route) -> Result<(String, Option<String>, Option<String>), Refusal> {
        let app = id_of(self.object(route)?).to_owned();
        match route.subs.as_slice() {
            [version] => Ok((app, version.key.clone(), None)),
            [version, file] if file.name == "files" && version.key.is_some() => {
                Ok((app, version.key.clone(), file.key.clone()))
            }
            _ => Err(refuse(501, "NotImplemented", "This sandbox does not emulate this part of an app's content.")),
        }
    }

    pub(crate) fn read_content(&self, route: &Route) -> Outcome {
        let (app, version, file) = self.named(route)?;
        let versions = self.tenant.contents.versions.get(&app.to_lowercase()).map_or(&[][..], Vec::as_slice);
        let list = |values: Vec<Value>| {
            Reply::new(200, json!({"@odata.context": self.context(&route.template), "value": values}))
        };
        let Some(id) = version else {
            return Ok(list(versions.iter().map(|version| json!({"id": version.id})).collect()));
        };
        let version = versions.iter().find(|v| v.id == id).ok_or_else(|| missing("contentVersions", &id))?;
        match (file, route.subs.len()) {
            (None, 1) => Ok(Reply::new(200, json!({"id": version.id}))),
            (None, _) => Ok(list(version.files.iter().map(File::show).collect())),
            (Some(id), _) => {
                let file = version.files.iter().find(|file| file.id.eq_ignore_ascii_case(&id));
                Ok(Reply::new(200, file.ok_or_else(|| missing("files", &id))?.show()))
            }
        }
    }

    pub(crate) fn create_content(&mut self, route: &Route) -> Outcome {
        let (app, version, _) = self.named(route)?;
        let body = self.call.object()?;
        let Some(version) = version.filter(|_| route.subs.len() == 2) else {
            validate::entity(self.model, "mobileAppContent", &Value::Object(body), Purpose::Create)?;
            return self.create_version(&app);
        };
        validate::entity(self.model, "mobileAppContentFile", &Value::Object(body.clone()), Purpose::Create)?;
        let object = self.object(route)?;
        demand_manifest(type_of(object, ""), &body)?;
        let sizes = ["size", "sizeEncrypted"].map(|name| body.get(name).and_then(Value::as_i64).unwrap_or(0));
        // What is encrypted is longer than what it was: 48 bytes go before it.
        if text(&body, "name").is_empty() || sizes[0] <= 0 || sizes[1] <= sizes[0] {
            return Err(bad("A content file needs its name, its size and its size when encrypted."));
        }
        let is_committed = text(object, "committedContentVersion") == version;
        let (origin, due) = (self.call.origin.clone(), self.now + self.behaviour.content_lag);
        let lifetime = self.behaviour.storage_lifetime;
        let version = self.tenant.contents.version(&app, &version).filter(|_| !is_committed);
        let version = version.ok_or_else(|| bad("The content version does not exist, or is committed already."))?;
        let mut shown = body;
        shown.retain(|name, _| ["name", "size", "sizeEncrypted", "manifest", "isDependency"].contains(&name.as_str()));
        shown.insert("createdDateTime".into(), json!(now_text()));
        let blob = Blob::new(lifetime);
        let file = File {
            id: Uuid::new_v4().to_string(),
            shown,
            state: REQUESTED[0],
            next: Some((REQUESTED[1], due)),
            address: Some(blob.address(&origin)),
            blob,
        };
        let reply = Reply::new(201, file.show());
        version.files.push(file);
        Ok(reply)
    }

    /// As long as a version is not committed, there is no other (seen in IntuneAppBuilder: "otherwise an error").
    fn create_version(&mut self, app: &str) -> Outcome {
        let committed = self.tenant.find(APPS, app).map(|app| text(app, "committedContentVersion").to_owned());
        let versions = self.tenant.contents.versions.entry(app.to_lowercase()).or_default();
        if versions.last().is_some_and(|last| Some(&last.id) != committed.as_ref()) {
            return Err(bad("The application has a content version already that is not committed."));
        }
        let highest = versions.iter().filter_map(|version| version.id.parse::<u32>().ok()).max();
        let seeded = committed.and_then(|id| id.parse().ok());
        let id = (highest.max(seeded).unwrap_or(0) + 1).to_string();
        versions.push(Version { id: id.clone(), files: Vec::new() });
        Ok(Reply::new(201, json!({"id": id})))
    }

    pub(crate) fn content_action(&mut self, route: &Route, name: &str, body: &Map<String, Value>) -> Outcome {
        let (app, version, file) = self.named(route)?;
        let (Some(version), Some(id)) = (version, file) else { return Err(no_route(&self.call.path)) };
        let (origin, due) = (self.call.origin.clone(), self.now + self.behaviour.content_lag);
        let lifetime = self.behaviour.storage_lifetime;
        let version = self.tenant.contents.version(&app, &version);
        let file = version.and_then(|v| v.files.iter_mut().find(|file| file.id.eq_ignore_ascii_case(&id)));
        let file = file.ok_or_else(|| missing("files", &id))?;
        let open = [REQUESTED[1], RENEWED[1], NOT_COMMITTED].contains(&file.state) && file.next.is_none();
        if !open {
            return Err(bad(format!("The file is in the state '{}', which does not allow this.", file.state)));
        }
        if name == "renewUpload" {
            file.blob.renew(lifetime);
            file.address = Some(file.blob.address(&origin));
            (file.state, file.next) = (RENEWED[0], Some((RENEWED[1], due)));
            return Ok(Reply::empty(204));
        }
        let info = body.get("fileEncryptionInfo").and_then(Value::as_object);
        let info = opened::info(info.ok_or_else(|| bad("The parameter 'fileEncryptionInfo' is required."))?)?;
        let size = |name: &str| file.shown.get(name).and_then(Value::as_u64).unwrap_or(0);
        let good = file.blob.content().is_some_and(|content| {
            content.len() as u64 == size("sizeEncrypted") && opened::is_sound(content, &info, size("size"))
        });
        let outcome = if good { COMMITTED[1] } else { NOT_COMMITTED };
        (file.state, file.next) = (COMMITTED[0], Some((outcome, due)));
        Ok(Reply::empty(204))
    }

    /// quirk 33: what is committed cannot be deleted.
    pub(crate) fn delete_content(&mut self, route: &Route) -> Outcome {
        let (app, version, file) = self.named(route)?;
        let committed = text(self.object(route)?, "committedContentVersion").to_owned();
        let id = version.ok_or_else(|| no_route(&self.call.path))?;
        if id == committed {
            return Err(bad("A committed content version cannot be deleted."));
        }
        let versions = self.tenant.contents.versions.entry(app.to_lowercase()).or_default();
        let at = versions.iter().position(|version| version.id == id).ok_or_else(|| missing("contentVersions", &id))?;
        let Some(file) = file else {
            versions.remove(at);
            return Ok(Reply::empty(204));
        };
        let files = &mut versions[at].files;
        let at = files.iter().position(|known| known.id.eq_ignore_ascii_case(&file));
        files.remove(at.ok_or_else(|| missing("files", &file))?);
        Ok(Reply::empty(204))
    }

    /// Only a version whose files are all committed becomes the app's content (api 9).
    pub(crate) fn demand_committed(
        &self,
        current: &Map<String, Value>,
        body: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let Some(wanted) = body.get("committedContentVersion").and_then(Value::as_str) else { return Ok(()) };
        if wanted == text(current, "committedContentVersion") {
            return Ok(());
        }
        let versions = self.tenant.contents.versions.get(&id_of(current).to_lowercase());
        let version = versions.into_iter().flatten().find(|version| version.id == wanted);
        let good = version.is_some_and(|v| !v.files.is_empty() && v.files.iter().all(File::is_committed));
        if good { Ok(()) } else { Err(bad(format!("The content version '{wanted}' is not committed."))) }
    }

    /// Another content than before: the app is published once more.
    pub(crate) fn publish(&mut self, before: &str, next: &mut Map<String, Value>) {
        let version = text(next, "committedContentVersion").to_owned();
        if version == before {
            return;
        }
        let app = id_of(next).to_lowercase();
        let files = self.tenant.contents.version(&app, &version).map_or(&[][..], |version| version.files.as_slice());
        let size: u64 = files.iter().filter_map(|file| file.shown.get("size")?.as_u64()).sum();
        next.insert("size".into(), json!(size));
        next.insert("publishingState".into(), json!("processing"));
        self.tenant.contents.process(&app, self.now + self.behaviour.content_lag);
    }
}

fn demand_manifest(ty: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    let manifest = text(body, "manifest");
    match MANIFESTS.iter().find(|(known, _)| *known == ty) {
        Some(_) if manifest.is_empty() => Err(bad("Invalid manifest: must not be null for the current app type.")),
        Some((_, wanted)) if !opened::base64(manifest).is_some_and(|bytes| contains(&bytes, wanted)) => {
            Err(bad("Invalid manifest: it cannot be read."))
        }
        None if !manifest.is_empty() => Err(bad("Invalid manifest: must be null for the current app type.")),
        _ => Ok(()),
    }
}

/// Whether a manifest can be read, and begins as one of its kind does.
fn contains(bytes: &[u8], wanted: &str) -> bool {
    let text = String::from_utf8_lossy(bytes);
    !text.is_empty() && (wanted.is_empty() || text.contains(&format!("<{wanted}")))
}
