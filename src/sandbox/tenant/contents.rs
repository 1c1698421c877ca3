//! What a tenant holds of the contents of its apps: versions, their files, and what state an upload is in. What is done
//! with them is in `content`.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Map, Value, json};

use crate::tenant::blob::Blob;

pub(crate) const REQUESTED: [&str; 2] = ["azureStorageUriRequestPending", "azureStorageUriRequestSuccess"];
pub(crate) const RENEWED: [&str; 2] = ["azureStorageUriRenewalPending", "azureStorageUriRenewalSuccess"];
pub(crate) const COMMITTED: [&str; 2] = ["commitFilePending", "commitFileSuccess"];
pub(crate) const NOT_COMMITTED: &str = "commitFileFailed";

/// The contents of all apps of a tenant, by the app's id in lower case.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) versions: BTreeMap<String, Vec<Version>>,
    /// Apps that are being published, and until when.
    pub(crate) processing: BTreeMap<String, Instant>,
}

/// One version of an app's content.
#[derive(Debug)]
pub(crate) struct Version {
    pub id: String,
    pub files: Vec<File>,
}

/// One file of a version, and what state its upload is in.
#[derive(Debug)]
pub(crate) struct File {
    pub id: String,
    pub shown: Map<String, Value>,
    pub state: &'static str,
    /// The state that follows, and when.
    pub next: Option<(&'static str, Instant)>,
    pub address: Option<String>,
    pub blob: Blob,
}

impl File {
    pub(crate) fn is_committed(&self) -> bool {
        self.state == COMMITTED[1]
    }

    pub(crate) fn show(&self) -> Value {
        let mut shown = self.shown.clone();
        let waits = self.state == REQUESTED[0];
        shown.insert("id".into(), json!(self.id));
        shown.insert("uploadState".into(), json!(self.state));
        shown.insert("isCommitted".into(), json!(self.is_committed()));
        shown.insert("azureStorageUri".into(), json!(self.address.as_ref().filter(|_| !waits)));
        shown.insert("azureStorageUriExpirationDateTime".into(), json!((!waits).then(|| self.blob.expires())));
        Value::Object(shown)
    }
}

impl Contents {
    /// Whoever deletes an app deletes its content.
    pub(crate) fn forget(&mut self, app: &str) {
        self.versions.remove(&app.to_lowercase());
        self.processing.remove(&app.to_lowercase());
    }

    /// The service works on an app until then.
    pub(crate) fn process(&mut self, app: &str, until: Instant) {
        self.processing.insert(app.to_lowercase(), until);
    }

    /// The blob of this name.
    pub(crate) fn blob(&mut self, name: &str) -> Option<&mut Blob> {
        let files = self.versions.values_mut().flatten().flat_map(|version| &mut version.files);
        files.map(|file| &mut file.blob).find(|blob| blob.name == name)
    }

    /// Whether the file of another app waits for its address.
    pub(crate) fn is_busy_with_another(&self, app: &str) -> bool {
        let others = self.versions.iter().filter(|(own, _)| !own.eq_ignore_ascii_case(app));
        let mut files = others.flat_map(|(_, versions)| versions).flat_map(|version| &version.files);
        files.any(|file| file.state == REQUESTED[0])
    }

    pub(crate) fn version(&mut self, app: &str, id: &str) -> Option<&mut Version> {
        self.versions.get_mut(&app.to_lowercase())?.iter_mut().find(|version| version.id == id)
    }
}
