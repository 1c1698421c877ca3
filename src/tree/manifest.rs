//! `ferry-tree.json`: what a tree is of and how complete it is. No time is in it, so that an
//! unchanged tenant gives an unchanged file. Its schema is `policies-schema/tree-manifest.schema.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Account;
use super::disk::{self, FileProblem};
use super::error::TreeError;
use super::json;
use crate::finding::{Finding, codes};
use crate::misread::in_words;
use crate::policy::TenantInfo;
use crate::text;

/// The tree's format that this version reads and writes.
pub const FORMAT: u64 = 1;
/// Why a type is partial: only policies that others refer to were asked for.
pub const NEEDED_ONLY: &str = "only what other policies need";
/// Why a type is partial: the writing ended too early.
pub const INTERRUPTED: &str = "the last export into it was interrupted";
/// Why a type is partial: it has all that the tenant has, and more.
pub const HELD: &str = "files of policies that were not found were kept";
/// Why a type failed: the service did not allow it.
pub const FORBIDDEN: &str = "the account lacks the permission to read it";
/// Why a type failed: anything else that kept its list from being read.
pub const UNREADABLE: &str = "it could not be read";
/// Why a type failed: its list was read, and not all of its policies.
pub const IN_PART: &str = "some of its policies could not be read";
/// Why a rewritten type failed: a file that it was made from.
pub const DAMAGED: &str = "one of its files is damaged";
/// Why a rewritten type failed: the tree that it was made from.
pub const LACKING: &str = "the exported tree is incomplete here";
/// All of them.
const FAILURES: [&str; 5] = [FORBIDDEN, UNREADABLE, IN_PART, DAMAGED, LACKING];
/// The manifest's file name.
pub const FILE: &str = "ferry-tree.json";

/// What a tree is of and how complete it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: u64,
    /// Version of the catalogue's words the tree was written by.
    pub catalogue_version: u32,
    /// The tenant the policies come from, where known.
    pub tenant: Option<TenantInfo>,
    /// The cloud the tenant is in (`global`, `us-gov` …), where known.
    pub cloud: Option<String>,
    /// Who saw all that is in it, where a tenant was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// What was selected, as options; empty for everything.
    pub selection: Vec<String>,
    /// How complete each policy type is. A type that is not named was never looked at.
    pub types: BTreeMap<String, TypeStatus>,
    /// The tenant the policies were rewritten for, in a rewritten tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewritten_for: Option<TenantInfo>,
}

/// How complete a policy type is in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypeStatus {
    /// How complete.
    pub status: Completeness,
    /// Why it is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Parts that the account may not read; of them the tree has what an earlier export wrote, or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts_not_read: Vec<String>,
}

/// How complete something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All that was selected is there, and nothing else of the selection.
    Complete,
    /// Something may be missing or out of date.
    Partial,
    /// It could not be read; what an earlier export wrote is still there.
    Failed,
    /// The account may not read it, or the tenant does not have it; what an earlier export wrote is still there.
    NotRead,
}

impl TypeStatus {
    fn new(status: Completeness, reason: Option<&str>) -> Self {
        Self { status, reason: reason.map(one_line), parts_not_read: Vec::new() }
    }

    /// All is there.
    pub fn complete() -> Self {
        Self::new(Completeness::Complete, None)
    }

    /// Something may be missing or out of date.
    pub fn partial(reason: &str) -> Self {
        Self::new(Completeness::Partial, Some(reason))
    }

    /// It could not be read.
    pub fn failed(reason: &str) -> Self {
        Self::new(Completeness::Failed, Some(reason))
    }

    /// The account may not read it.
    pub fn not_read(reason: &str) -> Self {
        Self::new(Completeness::NotRead, Some(reason))
    }

    /// Without these parts.
    #[must_use]
    pub fn without(mut self, parts: impl IntoIterator<Item = String>) -> Self {
        self.parts_not_read = parts.into_iter().collect();
        self
    }

    /// The same without what a service said, as earlier versions of this program wrote it down.
    #[must_use]
    pub fn in_own_words(mut self) -> Self {
        if self.status == Completeness::Failed && !self.reason.as_deref().is_some_and(|why| FAILURES.contains(&why)) {
            self.reason = Some(UNREADABLE.to_owned());
        }
        self
    }

    /// Whether there may be policies that it lacks, so that nothing can be said of those.
    pub fn may_lack(&self) -> bool {
        match self.status {
            Completeness::Complete => false,
            Completeness::Failed | Completeness::NotRead => true,
            // What was asked for is what the selection says.
            Completeness::Partial => self.reason.as_deref().is_none_or(|why| why != NEEDED_ONLY && why != HELD),
        }
    }

    /// Whether its reading or writing failed.
    pub fn is_failure(&self) -> bool {
        self.status != Completeness::NotRead && self.may_lack()
    }

    /// Whether a reader should learn that the tree is not as an export should leave it.
    fn is_amiss(&self) -> bool {
        match self.status {
            Completeness::Complete | Completeness::NotRead => false,
            Completeness::Failed => true,
            Completeness::Partial => self.reason.as_deref() != Some(NEEDED_ONLY),
        }
    }
}

fn one_line(reason: &str) -> String {
    let words: Vec<&str> =
        reason.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(300).collect()
}

