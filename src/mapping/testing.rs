//! A small catalogue and short ways to say things, for this room's tests.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::Value;

use super::file::{Decision, Entry, Mapping, Named, Side, TextPair};
use super::rewrite::rewrite;
use super::rewritten::Rewritten;
use super::source::Source;
use crate::catalogue::Catalogue;
use crate::policy::{Directory, Kept, Policy, TenantInfo};

const SHARED: &str = r##"
version = 1
volatile = ["version"]
read-only = ["id", "assignments"]
constant-ids = ["00000000-0000-0000-0000-000000000000"]
constant-properties = ["settingDefinitionId", "templateId"]
unordered = []
sort = []
[[directory-kinds]]
name = "group"
path = "groups"
identify = [
  { how = "same on-premises SID", by = ["onPremisesSecurityIdentifier"] },
  { how = "same name", by = ["displayName"] },
  { how = "same name and mail nickname", by = ["displayName", "mailNickname"], confidence = "suggested-tie-breaker" },
]
[[directory-kinds]]
name = "user"
path = "users"
identify = [
  { how = "same user principal name", by = ["userPrincipalName"], ignore-case = true },
  { how = "same local part", by = ["userPrincipalName"], ignore-case = true, in-target-domains = true, confidence = "suggestion" },
]
[[directory-kinds]]
name = "config-manager-collection"
[[references]]
at = "assignments/*/target/groupId"
kind = "group"
when = { property = "@odata.type", equals = ["#microsoft.graph.exclusionGroupAssignmentTarget"] }
narrows = true
[[references]]
at = "assignments/*/target/groupId"
kind = "group"
[[references]]
at = "assignments/*/target/collectionId"
kind = "config-manager-collection"
[[references]]
at = "assignments/*/target/deviceAndAppManagementAssignmentFilterId"
kind = "filters"
literals = ["00000000-0000-0000-0000-000000000000"]
narrows = true
on-drop = "clear-filter"
[[references]]
at = "roleScopeTagIds/*"
kind = "tags"
literals = ["0"]
when-empty = ["0"]
"##;

const CONFIGS: &str = r#"
addresses = ["servers/*"]
[[links]]
property = "rootCertificate"
kind = "configs"
narrows = true
[[links]]
property = "serverRoots"
many = true
kind = "configs"
[[sidecars]]
at = "payload"
extension = "mobileconfig"
[[references]]
at = "script/scriptId"
kind = "scripts"
on-drop = "refuse"
[[references]]
at = "actions/*/templateId2"
kind = "templates"
form = "prefixed"
[[references]]
at = "actions/*/copyTo/*"
kind = "group"
[[references]]
at = "ownerId"
kind = "user"
on-drop = "null"
[[references]]
at = "appIds/*"
kind = "apps"
[[references]]
at = "rule"
kind = "group"
form = "within"
on-drop = "refuse"
[[references]]
at = "settings/*/value"
kind = "group"
form = "account"
near-when = { property = "name", starts-with = ["userrights"] }
on-drop = "refuse"
"#;

const ACCESS: &str = r#"
[[references]]
at = "users/includeGroups/*"
kind = "group"
[[references]]
at = "users/excludeGroups/*"
kind = "group"
narrows = true
[[references]]
at = "users/includeUsers/*"
kind = "user"
literals = ["All", "None"]
"#;

