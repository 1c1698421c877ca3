//! What the last export of a tree read, so that `--incremental` need not read again what the lists show to be
//! unchanged. It lies outside the tree, holds no more than the tree does (secrets are sealed before), and
//! anything odd in it only means that everything is read.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::policy::{Kept, Packed, fingerprint, unread};

const FORMAT: u32 = 1;
/// What a list shows of an object's changes; without any of them nothing is reused.
const MARKS: [&str; 3] = ["lastModifiedDateTime", "modifiedDateTime", "version"];

/// What an export read, by type and id.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cache {
    format: u32,
    /// The version of the program and its catalogue: another one may read otherwise.
    made_by: String,
    types: BTreeMap<String, BTreeMap<String, CacheEntry>>,
}

/// One object.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheEntry {
    /// Fingerprint of what the list said.
    listed: String,
    /// The object as it was read.
    body: Packed,
}

/// Fingerprint of what a list says of an object, where that shows changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// Of an entry of a list.
    pub fn of(listed: &Kept) -> Option<Self> {
        let listed = listed.to_value();
        let tells = MARKS.iter().any(|mark| listed.get(*mark).is_some_and(|value| !value.is_null()));
        tells.then(|| Self(fingerprint(&listed)))
    }
}

impl Cache {
    /// An empty one for this program.
    pub fn new() -> Self {
        let made_by = format!("{} {}", env!("CARGO_PKG_VERSION"), catalogue::built_in::fingerprint());
        Self { format: FORMAT, made_by, types: BTreeMap::new() }
    }

    /// As the last export left it; empty where there is none that can be used.
    pub fn load(path: &Path) -> Self {
        let new = Self::new();
        let file = std::fs::File::open(path).ok().map(io::BufReader::new);
        let read = file.and_then(|file| serde_json::from_reader::<_, Self>(file).ok());
        read.filter(|read| read.format == new.format && read.made_by == new.made_by).unwrap_or(new)
    }

    /// Replaces the file as a whole; nobody else may read it.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut writer = io::BufWriter::new(file.as_file_mut());
        serde_json::to_writer(&mut writer, self)?;
        writer.flush()?;
        drop(writer);
        crate::replace::persist(file, path).map(drop)
    }

    /// The object as it was read, if the list still says the same of it.
    pub fn reuse(&self, listed: &Kept, stamp: &Stamp) -> Option<Kept> {
        let entry = self.types.get(&listed.type_name)?.get(listed.id()?)?;
        let body = (entry.listed == stamp.0).then(|| entry.body.clone())?;
        Some(Kept { type_name: listed.type_name.clone(), file: None, body })
    }

    /// Remembers an object; of an object without an id nothing can be reused, and one that was not read whole
    /// may be next time.
    pub fn remember(&mut self, stamp: Stamp, read: &Kept) {
        let whole = unread::parts(&read.body.open()).next().is_none();
        if let Some(id) = read.id().filter(|_| whole) {
            let entry = CacheEntry { listed: stamp.0, body: read.body.clone() };
            self.types.entry(read.type_name.clone()).or_default().insert(id.to_owned(), entry);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Policy;

    fn policy(body: Value) -> Kept {
        let Value::Object(body) = body else { panic!("an object") };
        Policy::new("scripts", body).keep()
    }

    #[test]
    fn only_what_the_list_still_says_word_for_word_is_reused() {
        let listed = policy(json!({"id": "1", "version": 3, "assignments": []}));
        let stamp = Stamp::of(&listed).unwrap();
        let whole = policy(json!({"id": "1", "script": "x"}));
        let mut cache = Cache::new();
        cache.remember(stamp.clone(), &whole);
        assert_eq!(cache.reuse(&listed, &stamp), Some(whole));
        let assigned = policy(json!({"id": "1", "version": 3, "assignments": [1]}));
        assert_eq!(cache.reuse(&assigned, &Stamp::of(&assigned).unwrap()), None);
        let silent = policy(json!({"id": "1", "version": null, "displayName": "a"}));
        assert_eq!(Stamp::of(&silent), None);
    }

    #[test]
    fn a_cache_survives_the_disk_and_one_of_another_program_or_a_broken_one_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/cache.json");
        let listed = policy(json!({"id": "1", "lastModifiedDateTime": "2026-01-01"}));
        let stamp = Stamp::of(&listed).unwrap();
        let mut cache = Cache::new();
        cache.remember(stamp.clone(), &listed);
        cache.save(&path).unwrap();
        assert!(Cache::load(&path).reuse(&listed, &stamp).is_some());
        let other = std::fs::read_to_string(&path).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.0.0-other");
        for text in [other.as_str(), "{", "[]", ""] {
            std::fs::write(&path, text).unwrap();
            assert!(Cache::load(&path).reuse(&listed, &stamp).is_none(), "{text}");
        }
    }
}