impl Manifest {
    /// Reads the manifest of a tree; none where the folder has none.
    pub(crate) fn read(root: &Path) -> Result<Option<Self>, TreeError> {
        let path = root.join(FILE);
        let broken = |line, column, problem: String| TreeError::Manifest { path: path.clone(), line, column, problem };
        let bytes = match disk::read_regular(&path) {
            Ok(bytes) => bytes,
            Err(FileProblem::Missing) => return Ok(None),
            Err(problem) => return Err(broken(0, 0, problem.to_string())),
        };
        let text = text::decode(&bytes).map_err(|error| broken(0, 0, error.to_string()))?;
        let (value, _) = json::parse(&text).map_err(|error| broken(error.line, error.column, error.problem))?;
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(format) if format > FORMAT => {
                return Err(TreeError::NewerFormat { path: root.to_owned(), format });
            }
            _ => return Err(broken(0, 0, String::from("`format` is missing or is not a number"))),
        }
        // From the text, so that the error knows its place.
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| broken(error.line(), error.column(), in_words(&error.to_string())))
    }

    /// What every reader should know of types that the tree does not have as it should, once for each reason.
    pub fn incomplete(&self) -> Vec<Finding> {
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, status) in self.types.iter().filter(|(_, status)| status.is_amiss()) {
            let why = status.reason.as_deref().unwrap_or("it was not read completely");
            types.entry(why).or_default().push(name);
        }
        let tell = |(why, types): (&str, Vec<&str>)| {
            Finding::new(&codes::TREE_INCOMPLETE, FILE, format!("{}: {why}", types.join(", ")))
        };
        types.into_iter().map(tell).chain(self.without_domains()).collect()
    }

    /// A tree whose tenant did not say its domains: nothing searches its texts for them.
    fn without_domains(&self) -> Option<Finding> {
        let is_read = self.account.is_some();
        let unknown = self.tenant.as_ref().is_some_and(|tenant| tenant.id.is_some() && !tenant.is_described());
        (is_read && unknown).then(|| {
            let message = "the source tenant's domains are not known, so texts are not searched for them";
            Finding::new(&codes::TREE_INCOMPLETE, FILE, message)
                .fix("Grant Organization.Read.All and export again, or name the domains in the mapping's text pairs.")
        })
    }

    /// As it is in the file.
    pub fn to_text(&self) -> String {
        json::to_text(&serde_json::to_value(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::account::AccountKind;
    use super::*;
    use serde_json::json;

    fn read_text(text: &str) -> Result<Option<Manifest>, TreeError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Manifest::read(folder.path())
    }

    fn full() -> Manifest {
        let tenant = TenantInfo { id: Some("1".into()), domains: vec!["a.example".into()], ..TenantInfo::default() };
        Manifest {
            format: FORMAT,
            catalogue_version: 3,
            tenant: Some(tenant.clone()),
            cloud: Some("global".into()),
            selection: vec!["--only x".into()],
            types: BTreeMap::from([
                ("a".into(), TypeStatus::complete()),
                ("b".into(), TypeStatus::failed("403\nforbidden \u{1b}[31m")),
                ("c".into(), TypeStatus::partial("held")),
                ("d".into(), TypeStatus::not_read("needs X.ReadWrite.All")),
                ("e".into(), TypeStatus::complete().without(["relationships".into()])),
            ]),
            account: Some(Account {
                kind: AccountKind::Person,
                id: Some("0123456789abcdef".into()),
                reads: ["X.Read.All".into()].into(),
                roles: ["r".into()].into(),
            }),
            rewritten_for: Some(tenant),
        }
    }

    fn schema(name: &str) -> jsonschema::Validator {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies-schema").join(name);
        jsonschema::validator_for(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn goes_to_text_and_back_and_fits_the_schema() {
        let schema = schema("tree-manifest.schema.json");
        for manifest in [full(), Manifest { format: FORMAT, ..Manifest::default() }] {
            let text = manifest.to_text();
            assert_eq!(read_text(&text).unwrap().unwrap(), manifest);
            let value: Value = serde_json::from_str(&text).unwrap();
            assert!(schema.is_valid(&value), "{text}");
            for wrong in
                [json!({"format": 2}), json!({"exportedAt": "now"}), json!({"types": {"a": {"status": "fine"}}})]
            {
                let mut value = value.clone();
                value.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
                assert!(!schema.is_valid(&value), "{wrong}");
            }
        }
        assert_eq!(full().types["b"].reason.as_deref(), Some("403 forbidden [31m"));
    }

    #[test]
    fn the_directory_fits_its_schema() {
        let schema = schema("directory.schema.json");
        let objects = json!({"group": {"g1": {"displayName": "All", "state": "missing"}}});
        assert!(schema.is_valid(&json!({"format": 1, "objects": objects})));
        assert!(!schema.is_valid(&json!({"format": 1, "objects": {"group": {"g1": "All"}}})));
        assert!(!schema.is_valid(&json!({"format": 1, "objects": {"group": {"g1": {"state": "gone"}}}})));
        assert!(!schema.is_valid(&json!({"objects": objects})));
    }

    #[test]
    fn a_newer_format_says_so_whatever_else_it_holds() {
        let error = read_text(r#"{"format": 2, "unheard": true}"#).unwrap_err();
        assert!(matches!(error, TreeError::NewerFormat { format: 2, .. }));
    }

    #[test]
    fn a_broken_manifest_says_where() {
        assert!(matches!(read_text("{\n\"format\": 1,,}").unwrap_err(), TreeError::Manifest { line: 2, .. }));
        assert!(matches!(read_text("[]").unwrap_err(), TreeError::Manifest { .. }));
        let error = read_text(&full().to_text().replace("\"cloud\"", "\"clouds\"")).unwrap_err();
        assert!(error.to_string().contains("clouds"), "{error}");
    }
}