/// Types `configs`, `access`, `tags`, `filters`, `scripts`, `templates`, `apps`.
pub(super) fn catalogue() -> Catalogue {
    let file = |name: &str, rest: &str| {
        format!(
            "name = \"{name}\"\ntitle = \"t\"\nabout = \"a\"\nsources = []\npath = \"p/{name}\"\nentity = \"e\"\nbucket = \"b\"\n{rest}\n[permissions]\nread = []\nwrite = []\n"
        )
    };
    let texts = [
        ("configs", CONFIGS),
        ("access", ACCESS),
        ("tags", "[[defaults]]\nwhen = { property = \"isBuiltIn\", equals = [true] }\nkey = [\"id\"]"),
        ("filters", "discriminators = [\"platform\"]\nrecreate-from = [\"displayName\", \"platform\", \"rule\"]"),
        ("scripts", ""),
        ("templates", ""),
        ("apps", "identity = [\"packageId\", \"packageIdentifier\"]"),
    ]
    .map(|(name, rest)| (format!("{name}.toml"), file(name, rest)));
    Catalogue::from_files(SHARED, texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap()
}

/// An entry without names.
pub(super) fn entry(kind: &str, source: &str, decision: Decision, target: Option<&str>) -> Entry {
    let mut entry = Entry::undecided(kind, Named::new(source, None));
    entry.decision = decision;
    entry.target = target.map(|id| Named::new(id, None));
    entry.why = Some(String::from("for the test"));
    entry
}

/// A mapping of these entries.
pub(super) fn mapping(entries: Vec<Entry>) -> Mapping {
    let mut mapping = Mapping::new(Side::default(), Side::default());
    mapping.entries = entries;
    mapping
}

/// A text pair.
pub(super) fn pair(find: &str, replace: &str) -> TextPair {
    TextPair { find: find.into(), replace: Some(replace.into()), why: None }
}

/// A policy of a type.
pub(super) fn policy(type_name: &str, body: &Value) -> Policy {
    Policy::new(type_name, body.as_object().unwrap().clone())
}

/// A policy rewritten as if it were alone in its tree.
pub(super) fn rewritten(policy: &Policy, catalogue: &Catalogue, mapping: &Mapping) -> Rewritten {
    let (directory, policies) = (Directory::default(), [policy.clone().keep()]);
    let source = Source {
        catalogue,
        policies: &policies,
        directory: &directory,
        tenant: None,
        already_rewritten: false,
        ignore_assignments: false,
        same_tenant: false,
    };
    rewrite(&source, Some(mapping)).swap_remove(0)
}

/// A tree to rewrite.
pub(super) struct Tree {
    pub(super) catalogue: Catalogue,
    pub(super) policies: Vec<Kept>,
    pub(super) directory: Directory,
    pub(super) tenant: TenantInfo,
    pub(super) already_rewritten: bool,
    pub(super) ignore_assignments: bool,
    pub(super) same_tenant: bool,
}

impl Tree {
    /// A tree of these policies.
    pub(super) fn of(policies: Vec<Policy>) -> Self {
        Self {
            catalogue: catalogue(),
            policies: policies.into_iter().map(Policy::keep).collect(),
            directory: Directory::default(),
            tenant: TenantInfo::default(),
            already_rewritten: false,
            ignore_assignments: false,
            same_tenant: false,
        }
    }

    /// Adds an object to the directory.
    pub(super) fn knows(mut self, kind: &str, id: &str, facts: &Value) -> Self {
        self.directory.insert(kind, id, facts.as_object().unwrap().clone());
        self
    }

    /// As the rewriter's source.
    pub(super) fn source(&self) -> Source<'_> {
        Source {
            catalogue: &self.catalogue,
            policies: &self.policies,
            directory: &self.directory,
            tenant: Some(&self.tenant),
            already_rewritten: self.already_rewritten,
            ignore_assignments: self.ignore_assignments,
            same_tenant: self.same_tenant,
        }
    }

    /// All policies rewritten.
    pub(super) fn rewrite(&self, mapping: &Mapping) -> Vec<Rewritten> {
        rewrite(&self.source(), Some(mapping))
    }

    /// The first policy rewritten by these entries.
    pub(super) fn first(&self, entries: Vec<Entry>) -> Rewritten {
        self.rewrite(&mapping(entries)).swap_remove(0)
    }
}

/// The codes of a rewritten policy's findings.
pub(super) fn codes(rewritten: &Rewritten) -> Vec<&str> {
    rewritten.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The body of a rewritten policy.
pub(super) fn body(rewritten: &Rewritten) -> Value {
    rewritten.policy.to_value()
}

/// An assignment to a group.
pub(super) fn include(group: &str) -> Value {
    serde_json::json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}})
}

/// An assignment that excludes a group.
pub(super) fn exclude(group: &str) -> Value {
    serde_json::json!({"target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": group}})
}
