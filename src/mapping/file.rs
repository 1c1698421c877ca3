//! The mapping as a value: what each source id is in the target. Reading the file is [`super::parse`]'s,
//! proposing entries [`super::suggest`]'s, applying them [`super::rewrite`]'s.

use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::policy::directory::Facts;
use crate::policy::{Directory, fingerprint};

/// The mapping file's format number.
pub const FORMAT: u32 = 1;
/// How an entry says that an import made the target's object.
pub const IMPORTED: &str = "imported";

/// What each source id is in the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// Where editors find the schema; kept as it stands.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// [`FORMAT`].
    pub format: u32,
    /// Where the policies come from.
    #[serde(default)]
    pub source: Side,
    /// Where they go.
    #[serde(default)]
    pub target: Side,
    /// One entry per source id.
    #[serde(default)]
    pub entries: Vec<Entry>,
    /// Literal replacements in texts and payloads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<TextPair>,
}

/// A tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Side {
    /// Its GUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An object by its id, with its name for people. In a target one of the two is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Named {
    /// The id, which binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Named {
    /// An object with id and, where it is known, name.
    pub fn new(id: &str, name: Option<&str>) -> Self {
        Self { id: Some(id.to_owned()), name: name.map(str::to_owned) }
    }
}

/// What becomes of a source id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is the target's object named in `target`.
    Map,
    /// The import creates it.
    Create,
    /// What refers to it goes.
    Drop,
    /// It is the same in both tenants.
    Keep,
    /// Nobody has said yet: policies that use it are held back.
    Undecided,
}

impl Decision {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Map, Self::Create, Self::Keep, Self::Drop, Self::Undecided];

    /// The word in files and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Create => "create",
            Self::Drop => "drop",
            Self::Keep => "keep",
            Self::Undecided => "undecided",
        }
    }

    /// What a word says, however it is written.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word().eq_ignore_ascii_case(word.trim()))
    }
}

/// What one source id is in the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// A policy type's name, or a directory kind such as `group`.
    pub kind: String,
    /// The source's object.
    pub source: Named,
    /// What becomes of it.
    pub decision: Decision,
    /// The target's object, with `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Named>,
    /// How the target's object was found: `same name`, `imported` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Why it was decided so, or why it is undecided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Objects of the target it might be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Named>,
    /// It may be dropped, or stay empty, although that makes policies hit more people or demand less.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_widen: bool,
    /// The target's object may mean something else than the source's, although it narrows policies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_different: bool,
    /// The id of the target's object that this was said of, as `map` wrote it down: it does not hold for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_different_for: Option<String>,
}

impl Entry {
    /// An undecided entry.
    pub fn undecided(kind: &str, source: Named) -> Self {
        Self {
            kind: kind.to_owned(),
            source,
            decision: Decision::Undecided,
            target: None,
            how: None,
            why: None,
            candidates: Vec::new(),
            allow_widen: false,
            allow_different: false,
            allow_different_for: None,
        }
    }

    /// Whether the target's object may mean something else. It was said of the object that was the target then.
    pub fn allows_different(&self) -> bool {
        let meant = self.allow_different_for.as_deref();
        let is_meant = |meant: &str| self.target_id().is_some_and(|id| id.eq_ignore_ascii_case(meant));
        self.allow_different && meant.is_none_or(is_meant)
    }

    /// Gives it this target, and says whether it is another one. What was allowed for the old one is taken back then.
    pub fn set_target(&mut self, target: Option<Named>) -> bool {
        let id = |named: &Option<Named>| named.as_ref()?.id.as_ref().map(|id| id.to_ascii_lowercase());
        let is_other = id(&self.target) != id(&target);
        if is_other {
            self.allow_different = false;
            self.allow_different_for = None;
        }
        self.target = target;
        is_other
    }

    /// Writes down for which object of the target a difference is allowed; what was allowed for another one is
    /// taken back.
    pub fn settle_difference(&mut self) {
        self.allow_different = self.allows_different();
        self.allow_different_for = self.target_id().filter(|_| self.allow_different).map(str::to_owned);
    }

    /// The source's id; the parser lets none pass without.
    pub fn source_id(&self) -> &str {
        self.source.id.as_deref().unwrap_or_default()
    }

    /// The target's id, where the entry maps to one.
    pub fn target_id(&self) -> Option<&str> {
        match self.decision {
            Decision::Map => self.target.as_ref()?.id.as_deref(),
            _ => None,
        }
    }

    /// The same also for an object that is to be created and is there already.
    pub fn object_id(&self) -> Option<&str> {
        let is_there = matches!(self.decision, Decision::Map | Decision::Create);
        self.target.as_ref().filter(|_| is_there)?.id.as_deref()
    }

    /// Whether it speaks of this object.
    pub fn is_for(&self, kind: &str, source_id: &str) -> bool {
        self.kind == kind && self.source_id().eq_ignore_ascii_case(source_id)
    }

    /// How findings name it.
    pub fn subject(&self) -> String {
        format!("mapping/{}/{}", self.kind, self.source.name.as_deref().unwrap_or(self.source_id()))
    }
}

/// A literal replacement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TextPair {
    /// What is looked for, letter by letter.
    pub find: String,
    /// What stands there instead; the same text where it may stay, none where nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// What it is and where it stands, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Mapping {
    /// A mapping between two tenants, without entries.
    pub fn new(source: Side, target: Side) -> Self {
        Self { schema: None, format: FORMAT, source, target, entries: Vec::new(), text: Vec::new() }
    }

    /// What policies refer to once the mapping was applied, as the target calls it.
    pub fn translate(&self, directory: &mut Directory) {
        for entry in self.entries.iter().filter(|entry| entry.decision == Decision::Map) {
            // Nothing refers to the source's object any more; two of one name would only look like two objects.
            directory.remove(&entry.kind, entry.source_id());
            let name = entry.target.as_ref().and_then(|target| target.name.clone());
            if let (Some(id), Some(name)) = (entry.target_id(), name) {
                directory.insert(&entry.kind, id, Facts::from_iter([(String::from("displayName"), name.into())]));
            }
        }
    }

    /// The entry for a source id; ids compare without regard to case.
    pub fn entry(&self, kind: &str, source_id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_for(kind, source_id))
    }

    /// Records what a source object became in the target, replacing what the entry said.
    pub fn record(&mut self, kind: &str, source: Named, target: Named, how: &str) {
        let id = source.id.clone().unwrap_or_default();
        let old = self.entries.iter().position(|entry| entry.is_for(kind, &id));
        let mut entry = match old {
            Some(index) => self.entries.remove(index),
            None => Entry::undecided(kind, source),
        };
        entry.decision = Decision::Map;
        entry.set_target(Some(target));
        entry.how = Some(how.to_owned());
        entry.why = None;
        entry.candidates.clear();
        self.entries.push(entry);
        self.sort();
    }

    /// Sorts the entries by kind, name and id.
    pub fn sort(&mut self) {
        self.entries.sort_by_cached_key(|entry| {
            (entry.kind.clone(), entry.source.name.clone().unwrap_or_default(), entry.source_id().to_ascii_lowercase())
        });
    }

    /// The file's text: pretty, sorted, with a final newline; the same for the same decisions.
    pub fn to_text(&self) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        let text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
        super::controls::without_controls(&text, &['\n']).into_owned() + "\n"
    }

    /// Writes the file whole or not at all.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        // A link is followed, so that it stays one.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).map_or(0o644, |old| old.permissions().mode() & 0o777);
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        let mut file = builder.prefix(".mapping-").tempfile_in(folder)?;
        file.write_all(self.to_text().as_bytes())?;
        file.as_file().sync_all()?;
        crate::replace::persist(file, &path).map(drop)
    }

    /// The fingerprint of what decides: tenants, decisions, targets and text pairs, not names or reasons.
    pub fn fingerprint(&self) -> String {
        // What is created may be given another name by its target.
        let decides = |decision| matches!(decision, Decision::Map | Decision::Create);
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| {
                // A target's name decides only where there is no id.
                let target = entry.target.as_ref().filter(|_| decides(entry.decision));
                let target = target.map(|target| match &target.id {
                    Some(id) => json!({"id": id.to_ascii_lowercase()}),
                    None => json!({"name": target.name}),
                });
                let mut decided = vec![
                    json!(entry.kind),
                    json!(entry.source_id().to_ascii_lowercase()),
                    json!(entry.decision),
                    json!(target),
                    json!(entry.allow_widen),
                ];
                // Plans of mappings that do not say it stay valid.
                decided.extend(entry.allows_different().then(|| json!("different")));
                json!(decided)
            })
            .collect();
        entries.sort_by_cached_key(ToString::to_string);
        let text: Vec<_> = self.text.iter().map(|pair| json!([pair.find, pair.replace])).collect();
        fingerprint(&json!({
            "format": self.format, "source": self.source.tenant_id, "target": self.target.tenant_id,
            "entries": entries, "text": text,
        }))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::testing::{catalogue, entry};
    use super::*;

    fn sample() -> Mapping {
        let mut mapping = Mapping::new(Side { tenant_id: Some("a".into()), name: None }, Side::default());
        mapping.entries = vec![
            entry("user", "u1", Decision::Drop, None),
            entry("group", "b2", Decision::Map, Some("t2")),
            entry("group", "a1", Decision::Create, None),
        ];
        mapping
    }

    #[test]
    fn the_text_is_sorted_and_reads_back() {
        let mapping = sample();
        let text = mapping.to_text();
        assert!(text.ends_with("}\n"));
        assert!(text.find("\"a1\"").unwrap() < text.find("\"b2\"").unwrap());
        assert!(text.find("\"b2\"").unwrap() < text.find("\"u1\"").unwrap());
        let again = Mapping::parse(&text, "mapping.json", &catalogue()).unwrap();
        assert_eq!(again.to_text(), text);
        assert_eq!(again.entry("group", "A1").map(|entry| entry.decision), Some(Decision::Create));
        assert!(again.entry("user", "a1").is_none());
    }

    #[test]
    fn saving_replaces_the_file_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.json");
        std::fs::write(&path, "old").unwrap();
        sample().save(&path).unwrap();
        assert_eq!(Mapping::load(&path, &catalogue()).unwrap().to_text(), sample().to_text());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_fingerprint_is_about_decisions_only() {
        let one = sample();
        let mut other = sample();
        other.entries.reverse();
        other.entries[0].why = Some("because".into());
        assert_eq!(one.fingerprint(), other.fingerprint());
        other.entries[0].allow_widen = true;
        assert_ne!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn what_was_imported_is_recorded() {
        let mut mapping = sample();
        mapping.record("group", Named::new("A1", Some("Pilot")), Named::new("n1", None), "imported");
        let entry = mapping.entry("group", "a1").unwrap();
        assert_eq!(
            (entry.decision, entry.target_id(), entry.how.as_deref()),
            (Decision::Map, Some("n1"), Some("imported"))
        );
        assert_eq!(mapping.entries.len(), 3);
    }
}
